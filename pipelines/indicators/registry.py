"""Indicator rows checked against their cards and against each other.

A published indicator must select exactly one series of its card; any other must be computable from existing rows.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache

from pipelines.errors import CardError, shown
from pipelines.seeds import SEEDS, Indicator, read_seed
from pipelines.sources.card import SourceCard
from pipelines.sources.dimensions import TOTAL
from pipelines.sources.units import thousands_in

SEED = SEEDS / f"{Indicator.seed}.csv"
PUBLISHED = "published"
REAL = "real"
_ID = re.compile(r"[a-z][a-z0-9_]*")
_TO_FILL_IN = re.compile(r"<[^<>]+>")
_SUM = re.compile(rf"{_ID.pattern}( [+-] {_ID.pattern})*")
_RECOMPUTED = ("numerator", "denominator", "factor")
_COMPUTED = (*_RECOMPUTED, "lag_years")
_SELECTED = ("dataset_id", "measure_code", "dims", "multiplier")
# Which of these columns a formula needs; the others are empty, except those that it may have.
_NEEDS: dict[str, tuple[str, ...]] = {
    PUBLISHED: ("dataset_id", "measure_code"),
    "sum": ("numerator",),
    "ratio": _RECOMPUTED,
    "growth": ("numerator", "lag_years"),
    "location_quotient": ("numerator", "denominator"),
    REAL: _RECOMPUTED,
    "register": ("measure_code",),
}
# These are about one series, which a sum is not.
_OF_ONE = ("growth", REAL)
_DEFLATED = (PUBLISHED, "ratio", "register")
# An index of prices is 100 in its base year, so this factor gives an amount in the prices of that year.
_FACTOR_OF_REAL = "100"
# What `int_subsidies__sum_support` knows of a register.
REGISTER_MEASURES = ("granted_eur", "reviewed_pct", "known_eur", "state_known_eur")
_MAY_HAVE = {PUBLISHED: ("dims", "multiplier", *_RECOMPUTED)}
_NUMBERS = (
    ("factor", r"[0-9]*[1-9][0-9]*", "a whole number above 0, such as 100"),
    ("lag_years", r"[1-9][0-9]?", "a number of years, such as 5"),
)


@cache
def read_indicators() -> tuple[Indicator, ...]:
    """The rows of `seeds/indicators.csv`, read once."""
    return tuple(read_seed(Indicator))


def terms_of(row: Indicator) -> list[str]:
    """The indicators that a row is computed from."""
    return term_ids(row.numerator) + term_ids(row.denominator)


def term_ids(expression: str) -> list[str]:
    """The indicators named in a numerator or denominator, `a + b - c`, whatever else may be wrong with it."""
    return _ID.findall(expression)


def check_indicators(indicators: Sequence[Indicator], cards: dict[str, SourceCard]) -> None:
    """Refuse an indicator row that is itself wrong: it selects nothing on its card, or it cannot be computed.

    What has landed does not matter here: a source that changed is not the fault of the row (see `held_back`).

    Args:
        indicators: every row of the seed, in order.
        cards: every card.

    Raises:
        CardError: one line per row, naming the row, what was found and what to do.
    """
    by_id = {row.indicator_id: row for row in indicators}
    ids = [row.indicator_id for row in indicators]
    problems = [
        f"indicator {twice}: it is in {SEED.name} {ids.count(twice)} times, so it selects"
        f" {shown(i.measure_code for i in indicators if i.indicator_id == twice)} -> keep one row"
        for twice in sorted({i for i in ids if ids.count(i) > 1})
    ]
    for line, row in enumerate(indicators, start=2):
        problem = _unfilled(row) or _formula_problem(row, by_id)
        if not problem and row.formula == PUBLISHED:
            problem = _selection_problem(row, cards)
        if problem:
            problems.append(f"indicator {row.indicator_id} ({SEED.name} line {line}): {problem}")
    if problems:
        raise CardError("\n".join(problems))


def _unfilled(row: Indicator) -> str | None:
    """The column that still has the text in `<>` that `new-source` put there for a person to replace."""
    left = next(((column, text) for column, text in row if isinstance(text, str) and _TO_FILL_IN.search(text)), None)
    return f"{left[0]} is {left[1]!r} -> replace the text in <> with your own words" if left else None


def _formula_problem(row: Indicator, by_id: dict[str, Indicator]) -> str | None:
    """What is wrong with the way a row says it is computed."""
    formula = row.formula
    if formula not in _NEEDS:
        return f"formula {formula!r} is not known -> use one of: {shown(_NEEDS)}"
    for column in (*_COMPUTED, *_SELECTED):
        told = getattr(row, column)
        if column in _NEEDS[formula] and not told:
            return f"{formula} needs a {column}, which is empty -> fill it in, or use another formula"
        if told and column not in _NEEDS[formula] and column not in _MAY_HAVE.get(formula, ()):
            return f"{formula} has no {column}, but it holds {told!r} -> empty it, or use another formula"
    if formula == "register" and row.measure_code not in REGISTER_MEASURES:
        return f"a register has no measure {row.measure_code!r} -> use one of: {shown(REGISTER_MEASURES)}"
    # A published rate may say what it is recomputed from where boundaries changed, but then completely.
    recomputed = [column for column in _RECOMPUTED if getattr(row, column)]
    if formula == PUBLISHED and recomputed and len(recomputed) < len(_RECOMPUTED):
        lacking = [column for column in _RECOMPUTED if not getattr(row, column)]
        return f"has a {recomputed[0]} and no {lacking[0]} -> give all of {shown(_RECOMPUTED)}, or none"
    for column, pattern, example in _NUMBERS:
        told = getattr(row, column)
        if told and not re.fullmatch(pattern, told):
            return f"{column} is {told!r} -> write {example}"
    if formula == REAL and row.factor != _FACTOR_OF_REAL:
        return f"factor is {row.factor!r}, but an index is 100 in its base year -> write {_FACTOR_OF_REAL}"
    return next(
        (
            problem
            for column in ("numerator", "denominator")
            if getattr(row, column) and (problem := _terms_problem(row, column, by_id))
        ),
        None,
    )


def _terms_problem(row: Indicator, column: str, by_id: dict[str, Indicator]) -> str | None:
    told = getattr(row, column)
    if not _SUM.fullmatch(told):
        return f"{column} {told!r} is not a sum of indicators -> write it as `a`, `a + b` or `a + b - c`"
    if row.formula in _OF_ONE and len(term_ids(told)) > 1:
        return f"{column} {told!r} has {len(term_ids(told))} terms, {row.formula} takes one indicator -> name one"
    for term in term_ids(told):
        if term not in by_id:
            like = get_close_matches(term, by_id, 3) or list(by_id)
            return f"{column} names {term!r}, which is not in {SEED.name} -> use one such as: {shown(like, 3)}"
        problem = (_price_problem if row.formula == REAL else _count_problem)(column, by_id[term])
        if problem:
            return problem
    if way := _circle(row.indicator_id, by_id):
        return f"is computed from itself: {' -> '.join(way)} -> take it out of one of them"
    return None


def _count_problem(column: str, term: Indicator) -> str | None:
    """Only counts can be converted to other boundaries, so only counts can be computed with."""
    if term.kind == "count":
        return None
    kind = f"an {term.kind}" if term.kind == "index" else f"a {term.kind}"
    return f"{column} names {term.indicator_id!r}, {kind}, and only counts add up -> name the counts that it is made of"


def _price_problem(column: str, term: Indicator) -> str | None:
    """A real amount is one in euros divided by an index of prices, each as it is."""
    if column == "numerator" and (not term.unit_en.startswith("euro") or term.formula not in _DEFLATED):
        return (
            f"numerator names {term.indicator_id!r}, a {term.formula} in {term.unit_en!r}, and real takes an amount in"
            f" euros that is one of: {shown(_DEFLATED)} -> name one"
        )
    if column == "denominator" and term.kind != "index":
        return f"denominator names {term.indicator_id!r}, a {term.kind}, and real takes an index -> name one of prices"
    return None


def _circle(indicator_id: str, by_id: dict[str, Indicator]) -> list[str] | None:
    """The path from an indicator through its terms back to itself, if there is one."""
    ways, seen = [[indicator_id]], set()
    while ways:
        way = ways.pop()
        row = by_id.get(way[-1])
        for term in terms_of(row) if row else ():
            if term == indicator_id:
                return [*way, term]
            if term not in seen:
                seen.add(term)
                ways.append([*way, term])
    return None


def _selection_problem(row: Indicator, cards: dict[str, SourceCard]) -> str | None:
    """Why a row cannot select one series of its card, or None if it can."""
    card = cards.get(row.dataset_id)
    if card is None:
        return f"no card is called {row.dataset_id!r} -> use one of: {shown(cards, 20)}"
    wanted = row.measure_code
    measure = next((m for m in card.measures if m.code == wanted), None)
    if measure is None:
        like = [m.code for m in card.measures if wanted.casefold() in f"{m.code} {m.title}".casefold()]
        if len(like) > 1:
            return f"{wanted!r} selects {len(like)} measures: {shown(like)} -> write the code of one of them"
        codes = shown((m.code for m in card.measures), 20)
        return f"selects nothing, {card.dataset_id} has no measure {wanted!r} -> use one of: {codes}"
    return unit_problem(measure.unit or "", row.multiplier) or _dims_problem(row.dims, card)


def unit_problem(unit: str, multiplier: str) -> str | None:
    """Why figures in a unit such as `x 1 000` cannot have this multiplier, or None if they can."""
    counted_in, times = thousands_in(unit), float(multiplier or 1)
    if counted_in not in (1, times):
        return f"the measure counts in {unit!r} but the multiplier is {times:g} -> correct the multiplier"
    return None


def _dims_problem(dims: str, card: SourceCard) -> str | None:
    """Why a selection in the other dimensions is not one that the card asks for, or None if it is."""
    chosen = dict(part.partition("=")[::2] for part in dims.split(";") if part)
    expected = sorted(name for name, dimension in card.dimensions.items() if dimension.role == "category")
    if list(chosen) != expected:
        wanted = ";".join(f"{name}=<code>" for name in expected)
        return (
            f"selects nothing with dims {dims!r}, {card.dataset_id} has {shown(expected) or 'none'} -> write {wanted!r}"
        )
    for name, code in chosen.items():
        # Without codes the card asks for all of them, and only the source knows which those are.
        codes = [TOTAL] if card.dimensions[name].is_added_up else [c.code for c in card.dimensions[name].codes]
        codes += [TOTAL] if codes and card.layout and name in card.layout.totals else []
        if codes and code not in codes:
            return f"selects nothing, {card.dataset_id} has no {name} code {code!r} -> use one of: {shown(codes, 20)}"
    return None
