"""Which periods of a source were not over, or had not even begun, on the day it landed.

A figure for a period that is not over can still change, whatever its source says. This is the one place that decides
it: from here on every figure carries it as `is_over`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.errors import MismatchError, shown
from pipelines.reading.parquet import distinct, flagged
from pipelines.reading.shapes import ROWS_IN
from pipelines.seeds import ValueMark, read_seed
from pipelines.sources.card import Shape, SourceCard
from pipelines.sources.periods import has_begun, is_over, whole_year

_AHEAD = (
    "correct the period where the file is made or read; if the source has figures of periods to come, such as grants"
    " for next year or a forecast, say `has_plans_ahead: true` on its card"
)


@dataclass(frozen=True)
class LandedPeriod:
    """A period of a measure; a register has no measures, and an empty code instead."""

    dataset_id: str
    measure_code: str
    period_code: str

    def is_over(self, card: SourceCard, day: date) -> bool:
        """Whether its figures can be complete on a day."""
        first = any(measure.is_on_first_day for measure in card.measures if measure.code == self.measure_code)
        return is_over(self.period_code, day, is_on_first_day=first)


def periods_of(card: SourceCard, folder: Path, *, with_figures: bool = True) -> list[LandedPeriod]:
    """The periods of every measure in the raw Parquet of a card; none for areas and tables of regions.

    With `with_figures`, only those in which it has any: a number, a text or a mark that stands for zero.
    """
    if card.shape not in (Shape.OBSERVATIONS, Shape.SUBSIDIES):
        return []
    file = folder / f"{ROWS_IN[card.shape]}.parquet"
    if card.shape is Shape.SUBSIDIES:
        years = distinct(file, ("year",), "year is not null")
        return [LandedPeriod(card.dataset_id, "", whole_year(int(year))) for (year,) in years]
    keys = _keys(file, file.stat().st_mtime_ns)
    return [LandedPeriod(card.dataset_id, *key) for *key, has in keys if has or not with_figures]


@cache
def _keys(file: Path, written: int) -> list[tuple[Any, ...]]:
    """The measures and periods of a file as it was written at one moment: a run asks for them several times."""
    return flagged(file, ("measure_code", "period_code"), has_figure())


def has_figure() -> str:
    """SQL that is true for a row of observations that claims a figure."""
    marks = ", ".join("'" + mark.replace("'", "''") + "'" for mark in marks_of_nil())
    return f"(value is not null or value_text is not null or value_attribute in ({marks}))"


@cache
def marks_of_nil() -> list[str]:
    """The marks that stand for zero, according to the seed."""
    return [mark.value_attribute for mark in read_seed(ValueMark) if mark.is_zero]


def ongoing_periods(card: SourceCard, folder: Path, landed_on: date) -> Iterator[LandedPeriod]:
    """The periods of every measure that were not over when they landed."""
    return (period for period in periods_of(card, folder, with_figures=False) if not period.is_over(card, landed_on))


def refuse_periods_to_come(card: SourceCard, periods: Iterable[LandedPeriod], landed_on: date) -> None:
    """Refuse figures for periods that had not begun when they landed, unless the source plans ahead.

    Args:
        card: the card.
        periods: those in which it has figures, as `periods_of` gives them.
        landed_on: the day.

    Raises:
        MismatchError: names the periods.
    """
    if card.has_plans_ahead:
        return
    codes = {period.period_code for period in periods}
    if ahead := sorted(code for code in codes if not has_begun(code, landed_on)):
        problem = f"figures of periods that had not begun on {landed_on}, when they landed: {shown(ahead)}"
        raise MismatchError(card.dataset_id, problem, todo=_AHEAD)
