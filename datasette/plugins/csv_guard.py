"""Guards the CSV that Datasette writes: no text is taken for a formula, and invented figures are said to be so.

Datasette has no hook for how it writes a cell, so the writer that it asks the `csv` module for is given to it here.
"""

import csv
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import datasette.views.base
from datasette import hookimpl
from datasette.app import Datasette

from portal.asgi import AsgiApp, Receive, Scope, Send, around
from portal.context import context_of
from portal.csv_text import guarded

NOTICE = "notice"
# Whose answer is being written; None if it has no headings to put a notice under.
_asked: ContextVar[Datasette | None] = ContextVar("asked", default=None)


class _GuardedWriter:
    """A writer of CSV whose texts are no formulas, and whose rows say that their figures are invented."""

    def __init__(self, file: Any) -> None:
        self._writer = csv.writer(file)
        asked = _asked.get()
        self._notice = context_of(asked).notice if asked else None
        self._is_head = True

    def writerow(self, row: Iterable[Any]) -> Any:
        """Writes a row; a table has its notice already, and what somebody asked in SQL gets one more column for it."""
        cells = [guarded(cell) if isinstance(cell, str) else cell for cell in row]
        if self._is_head and NOTICE in cells:
            self._notice = None
        added = [NOTICE if self._is_head else self._notice] if self._notice else []
        self._is_head = False
        return self._writer.writerow([*cells, *added])


@hookimpl
def startup() -> None:
    """Gives Datasette the writer."""
    setattr(datasette.views.base, "csv", SimpleNamespace(writer=_GuardedWriter))  # noqa: B010 - no module, to mypy


@hookimpl
def asgi_wrapper(datasette: Datasette) -> Callable[[AsgiApp], AsgiApp]:
    """Tells the writer of an answer what its rows have to say."""

    async def handle(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        has_head = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("_header") != ["off"]
        _asked.set(datasette if has_head else None)
        await app(scope, receive, send)

    return around(handle)
