"""Rows of a register that add up other rows, and would be counted twice as grants.

By their words: `Totaal`, `Subtotaal`, `Eindtotaal` and the like in any cell that is not a number. A longer text, such
as `Totaal Sport`, could be a name: it only counts where the row has no other text, and then its amounts must be the
sum of rows above it, or it is refused.

By arithmetic: a row whose amounts are exactly the sum of all rows above it, or of those since the last total. That
happens by chance too, for round amounts early in a table, so no row with a text is left out for it:

- a row without any text is left out when it is such a sum of two or more rows, and refused when it is not;
- one that lacks a text that nearly all others have is refused when it is such a sum;
- any other is refused when it is the sum of all rows above, of which ten or more have an amount, or four or
  more where it is the last.
"""

from collections.abc import Sequence
from itertools import accumulate

import polars as pl

from pipelines.reading.files.numbers import reader_of
from pipelines.reading.files.table_columns import ROW, TableOrigin
from pipelines.sources.layout import AMOUNTS, NUMBERS, FileColumn, TableLayout

_TOTAL = r"(?:sub|eind|deel|hoofd|groot|grand |sub-|sub |eind-|eind )?tota(?:al|len|l|ls)"
_BESIDE = r"(?:generaal|algemeen|overall|bedrag|bedragen|verleend|toegekend|subsidies?|€|eur|euro|\(.*\)|[0-9]{4})"
SURE_TOTAL = (
    rf"^[^\p{{L}}\p{{N}}]*(?:{_BESIDE}\s+)?{_TOTAL}(?:[\s:]+{_BESIDE})*[^\p{{L}}\p{{N}}]*$"
    r"|^[^\p{L}\p{N}]*(?:sub-?\s?totaal|eind-?\s?totaal|sub-?\s?total|grand total)\b"
)
LONG_TOTAL = (
    rf"^[^\p{{L}}\p{{N}}]*{_TOTAL}\b|\b{_TOTAL}[^\p{{L}}\p{{N}}]*$"
    r"|^[^\p{L}\p{N}]*(?:de )?(?:som|sum|saldo|samen|tezamen|opgeteld|optelling)\b"
)
_ENOUGH = 10
_ENOUGH_FOR_LAST = 4
_NEARLY_ALL = 0.9
_TODO = "list it under `notes` of the layout if it is not a grant"
Cents = list[int | None]


def total_rows(origin: TableOrigin, frame: pl.DataFrame, layout: TableLayout) -> pl.Series:
    """Which rows add up others, in a frame with the columns that `table_rows` adds.

    Raises:
        SourceError: a row could be a total and could be a grant.
    """
    return pl.Series(_Totals(origin, frame, layout).found(), dtype=pl.Boolean)


class _Totals:
    """Goes through the rows once, with the sums so far."""

    def __init__(self, origin: TableOrigin, frame: pl.DataFrame, layout: TableLayout) -> None:
        self.origin, self.rows = origin, frame[ROW]
        self.amounts = [_cents(frame[key], column) for key, column in _amount_columns(frame, layout).items()]
        words = [key for key, c in layout.columns.items() if key in frame.columns and c.reads not in NUMBERS]
        blank = frame.select(pl.col(key).str.strip_chars() == "" for key in words)
        few = max(1, frame.height * (1 - _NEARLY_ALL))
        usual = [blank[key] for key in words if blank[key].sum() <= few]
        lacking = pl.Series([False] * frame.height)
        for column in usual:
            lacking = lacking | column
        self.lacking = lacking.to_list()
        self.words, self.sure, self.long = (frame[name].to_list() for name in ("#words", "#sure", "#long"))

    def found(self) -> list[bool]:
        """Which rows are totals."""
        everything, since = _Sum(len(self.amounts)), _Sum(len(self.amounts))
        totals = []
        for i in range(len(self.rows)):
            row = [column[i] for column in self.amounts]
            is_sum = everything.is_of(row) or since.is_of(row)
            is_total = self._is_total(i, row, is_sum, everything)
            totals.append(is_total)
            if is_total:
                since = _Sum(len(self.amounts))
            else:
                everything.add(row)
                since.add(row)
        return totals

    def _is_total(self, i: int, row: Sequence[int | None], is_sum: bool, above: "_Sum") -> bool:
        if self.sure[i]:
            return True
        alone = self.words[i] <= 1
        if self.long[i] and alone:
            if not is_sum:
                raise self._refused(i, "is called a total, but is not the sum of rows above it")
            return True
        if self.words[i] == 0 and any(row):
            if not is_sum:
                raise self._refused(i, "has amounts and no text, and is not the sum of rows above it")
            return True
        enough = _ENOUGH_FOR_LAST if i == len(self.rows) - 1 else _ENOUGH
        if is_sum and (self.lacking[i] or (above.filled >= enough and above.is_of(row))):
            raise self._refused(i, "is exactly the sum of rows above it, and could be a total")
        return False

    def _refused(self, i: int, problem: str) -> Exception:
        return self.origin.error(f"row {self.rows[i]} {problem}", _TODO)


