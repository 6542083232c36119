"""Makes a PNG of one of our own pictures: a program of its own, that reads an SVG and writes the PNG.

It is no part of the server: drawing takes the processor for a tenth of a second, in which a server would answer nobody.
`render_png` runs it. It uses the font that comes with it and none of the machine, so a picture is the same everywhere.
"""

import asyncio
import hashlib
import sys
from collections import OrderedDict
from pathlib import Path

TIMEOUT_SECONDS = 30
_MOST_AT_ONCE, _MOST_KEPT = 2, 200
_kept: "OrderedDict[str, bytes]" = OrderedDict()
_at_work = 0


class BusyError(Exception):
    """Too many pictures are being drawn already."""


class PictureError(Exception):
    """A picture could not be drawn: a fault of ours."""


async def render_png(svg: str) -> bytes:
    """Returns the PNG of an SVG; kept by its content, which differs by release, address and language.

    Raises:
        BusyError: others are being drawn; a later request will do.
        PictureError: it cannot be drawn.
    """
    global _at_work
    key = hashlib.sha256(svg.encode()).hexdigest()
    if key in _kept:
        _kept.move_to_end(key)
        return _kept[key]
    if _at_work >= _MOST_AT_ONCE:
        raise BusyError
    _at_work += 1
    try:
        png = await _run(svg)
    finally:
        _at_work -= 1
    _kept[key] = png
    if len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)
    return png


async def _run(svg: str) -> bytes:
    pipe = asyncio.subprocess.PIPE
    work = await asyncio.create_subprocess_exec(
        sys.executable, "-P", str(Path(__file__).resolve()), stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        png, problem = await asyncio.wait_for(work.communicate(svg.encode()), TIMEOUT_SECONDS)
    except (TimeoutError, asyncio.CancelledError):
        work.kill()
        await work.wait()
        raise
    if work.returncode != 0 or not png:
        raise PictureError(problem.decode(errors="replace")[-500:])
    return png


def main() -> None:
    """Reads an SVG from the standard input and writes the PNG to the standard output."""
    # Only this program needs them, and a server that starts does not wait for them.
    import fontpkg_source_sans_3 as font
    import resvg_py

    png = resvg_py.svg_to_bytes(
        svg_string=sys.stdin.buffer.read().decode(),
        font_files=[str(font.ROOT / "files" / "SourceSans3[wght].ttf")],
        sans_serif_family=font.FAMILY,
        font_family=font.FAMILY,
        skip_system_fonts=True,
    )
    sys.stdout.buffer.write(bytes(png))


if __name__ == "__main__":
    main()
