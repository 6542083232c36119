"""The measures and dimensions of a card: what is asked of a table, and how sure we are of it."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from pipelines.errors import shown
from pipelines.sources.periods import PeriodCode, PeriodLetters, PeriodStatus, is_period, letters_of, year_of
from pipelines.sources.strict import Strict, Text

TOTAL = "total"
"""The code of what is added up over a dimension."""


class Certainty(StrEnum):
    """How sure we are of a code: seen in recorded answers, seen in working code, or only assumed."""

    RECORDED = "recorded"
    SEEN = "seen"
    ASSUMED = "assumed"


class Code(Strict):
    """A code that indicators select by, and other spellings of it at the source.

    `aliases` holds spellings from another way or another vintage: a v3 topic key, a total code from before a
    redesign. The running number `_N` of a topic key shifts when CBS inserts a topic and is left out, unless several
    topics share the rest of the key.
    """

    code: Text
    title: Text
    certainty: Certainty
    aliases: tuple[Text, ...] = ()


class Measure(Code):
    """A measure: a code with the unit that its values must have; without a unit the source's own is taken.

    `group` is the title of the group that it is in, or of one around that: some tables give several measures one title,
    and only their groups tell them apart.

    `no_figure` is a number that the source writes where it has no figure.

    `is_on_first_day` is for a count on the first day of its period, such as inhabitants on 1 January: it does not
    change during the rest of the period.
    """

    unit: Text | None = None
    group: Text | None = None
    no_figure: int | None = None
    is_on_first_day: bool = False


class DimensionCode(Code):
    """A code of a dimension.

    Where another dimension than the period dimension gives the period, such as the kind of report, each code says
    which period it stands for and which status the figures of that period have, as CBS words it.
    """

    period: PeriodCode | None = None
    status: PeriodStatus | None = None

    @property
    def read_as(self) -> str:
        """The code that our rows have for it."""
        return self.period or self.code


class Dimension(Strict):
    """A dimension of the table: its role, and what to ask for; without codes, levels, kinds and since, all of it.

    `levels` are the first letters of region codes, `kinds` those of period codes (`JJ`, `KW`), `since` the first year.
    Days have no letters of their own: leave out `kinds` to get them. `aliases` are other names that the dimension has
    on the wire.

    `is_added_up` is for a category of which only the sum over the `codes` is read, under the code `total`. Such a table
    has a cell for every combination, so an empty one (`.` or blank) adds nothing; a sum of nothing but empty cells is
    empty, and any other mark in place of a figure is the mark of the sum.
    """

    role: Literal["region", "period", "category", "measure"]
    codes: tuple[DimensionCode, ...] = ()
    levels: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")], ...] = ()
    kinds: tuple[PeriodLetters, ...] = ()
    since: Annotated[int, Field(ge=1795, le=2100)] | None = None
    is_added_up: bool = False
    aliases: tuple[Text, ...] = ()
    certainty: Certainty = Certainty.RECORDED

    @model_validator(mode="after")
    def _fits_its_role(self) -> Self:
        if self.levels and self.role != "region":
            raise ValueError("`levels` belong to the region dimension")
        if (self.kinds or self.since) and self.role != "period":
            raise ValueError("`kinds` and `since` belong to the period dimension")
        if self.codes and self.role == "region":
            raise ValueError("give `levels` instead of `codes` for regions")
        if self.is_added_up and (self.role != "category" or not self.codes):
            raise ValueError("`is_added_up` belongs to a category, with the `codes` that are added up")
        return self

    @model_validator(mode="after")
    def _codes_tell_periods(self) -> Self:
        told = [code.code for code in self.codes if code.period and code.status]
        if self.role != "period":
            if some := [code.code for code in self.codes if code.period or code.status]:
                raise ValueError(f"{shown(some)}: a `period` and a `status` belong to codes of a dimension of periods")
            return self
        if self.codes and (self.kinds or self.since):
            raise ValueError("give either `codes`, or `kinds` and `since`")
        if untold := [code.code for code in self.codes if code.code not in told]:
            raise ValueError(
                f"{shown(untold)}: each of the `codes` of a dimension of periods needs a `period` and a `status`;"
                " codes that are periods themselves are asked for by `kinds` and `since`"
            )
        periods = [code.read_as for code in self.codes]
        if twice := sorted({period for period in periods if periods.count(period) > 1}):
            raise ValueError(f"several codes stand for the period {shown(twice)}: keep the one whose figures count")
        return self

    @property
    def is_whole(self) -> bool:
        """Whether the whole dimension is asked for."""
        return not (self.codes or self.levels or self.kinds or self.since)

    def keeps(self, code: str) -> bool:
        """Whether a region or period code is asked for."""
        return (
            (not self.levels or code.startswith(self.levels))
            and (not self.kinds or letters_of(code) in self.kinds)
            and (not self.since or not is_period(code) or year_of(code) >= self.since)
        )
