"""One address for the portal: requests under other names are refused, and links are made from the public one."""

from urllib.parse import urlsplit

from starlette.middleware.trustedhost import TrustedHostMiddleware

from portal.asgi import AsgiApp, Receive, Scope, Send

# This machine itself, and what stands before the portal on it.
LOCAL = ("localhost", "127.0.0.1", "[::1]", "::1")


def under_one_address(app: AsgiApp, public_url: str | None) -> AsgiApp:
    """Returns an application that answers 400 to every Host but that of its public address; without one, to none.

    Whatever the Host was, links in answers are those of the public address.
    """
    if public_url is None:
        return app
    url = urlsplit(public_url)

    async def from_there(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            others = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
            scope = {**scope, "scheme": url.scheme, "headers": [(b"host", url.netloc.encode()), *others]}
        await app(scope, receive, send)

    return TrustedHostMiddleware(from_there, [url.hostname or "", *LOCAL], www_redirect=False)
