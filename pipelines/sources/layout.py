"""How the columns of a file or of records are read: the `layout` of a card, for every way that brings a table."""

from collections import Counter
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from pipelines.errors import shown
from pipelines.sources.strict import Strict, Text

REGION: Final = "region"
PERIOD: Final = "period"
POSTCODE: Final = "postcode"
CASE: Final = "case"
"""What makes each row of a table its own: a row that is there twice would be counted twice."""
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
    YEAR_OF_DAY = "year_of_day"
    REGION_CODE = "region_code"
    REGION_NAME = "region_name"


NUMBERS = frozenset({Reads.NUMBER, Reads.DUTCH_NUMBER})
PERIODS = frozenset({Reads.DAY, Reads.MONTH, Reads.QUARTER, Reads.YEAR, Reads.YEAR_OF_DAY})
REGIONS = frozenset({Reads.REGION_CODE, Reads.REGION_NAME})


class Hidden(Strict):
    """Small counts that a source does not write: the marks that it puts in their place, and what they can be.

    The column then becomes two measures, of which each is known: its own has the `least` of what is hidden, `at_most`
    has the `most`. A count from `least` to `most` that is written after all, and is no mark, is refused.
    """

    marks: Annotated[tuple[Text, ...], Field(min_length=1)]
    least: Annotated[int, Field(ge=0)]
    most: Annotated[int, Field(ge=1)]
    at_most: Text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least >= self.most:
            raise ValueError(f"least {self.least} is not below most {self.most}")
        return self


class FileColumn(Strict):
    """One column that is read.

    Attributes:
        to: what it becomes: `region`, `period`, a category dimension or a measure of the card, or a register's field;
            `postcode` for that of an address, on a card of postcodes; `case` for what each row has of its own, which is
            only looked at for rows that are there twice.
        reads: what its cells hold.
        names: for names of regions, the list of `seeds/region_names.csv` to look them up in: names, or the codes of
            another division, such as NUTS.
        separator: what is between the regions of a cell that may hold several; the row counts in each of them.
        has_blanks: whether a row may lack its region or period. Without a region it only counts in the total over all
            regions, if there is one; without a period it is left out.
        aliases: other headers that the source has had for it.
        is_optional: whether a file without it is accepted.
        thousands: the thousands separator of its numbers. Without it and `decimal`, `number` has a decimal point and no
            thousands separator, `dutch_number` a decimal comma and points, and what could be either is refused.
        decimal: the decimal separator of its numbers.
        hidden: which small counts of it are not written, so that a sum is only known to lie between two numbers.
        certainty: how sure we are of its header, as with codes.
    """

    to: Text
    reads: Reads = Reads.TEXT
    names: Text | None = None
    separator: Literal["|", ";", ",", "/"] | None = None
    has_blanks: bool = False
    aliases: tuple[Text, ...] = ()
    is_optional: bool = False
    thousands: Literal[".", ",", " ", "'"] | None = None
    decimal: Literal[".", ","] | None = None
    hidden: Hidden | None = None
    certainty: Literal["recorded", "seen", "assumed"] = "seen"

    @property
    def becomes(self) -> tuple[str, ...]:
        """Everything that it becomes."""
        return (self.to, self.hidden.at_most) if self.hidden else (self.to,)

    @model_validator(mode="after")
    def _reads_what_it_becomes(self) -> Self:
        for to, allowed in ((REGION, REGIONS), (PERIOD, PERIODS)):
            if self.to == to and self.reads not in allowed:
                raise ValueError(f"a column to `{to}` reads one of: {', '.join(sorted(allowed))}")
        if (self.reads is Reads.REGION_NAME) != (self.names is not None):
            raise ValueError("`names` goes with `reads: region_name`, and the other way round")
        if self.separator and self.to != REGION:
            raise ValueError("`separator` is for a column of regions")
        if self.has_blanks and self.to not in (REGION, PERIOD):
            raise ValueError("`has_blanks` is for a column of regions or periods; other blanks are marks")
        if (self.thousands or self.decimal or self.hidden) and self.reads not in NUMBERS:
            raise ValueError("`thousands`, `decimal` and `hidden` are for numbers")
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
        counted: the measure that is the number of rows, for a table whose rows are cases, such as projects. A region in
            which there is none in a period of the table has zero.
        absent: `zero` for a table of all that there is: as with `counted`, a region without a row has zero.
        dated: `newest` for a register as it is at one moment, in which each row has the year it was last looked at: the
            figures of a region are of all its rows, and of the newest of their years.
        totals: dimensions over which a total is made as well, under the code `total`; over `region` it is the country,
            in which each row counts once.
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
    counted: Text | None = None
    absent: Literal["zero"] | None = None
    dated: Literal["newest"] | None = None
    totals: tuple[Text, ...] = ()
    never_added: tuple[Text, ...] = ()
    columns: dict[Text, FileColumn]

    @property
    def is_register(self) -> bool:
        """Whether its rows are grants rather than figures of regions."""
        return any(column.to in AMOUNTS for column in self.columns.values())

    @property
    def has_zeros(self) -> bool:
        """Whether regions without a row have zero: those of its list of names, else municipalities."""
        return bool(self.counted or self.absent)

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
        _refuse_twice("`to`", [to for column in self.columns.values() for to in column.becomes])
        return self

    @model_validator(mode="after")
    def _adds_only_what_may_be_added(self) -> Self:
        if overlap := sorted(set(self.totals) & set(self.never_added)):
            raise ValueError(f"never added, so no total over it can be made: {shown(overlap)}")
        always = {c.to for c in self.columns.values() if not c.is_optional and c.reads is Reads.TEXT}
        regions = {c.to for c in self.columns.values() if not c.is_optional and c.to == REGION}
        # What is not a column is summed over, which is adding too.
        if absent := sorted((set(self.totals) - always - regions) | (set(self.never_added) - always)):
            raise ValueError(
                f"`totals` and `never_added` name text columns that are always there, not: {shown(absent)}"
            )
        if (self.counted or REGION in self.totals) and not self.combine:
            raise ValueError(
                "`counted` and a total over `region` are for rows that are added up: give `combine: sum` too"
            )
        if self.absent and not regions:
            raise ValueError("`absent` is for regions without a row: give a column of regions")
        years = {c.reads for c in self.columns.values() if c.to == PERIOD} <= {Reads.YEAR, Reads.YEAR_OF_DAY}
        if self.dated and not (self.combine and years and any(c.to == PERIOD for c in self.columns.values())):
            raise ValueError("`dated` is for rows that are added up, with a column of years: give `combine: sum` too")
        several = [name for name, c in self.columns.items() if c.separator]
        if several and any(c.reads in NUMBERS for c in self.columns.values()):
            raise ValueError(
                f"{shown(several)} may hold several regions: a row can be counted in each of them, but how much of a"
                " number is in which is not told"
            )
        return self


def fold(name: str) -> str:
    """A header or name without the differences that carry no meaning: case, spaces, form of the apostrophe."""
    return " ".join(name.translate(_APOSTROPHES).split()).casefold()


_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'"))


def _refuse_twice(what: str, names: list[str]) -> None:
    if twice := sorted(name for name, times in Counter(names).items() if times > 1):
        raise ValueError(f"{what} given twice: {shown(twice)}")
