"""The municipalities of an own region over time: when one ends, its heirs take its place, and this is reported.

The heir of an undivided municipality becomes a full member. When a municipality was divided, each heir is a member only
for the part of it that came from there, so that a city does not stand in for a village.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.reading.existing import KnownMunicipalities

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Listed:
    """A municipality as listed on a line of a file, from its first day to its last; without dates, always."""

    line: int
    code: str
    first: date | None
    last: date | None


@dataclass(frozen=True)
class Stay:
    """A municipality, or a part of it, in a region from its first day to its last; without dates, always.

    `share` is the part of its inhabitants, and `area_share` that of its area.
    """

    code: str
    first: date | None
    last: date | None
    share: float
    area_share: float = 1


@dataclass(frozen=True)
class Replaced:
    """A municipality on a line of a file that has ended, and one of the heirs that take its place."""

    line: int
    ended: str
    heir: str


@dataclass(frozen=True)
class _Step:
    """A stay that follows from one line; the name is that of an heir, and empty for the listed municipality itself."""

    listed: Listed
    code: str
    name: str
    first: date
    last: date
    share: float
    area_share: float


def with_heirs(listed: Iterable[Listed], known: KnownMunicipalities) -> tuple[list[Stay], list[Replaced]]:
    """The stays that follow from a file, by municipality and day, and what was replaced in it, by line.

    An heir that comes in through several lines is a full member if any of them makes it one, and otherwise for the sum
    of the parts.
    """
    steps = [
        step
        for row in listed
        for step in _steps(row, row.code, "", (row.first or date.min, row.last or date.max), (1, 1), known)
    ]
    by_code: dict[str, list[_Step]] = {}
    for step in steps:
        by_code.setdefault(step.code, []).append(step)
    stays = [stay for code in sorted(by_code) for stay in _stays(code, by_code[code])]
    return stays, [_replaced(step, stays, known) for step in steps if step.name]


def is_in(stays: Iterable[Stay], day: date) -> bool:
    """Whether any municipality is in the region on a day."""
    return any(_is_within(day, stay) for stay in stays)


def _steps(
    listed: Listed,
    code: str,
    name: str,
    days: tuple[date, date],
    shares: tuple[float, float],
    known: KnownMunicipalities,
) -> Iterator[_Step]:
    first, last = days
    end = known.lives[code][1]
    if first <= end:
        yield _Step(listed, code, name, first, min(last, end), *shares)
    if last > end:
        for heir in known.heirs.get(code, ()):
            theirs = max(first, heir.since), last
            parts = shares[0] * heir.share_of_it, shares[1] * heir.area_share_of_it
            yield from _steps(listed, heir.code, heir.name, theirs, parts, known)


def _stays(code: str, steps: list[_Step]) -> Iterator[Stay]:
    """The stays of one municipality, split where its share changes and joined where a step continues."""
    starts = {step.first for step in steps} | {step.last + _DAY for step in steps if step.last < date.max}
    cuts = sorted(starts)
    found: list[tuple[date, date, tuple[float, float], set[int]]] = []
    for first, after in zip(cuts, [*cuts[1:], None], strict=True):
        here = {n for n, step in enumerate(steps) if step.first <= first <= step.last}
        if not here:
            continue
        last = after - _DAY if after else date.max
        shares = _together(steps[n].share for n in here), _together(steps[n].area_share for n in here)
        if found and found[-1][1] + _DAY == first and found[-1][2] == shares and found[-1][3] & here:
            found[-1] = (found[-1][0], last, shares, here)
        else:
            found.append((first, last, shares, here))
    for first, last, shares, _ in found:
        yield Stay(code, None if first == date.min else first, None if last == date.max else last, *shares)


def _together(shares: Iterable[float]) -> float:
    # Rounded like the seed, so that the parts of a whole add up to it.
    return min(1.0, round(sum(shares), 6))


def _replaced(step: _Step, stays: list[Stay], known: KnownMunicipalities) -> Replaced:
    code = step.listed.code
    theirs = [stay for stay in stays if stay.code == step.code and _overlaps(step, stay)]
    days = f"from {step.first} {'on' if step.last == date.max else f'to {step.last}'}"
    heir = f"{step.code} {step.name}"
    if step.share == 1:
        told = f"{heir} takes its place {days}"
    elif all(stay.share == 1 for stay in theirs):
        told = f"{heir} is in the region as a whole {days}"
    else:
        told = f"{100 * step.share:.1f}% of {heir} takes its place {days}"
    return Replaced(step.listed.line, f"{code} {known.names[code]} ended on {known.lives[code][1]}", told)


def _overlaps(step: _Step, stay: Stay) -> bool:
    return step.first <= (stay.last or date.max) and (stay.first or date.min) <= step.last


def _is_within(day: date, stay: Stay) -> bool:
    return (stay.first or date.min) <= day <= (stay.last or date.max)
