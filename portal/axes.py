"""The axes of every chart: from which value to which one goes, what is written along it, and where a value is drawn."""

import math
from collections.abc import Sequence

# Lines of less than this part of the highest figure would make a cliff of a ripple.
SMALLEST_SPAN = 0.1
MOST_TICKS = 5


class Scale:
    """A straight line from values to places in the drawing; in the middle where all values are one."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.span, self.start, self.end = low, high - low, start, end

    def __call__(self, value: float) -> float:
        """Returns the place of a value."""
        share = (value - self.low) / self.span if self.span > 0 else 0.5
        return self.start + share * (self.end - self.start)


def span_of(values: Sequence[float]) -> tuple[float, float]:
    """Returns the lowest and the highest value, moved apart where they are too close for their height."""
    low, high = min(values), max(values)
    room = max(abs(low), abs(high)) * SMALLEST_SPAN - (high - low)
    if room > 0:
        # Figures that cannot be below zero get no axis that is.
        low, high = (max(0.0, low - room / 2) if low >= 0 else low - room / 2), high + room / 2
    return low, high


def ends(values: Sequence[float], decimals: int) -> tuple[float, float]:
    """Returns the ends of an axis with a number at each: round in the decimals that are shown, around every value."""
    low, high = span_of(values)
    unit = 10**decimals
    # Rounded first, for 0.7 * 10 is a hair less than 7.
    return math.floor(round(low * unit, 6)) / unit, math.ceil(round(high * unit, 6)) / unit


def ticks_of(values: Sequence[float]) -> list[float]:
    """Returns the numbers along an axis with several: a few round ones, from below every value to above."""
    low, high = span_of(values)
    # Ticks are rounded to ten decimals: what differs by less is drawn as one value.
    span = high - low if high - low > 1e-9 else max(abs(high), 1)
    rough = span / (MOST_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 2.5, 5, 10) if power * times >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    if first == last:
        last += 1
    return [round(step * count, 10) for count in range(first, last + 1)]
