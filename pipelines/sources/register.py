"""What a card says about a register of subsidies: whose it is, the unit of its amounts, what its status words mean."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from pipelines.sources.strict import Strict, Text


class SubsidyStatus(StrEnum):
    """The stage of a dossier. Zero granted and refused are not the same: a register that shows 0 does not say why."""

    REQUESTED = "requested"
    GRANTED = "granted"
    ZERO_GRANTED = "zero_granted"
    SETTLED = "settled"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    RECLAIMED = "reclaimed"


class Register(Strict):
    """A register of subsidies.

    `region` is whose register it is, not where the recipient lives. `grantor` is left out where a column names it.
    `status` gives the words of the source's own status column a meaning; without such a column the amounts decide.
    `amounts` is the unit that the source writes its amounts in. Where no column holds the year, `year` gives it for a
    register of one year, and `has_year_in_name` takes it from the file's name, for a source with one file a year.
    """

    region: Annotated[str, StringConstraints(pattern=r"^(GM[0-9]{4}|(PV|LD|NL)[0-9]{2})$")]
    grantor: Text | None = None
    status: Annotated[dict[Text, SubsidyStatus], Field(default_factory=dict)]
    amounts: Literal["euro", "thousand_euro"] = "euro"
    year: Annotated[int, Field(ge=1990, le=2100)] | None = None
    has_year_in_name: bool = False

    @model_validator(mode="after")
    def _one_year(self) -> Self:
        if self.year and self.has_year_in_name:
            raise ValueError("give `year` or `has_year_in_name`, not both")
        return self
