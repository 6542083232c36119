"""Responses of the sample's sources, and refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

Query = dict[str, list[str]]


class Answer(NamedTuple):
    """A status, a body and the headers that go with it."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class RefusedError(Exception):
    """A request that a source refuses, with the HTTP status of the response."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def json_answer(content: Any, kind: str = "application/json", status: int = 200) -> Answer:
    """A response in JSON, without spaces."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, {"Content-Type": kind})


def file_answer(body: bytes, kind: str) -> Answer:
    """A file, with an ETag that shows a client whether it changed."""
    etag = blake2b(body, digest_size=8).hexdigest()
    headers = {"Content-Type": kind, "ETag": f'"{etag}"', "Last-Modified": "Thu, 01 Oct 2026 04:00:00 GMT"}
    return Answer(200, body, headers)
