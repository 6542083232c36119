"""What a card says about a register of subsidies: whose it is, in what its amounts are, what its status words mean."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from pipelines.strict import Strict, Text


class SubsidyStatus(StrEnum):
    """How far a dossier is. Zero granted and refused are two things: a register that shows 0 does not say why."""

    REQUESTED = "requested"
    GRANTED = "granted"
    ZERO_GRANTED = "zero_granted"
    SETTLED = "settled"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    RECLAIMED = "reclaimed"


class Register(Strict):
    """A register of subsidies.

    `region` is whose register it is, not where the recipient lives. `grantor` stays away where a column names it.
    `status` gives the words of the source's own status column a meaning; without such a column the amounts say it.
    `amounts` is the unit that the source writes its amounts in. `year_from_name` takes the year out of the file name
    or address, for a source with one file a year and no column that says so.
    """

    region: Annotated[str, StringConstraints(pattern=r"^(GM[0-9]{4}|(PV|LD|NL)[0-9]{2})$")]
    grantor: Text | None = None
    status: Annotated[dict[Text, SubsidyStatus], Field(default_factory=dict)]
    amounts: Literal["euro", "thousand_euro"] = "euro"
    year_from_name: bool = False
