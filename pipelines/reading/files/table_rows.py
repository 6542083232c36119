"""Which rows of a table are data: the same for every form of file. What is left out is counted by reason.

Everything between the header and the end is data, except what cannot hold any:

- a row without anything in it (`blank`);
- a ruled line, in which every filled cell is two or more of `-`, `=` or `_` (`ruled`);
- what is hidden in a workbook, where the layout says `hidden: leave_out` (`hidden`);
- a note: a row with only its first cell filled, right under the header or after the last other row, and only where
  the layout needs two or more columns that say what a figure is about (all but numbers). With one such column, a row
  like `Rozendaal;` could be data without a figure, so it stays in; so does a lone cell between rows of data. Either is
  then refused by the reader of the cells, unless it makes sense; and what the layout lists under `notes` (`note`);
- in a register, what adds up rows above it (`total`), see `table_totals`.

What could be data and could be something else is refused with its row: a second header, a second table below, a row
that is shorter than the header, a cell that could be two numbers, letters that were decoded wrongly.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import NamedTuple

import polars as pl

from pipelines.errors import SourceError
from pipelines.reading.files.numbers import two_readings
from pipelines.reading.files.table_columns import ROW, TableOrigin, fits, headers_of, places_of
from pipelines.reading.files.table_totals import LONG_TOTAL, SURE_TOTAL, refuse_second_table, total_rows
from pipelines.reading.tally import Tally
from pipelines.sources.layout import NUMBERS, TableLayout, fold

_RULED = r"^(-{2,}|={2,}|_{2,})$"
# What the first byte of a UTF-8 letter is in the code page of Windows, and in that of the Mac.
_LEADS = (("\u00c2\u00c3\u00c4\u00c5", "cp1252"), ("\u221a", "mac_roman"))
_CONTROL = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]"
# What letters written as UTF-8 and read as something else look like, and the replacement character.
_MISREAD = "|".join(
    [
        *(f"[{leads}][{bytes(range(0x80, 0xC0)).decode(page, 'ignore')}]" for leads, page in _LEADS),
        "\u00e2\u20ac|\u00ef\u00bb\u00bf|\u00ef\u00bf\u00bd|\ufffd|[\u251c\u252c].",
    ]
)
_PERIOD_WORDS = ("jaar", "maand", "kwartaal", "periode", "peildatum")


class Told(NamedTuple):
    """What a file says besides its data that may give its period: where, under which header if any, and the text."""

    place: str
    header: str
    text: str


class FileTable(NamedTuple):
    """What was read of a table.

    Attributes:
        frame: one row per row of data, text, the columns named by the keys of the layout, and `ROW`.
        tally: how many rows there were, and what was left out.
        letters: the letters of each column, where the file is one that spreadsheets open.
        told: what the file says about its period besides its data.
    """

    frame: pl.DataFrame
    tally: Tally
    letters: Mapping[str, str]
    told: tuple[Told, ...]


class Source(NamedTuple):
    """The cells of a table before it is known which of them are data.

    Attributes:
        cells: text in the columns `ROW`, `c0`, `c1` and so on. `real0` and so on are true where a cell is a number
            and not text; where they are missing, no cell is.
        header: the names of `c0`, `c1` and so on.
        below: rows with this number or a lower one are header.
        has_notes: whether rows can be notes; a record never is one.
        short: rows that have fewer cells than the header.
        hidden: rows that are hidden.
        letters: gives the letters of a column by its number, where columns have them.
        told: what is above the table.
    """

    cells: pl.LazyFrame
    header: Sequence[str]
    below: int
    has_notes: bool = True
    short: Iterable[int] = ()
    hidden: Set[int] = frozenset()
    letters: Callable[[int], str] | None = None
    told: tuple[Told, ...] = ()


def data_rows(origin: TableOrigin, source: Source, layout: TableLayout) -> FileTable:
    """The rows of data of a table, under the names of the layout.

    Raises:
        SourceError: columns are missing or unknown, there is no row of data, or a row could be something else.
    """
    places = places_of(origin, source.header, layout)
    letters = {key: source.letters(place) for key, place in places.items()} if source.letters else {}
    rows = _Rows(origin, layout, letters, _collected(source, layout, places))
    rows.leave_out("blank", pl.col("#filled") == 0)
    rows.leave_out("ruled", pl.col("#ruled"))
    if layout.hidden == "leave_out":
        rows.leave_out("hidden", pl.col(ROW).is_in(sorted(source.hidden)))
    if source.has_notes:
        rows.leave_out_notes()
    rows.refuse_second_header()
    if layout.is_register:
        rows.leave_out_totals()
    if rows.frame.is_empty():
        raise origin.error("there are no rows of data under the header", "look at the file at the source")
    rows.refuse_odd(source)
    rows.refuse_texts()
    rows.refuse_two_readings(places)
    told = (*source.told, *rows.told_in_columns(source.header))
    return FileTable(
        rows.frame.select(ROW, *places), Tally(rows.received, rows.frame.height, rows.left_out), letters, told
    )


def _collected(source: Source, layout: TableLayout, places: Mapping[str, int]) -> pl.DataFrame:
    """The rows below the header: the columns that are read, and the checks on all of them."""
    cells = [pl.col(f"c{i}").str.strip_chars() for i in range(len(source.header))]
    nameless = [cell != "" for cell, name in zip(cells, source.header, strict=True) if not fold(name)]
    numbers = {place for key, place in places.items() if layout.columns[key].reads in NUMBERS}
    words = [cell for i, cell in enumerate(cells) if i not in numbers]
    lower = [cell.str.to_lowercase() for cell in words]
    real = [f"real{place}" for place in numbers if f"real{place}" in source.cells.collect_schema()]
    beside = [i for i, name in enumerate(source.header) if i not in places.values() and _may_tell_period(name)]
    none = pl.lit(value=False)
    frame = source.cells.filter(pl.col(ROW) > source.below).select(
        ROW,
        *(pl.col(f"c{place}").alias(key) for key, place in places.items()),
        *real,
        *(cells[i].alias(f"#beside{i}") for i in beside),
        pl.sum_horizontal(cell != "" for cell in cells).alias("#filled"),
        pl.all_horizontal((cell == "") | cell.str.contains(_RULED) for cell in cells).alias("#ruled"),
        pl.any_horizontal(none, *nameless).alias("#nameless"),
        cells[0].alias("#first"),
        pl.sum_horizontal(pl.lit(0), *(cell != "" for cell in words)).alias("#words"),
        pl.any_horizontal(none, *(cell.str.contains(SURE_TOTAL) for cell in lower)).alias("#sure"),
        pl.any_horizontal(none, *(cell.str.contains(LONG_TOTAL) for cell in lower)).alias("#long"),
    )
    return frame.collect(engine="streaming")


def _may_tell_period(name: str) -> bool:
    return any(word in fold(name) for word in _PERIOD_WORDS)


class _Rows:
    """The rows that are still taken for data, and how many were left out."""

    def __init__(
        self, origin: TableOrigin, layout: TableLayout, letters: Mapping[str, str], frame: pl.DataFrame
    ) -> None:
        self.origin, self.layout, self.letters, self.frame = origin, layout, letters, frame
        self.received = frame.height
        self.left_out: dict[str, int] = {}
        self._blank: list[int] = []

    def leave_out(self, reason: str, where: pl.Expr | pl.Series) -> None:
        """Leave rows out, and count them."""
        gone = self.frame.filter(where)
        if gone.height:
            self.left_out[reason] = self.left_out.get(reason, 0) + gone.height
            self.frame = self.frame.filter(~where)
        if reason == "blank":
            self._blank = gone[ROW].to_list()

    def leave_out_notes(self) -> None:
        """Leave out what the layout lists, and lone first cells at either end."""
        layout = self.layout
        if layout.notes:
            notes = [first for first in self.frame["#first"].unique() if fits(first, layout.notes)]
            self.leave_out("note", pl.col("#first").is_in(notes))
        if sum(not column.is_optional and column.reads not in NUMBERS for column in layout.columns.values()) < 2:
            return
        others = self.frame.select(pl.arg_where((pl.col("#filled") > 1) | (pl.col("#first") == ""))).to_series()
        number = pl.int_range(self.frame.height, eager=True)
        inside = number.is_between(others[0], others[-1]) if len(others) else number < 0
        self.leave_out("note", ~inside)

    def leave_out_totals(self) -> None:
        """Leave out what adds up other rows; what only looks like that is refused."""
        self.leave_out("total", total_rows(self.origin, self.frame, self.layout))
        refuse_second_table(self.origin, self.frame, self.layout, self._blank)

    def refuse_second_header(self) -> None:
        """Refuse a row in which several cells are the names of their columns."""
        keys = [key for key in self.layout.columns if key in self.frame.columns]
        same = [
            pl.col(key).str.strip_chars().str.replace_all(r"\s+", " ").str.to_lowercase().is_in(headers_of(key, column))
            for key in keys
            if (column := self.layout.columns[key])
        ]
        again = self.frame.filter(pl.sum_horizontal(same) >= 2)
        if again.height:
            problem = f"row {again[ROW][0]} repeats the header"
            raise self.origin.error(problem, "ask the source for a file with one table, or take the others out of it")

    def refuse_odd(self, source: Source) -> None:
        """Refuse a value without a column, a row that is too short, and hidden data that the card does not mention."""
        at_source = "look at the file at the source"
        if odd := self.frame.filter("#nameless")[ROW].to_list():
            raise self.origin.error(f"row {odd[0]} holds a value in a column without a name", at_source)
        if short := self.frame.filter(pl.col(ROW).is_in(sorted(source.short)))[ROW].to_list():
            problem = f"row {short[0]} has fewer cells than the {len(source.header)} of the header"
            raise self.origin.error(problem, at_source)
        hidden = self.frame.filter(pl.col(ROW).is_in(sorted(source.hidden)))[ROW].to_list()
        if hidden and self.layout.hidden is None:
            problem = f"row {hidden[0]} is hidden, one of {len(hidden)} with data"
            raise self.origin.error(problem, "say in `layout`: `hidden: keep` or `hidden: leave_out`")
        is_wide = self.layout.is_register and source.has_notes and len(source.header) > 2
        if is_wide and (lone := self.frame.filter(pl.col("#filled") == 1)[ROW].to_list()):
            raise self.origin.error(f"row {lone[0]} has one cell only", "list it under `notes` if it is not a grant")

    def refuse_texts(self) -> None:
        """Refuse cells with letters that were decoded wrongly, or with control characters."""
        wrong = {_MISREAD: "letters decoded wrongly before the file was made", _CONTROL: "a control character"}
        for key in self.layout.columns:
            if key in self.frame.columns:
                for pattern, what in wrong.items():
                    found = self.frame.filter(pl.col(key).str.contains(pattern))
                    if found.height:
                        problem = f"holds {what}: {found[key][0]!r:.60}"
                        raise self._at(key, found[ROW][0], problem, "ask the source for a sound file")

    def refuse_two_readings(self, places: Mapping[str, int]) -> None:
        """Refuse a number that could be two."""
        for key, place in places.items():
            column = self.layout.columns[key]
            if column.reads not in NUMBERS:
                continue
            real = f"real{place}"
            texts = self.frame[key]
            if real in self.frame.columns:
                texts = texts.filter(~self.frame[real])
            if found := two_readings(column, texts, has_real=len(texts) < self.frame.height):
                row = self.frame[ROW][self.frame[key].index_of(found.text) or 0]
                todo = "say on the card which separators the column has: `thousands` and `decimal`"
                raise self._at(key, row, f"holds {found}", todo)

    def told_in_columns(self, header: Sequence[str]) -> list[Told]:
        """What columns that are not read say about the period of the rows."""
        found = []
        for name in self.frame.columns:
            if name.startswith("#beside"):
                title = header[int(name.removeprefix("#beside"))]
                for text, row in self.frame.group_by(name, maintain_order=True).agg(pl.col(ROW).first()).rows():
                    found += [Told(f"column {title} in row {row}", title, text)] if text else []
        return found

    def _at(self, key: str, row: int, problem: str, todo: str) -> SourceError:
        cell = f" (cell {self.letters[key]}{row})" if key in self.letters else ""
        return self.origin.error(f"column {key} in row {row}{cell} {problem}", todo)
