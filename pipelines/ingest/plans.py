"""Targets of economic plans: a CSV of targets becomes the plan of a region.

A file `<region code>.csv` in the folder of plans is the plan of that region, such as `GM0193.csv`. Its columns, in any
order and with commas or semicolons: `indicator_id`, `target_value`, `target_year`, `title_nl`, `title_en`; and,
optionally, `base_year`. A file with an error in it is left out whole and everything wrong in it is told: half a plan
would say something else than its makers did. All other plans and the release go on.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from decimal import Decimal
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path

from pipelines.errors import shown
from pipelines.indicators.registry import term_ids
from pipelines.ingest.own_files import Layout, OwnRow, Wrong, is_own_file, refuse_spreadsheet, rows_in
from pipelines.reading.existing import boundaries
from pipelines.reading.parquet import distinct
from pipelines.seeds import Indicator, RegionGroup, RegionScheme, read_seed

COUNTRY = "NL01"
_REQUIRED = ("indicator_id", "target_value", "target_year", "title_nl", "title_en")
_LAYOUT = Layout(columns=(*_REQUIRED, "base_year"), required=_REQUIRED, each="a target", below="the targets")
_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]{1,6})?")
# 1.250 is a thousand and more in Dutch and little more than one in English; 1,250 the other way round.
_TWO_WAYS = re.compile(r"-?[1-9][0-9]{0,2}[.,][0-9]{3}")
_YEAR = re.compile(r"[0-9]{4}")
_YEARS = range(1995, 2101)
_COUNT = "count"
# What says how much of a source is known is no figure of the region.
_NOT_COMPARABLE = ("minimum", "coverage")


@dataclass(frozen=True)
class Target:
    """What a plan wants an indicator of a region to be in a year; without `base_year` the model chooses one."""

    region_code: str
    indicator_id: str
    target_value: float
    target_year: int
    base_year: int | None
    title_nl: str
    title_en: str
    file: str


@dataclass(frozen=True)
class PlanError:
    """Something wrong in a file, and what to do about it."""

    where: str
    problem: str
    todo: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem} -> {self.todo}"


@dataclass(frozen=True)
class Plans:
    """Every target of the plans that could be read, ordered by region and indicator, and the errors in the others."""

    targets: list[Target]
    wrong: list[PlanError]


def read_plans(folder: Path, indicators: Sequence[Indicator], regions: Collection[str]) -> Plans:
    """Every plan in a folder; none if the folder does not exist.

    Args:
        folder: where the files are.
        indicators: the registry.
        regions: the codes of the regions that figures are published of.
    """
    if not folder.exists():
        return Plans([], [])
    if not folder.is_dir():
        return Plans([], [PlanError(f"{folder.name}", "it is a file, expected a folder of CSV files", "make it one")])
    by_id = {row.indicator_id: row for row in indicators}
    targets: list[Target] = []
    wrong: list[PlanError] = []
    names: dict[str, str] = {}
    for path in sorted(p for p in folder.iterdir() if is_own_file(p)):
        try:
            code = _region(path, regions, names)
            found, errors = _targets(path, code, by_id)
        except Wrong as error:
            found, errors = [], [error]
        targets += [] if errors else found
        wrong += [_told(path, error) for error in errors]
    return Plans(sorted(targets, key=lambda t: (t.region_code, t.indicator_id)), wrong)


def digest_of(targets: Iterable[Target]) -> str:
    """The identity of the content of the plans."""
    return sha256("\n".join(repr(astuple(target)) for target in targets).encode()).hexdigest()


def regions_with_figures(newest_regions: Path, own: Iterable[str]) -> set[str]:
    """The codes of the regions of today, groups and own regions among them.

    Args:
        newest_regions: the raw rows of the newest table of regions.
        own: the codes of own regions.
    """
    pattern = re.compile("|".join(f"(?:{row.pattern})" for row in read_seed(RegionScheme) if row.is_in_region_tables))
    cells = {text for (text,) in distinct(newest_regions, ("value_text",), "value_text is not null")}
    municipalities = {code for (code,) in distinct(newest_regions, ("region_code",))}
    groups = {row.region_code for row in read_seed(RegionGroup)}
    return {*(cell for cell in cells if pattern.fullmatch(cell)), *municipalities, *groups, *own, COUNTRY}


def _told(path: Path, error: Wrong) -> PlanError:
    problem, _, todo = error.problem.partition(" -> ")
    return PlanError(f"plan {path.name}" + (f" line {error.line}" if error.line else ""), problem, todo)


def _region(path: Path, regions: Collection[str], names: dict[str, str]) -> str:
    refuse_spreadsheet(path)
    code = path.stem.strip().upper()
    if code not in regions:
        ended = boundaries().heirs.get(code, ())
        now = f"; it became part of {shown(sorted({heir.code for heir in ended}))}" if ended else ""
        raise Wrong(
            f"{path.stem!r} is no region of today{now}, expected a code as in the table regions, such as GM0193"
            " -> rename the file"
        )
    if code in names:
        raise Wrong(f"it is about {code}, like {names[code]}, expected one plan of a region -> put them in one file")
    names[code] = path.name
    return code


def _targets(path: Path, code: str, by_id: Mapping[str, Indicator]) -> tuple[list[Target], list[Wrong]]:
    """The targets in a file, and what is wrong in it."""
    rows = rows_in(path.read_bytes(), _LAYOUT)
    if not rows:
        raise Wrong("it has no target -> write an indicator and its target on each line below the header")
    found: list[Target] = []
    wrong: list[Wrong] = []
    lines: dict[str, int] = {}
    for row in rows:
        try:
            target = _target(row, code, path.name, by_id)
            if target.indicator_id in lines:
                raise _wrong(
                    row,
                    "indicator_id",
                    f"which is on line {lines[target.indicator_id]} too, expected one target of an indicator",
                    "remove one of the two",
                )
            lines[target.indicator_id] = row.line
            found.append(target)
        except Wrong as error:
            wrong.append(error)
    return found, wrong


def _target(row: OwnRow, code: str, file: str, by_id: Mapping[str, Indicator]) -> Target:
    indicator = _indicator(row, by_id)
    value, year = _value(row, indicator), _year(row, "target_year")
    base_year = _year(row, "base_year") if row.cells.get("base_year") else None
    if base_year is not None and year <= base_year:
        raise _wrong(row, "target_year", f"expected a year after base_year {base_year}", "correct one of the two")
    title_nl, title_en = _title(row, "title_nl"), _title(row, "title_en")
    return Target(code, indicator.indicator_id, value, year, base_year, title_nl, title_en, file)


def _wrong(row: OwnRow, column: str, expected: str, todo: str) -> Wrong:
    return Wrong(f"{column} is {row.cells.get(column, '')!r}, {expected} -> {todo}", row.line)


def _indicator(row: OwnRow, by_id: Mapping[str, Indicator]) -> Indicator:
    text = row.cells.get("indicator_id", "")
    indicator = by_id.get(text)
    if indicator is None:
        alike = get_close_matches(text, by_id, n=1)
        todo = f"write {alike[0]}, if that is meant" if alike else "correct it, or remove the line"
        raise _wrong(row, "indicator_id", "expected an identifier as in the table indicators", todo)
    if indicator.kind == _COUNT:
        rates = _rates_of(text, by_id.values())
        todo = f"give a target for {shown(rates, 3)}" if rates else "choose a rate or share, or remove the line"
        raise _wrong(row, "indicator_id", "a count, which is the size of a region, expected a rate or share", todo)
    if indicator.kind in _NOT_COMPARABLE:
        raise _wrong(
            row,
            "indicator_id",
            "which says how much of its source is known, expected a figure of the region",
            "choose another, or remove the line",
        )
    return indicator


def _rates_of(count: str, indicators: Iterable[Indicator]) -> list[str]:
    """The rates and shares of which a count is the numerator, or else a part of it."""
    rates = [row for row in indicators if row.kind in ("rate", "share", "ratio") and count in term_ids(row.numerator)]
    return [row.indicator_id for row in sorted(rates, key=lambda row: row.numerator != count)]


def _value(row: OwnRow, indicator: Indicator) -> float:
    text = row.cells.get("target_value", "")
    if not _NUMBER.fullmatch(text):
        raise _wrong(row, "target_value", "expected a number such as 38.5 or 38,5", "write it without other signs")
    if _TWO_WAYS.fullmatch(text):
        whole = re.sub("[.,]", "", text)
        raise _wrong(
            row,
            "target_value",
            "which can be read in two ways, expected a number such as 1250 or 1.25",
            f"write {whole} for a number above a thousand, or else another number of decimals",
        )
    value = Decimal(text.replace(",", "."))
    if value != round(value, indicator.decimals):
        expected = f"expected no more decimals than the {indicator.decimals} of its indicator"
        raise _wrong(row, "target_value", expected, "round it")
    least, most = (Decimal(str(bound)) for bound in (indicator.min_value, indicator.max_value))
    if not least <= value <= most:
        expected = f"expected from {least.normalize():f} to {most.normalize():f} {indicator.unit_en}"
        raise _wrong(row, "target_value", expected, "correct it")
    return float(value)


def _year(row: OwnRow, column: str) -> int:
    text = row.cells.get(column, "")
    if not _YEAR.fullmatch(text) or int(text) not in _YEARS:
        raise _wrong(row, column, "expected a year such as 2030", "correct it")
    return int(text)


def _title(row: OwnRow, column: str) -> str:
    text = " ".join(row.cells.get(column, "").split())
    if not text:
        raise _wrong(row, column, "expected a text, in both languages", "write what the plan calls this target")
    return text
