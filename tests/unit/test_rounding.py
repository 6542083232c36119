"""The macros of dbt and the pages round alike: the decimal that a figure is written as, and a half away from zero."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st
from jinja2 import Environment

from pipelines.settings import DBT_PROJECT
from portal.formats import format_number
from portal.rounding import exact_sum, quotient_of, round_half_away, share_of

MACROS = Environment().from_string((DBT_PROJECT / "macros" / "rounding.sql").read_text(encoding="utf-8")).module
BOUNDARIES = Environment()
BOUNDARIES.globals.update({name: getattr(MACROS, name) for name in ("round_to", "as_decimal")})
VARIABLES = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
BASELINE = Environment()
BASELINE.globals["var"] = VARIABLES.__getitem__
BASELINE.globals.update({name: getattr(MACROS, name) for name in ("round_to", "ratio_to", "difference_of")})
SCALES = st.integers(0, 6)
# Figures of at most six decimals, with many halves among them, and what arithmetic makes of such figures.
FIGURES = st.builds(lambda digits, scale: digits / 10**scale, st.integers(-(10**9), 10**9), SCALES)
COUNTS = st.integers(1, 10**7)
DOUBLES = FIGURES | st.builds(lambda a, b: a / b, FIGURES, COUNTS)


def module_of(environment: Environment, name: str) -> Any:
    return environment.from_string((DBT_PROJECT / "macros" / name).read_text(encoding="utf-8")).module


def rendered(macro: str, *arguments: object, **named: object) -> str:
    return str(getattr(MACROS, macro)(*arguments, **named))


def asked(expression: str, values: Sequence[float]) -> float | None:
    """The answer of DuckDB to an expression over parameters $1, $2, .. that are doubles."""
    columns = ", ".join(f"cast(? as double) as v{n}" for n in range(1, len(values) + 1))
    (found,) = duckdb.execute(f"select {expression} from (select {columns})", list(values)).fetchall()[0]
    return None if found is None else float(found)


@pytest.mark.parametrize(
    ("value", "decimals", "rounded"),
    [
        (0.5, 0, 1),
        (-0.5, 0, -1),
        (2.5, 0, 3),
        (1.25, 1, 1.3),
        (2.675, 2, 2.68),
        (-2.675, 2, -2.68),
        (1.035, 2, 1.04),
        (1.0349999, 2, 1.03),
        (-0.4, 0, 0),
        (1e-7, 6, 0),
        (5e-7, 6, 0.000001),
        (1.5e15, 2, 1.5e15),
    ],
)
def test_a_half_goes_away_from_zero(value: float, decimals: int, rounded: float) -> None:
    assert round_half_away(value, decimals) == rounded
    assert asked(rendered("round_to", "v1", decimals), [value]) == rounded
    assert asked(rendered("round_to", "v1", "v2"), [value, decimals]) == rounded
    assert not str(round_half_away(value, decimals)).startswith("-0.0") or rounded < 0


@given(DOUBLES, SCALES)
@example(2.675, 2)
@example(41400 / 40000, 2)
def test_dbt_and_the_pages_round_alike(value: float, decimals: int) -> None:
    """Also in the text of a page, whatever the engine makes of the double."""
    expected = Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    assert round_half_away(value, decimals) == float(expected)
    assert asked(rendered("round_to", "v1", decimals), [value]) == float(expected)
    assert asked(rendered("round_to", "v1", "v2"), [value, decimals]) == float(expected)
    assert Decimal(format_number(value, decimals, "en").replace(",", "")) == expected


@given(FIGURES, st.integers(1, 10**7), st.sampled_from([1, 100, 1000, 10000]), st.integers(0, 4))
@example(41400, 40000, 1, 2)
@example(130, 107, 1, 2)
@example(2.3, 460, 100, 0)
def test_a_ratio_is_rounded_once_from_its_parts(above: float, below: int, factor: int, decimals: int) -> None:
    """Worked out in fractions, which are exact."""
    exact = Fraction(Decimal(repr(above))) * factor / below
    whole = abs(exact) * 10**decimals
    # Figures of a release are far from the most digits that a double can hold.
    numerator = Fraction(Decimal(repr(above))) * factor * 10**6
    assume(Fraction(float(numerator)) == numerator and whole < 10**14)
    expected = float((whole + Fraction(1, 2)).__floor__() * (1 if exact > 0 else -1) / Fraction(10**decimals))
    assert round_half_away(quotient_of(above, below, factor), decimals) == expected
    sql = rendered("ratio_to", "v1", "v2", decimals, factor=str(factor))
    assert asked(sql, [above, below]) == expected


@pytest.mark.parametrize(
    ("above", "below", "decimals", "rounded"),
    [(130, 107, 2, 1.21), (41400, 40000, 2, 1.04), (2, 3, 2, 0.67), (8100 - 8000, 8000, 3, 0.013), (1, 8, 2, 0.13)],
)
def test_ratios_worked_out_by_hand(above: float, below: float, decimals: int, rounded: float) -> None:
    assert round_half_away(quotient_of(above, below), decimals) == rounded
    assert asked(rendered("ratio_to", "v1", "v2", decimals), [above, below]) == rounded


def test_nothing_over_zero_is_no_number() -> None:
    assert asked(rendered("ratio_to", "v1", "v2", 2), [1, 0]) is None
    with pytest.raises(ZeroDivisionError):
        quotient_of(1, 0)


@given(st.lists(FIGURES, min_size=1, max_size=30))
def test_a_sum_is_exact_in_whatever_order(figures: list[float]) -> None:
    expected = float(sum((Decimal(repr(figure)) for figure in figures), Decimal()))
    sql = f"select {rendered('exact_sum', 'value')} from (select unnest(cast(? as double[])) as value)"
    for ordered in (figures, figures[::-1]):
        assert exact_sum(ordered) == expected
        assert duckdb.execute(sql, [ordered]).fetchall() == [(expected,)]


@given(FIGURES.filter(lambda value: value >= 0), st.integers(0, 10**6), st.integers(0, 2))
def test_parts_of_a_figure_are_those_of_the_pages_and_add_up(value: float, millionths: int, decimals: int) -> None:
    value, share = round_half_away(value, decimals), millionths / 10**6
    macro = module_of(BOUNDARIES, "boundaries.sql").part_of
    first = asked(macro("v1", "v2", "v3", decimals), [value, 0, share])
    second = asked(macro("v1", "v2", "v3", decimals), [value, share, 1])
    assert first is not None and second is not None
    assert first == share_of(value, share, decimals)
    assert exact_sum([first, second]) == value


@pytest.mark.parametrize(
    ("unit", "value", "earlier", "change"),
    [
        ("points", 1.005, 1, 0.01),
        ("points", 0.3, 0.1, 0.2),
        ("percent", 3.3, 3.2, 3.13),
        ("percent", -3, -2, -50),
        ("percent", 0, 0, 0),
        ("percent", 5, 0, None),
    ],
)
def test_a_change_is_worked_out_from_both_figures(
    unit: str, value: float, earlier: float, change: float | None
) -> None:
    macro = module_of(BASELINE, "baseline.sql").change_between
    assert asked(macro("v1", "v2", f"'{unit}'"), [value, earlier]) == change


def test_the_first_of_a_group_is_at_a_hundred() -> None:
    macro = module_of(BASELINE, "baseline.sql").percentile_of
    assert asked(macro("v1", "v2"), [1, 342]) == 100
    assert asked(macro("v1", "v2"), [342, 342]) == 0.3
    # 15 of 16 is 93.75 %.
    assert asked(macro("v1", "v2"), [2, 16]) == 93.8
    assert asked(macro("v1", "v2"), [1, VARIABLES["min_percentile_size"] - 1]) is None
