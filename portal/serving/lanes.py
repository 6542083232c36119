"""How many of the public's own questions are answered at a time: the rest waits briefly, or is told to come back.

Belongs here: which requests are such questions, and the places for them. Not here: what one question may read, which
is `portal/serving/limits.py`.
"""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from portal.asgi import Scope
from portal.pages import DATABASE, FROZEN
from portal.revisions import HISTORY

# Everything of Datasette below its databases is asked in the words of whoever asks, but for the file itself.
QUESTION = re.compile(rf"^(?:{FROZEN}/[^/]+)?/(?:{DATABASE}|{HISTORY})(?P<rest>$|\.(?!db$)|/)")
METHODS = ("GET", "HEAD", "OPTIONS")
STREAM = re.compile(rb"(?:^|&)_stream=")


class FullError(Exception):
    """A lane has no place left, nor one to wait in."""


@dataclass
class Lane:
    """Places for questions of one kind.

    Args:
        places: how many are answered at a time.
        waiting: how many more may wait.
        patience: how many seconds they wait.
        seconds: how long one of them may take.
        retry_after: after how many seconds a client that is refused may ask again.
    """

    name: str
    places: int
    waiting: int
    patience: float
    seconds: float
    retry_after: int
    _free: anyio.Semaphore = field(init=False)
    waits: int = field(init=False, default=0)
    refused: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._free = anyio.Semaphore(self.places)

    @property
    def taken(self) -> int:
        """Returns how many questions are being answered."""
        return self.places - self._free.value

    @asynccontextmanager
    async def place(self) -> AsyncIterator[float]:
        """Takes a place for as long as the block lasts; gives how many seconds that took.

        Raises:
            FullError: too many wait already, or the wait was too long.
        """
        began = time.monotonic()
        try:
            self._free.acquire_nowait()
        except anyio.WouldBlock:
            await self._wait()
        try:
            yield time.monotonic() - began
        finally:
            self._free.release()

    async def _wait(self) -> None:
        if self.waits >= self.waiting:
            self.refused += 1
            raise FullError(self.name)
        self.waits += 1
        try:
            with anyio.fail_after(self.patience):
                await self._free.acquire()
        except TimeoutError:
            self.refused += 1
            raise FullError(self.name) from None
        finally:
            self.waits -= 1


def question_lane() -> Lane:
    """Returns the lane of SQL, tables and ready-made questions."""
    return Lane("questions", places=3, waiting=12, patience=5, seconds=12, retry_after=5)


def stream_lane() -> Lane:
    """Returns the lane of CSV that is written while it is sent."""
    return Lane("streams", places=1, waiting=2, patience=5, seconds=60, retry_after=30)


def is_question(scope: Scope) -> bool:
    """Whether a request is a question of the public's own, and not one for a page or a file of ours."""
    is_asked = scope["type"] == "http" and scope["method"] in METHODS
    return is_asked and QUESTION.match(scope["path"]) is not None


def is_stream(scope: Scope) -> bool:
    """Whether a question asks for CSV that is written while it is sent."""
    return STREAM.search(scope.get("query_string", b"")) is not None and scope["path"].endswith(".csv")
