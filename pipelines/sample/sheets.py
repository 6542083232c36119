"""The contents of the sample's files: the header that a card's layout expects, and rows of text and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.sources.card import SourceCard
from pipelines.sources.layout import NUMBERS, Reads, TableLayout
from pipelines.sources.periods import number_of, period_days, year_of

from .files import SampleCells, file_of
from .periods import MONTHS

# How many columns a header that stands for several, such as `AANT_LEEFT_*`, becomes.
SEVERAL = 6
NOTE = "Verzonnen voorbeeldcijfers, geen echte gegevens"


@dataclass(frozen=True)
class Sheet:
    """The rows of one file under the layout's headers; with a period, if the file rather than a column gives it."""

    period: str | None
    header: list[str]
    rows: list[list[Any]]

    def records(self) -> list[dict[str, Any]]:
        """The rows as objects."""
        return [dict(zip(self.header, row, strict=True)) for row in self.rows]


def layout_of(card: SourceCard) -> TableLayout:
    """The layout of a card whose source is a file."""
    if card.layout is None:
        raise ValueError(f"{card.dataset_id} has no layout")
    return card.layout


def header_of(layout: TableLayout) -> list[str]:
    """The headers of a file: those that are read, and those that are known but not read."""
    header = list(layout.columns)
    for name in layout.ignored:
        if "*" not in name:
            header.append(name)
        elif name.endswith("_*"):
            header += [f"{name[:-1]}{number}" for number in range(1, SEVERAL + 1)]
    return header


def in_file(value: float | str | None, reads: Reads, layout: TableLayout) -> Any:
    """A cell as in the file: a number in a workbook or in JSON, a text in CSV or if it is written in Dutch."""
    if value is None or isinstance(value, str):
        return value or ("" if layout.format != "json" else None)
    if layout.format == "xlsx" or (layout.format == "json" and reads is Reads.NUMBER):
        return value
    return _point(value) if reads is Reads.NUMBER else dutch(value)


def dutch(value: float) -> str:
    """A number as written in Dutch: `1.234,5`."""
    whole, _, part = _point(value).partition(".")
    grouped = f"{int(whole):,}".replace(",", ".")
    return f"{grouped},{part}" if part else grouped


def period_text(code: str, reads: Reads) -> str:
    """A period in words."""
    year, number = str(year_of(code)), number_of(code)
    if reads is Reads.DAY and (days := period_days(code)):
        return f"{days[0]:%d-%m-%Y}"
    if reads is Reads.YEAR_OF_DAY:
        return f"04/09/{year}"
    if reads is Reads.MONTH:
        return f"{MONTHS[number - 1]} {year}"
    return f"{number}e kwartaal {year}" if reads is Reads.QUARTER else year


def file_bytes(card: SourceCard, sheet: Sheet) -> bytes:
    """The file of a sheet. A workbook has a title above its table, and a note below if the reader can recognise it."""
    layout = layout_of(card)
    above: SampleCells = [[card.title.nl], [NOTE], []] if layout.format == "xlsx" else ()
    below: SampleCells = [[], [f"Bron: {card.publisher}. {NOTE}"]] if _notes_are_told(layout) else ()
    return file_of(layout, _rows_of_header(sheet.header, layout.header_rows), sheet.rows, above, below)


def _notes_are_told(layout: TableLayout) -> bool:
    keys = [column for column in layout.columns.values() if not column.is_optional and column.reads not in NUMBERS]
    return layout.format == "xlsx" and (len(keys) > 1 or any(note.startswith("Bron") for note in layout.notes))


def _rows_of_header(header: list[str], rows: int) -> list[list[str]]:
    """A header of several rows: the first word that names share occurs once, above the rest of them."""
    if rows == 1:
        return [header]
    first = [name.split(" ", 1)[0] for name in header]
    above = [word if i == 0 or first[i - 1] != word else "" for i, word in enumerate(first)]
    below = [name.partition(" ")[2] for name in header]
    return [above, *[[""] * len(header)] * (rows - 2), below]


def _point(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)
