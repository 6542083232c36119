"""Figures are rounded as in the release (the macros of `rounding.sql`): once, and a half goes away from zero.

Figures are doubles that stand for decimals. What is rounded or added up is the decimal that a double is written as:
41,400 / 40,000 is 1.035 and becomes 1.04, although the double itself is a little less than 1.035.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import cache

# As many digits as the decimals of the release have.
_CONTEXT = Context(prec=38, rounding=ROUND_HALF_UP)
# Figures of the release have at most six decimals, shares of a municipality twelve.
_FIGURE, _SHARE = 6, 12


def as_decimal(value: float | Decimal, decimals: int) -> Decimal:
    """Returns the decimal that a number is written as, rounded to `decimals` decimals: half away from zero."""
    # Plus makes a zero of a minus zero.
    return _CONTEXT.plus(Decimal(str(value)).quantize(_unit(decimals), context=_CONTEXT))


@cache
def _unit(decimals: int) -> Decimal:
    return Decimal(1).scaleb(-decimals)


def round_half_away(value: float, decimals: int) -> float:
    """Returns a number rounded to `decimals` decimals, half away from zero."""
    return float(as_decimal(value, decimals))


def quotient_of(numerator: float, denominator: float, factor: float = 1) -> float:
    """Returns the double nearest to factor * numerator / denominator.

    Raises:
        ZeroDivisionError: the denominator is zero.
    """
    above, below = (Fraction(as_decimal(side, _FIGURE)) for side in (numerator, denominator))
    return float(above * Fraction(factor) / below)


def exact_sum(figures: Iterable[float]) -> float:
    """Returns the sum of figures, whatever their order: 0.1 and 0.2 add up to 0.3."""
    return float(sum((as_decimal(figure, _FIGURE) for figure in figures), Decimal()))


def share_of(value: float, share: float, decimals: int) -> float:
    """Returns a figure times a share, rounded once."""
    return float(as_decimal(_CONTEXT.multiply(as_decimal(value, _FIGURE), as_decimal(share, _SHARE)), decimals))
