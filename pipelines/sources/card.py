"""Source cards: what is fetched from whom, and what is expected of it. A card is data; see `cards/*.yml`."""

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import ConfigDict, Field, StringConstraints, ValidationError, model_validator

from pipelines.errors import CardError, shown
from pipelines.sources.access import Access, Form, Protocol
from pipelines.sources.dimensions import Dimension, Measure
from pipelines.sources.layout import CASE, PERIOD, POSTCODE, REGION, TableLayout
from pipelines.sources.periods import PeriodCode, whole_year, year_of
from pipelines.sources.register import Register
from pipelines.sources.strict import Bilingual, Strict, Text

REGISTER_FIELDS = {
    "year",
    "grantor",
    "scheme",
    "theme",
    "recipient",
    "status",
    "amount_requested_eur",
    "amount_granted_eur",
    "amount_settled_eur",
}


TableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]


class Cadence(StrEnum):
    """How often the publisher has new figures; `once` for a table of one moment, such as the regions of a year."""

    YEARLY = "yearly"
    HALF_YEARLY = "half_yearly"
    QUARTERLY = "quarterly"
    MONTHLY = "monthly"
    WEEKLY = "weekly"
    ONCE = "once"


class Shape(StrEnum):
    """What the rows of a source are; each has a row shape of its own in `raw`."""

    OBSERVATIONS = "observations"
    REGIONS = "regions"
    SUBSIDIES = "subsidies"
    BOUNDARIES = "boundaries"
    PLACES = "places"


TEXTS = {Shape.REGIONS, Shape.PLACES}
"""Tables of CBS that hold texts and no figures."""


class RowBounds(Strict):
    """How many rows a healthy answer has; outside that range the answer is refused."""

    min: Annotated[int, Field(ge=1)]
    max: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is larger than max {self.max}")
        return self


class Ended(Strict):
    """A source that gets no more new figures: since when, and why. It is never shown as current."""

    since: date
    state: Literal["archived", "stopped"]
    reason: Bilingual


class Boundaries(Strict):
    """Areas with a geometry: their boundary year, and the properties of a feature that hold its code and name."""

    boundary_year: Annotated[int, Field(ge=1990, le=2100)]
    code: Text
    name: Text


class Places(Strict):
    """Places or postcodes and the municipalities that each is in: their boundary year.

    A table of CBS holds places; a file with a `layout` holds addresses, each with its postcode and municipality.
    """

    boundary_year: Annotated[int, Field(ge=1990, le=2100)]


