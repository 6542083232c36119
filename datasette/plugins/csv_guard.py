"""Keeps a spreadsheet from taking a text for a formula in the CSV that Datasette writes, as in every other CSV of ours.

Datasette has no hook for how it writes a cell, so the writer that it asks the `csv` module for is given to it here.
"""

import csv
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import datasette.views.base
from datasette import hookimpl

from portal.csv_text import guarded


class _GuardedWriter:
    """A writer of CSV whose texts are no formulas."""

    def __init__(self, file: Any) -> None:
        self._writer = csv.writer(file)

    def writerow(self, row: Iterable[Any]) -> Any:
        """Writes a row."""
        return self._writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])


@hookimpl
def startup() -> None:
    """Gives Datasette the writer."""
    setattr(datasette.views.base, "csv", SimpleNamespace(writer=_GuardedWriter))  # noqa: B010 - no module, to mypy
