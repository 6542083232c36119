"""What one question of the public may read: rows, cells and bytes. SQLite's own limits do not cover what Python holds.

A question that is given up, because its client hung up or its time is over, ends in SQLite too.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from datasette.database import Database
from datasette.views.base import DatasetteError

T = TypeVar("T")
SqlRead = Callable[[sqlite3.Connection], T]

RESULT_BYTES = 10_000_000
PAGE_CELLS = 50_000
STREAM_ROWS = 100_000
NUMBER_BYTES = 8


@dataclass
class Inquiry:
    """What a question may still read, and whether reading failed."""

    is_stream: bool
    is_page: bool
    bytes_read: int = 0
    cells_read: int = 0
    rows_read: int = 0
    has_failed: bool = False
    _connection: sqlite3.Connection | None = None
    _is_given_up: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, row: tuple[Any, ...]) -> None:
        """Counts a row that was read.

        Raises:
            DatasetteError: with it, the answer is larger than one may be.
        """
        self.rows_read += 1
        self.cells_read += len(row)
        self.bytes_read += sum(len(cell) if isinstance(cell, str | bytes) else NUMBER_BYTES for cell in row)
        if self.is_stream:
            if self.rows_read > STREAM_ROWS:
                raise too_large(f"has over {STREAM_ROWS:,} rows", "filter more, or take the whole table as a file")
        elif self.bytes_read > RESULT_BYTES:
            raise too_large(f"has over {RESULT_BYTES // 1_000_000} MB", "select fewer rows or columns")
        elif self.is_page and self.cells_read > PAGE_CELLS:
            raise too_large(
                f"has over {PAGE_CELLS:,} cells, which no browser shows well",
                "choose fewer rows (_size) or columns (_col), or ask for .json or .csv",
            )

    def give_up(self) -> None:
        """Ends what is being read for it, and lets nothing more be read."""
        with self._lock:
            self._is_given_up = True
            if self._connection is not None:
                self._connection.interrupt()

    @contextmanager
    def reading(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Counts what a connection reads, for as long as the block lasts."""

        def counted(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> sqlite3.Row:
            self.count(row)
            return sqlite3.Row(cursor, row)

        with self._lock:
            if self._is_given_up:
                raise sqlite3.OperationalError("interrupted")
            self._connection, before = connection, connection.row_factory
            connection.row_factory = counted
        try:
            yield
        except Exception:
            self.has_failed = True
            raise
        finally:
            with self._lock:
                self._connection = None
                connection.row_factory = before


asked: ContextVar[Inquiry | None] = ContextVar("asked", default=None)
"""The question that this task answers; None where a page of ours is made."""


def too_large(what: str, advice: str) -> DatasetteError:
    """Returns the error for an answer that is larger than one may be."""
    return DatasetteError(f"This answer {what}: {advice}", title="Answer too large", status=400)


def limit(database: Database) -> None:
    """Makes every read of a database count for the question that it is for."""
    unlimited: Callable[[SqlRead[Any]], Awaitable[Any]] = database.execute_fn

    async def execute_fn(read: SqlRead[T]) -> T:
        question = asked.get()
        if question is None:
            return await unlimited(read)  # type: ignore[no-any-return]

        def counted(connection: sqlite3.Connection) -> T:
            with question.reading(connection):
                return read(connection)

        try:
            return await unlimited(counted)  # type: ignore[no-any-return]
        except asyncio.CancelledError:
            question.give_up()
            raise

    database.execute_fn = execute_fn  # type: ignore[method-assign]