class SourceCard(Strict):
    """One source table: everything that the project knows about it before asking for it.

    `tables` are the ids at CBS of a source that has a table for each year, by year; `table` is then a name for all of
    them. They have the same dimensions and measures, and each has periods of its own.

    `period` is the one period of a table that has no period dimension, since only its title gives it.

    `region_boundary_year` alone is for a table of regions, of that year. Beside `measures` it is the year of the
    division that the region codes follow, whatever the period: a table recomputed for every division. Without it a
    figure follows the division of its own period.

    `has_plans_ahead` is for a source that has figures for future periods, such as grants for next year or a forecast;
    from any other source such a figure is refused.
    """

    # pydantic has an attribute `register` of its own, so the field for that key has another name here.
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    publisher: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$")]
    table: TableName
    tables: dict[Annotated[int, Field(ge=1990, le=2100)], TableName] = Field(default_factory=dict)
    access: Annotated[tuple[Access, ...], Field(min_length=1)]
    title: Bilingual
    licence: Text
    licence_url: Text
    attribution: Text
    homepage: Text
    cadence: Cadence
    publication_lag_months: Annotated[int, Field(ge=-12, le=60)] | None = None
    has_plans_ahead: bool = False
    ended: Ended | None = None
    dimensions: Annotated[dict[Text, Dimension], Field(default_factory=dict)]
    measures: tuple[Measure, ...] = ()
    period: PeriodCode | None = None
    region_boundary_year: Annotated[int, Field(ge=1990, le=2100)] | None = None
    subsidy_register: Annotated[Register | None, Field(alias="register")] = None
    boundaries: Boundaries | None = None
    places: Places | None = None
    layout: TableLayout | None = None
    connections: Annotated[int, Field(ge=1, le=16)] = 4
    rate: Annotated[float, Field(gt=0)] = 20
    rows: RowBounds

    @property
    def dataset_id(self) -> str:
        """The id by which everything downstream knows the source, such as `cbs/81575NED`."""
        return f"{self.publisher}/{self.table}"

    @property
    def slug(self) -> str:
        """The dataset id as one safe file name."""
        return f"{self.publisher}__{self.table}"

    @property
    def table_ids(self) -> tuple[str, ...]:
        """The ids at the source of the tables that it is made of, the newest first."""
        return tuple(self.tables[year] for year in sorted(self.tables, reverse=True)) or (self.table,)

    def of_table(self, table: str) -> Self:
        """The card of one of its tables: of a table for each year, with the periods of that year alone."""
        name = self.dimension("period")
        if not self.tables or not name:
            return self
        years = {year: one for year, one in self.tables.items() if one == table}
        codes = tuple(code for code in self.dimensions[name].codes if year_of(code.read_as) in years)
        period = self.dimensions[name].model_copy(update={"codes": codes})
        return self.model_copy(update={"tables": years, "dimensions": {**self.dimensions, name: period}})

    @property
    def has_zeros(self) -> bool:
        """Whether regions without a row get a zero, so that its figures do not tell how many rows there were."""
        return bool(self.layout and self.layout.has_zeros)

    @property
    def shape(self) -> Shape:
        """What its rows are."""
        if self.measures:
            return Shape.OBSERVATIONS
        if self.region_boundary_year:
            return Shape.REGIONS
        if self.places:
            return Shape.PLACES
        return Shape.SUBSIDIES if self.subsidy_register else Shape.BOUNDARIES

    @property
    def boundary_year(self) -> int | None:
        """The year of the areas that a table describes, or that all of its figures follow."""
        areas = self.boundaries or self.places
        return areas.boundary_year if areas else self.region_boundary_year

    @property
    def only_period(self) -> str | None:
        """The period of all rows of a table in which nothing gives it: that on the card, or the year of its areas."""
        if self.measures:
            return self.period
        return whole_year(self.boundary_year) if self.boundary_year else None

    def dimension(self, role: Literal["region", "period", "measure"]) -> str | None:
        """The name of the dimension with this role, if the table has one."""
        return next((name for name, d in self.dimensions.items() if d.role == role), None)

    def _tells(self, role: Literal["region", "period"]) -> bool:
        """Whether its rows say which region or period they are about, by a dimension or by a column of a file."""
        columns = self.layout.columns.values() if self.layout else ()
        return bool(self.dimension(role)) or any(column.to == role for column in columns)

    @model_validator(mode="after")
    def _says_what_its_rows_are(self) -> Self:
        # A table of figures may say as well which division its regions follow.
        regions = bool(self.region_boundary_year) and not self.measures
        others = [bool(self.subsidy_register), bool(self.boundaries), bool(self.places)]
        if [bool(self.measures), regions, *others].count(True) != 1:
            raise ValueError(
                "give one of `measures` (a table of figures), `region_boundary_year` (a table of regions),"
                " `places` (places and their municipality), `register` (a register of subsidies) and"
                " `boundaries` (areas on a map)"
            )
        if self.region_boundary_year and self.measures and not self._tells(REGION):
            raise ValueError(
                "`region_boundary_year` beside `measures` says what the regions follow: give a dimension or a column of"
                " regions"
            )
        roles: list[str] = [d.role for d in self.dimensions.values()]
        if any(roles.count(role) > 1 for role in ("region", "period", "measure")):
            raise ValueError("a card can have at most one region, one period and one measure dimension")
        codes = [m.code for m in self.measures]
        if twice := sorted({c for c in codes if codes.count(c) > 1}):
            raise ValueError(f"measure given twice: {shown(twice)}")
        return self

    @model_validator(mode="after")
    def _access_fits(self) -> Self:
        forms = {access.leads_to for access in self.access}
        if (Form.TABLE in forms) != bool(self.layout):
            raise ValueError("`layout` says what the columns of a file are: ways to files need it, others have none")
        if len(forms) > 1:
            raise ValueError("the ways of a card must lead to the same form: tables of CBS, files, or one other")
        if self.tables and {access.protocol for access in self.access} != {Protocol.CBS_ODATA3}:
            raise ValueError(f"`tables`, one for each year, are only read by `protocol: {Protocol.CBS_ODATA3}`")
        if Form.CBS_TABLE not in forms and any(d.is_added_up for d in self.dimensions.values()):
            raise ValueError("`is_added_up` is for a table of CBS; a file has `totals` in its `layout`")
        if Form.CBS_TABLE in forms and not self.dimensions:
            raise ValueError("a table of CBS has `dimensions`")
        if self.layout:
            columns = {POSTCODE, REGION} if self.places else {REGION, PERIOD, CASE, *self.dimensions}
            known = REGISTER_FIELDS if self.subsidy_register else columns
            known |= {m.code for m in self.measures}
            if strange := sorted({to for column in self.layout.columns.values() for to in column.becomes} - known):
                raise ValueError(f"layout: {shown(strange)} is not one of {shown(sorted(known), 20)}")
            if self.layout.counted and self.layout.counted not in {m.code for m in self.measures}:
                raise ValueError(f"layout: `counted` names {self.layout.counted}, which is not one of the measures")
        return self

    @model_validator(mode="after")
    def _reads_postcodes(self) -> Self:
        if self.places and self.layout:
            there = {to for column in self.layout.columns.values() for to in column.becomes}
            if not (self.layout.format == "csv" and self.layout.member and there >= {POSTCODE, REGION}):
                raise ValueError("postcodes come from a CSV in a zip, with columns to `postcode` and to `region`")
        return self

    @model_validator(mode="after")
    def _has_one_period(self) -> Self:
        told = self._tells(PERIOD)
        is_of_cbs = any(access.leads_to is Form.CBS_TABLE for access in self.access)
        names_tell = any(access.protocol is Protocol.DROP for access in self.access)
        if self.period and (told or not self.measures or names_tell):
            raise ValueError("`period` is for a table of figures in which nothing else tells the period: leave it out")
        if is_of_cbs and self.measures and not (told or self.period):
            raise ValueError("say which period the figures are of: a dimension with `role: period`, or `period`")
        if self.tables:
            codes = self.dimensions[self.dimension("period") or ""].codes if self.dimension("period") else ()
            if {year_of(code.read_as) for code in codes} != set(self.tables):
                raise ValueError(
                    "`tables` gives each year a table: its period dimension has `codes` of just those years"
                )
        if not is_of_cbs and any(d.codes for d in self.dimensions.values() if d.role == "period"):
            raise ValueError("only in a table of CBS the codes of a dimension can stand for periods")
        return self


