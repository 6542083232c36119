"""Divides figures into the classes of a map.

Figures are rounded first, as the page shows them, so that the bounds in the legend agree with the figures in the
table, and two figures that look the same never have different colours. Figures that mean more or less than something,
such as growth, are divided on each side of that, and the colours of the two sides differ.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from portal.csv_text import Row
from portal.natural_classes import natural_lows
from portal.rounding import round_half_away

MOST_CLASSES, MOST_ON_A_SIDE = 5, 3
METHODS = ("quantiles", "equal", "natural")


@dataclass(frozen=True)
class ValueClass:
    """One colour of the map: from `low` up to but not including `high`; the last class includes its `high`."""

    low: float
    high: float
    is_last: bool
    count: int
    shade: int
    """From 1, the lightest, to `MOST_CLASSES`, the darkest; around a middle, from 1, the furthest below, to 6."""
    is_beside_a_middle: bool = False

    @property
    def style(self) -> str:
        """The name of its colour in the style sheet."""
        return f"{'d' if self.is_beside_a_middle else 's'}{self.shade}"


@dataclass(frozen=True)
class Classification:
    """The classes of one map, the lowest first."""

    decimals: int
    classes: tuple[ValueClass, ...]
    middle: float | None = None
    """What the figures are more or less than; None if their colours only go from light to dark."""

    def class_of(self, value: float | None) -> ValueClass | None:
        """Returns the class that a figure falls into; None if there is no figure.

        Raises:
            ValueError: the figure is outside every class: it was not among those that were divided.
        """
        return None if value is None else self.class_of_rounded(round_half_away(value, self.decimals))

    def class_of_rounded(self, rounded: float) -> ValueClass:
        """Returns the class of a figure that is rounded already.

        Raises:
            ValueError: as `class_of`.
        """
        if not self.classes or not self.classes[0].low <= rounded <= self.classes[-1].high:
            raise ValueError(f"{rounded} is in no class -> divide all figures of a map together")
        return self.classes[bisect_right(self._lows, rounded) - 1]

    @cached_property
    def _lows(self) -> list[float]:
        return [each.low for each in self.classes]


def middle_of(indicator: Row, values: Sequence[float | None]) -> float | None:
    """Returns what some figures of an indicator are less than: 0, or 1 if the country is 1; None if none are."""
    middle = 1.0 if indicator["formula"] == "location_quotient" else 0.0
    return middle if any(value is not None and value < middle for value in values) else None


def classify_around(values: Sequence[float | None], method: str, decimals: int, middle: float) -> Classification:
    """Divides the figures on each side of `middle` into at most three classes; the middle itself is above."""
    present = sorted(round_half_away(value, decimals) for value in values if value is not None)
    if not present:
        return Classification(decimals, (), middle)
    sides = [value for value in present if value < middle], [value for value in present if value >= middle]
    below, above = (_LOWS[method](side, decimals, MOST_ON_A_SIDE) if side else [] for side in sides)
    # Where both sides have figures, the classes meet at the middle, whether or not a region has exactly that.
    lows = [*below, middle, *above[1:]] if below and above else [*below, *above]
    shades = [MOST_ON_A_SIDE - len(below) + 1 + i for i in range(len(below))]
    shades += [MOST_ON_A_SIDE + 1 + i for i in range(len(above))]
    return Classification(decimals, _classes(present, lows, shades, is_beside_a_middle=True), middle)


def classify(
    values: Sequence[float | None], method: str, decimals: int, most_classes: int = MOST_CLASSES
) -> Classification:
    """Divides figures into at most `most_classes` classes.

    Args:
        values: the figures of all regions; None where there is none.
        method: `quantiles`, about the same number of regions in each class, with equal figures always together;
            `equal`, classes of the same width; or `natural`, with figures that are close to each other together.
        decimals: how many decimals the page shows.
        most_classes: the maximum number of classes; there are fewer if the figures differ too little.
    """
    present = sorted(round_half_away(value, decimals) for value in values if value is not None)
    if not present:
        return Classification(decimals, ())
    lows = _LOWS[method](present, decimals, most_classes)
    return Classification(decimals, _classes(present, lows, _shades(len(lows))))


def _classes(
    ordered: list[float], lows: list[float], shades: list[int], *, is_beside_a_middle: bool = False
) -> tuple[ValueClass, ...]:
    counts = [0] * len(lows)
    for value in ordered:
        counts[bisect_right(lows, value) - 1] += 1
    highs = [*lows[1:], ordered[-1]]
    return tuple(
        ValueClass(low, high, i == len(lows) - 1, counts[i], shades[i], is_beside_a_middle)
        for i, (low, high) in enumerate(zip(lows, highs, strict=True))
    )


def _quantile_lows(present: list[float], _decimals: int, most_classes: int) -> list[float]:
    return sorted({present[i * len(present) // most_classes] for i in range(most_classes)})


def _equal_lows(present: list[float], decimals: int, most_classes: int) -> list[float]:
    low, high = present[0], present[-1]
    step = (high - low) / most_classes
    # The highest figure is not a bound: a class of its own would be narrower than the others.
    return sorted(
        {low}
        | {low_i for i in range(most_classes) if low < (low_i := round_half_away(low + i * step, decimals)) < high}
    )


def _natural_lows(present: list[float], _decimals: int, most_classes: int) -> list[float]:
    return natural_lows(present, most_classes)


_LOWS = {"quantiles": _quantile_lows, "equal": _equal_lows, "natural": _natural_lows}


def _shades(count: int) -> list[int]:
    """Spreads a few classes over all shades, so that two classes are light and dark rather than light and lighter."""
    if count == 1:
        return [MOST_CLASSES // 2 + 1]
    return [1 + round(i * (MOST_CLASSES - 1) / (count - 1)) for i in range(count)]


def ranks(values: Mapping[str, float | None], decimals: int) -> dict[str, tuple[int, int]]:
    """Returns the places of each region that has a figure, from the highest and from the lowest.

    Figures that read the same share the place, as in the baseline of the release.
    """
    rounded = {code: round_half_away(value, decimals) for code, value in values.items() if value is not None}
    ordered = sorted(rounded.values())
    return {
        code: (len(ordered) - bisect_right(ordered, value) + 1, bisect_left(ordered, value) + 1)
        for code, value in rounded.items()
    }
