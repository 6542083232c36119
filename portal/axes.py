"""The axes of every chart: their range, the labels along them, and where a value is drawn."""

import math
from collections.abc import Sequence

# If the range were a smaller part of the highest figure than this, a ripple would look like a cliff.
SMALLEST_SPAN = 0.1
MOST_TICKS = 5


class Scale:
    """A linear scale from values to positions in the drawing; the middle if all values are equal."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.span, self.start, self.end = low, high - low, start, end

    def __call__(self, value: float) -> float:
        """Returns the position of a value."""
        share = (value - self.low) / self.span if self.span > 0 else 0.5
        return self.start + share * (self.end - self.start)


def span_of(values: Sequence[float]) -> tuple[float, float]:
    """Returns the lowest and the highest value, moved apart if they are too close for their size."""
    low, high = min(values), max(values)
    room = max(abs(low), abs(high)) * SMALLEST_SPAN - (high - low)
    if room > 0:
        # Figures that cannot be negative get an axis without negative values.
        low, high = (max(0.0, low - room / 2) if low >= 0 else low - room / 2), high + room / 2
    return low, high


def ends(values: Sequence[float], decimals: int) -> tuple[float, float]:
    """Returns the ends of an axis labelled at both: rounded outwards to the decimals shown, so that all values fit."""
    low, high = span_of(values)
    unit = 10**decimals
    # Rounded first, because 0.7 * 10 is a hair less than 7.
    return math.floor(round(low * unit, 6)) / unit, math.ceil(round(high * unit, 6)) / unit


def ticks_of(values: Sequence[float]) -> list[float]:
    """Returns the ticks of an axis: a few round numbers, from below every value to above it."""
    low, high = span_of(values)
    # Ticks are rounded to ten decimals: values that differ by less are drawn as one.
    span = high - low if high - low > 1e-9 else max(abs(high), 1)
    rough = span / (MOST_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 2.5, 5, 10) if power * times >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    if first == last:
        last += 1
    return [round(step * count, 10) for count in range(first, last + 1)]
