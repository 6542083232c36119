"""How the columns of a file or of records are read: the `layout` of a card, for every way that brings a table."""

from collections import Counter
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from pipelines.errors import shown
from pipelines.sources.strict import Strict, Text

REGION: Final = "region"
PERIOD: Final = "period"
AMOUNTS = ("amount_requested_eur", "amount_granted_eur", "amount_settled_eur")
"""What the amounts of a register of subsidies become."""


class Reads(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    NUMBER = "number"
    DUTCH_NUMBER = "dutch_number"
    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    REGION_CODE = "region_code"
    REGION_NAME = "region_name"


NUMBERS = frozenset({Reads.NUMBER, Reads.DUTCH_NUMBER})
PERIODS = frozenset({Reads.DAY, Reads.MONTH, Reads.QUARTER, Reads.YEAR})
REGIONS = frozenset({Reads.REGION_CODE, Reads.REGION_NAME})


class FileColumn(Strict):
    """One column that is read.

    Attributes:
        to: what it becomes: `region`, `period`, a category dimension or a measure of the card, or a register's field.
        reads: what its cells hold.
        names: for names of regions, the list of `seeds/region_names.csv` to look them up in.
        aliases: other headers that the source has had for it.
        is_optional: whether a file without it is accepted.
        thousands: the thousands separator of its numbers. Without it and `decimal`, `number` has a decimal point and no
            thousands separator, `dutch_number` a decimal comma and points, and what could be either is refused.
        decimal: the decimal separator of its numbers.
        certainty: how sure we are of its header, as with codes.
    """

    to: Text
    reads: Reads = Reads.TEXT
    names: Text | None = None
    aliases: tuple[Text, ...] = ()
    is_optional: bool = False
    thousands: Literal[".", ",", " ", "'"] | None = None
    decimal: Literal[".", ","] | None = None
    certainty: Literal["recorded", "seen", "assumed"] = "seen"

    @model_validator(mode="after")
    def _reads_what_it_becomes(self) -> Self:
        for to, allowed in ((REGION, REGIONS), (PERIOD, PERIODS)):
            if self.to == to and self.reads not in allowed:
                raise ValueError(f"a column to `{to}` reads one of: {', '.join(sorted(allowed))}")
        if (self.reads is Reads.REGION_NAME) != (self.names is not None):
            raise ValueError("`names` goes with `reads: region_name`, and the other way round")
        if (self.thousands or self.decimal) and self.reads not in NUMBERS:
            raise ValueError("`thousands` and `decimal` are for numbers")
        if self.thousands and self.thousands == self.decimal:
            raise ValueError("`thousands` and `decimal` cannot be the same character")
        return self


class TableLayout(Strict):
    """The layout of a table: which columns it has and what they become; anything else in it is refused.

    Attributes:
        format: what the bytes are, after unzipping where `member` is given.
        member: the file inside a zip, with `*` and `?`; exactly one must fit.
        sheet: the sheet of a workbook; without it there must be only one.
        header_rows: how many rows the header has; names of merged cells apply to the columns on their right.
        ignored: headers that are known and not read; `*` and `?` are allowed.
        hidden: what is done with rows and columns that are hidden in a workbook: `keep` reads them like the others,
            `leave_out` does not read them. Without it a workbook with hidden data is refused.
        notes: rows that are not data, by their first cell, with `*` and `?`, where the general rule leaves them in.
        marks: for a mark that `seeds/value_status.csv` gives another meaning than this source, the mark there to use.
        combine: `sum` adds up the rows with one key; without it two rows with one key are an error.
        totals: dimensions over which a total is made as well, under the code `total`.
        never_added: dimensions whose codes overlap, so that they are always kept apart.
        columns: by header.
    """

    format: Literal["csv", "xlsx", "json"]
    member: Text | None = None
    sheet: Text | None = None
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1
    ignored: tuple[Text, ...] = ()
    hidden: Literal["keep", "leave_out"] | None = None
    notes: tuple[Text, ...] = ()
    marks: dict[Text, Text] = Field(default_factory=dict)
    combine: Literal["sum"] | None = None
    totals: tuple[Text, ...] = ()
    never_added: tuple[Text, ...] = ()
    columns: dict[Text, FileColumn]

    @property
    def is_register(self) -> bool:
        """Whether its rows are grants rather than figures of regions."""
        return any(column.to in AMOUNTS for column in self.columns.values())

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        # A single name can be found in any file, whatever the separator it is split by.
        if sum(not column.is_optional for column in self.columns.values()) < 2:
            raise ValueError("a layout needs at least two columns that are not optional")
        if self.sheet and self.format != "xlsx":
            raise ValueError("`sheet` goes with `format: xlsx`")
        if self.hidden and self.format != "xlsx":
            raise ValueError("`hidden` goes with `format: xlsx`")
        claims = [fold(name) for key, column in self.columns.items() for name in (key, *column.aliases)]
        _refuse_twice("header", [*claims, *(fold(name) for name in self.ignored)])
        _refuse_twice("`to`", [column.to for column in self.columns.values()])
        return self

    @model_validator(mode="after")
    def _adds_only_what_may_be_added(self) -> Self:
        if overlap := sorted(set(self.totals) & set(self.never_added)):
            raise ValueError(f"never added, so no total over it can be made: {shown(overlap)}")
        always = {c.to for c in self.columns.values() if not c.is_optional and c.reads is Reads.TEXT}
        # What is not a column is summed over, which is adding too.
        if absent := sorted({*self.totals, *self.never_added} - always):
            raise ValueError(
                f"`totals` and `never_added` name text columns that are always there, not: {shown(absent)}"
            )
        return self


def fold(name: str) -> str:
    """A header or name without the differences that carry no meaning: case, spaces, form of the apostrophe."""
    return " ".join(name.translate(_APOSTROPHES).split()).casefold()


_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'"))


def _refuse_twice(what: str, names: list[str]) -> None:
    if twice := sorted(name for name, times in Counter(names).items() if times > 1):
        raise ValueError(f"{what} given twice: {shown(twice)}")
