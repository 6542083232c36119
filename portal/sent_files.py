"""Sends the files of a release as they are on disk: in the smallest form that the client reads, or a part of them.

A proxy that has the releases itself is only told which file it is: then it sends the bytes (`X-Accel-Redirect`).

Belongs here: forms, parts, and who sends. Not here: which addresses are files, which the plugins know.
"""

import asyncio
import gzip
from pathlib import Path
from urllib.parse import quote

from datasette import NotFound
from datasette.app import Datasette
from datasette.utils.asgi import Request, Response
from starlette.responses import FileResponse

from portal.answers import answer_without_body, file_headers, has_already
from portal.asgi import Message, Receive, Scope, Send
from portal.release_form import PACKED, ZSTD

FORMS = (("zstd", ZSTD), ("gzip", PACKED))
"""The compressed forms that a file may have beside it, by the name that HTTP gives them; the smallest first."""
CHUNK_BYTES = 256 * 1024
PROXY_SENDS = b"x-sends-files"
"""The header of a request with which a proxy says that it sends the files of releases itself."""
PARTS, WHOLE, UNPACKED = "/-/sent/parts", "/-/sent/whole", "/-/sent/unpacked"
"""Where such a proxy has the releases: files of which it may send a part, those of which it may not, and those that it
sends without the gzip that they have on disk."""


class SentFile:
    """A file as it is on disk, or the part of it that is asked for (Range, If-Range); ends when the client hangs up."""

    def __init__(self, scope: Scope, receive: Receive, path: Path, content_type: str, headers: dict[str, str]) -> None:
        self._scope, self._receive, self._path = scope, receive, path
        self._headers, self._type = headers, content_type

    async def asgi_send(self, send: Send) -> None:
        """Sends the file."""
        answer = FileResponse(self._path, headers=self._headers, media_type=self._type)
        await answer(self._scope, self._receive, send)


class UnpackedFile:
    """What a packed file holds, as a whole: no part can be found without unpacking what is before it."""

    def __init__(self, path: Path, content_type: str, headers: dict[str, str]) -> None:
        self._path, self._headers = path, {**headers, "Content-Type": content_type}

    async def asgi_send(self, send: Send) -> None:
        """Sends the contents, piece by piece."""
        await send(_start(self._headers))
        with gzip.open(self._path) as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class FileOfProxy:
    """The name of a file, which the proxy before us sends."""

    def __init__(self, path: Path, within: str, content_type: str, headers: dict[str, str]) -> None:
        # The folder of a release, and a file in it or in its `tables`.
        release = path.parent if path.parent.name != "tables" else path.parent.parent
        place = quote(f"{within}/{release.name}/{path.relative_to(release).as_posix()}")
        self._headers = {**headers, "Content-Type": content_type, "X-Accel-Redirect": place}

    async def asgi_send(self, send: Send) -> None:
        """Sends the name."""
        await send(_start(self._headers))
        await send({"type": "http.response.body", "body": b""})


def send_file(
    request: Request, receive: Receive, datasette: Datasette, path: Path, content_type: str
) -> Response | SentFile | UnpackedFile | FileOfProxy:
    """Sends a file of the release, which may be kept packed; 404 if it does not exist, 304 if the client has it.

    Each form has an ETag of its own. A part is one of the file itself, never of a compressed form.
    """
    forms = {coding: packed for coding, suffix in FORMS if (packed := path.with_name(path.name + suffix)).is_file()}
    if not path.is_file() and "gzip" not in forms:
        raise NotFound(f"There is no file {path.name} in this release")
    accepted = _accepted(request)
    coding = next((coding for coding in forms if coding in accepted), None)
    sent = forms[coding] if coding else path
    # A release never changes, so its id and the name are as good as a hash of the bytes.
    headers = file_headers(datasette, sent.name, path.name)
    if forms:
        headers["Vary"] = "Accept-Encoding"
    if coding:
        headers["Content-Encoding"] = coding
    within = WHOLE if coding else PARTS if path.is_file() else UNPACKED
    if within != PARTS:
        headers["Accept-Ranges"] = "none"
    if has_already(request.headers.get("if-none-match"), headers["ETag"]):
        return Response("", status=304, headers=headers, content_type=content_type)
    if PROXY_SENDS in {name for name, _ in request.scope["headers"]}:
        return FileOfProxy(sent, within, content_type, headers)
    if within != UNPACKED:
        return SentFile(request.scope, receive, sent, content_type, headers)
    return answer_without_body(request, headers, content_type) or UnpackedFile(forms["gzip"], content_type, headers)


def _accepted(request: Request) -> set[str]:
    """The codings that the client reads; none where it asks for a part."""
    if "range" in request.headers:
        return set()
    told = (part.partition(";") for part in request.headers.get("accept-encoding", "").lower().split(","))
    return {name.strip() for name, _, weight in told if not _is_nothing(weight)}


def _is_nothing(weight: str) -> bool:
    _, _, number = weight.replace(" ", "").partition("q=")
    return bool(number) and not number.strip("0.")


def _start(headers: dict[str, str]) -> Message:
    told = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": 200, "headers": told}
