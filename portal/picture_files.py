"""Sends one of our own pictures as SVG or PNG, as the address asks."""

from datasette.utils.asgi import Request, Response

from portal.answers import answer_without_body
from portal.png import BusyError, render_png

SVG_TYPE, PNG_TYPE = "image/svg+xml; charset=utf-8", "image/png"
# The extensions of the addresses of pictures.
PICTURES = "(?:svg|png)"


async def answer_picture(request: Request, svg: str, name: str, headers: dict[str, str]) -> Response:
    """Returns the picture that an SVG is, in the form that the address ends with.

    Args:
        request: the request.
        svg: the picture.
        name: the name of the file, without its extension.
        headers: those of a file of the release, which identify its bytes.
    """
    is_png = request.path.endswith(".png")
    kind = PNG_TYPE if is_png else SVG_TYPE
    headers = {
        **headers,
        "Content-Disposition": f'inline; filename="{name}.{"png" if is_png else "svg"}"',
        # A picture has its styles in it; it may load nothing.
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    if without_body := answer_without_body(request, headers, kind):
        return without_body
    if not is_png:
        return Response(svg, headers=headers, content_type=SVG_TYPE)
    try:
        return Response(await render_png(svg), headers=headers, content_type=PNG_TYPE)
    except BusyError:
        answer: Response = Response.text("Busy: ask again in a moment\n", status=503, headers={"Retry-After": "2"})
        return answer
