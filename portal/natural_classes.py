"""Natural classes: the bounds that leave the least difference within classes (Fisher 1958, known from maps as Jenks).

Of all ways to divide ordered figures, the one with the smallest sum of squared distances to the means of the classes.
The best last bound never moves back when figures are added, so each half is searched between the bounds of its middle.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate

SquaredSpread = Callable[[int, int], float]


def natural_lows(ordered: Sequence[float], most_classes: int) -> list[float]:
    """Returns the lowest figure of each class; there are fewer classes if there are fewer different figures."""
    values = sorted(set(ordered))
    if len(values) <= most_classes:
        return values
    places = {value: place for place, value in enumerate(values)}
    counts = [0] * len(values)
    for value in ordered:
        counts[places[value]] += 1
    # Distances are taken from the middle figure, so that squares of large figures do not swamp small differences.
    shifted = [value - values[len(values) // 2] for value in values]
    weight = [0, *accumulate(counts)]
    total = [0.0, *accumulate(count * value for count, value in zip(counts, shifted, strict=True))]
    squares = [0.0, *accumulate(count * value * value for count, value in zip(counts, shifted, strict=True))]

    def spread(start: int, end: int) -> float:
        """The sum of squared distances to the mean of the values from `start` up to `end`."""
        summed = total[end] - total[start]
        return squares[end] - squares[start] - summed * summed / (weight[end] - weight[start])

    best = [0.0, *(spread(0, end) for end in range(1, len(values) + 1))]
    starts: list[list[int]] = []
    for classes in range(2, most_classes + 1):
        best, chosen = _with_one_more(best, classes, spread)
        starts.append(chosen)
    lows, end = [], len(values)
    for chosen in reversed(starts):
        end = chosen[end]
        lows.append(values[end])
    return [values[0], *reversed(lows)]


def _with_one_more(before: list[float], classes: int, spread: SquaredSpread) -> tuple[list[float], list[int]]:
    """Returns the least spread of the first figures in this many classes, and where the last class then starts."""
    size = len(before)
    best, start = [float("inf")] * size, [0] * size
    halves = [(classes, size - 1, classes - 1, size - 2)]
    while halves:
        first, last, low, high = halves.pop()
        if first > last:
            continue
        end = (first + last) // 2
        best[end], start[end] = min((before[s] + spread(s, end), s) for s in range(low, min(high, end - 1) + 1))
        halves += [(first, end - 1, low, start[end]), (end + 1, last, start[end], high)]
    return best, start