# What YAML makes of a text without quotes, such as 20060101, 001, 2024-01-01 or NO.
_READ_BY_YAML: dict[type, str] = {
    int: "a number",
    float: "a number",
    date: "a day",
    datetime: "a moment",
    bool: "yes or no",
}


def load_cards(folder: Path) -> dict[str, SourceCard]:
    """Read every card below `folder`, by dataset id, in the order of the files.

    A file holds `defaults`, which all its cards share, and `cards`.

    Raises:
        CardError: a card has an unknown key, a missing key or a wrong value; the text names file, card and key.
    """
    cards: dict[str, SourceCard] = {}
    for path in sorted(folder.glob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or set(content) != {"defaults", "cards"}:
            raise CardError(f"{path.name}: expected the keys `defaults` and `cards`, and no others")
        for entry in content["cards"]:
            card = _read_card(path.name, {**content["defaults"], **entry})
            if card.dataset_id in cards:
                raise CardError(f"{path.name}: card {card.dataset_id} is listed twice -> remove one")
            cards[card.dataset_id] = card
    if not cards:
        raise CardError(f"{folder}: no cards found -> expected at least one *.yml")
    return cards


def _read_card(file: str, entry: dict[str, object]) -> SourceCard:
    try:
        return SourceCard.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            problem = f"unknown key `{key}`"
            names = [field.alias or name for name, field in SourceCard.model_fields.items()]
            todo = f"remove it, or use one of: {', '.join(names)}"
        elif first["type"] == "missing":
            problem, todo = f"key `{key}` is missing", "add it"
        elif first["type"] == "string_type" and (read := _READ_BY_YAML.get(type(first["input"]))):
            problem = f"key `{key}` holds {first['input']!s:.80}, which YAML reads as {read} and not as a text"
            todo = "put it in quotes, just as the source writes it"
        else:
            problem = f"key `{key or 'card'}` holds {first['input']!r:.80}: {first['msg']}"
            todo = "correct it"
        name = f"{entry.get('publisher', '?')}/{entry.get('table', '?')}"
        raise CardError(f"card {name} in {file}: {problem} -> {todo}") from None
