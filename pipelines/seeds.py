"""The dbt seeds that Python reads too, as typed rows; no other module opens them.

A row has the columns that Python reads, and ignores those that only dbt reads. The row of an indicator is read whole:
an unknown column is refused. An empty cell counts as absent.
"""

import csv
from datetime import date
from pathlib import Path
from typing import ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import CardError
from pipelines.settings import DBT_PROJECT

SEEDS = DBT_PROJECT / "seeds"


class SeedRow(BaseModel):
    """A row of the seed that it names."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    seed: ClassVar[str]


class Indicator(SeedRow):
    """An indicator: what it is called, and what it selects or is computed from.

    What it selects or is computed from is kept as written: the package `indicators` checks it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    seed = "indicators"

    indicator_id: str
    theme: str
    sub_theme: str
    building_block: int
    title_nl: str
    title_en: str
    definition_nl: str
    definition_en: str
    unit_nl: str
    unit_en: str
    decimals: int
    direction: str
    kind: str
    is_flow: bool
    interval_kind: str
    formula: str
    numerator: str = ""
    denominator: str = ""
    factor: str = ""
    lag_years: str = ""
    dataset_id: str = ""
    measure_code: str = ""
    dims: str = ""
    multiplier: str = ""
    min_value: float
    max_value: float
    lowest_level: str
    target_value: float | None = None
    target_source: str = ""
    usage_warnings: str = ""


class Theme(SeedRow):
    """A theme, and the description of its wide mart."""

    seed = "themes"

    theme: str
    title_nl: str
    title_en: str
    description_nl: str
    description_en: str


class PeriodKind(SeedRow):
    """Periods of one kind.

    Attributes:
        letters: the two characters after the year.
        first_number: the lowest number that may follow them.
        last_number: the highest one.
        kind: its name.
        start_month: the month in which it starts; 0 where the letters and the number do not say.
        months: how many months it lasts; 0 where it is not counted in months.
    """

    seed = "period_kinds"

    letters: str = Field(alias="period_letters")
    first_number: int
    last_number: int
    kind: str
    start_month: int
    months: int

    @property
    def numbers(self) -> range:
        """The numbers that may follow the letters."""
        return range(self.first_number, self.last_number + 1)


class KnownPeriodStatus(SeedRow):
    """A status of a period that has a meaning, as CBS words it."""

    seed = "period_status"

    period_status: str


class ValueMark(SeedRow):
    """A mark beside or instead of a figure, and what it says about the figure."""

    seed = "value_status"

    value_attribute: str
    status_of_number: str
    status_of_null: str
    is_zero: bool


class RegionScheme(SeedRow):
    """A kind of region, and what its codes look like."""

    seed = "region_schemes"

    pattern: str
    is_in_region_tables: bool


class RegionGroup(SeedRow):
    """A group or cooperation of municipalities."""

    seed = "region_groups"

    region_code: str


class RegionName(SeedRow):
    """A name that a source gives a region."""

    seed = "region_names"

    name_list: str
    name: str
    region_code: str
    note: str = ""


class RegionRemainder(SeedRow):
    """What codes that are not regions look like; some only count where another code is present."""

    seed = "region_remainders"

    pattern: str
    beside: str = ""


class BoundaryChange(SeedRow):
    """A municipality that ended, or part of one, and the municipality that it became part of."""

    seed = "boundary_changes"

    changed_on: date
    old_code: str
    old_name: str
    new_code: str
    new_name: str
    heir: str
    share: float
    share_of_new: float = 1.0
    area_share_of_new: float = 1.0


class MunicipalityTile(SeedRow):
    """Where a municipality is on the tile map."""

    seed = "municipality_tiles"

    region_code: str
    tile_column: int
    tile_row: int


class RecipientWord(SeedRow):
    """A word that tells an organisation from a person."""

    seed = "recipient_words"

    word: str
    match: Literal["word", "suffix", "prefix"]
    kind: Literal["organisation", "person", "unknown"]
    is_above_name: bool


class SupportScheme(SeedRow):
    """A subsidy scheme that somebody has looked at."""

    seed = "support_schemes"

    region_code: str
    scheme: str


R = TypeVar("R", bound=SeedRow)


def read_seed(kind: type[R], folder: Path = SEEDS) -> list[R]:
    """The rows of a seed.

    Raises:
        CardError: a cell does not fit its column, or a column is unknown; one line per row.
    """
    return read_rows(kind, folder / f"{kind.seed}.csv")


def read_rows(kind: type[R], path: Path) -> list[R]:
    """The rows of a file with the columns of a seed.

    Raises:
        CardError: a cell does not fit its column, or a column is unknown; one line per row.
    """
    columns = {field.alias or name for name, field in kind.model_fields.items()}
    rows: list[R] = []
    problems: list[str] = []
    for line, row in enumerate(csv_rows(path), start=2):
        try:
            rows.append(kind.model_validate({c: text for c, text in row.items() if text or c not in columns}))
        except ValidationError as error:
            first = error.errors()[0]
            found = "" if first["type"] == "missing" else f"{first['input']!r:.80} in "
            column = ".".join(map(str, first["loc"]))
            problems.append(f"{path.name} line {line}: {found}{column}: {first['msg']} -> correct the row")
    if problems:
        raise CardError("\n".join(problems))
    return rows


def csv_rows(path: Path) -> list[dict[str, str]]:
    """The rows of one of our CSV files, as text by column name."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