class _Sum:
    """The sum of some rows, by amount, and how many have one."""

    def __init__(self, width: int) -> None:
        self.sums, self.filled = [0] * width, 0

    def add(self, row: Sequence[int | None]) -> None:
        """Add a row."""
        self.sums = [total + (amount or 0) for total, amount in zip(self.sums, row, strict=True)]
        self.filled += any(row)

    def is_of(self, row: Sequence[int | None]) -> bool:
        """Whether each amount of a row is the sum of these rows, two or more."""
        given = [(total, amount) for total, amount in zip(self.sums, row, strict=True) if amount is not None]
        return self.filled >= 2 and any(row) and all(total == amount for total, amount in given)


def refuse_second_table(origin: TableOrigin, frame: pl.DataFrame, layout: TableLayout, blank: Sequence[int]) -> None:
    """Refuse rows after a blank one that are another table: without amounts, or repeating those before them."""
    amounts = [_cents(frame[key], column) for key, column in _amount_columns(frame, layout).items()]
    if not blank or not amounts or frame.is_empty():
        return
    rows = frame[ROW].to_list()
    starts = _starts(rows, sorted(blank))
    sums = [_block(amounts, start, end) for start, end in zip(starts, [*starts[1:], len(rows)], strict=True)]
    so_far = list(accumulate((block[1] for block in sums), lambda a, b: [x + y for x, y in zip(a, b, strict=True)]))
    for number in range(1, len(sums)):
        size, total, filled = sums[number]
        if size < 2:
            continue
        again = any(total) and total in (sums[number - 1][1], so_far[number - 1])
        if again or (not filled and sums[0][2]):
            problem = f"row {rows[starts[number]]} and what follows, after a blank row, look like a second table"
            raise origin.error(problem, "ask the source for a file with one table, or take the other out of it")


def _block(amounts: list[Cents], start: int, end: int) -> tuple[int, list[int], int]:
    parts = [column[start:end] for column in amounts]
    sums = [sum(amount for amount in part if amount) for part in parts]
    return end - start, sums, sum(amount is not None for part in parts for amount in part)


def _starts(rows: Sequence[int], blank: Sequence[int]) -> list[int]:
    """Where the rows start again after a blank one."""
    starts, gaps = [0], iter(blank)
    gap = next(gaps, None)
    for i, row in enumerate(rows):
        is_behind = False
        while gap is not None and gap < row:
            is_behind = i > 0
            gap = next(gaps, None)
        if is_behind:
            starts.append(i)
    return starts


def _amount_columns(frame: pl.DataFrame, layout: TableLayout) -> dict[str, FileColumn]:
    return {key: column for key, column in layout.columns.items() if column.to in AMOUNTS and key in frame.columns}


def _cents(cells: pl.Series, column: FileColumn) -> Cents:
    """The amounts of a column in whole cents; what is not a number is refused by its reader, later."""
    read, known = reader_of(column), {}
    for text in cells.unique():
        try:
            value = read(text).value if read else None
        except ValueError:
            value = None
        known[text] = None if value is None else round(value * 100)
    return [known[text] for text in cells]
