"""The form of the answers: what a program may repeat to a reader, field by field."""

from typing import Literal

from pydantic import BaseModel, Field

from portal.sentences import Relation

Language = Literal["nl", "en"]


class ReleaseNote(BaseModel):
    """Where an answer comes from."""

    release: str = Field(description="The release that was asked; it never changes.")
    fetched: str | None = Field(description="When the newest of its sources was fetched.")
    notice: str | None = Field(description="If given, the figures are invented: say so with every figure.")


class FoundRegion(BaseModel):
    """A region that may be meant."""

    region_code: str
    name: str
    kind: str = Field(
        description="The kind of region: municipality, province, labour_market_region, corop, country, ..."
    )
    is_current: bool = Field(description="False if it was merged or divided: its heirs have the figures.")
    is_exact: bool = Field(description="Whether this is what was asked for, or only something like it.")
    place: str | None = Field(description="The place in the municipality by which it was found.")
    page: str


class FoundRegions(BaseModel):
    """The regions that may be meant, the likeliest first."""

    about: ReleaseNote
    regions: list[FoundRegion]
    left_out: int = Field(description="How many more were found.")


class FoundIndicator(BaseModel):
    """An indicator that may be meant."""

    indicator_id: str
    title: str
    unit: str
    definition: str
    theme: str
    is_comparable: bool = Field(description="Whether regions of different sizes can be compared on it; a count cannot.")
    warnings: list[str] = Field(description="What a reader must know before using a figure.")
    page: str


class FoundIndicators(BaseModel):
    """The indicators that may be meant, the likeliest first."""

    about: ReleaseNote
    indicators: list[FoundIndicator]
    left_out: int = Field(description="How many more were found.")


class PeriodValue(BaseModel):
    """A figure in one period."""

    period: str = Field(description="In words, such as 2025 or the second quarter of 2025.")
    value: float | None = Field(description="None if it is not known; then `status` says why.")
    status: str = Field(description="final, provisional, estimated, suppressed, ...: anything but final may change.")
    lower: float | None = Field(description="The lower bound of the 95 per cent interval, if it is known.")
    upper: float | None = Field(description="The upper bound of that interval.")


class UsedSource(BaseModel):
    """A source that a figure is made from."""

    dataset_id: str
    attribution: str
    licence: str
    page: str


class FigureAnswer(BaseModel):
    """One indicator in one region."""

    about: ReleaseNote
    sentence: str = Field(description="What can be said of the figure, and no more than holds: repeat this.")
    region_code: str
    region: str
    indicator_id: str
    indicator: str
    unit: str
    definition: str
    newest: PeriodValue
    country: PeriodValue | None = Field(description="The Netherlands in the same period, if they can be compared.")
    series: list[PeriodValue] = Field(description="All periods that are over, oldest first.")
    begins_anew: list[str] = Field(description="Periods from which the series counts differently: compare none across.")
    boundaries: int = Field(description="The year of the municipal boundaries that all periods are put on.")
    warnings: list[str]
    sources: list[UsedSource]
    citation: str = Field(description="How to cite the figure.")
    page: str = Field(description="Its page, with the newest figures.")
    fixed_page: str = Field(description="The page as it is in this release: what to cite.")
    picture: str
    csv: str


class ComparedRegion(BaseModel):
    """A region in a comparison."""

    region_code: str
    name: str
    figure: PeriodValue
    beside_country: Relation | None = Field(description="How it is to the Netherlands; indistinct: chance explains it.")
    beside_first: Relation | None = Field(description="How it is to the first region that was given.")
    page: str


class ComparisonAnswer(BaseModel):
    """Regions side by side on one indicator, in one period."""

    about: ReleaseNote
    indicator_id: str
    indicator: str
    unit: str
    period: str = Field(description="The newest period in which all of them have a figure.")
    country: PeriodValue | None
    regions: list[ComparedRegion] = Field(description="In the order in which they were given: no place is implied.")
    remarks: list[str] = Field(description="What limits the comparison: repeat these.")
    sources: list[UsedSource]
    page: str


class ReleaseAnswer(BaseModel):
    """What there is to ask."""

    about: ReleaseNote
    regions: dict[str, int] = Field(description="How many regions of each kind have figures.")
    themes: dict[str, list[str]] = Field(description="The titles of the indicators of each theme.")
    documentation: str
    licence: str
