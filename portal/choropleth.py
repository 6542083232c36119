"""Divides figures into the classes of a map.

Figures are rounded first, as the page shows them, so that the bounds in the legend agree with the figures in the
table, and two figures that look the same never have different colours.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.rounding import round_half_away

MOST_CLASSES = 5
METHODS = ("quantiles", "equal")


@dataclass(frozen=True)
class ValueClass:
    """One colour of the map: from `low` up to but not including `high`; the last class includes its `high`."""

    low: float
    high: float
    is_last: bool
    count: int
    shade: int
    """From 1, the lightest, to `MOST_CLASSES`, the darkest."""


@dataclass(frozen=True)
class Classification:
    """The classes of one map, the lowest first."""

    decimals: int
    classes: tuple[ValueClass, ...]

    def class_of(self, value: float | None) -> ValueClass | None:
        """Returns the class that a figure falls into; None if there is no figure.

        Raises:
            ValueError: the figure is outside every class: it was not among those that were divided.
        """
        if value is None:
            return None
        rounded = round_half_away(value, self.decimals)
        if not self.classes or not self.classes[0].low <= rounded <= self.classes[-1].high:
            raise ValueError(f"{value} is in no class -> divide all figures of a map together")
        return self.classes[bisect_right([c.low for c in self.classes], rounded) - 1]


def classify(
    values: Sequence[float | None], method: str, decimals: int, most_classes: int = MOST_CLASSES
) -> Classification:
    """Divides figures into at most `most_classes` classes.

    Args:
        values: the figures of all regions; None where there is none.
        method: `quantiles`, about the same number of regions in each class, with equal figures always together; or
            `equal`, classes of the same width.
        decimals: how many decimals the page shows.
        most_classes: the maximum number of classes; there are fewer if the figures differ too little.
    """
    present = sorted(round_half_away(value, decimals) for value in values if value is not None)
    if not present:
        return Classification(decimals, ())
    lows = _LOWS[method](present, decimals, most_classes)
    counts = [0] * len(lows)
    for value in present:
        counts[bisect_right(lows, value) - 1] += 1
    highs = [*lows[1:], present[-1]]
    shades = _shades(len(lows))
    return Classification(
        decimals,
        tuple(
            ValueClass(low, high, i == len(lows) - 1, counts[i], shades[i])
            for i, (low, high) in enumerate(zip(lows, highs, strict=True))
        ),
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


_LOWS = {"quantiles": _quantile_lows, "equal": _equal_lows}


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
