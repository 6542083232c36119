"""From a frame of text to observations, by the layout of the card.

What several rows with one key add up to (`combine: sum`, `totals`):

- numbers, to their sum, which is as provisional as its least certain part; nil (`-`) adds nothing;
- as soon as a part is suppressed, unknown or blank, to no number: the sum then has the most informative mark. A measure
  that is blank for a whole group, such as the age of vacancies, thus stays blank instead of becoming zero;
- counts of which the card says between which numbers those lie that are not written (`hidden`), to two sums: of the
  least and of the most that they can be. Neither leaves out a part, and both are known.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipelines.errors import CardError, MismatchError, SourceError, shown
from pipelines.reading.files import values
from pipelines.reading.files.numbers import reader_of
from pipelines.reading.files.table_columns import ROW
from pipelines.reading.files.values import BLANK, ORDINARY, Cell
from pipelines.seeds import RegionName, read_rows
from pipelines.sources.card import SourceCard
from pipelines.sources.dimensions import TOTAL, Measure
from pipelines.sources.layout import CASE, NUMBERS, PERIOD, REGION, FileColumn, Reads, TableLayout, fold
from pipelines.sources.periods import year_of
from pipelines.sources.units import is_count

COUNTRY = "NL01"
_KEYS: dict[Reads, Callable[[str], str]] = {
    Reads.DAY: values.read_day,
    Reads.MONTH: values.read_month,
    Reads.QUARTER: values.read_quarter,
    Reads.YEAR: values.read_year,
    Reads.YEAR_OF_DAY: values.read_year_of_day,
    Reads.REGION_CODE: values.read_region_code,
}
# The first of these that any part of a sum has is the mark of the sum.
_HIDDEN = [("x", 0), ("*", 1), ("<5", 2), ("<10", 3), (".", 4), ("Impossible", 5), (BLANK, 6)]
_WITH = [("*", 7), ("**", 8), (ORDINARY, 9)]
_WITHOUT = [*_HIDDEN, ("Zero", 10), ("-", 11)]


class Statistics(NamedTuple):
    """What a table of figures holds.

    Attributes:
        observations: measure_code, region_code, period_code, dims, value, value_text, value_attribute; `value_text`
            is only filled for a measure that is read as text.
        regions: the region code of each row of the table that the card asks for, the first of one in several; null for
            a row that counts nowhere.
    """

    observations: pl.DataFrame
    regions: pl.Series


def load_region_names(path: Path) -> dict[str, dict[str, str]]:
    """The region codes of the seed `region_names.csv`, by list and by name without differences in case and spaces.

    Raises:
        CardError: a list gives one name two codes.
    """
    names: dict[str, dict[str, str]] = {}
    for row in read_rows(RegionName, path):
        code = names.setdefault(row.name_list, {}).setdefault(fold(row.name), row.region_code)
        if code != row.region_code:
            problem = f"{row.name!r} is both {code} and {row.region_code} in the list {row.name_list}"
            raise CardError(f"{path.name}: {problem} -> keep the one that the source means")
    return names


def statistics_rows(
    card: SourceCard,
    frame: pl.DataFrame,
    names: Mapping[str, Mapping[str, str]],
    period: str | None,
    url: str = "",
    letters: Mapping[str, str] | None = None,
) -> Statistics:
    """Turn a frame from `read_table` into observations.

    Args:
        card: its layout says what the columns are.
        frame: text, one row per row of data.
        names: the region codes by list and folded name, see `load_region_names`.
        period: the period of all rows, where no column gives it.
        url: where the frame came from, for errors.
        letters: the letters of the columns in a spreadsheet, for errors, where they have any.

    Returns:
        The observations, and the regions of the rows that they are made of.

    Raises:
        SourceError: a cell cannot be read, two rows share a key, a code on the card is missing, or no period is known.
        CardError: the card and its layout do not fit together.
    """
    table = _Table(card, frame, names, url, letters or {})
    table.refuse_doubled_cases()
    categories = sorted(name for name, dimension in card.dimensions.items() if dimension.role == "category")
    keys = [REGION, PERIOD, *categories]
    key_boundary_year = table.keys(keys, period)
    rows = table.placed(table.cells(key_boundary_year))
    if table.layout.combine:
        rows = _added(rows, [*keys, "measure_code"])
    else:
        table.refuse_doubled(rows, [*keys, "measure_code"])
    for name in (name for name in table.layout.totals if name != REGION):
        table.refuse_own_total(rows, name)
        total = _added(rows, [*(key for key in keys if key != name), "measure_code"])
        rows = pl.concat([rows, total.with_columns(pl.lit(TOTAL).alias(name)).select(rows.columns)])
    rows = rows.filter(*table.wanted(rows, categories))
    # A total over a dimension includes all of its codes.
    asked = key_boundary_year.filter(
        *table.wanted(key_boundary_year, [c for c in categories if c not in table.layout.totals])
    )
    dims = [pl.format("{}={}", pl.lit(name), name) for name in categories]
    observations = rows.select(
        "measure_code",
        pl.col(REGION).alias("region_code"),
        pl.col(PERIOD).alias("period_code"),
        (pl.concat_str(dims, separator=";") if dims else pl.lit("")).alias("dims"),
        "value",
        "value_text",
        "value_attribute",
    )
    return Statistics(observations, table.places(asked))


def added_pages(rows: pl.DataFrame, layout: TableLayout) -> pl.DataFrame:
    """Observations of all pages of one table, where parts of one key can be on several: each key once.

    A row is said to be from the page that its first part is on.
    """
    key = ["measure_code", "region_code", "period_code", "dims"]
    if layout.dated:
        rows = rows.with_columns(pl.col("period_code").max().over("region_code"))
    first = rows.group_by(key, maintain_order=True).agg(pl.exclude("value", "value_text", "value_attribute").first())
    return first.join(_added(rows, key), on=key, maintain_order="left").select(rows.columns)


def with_zeros(
    card: SourceCard,
    rows: pl.DataFrame,
    names: Mapping[str, Mapping[str, str]],
    municipalities: Callable[[int], list[str]],
) -> pl.DataFrame:
    """Observations of a whole table, and a zero for each region without a row where its layout fills those up.

    Args:
        card: its layout says of which regions: those of its list of names, else municipalities.
        rows: the observations.
        names: the region codes by list and folded name.
        municipalities: those that there are on 1 January of a year.
    """
    layout = card.layout
    if layout is None or not layout.has_zeros:
        return rows
    # Every row has a cell of each measure, so any of them tells where there are rows.
    there = rows.filter(pl.col("measure_code") == (layout.counted or card.measures[0].code))
    known = sorted(there["period_code"].unique())
    periods = [max(known)] if layout.dated and known else known
    lists = [column.names for column in layout.columns.values() if column.names]
    listed = sorted({code for name in lists for code in names[name].values()})
    places = [(code, period) for period in periods for code in listed or municipalities(year_of(period))]
    every = pl.DataFrame(places, schema={"region_code": pl.String, "period_code": pl.String}, orient="row").join(
        there.select("dims").unique(maintain_order=True), how="cross"
    )
    key = ["region_code", "dims", *([] if layout.dated else ["period_code"])]
    measures = pl.DataFrame({"measure_code": [measure.code for measure in card.measures]})
    zeros = every.join(there, on=key, how="anti").join(measures, how="cross")
    zeros = zeros.with_columns(
        pl.lit(0.0).alias("value"),
        pl.lit(None, pl.String).alias("value_text"),
        pl.lit(ORDINARY).alias("value_attribute"),
    )
    # What else a row has is the same for all of a table, or said of its first page.
    others = [name for name in rows.columns if name not in zeros.columns]
    zeros = zeros.with_columns(pl.lit(rows[name].first(), rows.schema[name]).alias(name) for name in others)
    return pl.concat([rows, zeros.select(rows.columns)])


@dataclass(frozen=True)
class _Table:
    """A frame with everything needed to read its cells."""

    card: SourceCard
    frame: pl.DataFrame
    names: Mapping[str, Mapping[str, str]]
    url: str
    letters: Mapping[str, str]

    @property
    def layout(self) -> TableLayout:
        if self.card.layout is None:
            raise CardError(f"card {self.card.dataset_id}: it has no `layout` -> say what the columns of its files are")
        return self.card.layout

    def error(self, problem: str, todo: str) -> SourceError:
        return MismatchError(self.card.dataset_id, problem, url=self.url, todo=todo)

    @property
    def columns(self) -> dict[str, str]:
        """The names of the columns that are there, by what they become."""
        there = ((name, column) for name, column in self.layout.columns.items() if name in self.frame.columns)
        return {to: name for name, column in there for to in column.becomes}

    def keys(self, keys: list[str], period: str | None) -> pl.DataFrame:
        """What each row is about."""
        return pl.DataFrame([self._key(key, self.columns.get(key), period) for key in keys])

    def cells(self, key_boundary_year: pl.DataFrame) -> pl.DataFrame:
        """Every cell of every measure, under its keys."""
        parts = []
        for measure in self.card.measures:
            if measure.code == self.layout.counted:
                parts.append(
                    key_boundary_year.with_columns(
                        pl.lit(measure.code).alias("measure_code"),
                        pl.lit(1.0).alias("value"),
                        pl.lit(None, pl.String).alias("value_text"),
                        pl.lit(ORDINARY).alias("value_attribute"),
                    )
                )
            elif name := self.columns.get(measure.code):
                parts.append(
                    key_boundary_year.with_columns(pl.lit(measure.code).alias("measure_code")).hstack(
                        self._values(measure, name)
                    )
                )
        if not parts:
            raise self.error("it has none of the measures on the card", "give them columns in `layout`")
        return pl.concat(parts)

    def placed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows under each of their regions, and all of them once under the country if there is a total over it."""
        there = rows.filter(pl.col(PERIOD).is_not_null())
        each = there.explode(REGION) if rows.schema[REGION] == pl.List(pl.String) else there
        each = each.filter(pl.col(REGION).is_not_null())
        if REGION not in self.layout.totals:
            return each
        if COUNTRY in each[REGION]:
            problem = f"it has figures of {COUNTRY} already"
            raise self.error(problem, f"take {REGION} out of `totals` on the card")
        return pl.concat([each, there.with_columns(pl.lit(COUNTRY).alias(REGION))])

    def places(self, rows: pl.DataFrame) -> pl.Series:
        """The region of each row, the first of one in several; null where a row counts nowhere."""
        first = pl.col(REGION)
        if rows.schema[REGION] == pl.List(pl.String):
            first = first.list.first()
        if REGION in self.layout.totals:
            first = first.fill_null(COUNTRY)
        return rows.select(pl.when(pl.col(PERIOD).is_not_null()).then(first)).to_series()

    def _key(self, key: str, name: str | None, period: str | None) -> pl.Series:
        if name is not None:
            column = self.layout.columns[name]
            return self._read_keys(name, column).alias(key)
        if key == REGION:
            return pl.repeat(COUNTRY, self.frame.height, dtype=pl.String, eager=True).alias(key)
        if key == PERIOD and period is not None:
            return pl.repeat(period, self.frame.height, dtype=pl.String, eager=True).alias(key)
        if key == PERIOD:
            raise self.error(
                "no column says which period the rows are for, nor does the file",
                "name the file by its period and the day of the download, such as 2026KW03__2026-11-20.csv",
            )
        raise CardError(f"card {self.card.dataset_id}: dimension {key} has no column -> give it one in `layout`")

    def _read_keys(self, name: str, column: FileColumn) -> pl.Series:
        reader = self._key_reader(column)

        def one(text: str) -> str | None:
            return None if column.has_blanks and not text.strip() else reader(text)

        if column.separator is None:
            return self._read(name, one, pl.String())
        separator = column.separator

        def several(text: str) -> list[str | None]:
            parts = [one(part) for part in text.split(separator)]
            # Two codes of other years can be of one region.
            return list(dict.fromkeys(part for part in parts if part)) or [None]

        return self._read(name, several, pl.List(pl.String))

    def _key_reader(self, column: FileColumn) -> Callable[[str], str]:
        if column.reads is Reads.REGION_NAME:
            listed = self.names.get(column.names or "")
            if listed is None:
                known = shown(sorted(self.names))
                raise CardError(f"card {self.card.dataset_id}: there is no list of names {column.names} -> use {known}")
            return lambda text: _named(listed, text)
        if column.to in (REGION, PERIOD):
            return _KEYS[column.reads]
        dimension = self.card.dimensions[column.to]
        spellings = {spelling: code.code for code in dimension.codes for spelling in (code.code, *code.aliases)}
        return lambda text: _category(spellings, text)

    def _values(self, measure: Measure, name: str) -> pl.DataFrame:
        column, marks = self.layout.columns[name], self.layout.marks
        if strange := sorted(set(marks.values()) - {mark for mark, _ in _WITHOUT}):
            raise CardError(f"card {self.card.dataset_id}: `marks` makes {shown(strange)} of a mark -> use a known one")
        if column.reads is Reads.TEXT:
            if self.layout.combine or self.layout.totals:
                raise CardError(f"card {self.card.dataset_id}: column {name} is text -> texts cannot be added up")
            text, blank = pl.col("value_text"), pl.col("value_text") == ""
            return pl.DataFrame({"value_text": self.frame[name].str.strip_chars()}).select(
                pl.lit(None, pl.Float64).alias("value"),
                pl.when(~blank).then(text).alias("value_text"),
                pl.when(blank)
                .then(pl.lit(marks.get(BLANK, BLANK)))
                .otherwise(pl.lit(ORDINARY))
                .alias("value_attribute"),
            )
        number = reader_of(column)
        if number is None:
            raise CardError(
                f"card {self.card.dataset_id}: column {name} is a measure -> let it read a number or a text"
            )
        is_whole, hidden = is_count(measure.unit or ""), column.hidden

        def read(text: str) -> Cell:
            if hidden and text.strip() in hidden.marks:
                return Cell(hidden.most if measure.code == hidden.at_most else hidden.least, ORDINARY)
            if mark := marks.get(text.strip()):
                return Cell(None, mark)
            cell = number(text)
            if hidden and cell.value is not None and (cell.value < 0 or hidden.least <= cell.value <= hidden.most):
                told = shown(hidden.marks)
                raise ValueError(f"a count from {hidden.least} to {hidden.most} is written {told}, and none is below 0")
            if is_whole and cell.value is not None and not cell.value.is_integer():
                whole = int(re.sub("[^0-9]", "", text))
                raise ValueError(f"a count has no fraction, and it could be {cell.value:.15g} or {whole}")
            return cell if cell.value is not None else Cell(None, marks.get(cell.mark, cell.mark))

        cells = self._read(name, read, pl.Struct({"value": pl.Float64, "mark": pl.String}))
        return pl.DataFrame(
            {
                "value": cells.struct.field("value"),
                "value_text": pl.repeat(None, len(cells), dtype=pl.String, eager=True),
                "value_attribute": cells.struct.field("mark"),
            }
        )

    def _read(self, name: str, read: Callable[[str], object], kind: pl.DataType) -> pl.Series:
        """Read the cells of a column, each distinct text once."""
        column = self.frame[name]
        texts = column.unique(maintain_order=True)
        found: list[object] = []
        for text in texts:
            try:
                cell = read(text)
            except ValueError as error:
                problem = f"column {name} holds {text!r} in row {self._row(name, column == text)}: {error}"
                raise self.error(problem, self._todo(self.layout.columns[name])) from None
            found.append(cell._asdict() if isinstance(cell, Cell) else cell)
        return pl.Series(name, found, dtype=kind).gather(
            column.replace_strict(texts, pl.int_range(len(texts), eager=True))
        )

    def _todo(self, column: FileColumn) -> str:
        if column.reads is Reads.REGION_NAME:
            return f"add it to the list {column.names} in seeds/region_names.csv"
        if column.reads in NUMBERS:
            return "correct `reads` of the column, or say under `marks` what it means"
        return "correct the column in `layout`; if the row is a note, list it under `notes`"

    def _row(self, name: str, where: pl.Series) -> str:
        """The number of the first such row, and what a spreadsheet calls the cell."""
        at = where.arg_true()[0]
        row = int(self.frame[ROW][at]) if ROW in self.frame.columns else at + 1
        return f"{row} (cell {self.letters[name]}{row})" if name in self.letters else str(row)

    def refuse_doubled(self, rows: pl.DataFrame, key: list[str]) -> None:
        """Refuse two rows with one key, which without `combine` contradict each other."""
        doubled = rows.filter(pl.struct(key).is_duplicated())
        if doubled.height:
            first = ", ".join(str(part) for part in doubled.select(key).row(0))
            problem = f"{doubled.height} cells share a key that must be unique, the first {first}"
            raise self.error(problem, "give the column that tells them apart, or `combine: sum` if they are parts")

    def refuse_doubled_cases(self) -> None:
        """Refuse a row that is there twice, where each has something of its own."""
        if (name := self.columns.get(CASE)) is None:
            return
        cases = self.frame[name].str.strip_chars()
        if (doubled := cases.is_duplicated() | (cases == "")).any():
            problem = f"column {name} holds {cases.filter(doubled)[0]!r} in {doubled.sum()} rows, expected each once"
            raise self.error(problem, "ask the source what its rows are; they may be parts of one case")

    def refuse_own_total(self, rows: pl.DataFrame, name: str) -> None:
        """Refuse to add up a dimension that already has a total among its codes."""
        own = [code for code in rows[name].unique().sort() if fold(code).startswith(("totaal", TOTAL))]
        if own:
            raise self.error(f"dimension {name} has {shown(own)} already", f"take {name} out of `totals` on the card")

    def wanted(self, rows: pl.DataFrame, categories: list[str]) -> list[pl.Expr]:
        """Which rows the card asks for: those of the codes that it lists, where it lists any."""
        wanted = []
        for name in categories:
            codes = [code.code for code in self.card.dimensions[name].codes]
            if absent := sorted(set(codes) - set(rows[name])):
                problem = f"dimension {name} has no {shown(absent)}, but {shown(rows[name].unique().sort())}"
                raise self.error(problem, "correct `codes` on the card")
            if codes:
                wanted.append(pl.col(name).is_in([*codes, TOTAL]))
        return wanted


