"""From a table of text to the rows of a register of subsidies: who was granted what, and the stage of each dossier.

Granted and settled are two amounts of one dossier and are never added. An amount that the register leaves blank is
missing, which is not zero; a zero means that somebody was refused, or that nothing was decided: a register that shows
a 0 does not say which. Negative amounts correct an earlier row and are kept.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import polars as pl

from pipelines.errors import CardError, MismatchError, shown
from pipelines.reading.files.numbers import reader_of
from pipelines.reading.files.table_columns import ROW
from pipelines.reading.files.values import BLANK, ORDINARY, read_year
from pipelines.reading.recipients import masked_recipients
from pipelines.reading.shapes import SUBSIDIES
from pipelines.sources.card import SourceCard
from pipelines.sources.layout import AMOUNTS, TableLayout, fold
from pipelines.sources.periods import year_of
from pipelines.sources.register import Register, SubsidyStatus

_FACTOR = {"euro": 1, "thousand_euro": 1000}
T = TypeVar("T")
_YEAR_IN_NAME = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")


def register_rows(
    card: SourceCard, frame: pl.DataFrame, url: str, letters: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """Turn a table of text into the rows of `subsidies.parquet`, without `dataset_id` and `landed_sha256`.

    Args:
        card: the card, with its `register` and `layout`.
        frame: text columns as `read_table` gives them: named by the keys of the layout's columns, and the number of the
            row in the source. An optional column may be absent.
        url: where the table came from; with `has_year_in_name` its last part holds the year.
        letters: the letters of the columns in a spreadsheet, for errors, where they have any.

    Returns:
        One row for each row of the frame, in its order, numbered from 1. `status` is null where the register gives
        neither a word for it nor any amount.

    Raises:
        SourceError: an amount, a year or a word for the status cannot be read; it names column, row and value.
        CardError: the card does not say whose register it is, or how to read a column.
    """
    reader = _Reader(card, frame, url, letters or {})
    amounts = [reader.amount(name) for name in AMOUNTS]
    rows = pl.DataFrame(
        {
            "row_number": pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True),
            "region_code": pl.repeat(reader.register.region, frame.height, dtype=pl.String, eager=True),
            "grantor": reader.grantor(),
            "year": reader.year(),
            "scheme": reader.text("scheme"),
            "theme": reader.text("theme"),
            **{name: values for name, values in zip(AMOUNTS, amounts, strict=True)},
        }
    )
    recipients = masked_recipients(reader.as_it_stands("recipient"))
    status = pl.coalesce(pl.lit(reader.status()), _status_of_amounts()).alias("status")
    shape = {name: kind for name, kind in SUBSIDIES.items() if name not in ("dataset_id", "landed_sha256")}
    return rows.hstack(recipients).with_columns(status).select(pl.col(name).cast(kind) for name, kind in shape.items())


def _status_of_amounts() -> pl.Expr:
    requested, granted, settled = (pl.col(name) for name in AMOUNTS)
    return (
        pl.when(settled.is_not_null())
        .then(pl.lit(SubsidyStatus.SETTLED.value))
        .when(granted == 0)
        .then(pl.lit(SubsidyStatus.ZERO_GRANTED.value))
        .when(granted.is_not_null())
        .then(pl.lit(SubsidyStatus.GRANTED.value))
        .when(requested.is_not_null())
        .then(pl.lit(SubsidyStatus.REQUESTED.value))
    )


class _Reader:
    """The columns of one table, each read as the card says."""

    def __init__(self, card: SourceCard, frame: pl.DataFrame, url: str, letters: Mapping[str, str]) -> None:
        if card.subsidy_register is None or card.layout is None:
            raise CardError(f"card {card.dataset_id}: no register of files -> give it `register` and `layout`")
        self.register: Register = card.subsidy_register
        self.layout: TableLayout = card.layout
        self.dataset_id, self.frame, self.url = card.dataset_id, frame, url
        self.card, self.letters = card, letters
        self.names = {c.to: name for name, c in card.layout.columns.items() if name in frame.columns}

    def cells(self, field: str) -> pl.Series:
        """The cells of the column that becomes this field, blank where there is none, without spaces around them."""
        if field not in self.names:
            return pl.repeat("", self.frame.height, dtype=pl.String, eager=True)
        cells = self.frame[self.names[field]].cast(pl.String).fill_null("")
        return cells.str.replace_all(r"\s+", " ").str.strip_chars()

    def as_it_stands(self, field: str) -> pl.Series:
        """The cells of the column that becomes this field, with everything in them."""
        if field not in self.names:
            return self.cells(field)
        return self.frame[self.names[field]].cast(pl.String).fill_null("")

    def text(self, field: str) -> pl.Series:
        """The texts of a field, null where the source has none."""
        cells = self.cells(field)
        return cells.set(cells == "", None)

    def grantor(self) -> pl.Series:
        """Who granted: from the column, or from the card where there is none."""
        if "grantor" not in self.names and self.register.grantor is None:
            raise CardError(f"card {self.dataset_id}: no grantor -> give `grantor` in `register` or by a column")

        def named(cell: str) -> str:
            if not cell and self.register.grantor is None:
                raise ValueError("no grantor is named")
            return cell or str(self.register.grantor)

        return self._read("grantor", named, pl.String, "look at the row at the source, or give the card a `grantor`")

    def amount(self, field: str) -> pl.Series:
        """An amount in euros, null where the register does not give it."""
        if field not in self.names:
            return pl.repeat(None, self.frame.height, dtype=pl.Float64, eager=True)
        name = self.names[field]
        number = reader_of(self.layout.columns[name])
        if number is None:
            raise CardError(
                f"card {self.dataset_id}: column {name!r} is an amount -> give it one of: number, dutch_number"
            )
        factor = _FACTOR[self.register.amounts]

        def euros(cell: str) -> float | None:
            value, mark = number(cell)
            mark = self.layout.marks.get(mark, mark)
            if mark not in (ORDINARY, BLANK):
                raise ValueError(f"the mark {mark} says nothing about an amount")
            # To the cent: a binary fraction times a thousand can get stray digits at the end.
            return value if value is None or factor == 1 else round(value * factor, 2)

        return self._read(field, euros, pl.Float64, "correct `reads` of the column, or say under `marks` what it means")

    def year(self) -> pl.Series:
        """The year of every row, null where a column of years is blank."""
        if "year" in self.names:
            todo = "look at the row at the source"
            return self._read("year", lambda cell: year_of(read_year(cell)) if cell else None, pl.Int32, todo)
        year = register_year(self.card, self.url)
        if year is None:
            raise CardError(f"card {self.dataset_id}: no year -> give a column `to: year`, or `year` in `register`")
        return pl.repeat(year, self.frame.height, dtype=pl.Int32, eager=True)

    def status(self) -> pl.Series:
        """The status according to the register's own words, null where it has none."""
        words = {fold(word): status.value for word, status in self.register.status.items()}

        def meaning(cell: str) -> str | None:
            if cell and fold(cell) not in words:
                raise ValueError(f"it is none of the known words {shown(self.register.status)}")
            return words.get(fold(cell))

        return self._read("status", meaning, pl.String, "give the word a meaning under `status` in `register`")

    def _read(self, field: str, reader: Callable[[str], T], kind: type[pl.DataType], todo: str) -> pl.Series:
        cells = self.cells(field)
        different = cells.unique(maintain_order=True)
        read: list[T] = []
        for cell in different:
            try:
                read.append(reader(cell))
            except ValueError as error:
                problem = f"column {self.names[field]!r} holds {cell!r} in row {self._row(field, cells, cell)}: {error}"
                raise MismatchError(self.dataset_id, problem, url=self.url, todo=todo) from None
        return cells.replace_strict(different, pl.Series(read, dtype=kind), return_dtype=kind)

    def _row(self, field: str, cells: pl.Series, cell: str) -> str:
        """The number of the first row with this cell, and what a spreadsheet calls the cell."""
        at = cells.index_of(cell) or 0
        row = int(self.frame[ROW][at]) if ROW in self.frame.columns else at + 1
        letters = self.letters.get(self.names[field])
        return f"{row} (cell {letters}{row})" if letters else str(row)


def register_year(card: SourceCard, url: str) -> int | None:
    """The year of all rows of a file, where its name or the card gives it and no column does.

    Raises:
        MismatchError: its name should say the year, and does not.
    """
    register = card.subsidy_register
    if register is None or not register.has_year_in_name:
        return register.year if register else None
    years = {int(y) for y in _YEAR_IN_NAME.findall(urlsplit(url).path.rsplit("/", 1)[-1])}
    if len(years) != 1:
        raise MismatchError(
            card.dataset_id,
            f"the name of the file holds {len(years) or 'no'} years, expected one",
            url=url,
            todo="name the file after its year, or give a column `to: year`",
        )
    return years.pop()
