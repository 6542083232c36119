"""Passes requests on to another process of ours on this machine, as they came, and its answers back as they come."""

from collections.abc import Iterable

import httpcore

from portal.asgi import Receive, Scope, Send

# What concerns one connection and not the request.
HOP_BY_HOP = {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer", b"proxy-connection"}
# A question has no body, whatever its client says.
OF_A_BODY = {b"content-length", b"expect"}
# The server that sends the answer on adds its own.
OF_THE_SERVER = {b"date", b"server"}
# Of another process on the same machine, which may be starting.
CONNECT_SECONDS = 10.0


class NoAnswerError(Exception):
    """The other process gives no answer."""


class Forwarding:
    """An application that is another process, listening on a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._pool = httpcore.AsyncConnectionPool(max_connections=None, keepalive_expiry=4.0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on a request without a body; an answer that breaks off is passed on as one that breaks off.

        Raises:
            NoAnswerError: the other process does not answer.
        """
        target = scope.get("raw_path") or scope["path"].encode()
        if scope["query_string"]:
            target += b"?" + scope["query_string"]
        url = httpcore.URL(scheme=b"http", host=b"127.0.0.1", port=self._port, target=target)
        headers = _without(scope["headers"], HOP_BY_HOP | OF_A_BODY)
        timeouts = {"timeout": {"connect": CONNECT_SECONDS, "pool": CONNECT_SECONDS}}
        has_begun = False
        try:
            async with self._pool.stream(scope["method"], url, headers=headers, extensions=timeouts) as answer:
                told = _without(answer.headers, HOP_BY_HOP | OF_THE_SERVER)
                has_begun = True
                await send({"type": "http.response.start", "status": answer.status, "headers": told})
                async for part in answer.aiter_stream():
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.RemoteProtocolError) as error:
            if has_begun:
                return
            raise NoAnswerError(str(error)) from error
        await send({"type": "http.response.body", "body": b""})


def _without(headers: Iterable[tuple[bytes, bytes]], names: set[bytes]) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in headers if name.lower() not in names]