def _named(listed: Mapping[str, str], text: str) -> str:
    if code := listed.get(fold(text)):
        return code
    raise ValueError("no region has this name")


def _category(spellings: Mapping[str, str], text: str) -> str:
    code = " ".join(text.split())
    # The separators between the codes of a row cannot be in a code.
    if not code or ";" in code or "=" in code:
        raise ValueError("expected a code or name, without ; and =")
    return spellings.get(code, code)


def _added(rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """One row for each key: the sum of its rows, or the mark that says why there is none."""
    mark, value = pl.col("value_attribute"), pl.col("value")
    weights = [
        mark.replace_strict([m for m, _ in part], [w for _, w in part], default=None, return_dtype=pl.Int32)
        for part in (_WITH, _WITHOUT)
    ]
    weighed = rows.with_columns(pl.when(value.is_not_null()).then(weights[0]).otherwise(weights[1]).alias("weight"))
    # In the order of the rows, so that the last digit of a sum is the same every time.
    sums = weighed.group_by(key, maintain_order=True).agg(value.sum().round(9), pl.col("weight").min())
    marks = pl.Series([m for m, _ in sorted(_WITH + _WITHOUT, key=lambda pair: pair[1])])
    return sums.select(
        *key,
        pl.when(pl.col("weight").is_in([w for _, w in _WITH])).then(value).alias("value"),
        pl.lit(None, pl.String).alias("value_text"),
        pl.lit(marks).gather(pl.col("weight")).alias("value_attribute"),
    )
