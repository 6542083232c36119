"""Places labels beside the ends of lines: in their order, as near as can be, and never one over another."""

from collections.abc import Sequence


def spread(wanted: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Returns a place for each label, given where it wants to be: at least `apart` from each other, within the bounds.

    The sum of the squared moves is the least possible (isotonic regression by pooling adjacent violators). Labels that
    do not all fit stand closer together.
    """
    count = len(wanted)
    if count > 1:
        apart = min(apart, (high - low) / (count - 1))
    order = sorted(range(count), key=lambda i: wanted[i])
    pools: list[tuple[float, int]] = []
    for place, i in enumerate(order):
        total, members = wanted[i] - place * apart, 1
        while pools and pools[-1][0] / pools[-1][1] > total / members:
            before, others = pools.pop()
            total, members = total + before, members + others
        pools.append((total, members))
    level = [total / members for total, members in pools for _ in range(members)]
    highest = max(low, high - (count - 1) * apart)
    found = [0.0] * count
    for place, i in enumerate(order):
        found[i] = min(max(level[place], low), highest) + place * apart
    return found
