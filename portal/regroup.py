"""The arithmetic of regions: figures of municipalities are summed, and ratios recomputed from those sums.

It follows the models of the release (`int_observations__sum_regions_on_boundaries`, `int_observations__derive`), so
that the municipalities of a region in the release give the figures of that region. It never averages averages.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.periods import Calendar, is_broken
from portal.rounding import exact_sum, quotient_of, round_half_away, share_of

# From best to worst; the same orders as `value_status_order` and `boundary_method_order` in the dbt project.
STATUSES = (
    "final",
    "unstated",
    "revised_provisional",
    "provisional",
    "estimated",
    "not_applicable",
    "missing",
    "suppressed",
)
# The status that an estimated part had before it became an estimate, if that is no longer known.
_MENDED = "mended"
METHODS = ("published", "merged", "recomputed", "split_estimate", "unavailable")
# Counts that come from a source; every other formula is computed from these.
_GIVEN = ("published", "register")
# An amount in the prices of another year.
_REAL = "real"
INDEX_DECIMALS = 1


@dataclass(frozen=True, slots=True)
class RegroupedFigure:
    """A figure, or why there is none, and how many municipalities of its period it is made up of."""

    value: float | None
    status: str
    method: str
    parts: int = 1


Periods = Mapping[str, RegroupedFigure]
Series = Mapping[str, Periods]
MISSING = RegroupedFigure(None, "missing", "unavailable", 0)
ONE = RegroupedFigure(1, "final", "published", 0)


@dataclass(frozen=True, slots=True)
class Term:
    """An indicator in a numerator or denominator, which is added (1) or subtracted (-1)."""

    indicator_id: str
    sign: int = 1


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an indicator is computed, according to the registry of indicators; `breaks` are days on which it breaks.

    Of a divided municipality, an area of land (`is_land`) goes to its heirs by area and not by inhabitants.
    """

    indicator_id: str
    kind: str
    formula: str
    decimals: int
    numerator: tuple[Term, ...] = ()
    denominator: tuple[Term, ...] = ()
    factor: float | None = None
    lag_years: int | None = None
    is_annual: bool = False
    is_land: bool = False
    breaks: frozenset[date] = frozenset()

    @property
    def is_sum(self) -> bool:
        """Whether the figure of a whole is the sum of the figures of its parts."""
        return self.kind == "count" and self.formula in _GIVEN

    @property
    def is_recomputable(self) -> bool:
        """Whether municipalities together have a figure: a sum, or something computed from sums."""
        return self.is_sum or bool(self.numerator)


@dataclass(frozen=True, slots=True)
class FigurePart:
    """What a former municipality contributes to one of another year: the part of its figure between two shares."""

    figure: RegroupedFigure | None
    share_from: float = 0
    share_to: float = 1
    is_expected: bool = True


def worst_status(statuses: Iterable[str]) -> str:
    """Returns the least certain of the known statuses."""
    return max((status for status in statuses if status != _MENDED), key=STATUSES.index, default="unstated")


def worst_method(methods: Iterable[str]) -> str:
    """Returns the method furthest from the published figure."""
    return max(methods, key=METHODS.index)


def add_up(figures: Sequence[RegroupedFigure], decimals: int) -> RegroupedFigure:
    """Returns the sum of the figures of municipalities; one unknown figure makes the sum unknown."""
    if len(figures) == 1:
        return replace(figures[0], status=worst_status([figures[0].status]))
    values = [figure.value for figure in figures if figure.value is not None]
    parts = sum(figure.parts for figure in figures)
    status = worst_status(figure.status for figure in figures)
    if len(values) < len(figures):
        return RegroupedFigure(None, status, "unavailable", parts)
    total = round_half_away(exact_sum(values), decimals)
    return RegroupedFigure(total, status, worst_method(["merged", *(figure.method for figure in figures)]), parts)


def mend(figure: RegroupedFigure) -> RegroupedFigure:
    """Returns the estimate of a part as it counts in a sum that has all parts of the divided municipality."""
    return (
        RegroupedFigure(figure.value, _MENDED, "merged", figure.parts) if figure.method == "split_estimate" else figure
    )


def part_of(figure: RegroupedFigure, share: float, decimals: int) -> RegroupedFigure:
    """Returns what a figure contributes if only a part of the municipality is in the region: an estimate."""
    if share == 1 or figure.value is None:
        return figure
    return RegroupedFigure(share_of(figure.value, share, decimals), "estimated", "split_estimate", figure.parts)


def mended_by(codes: Collection[str], heirs: Mapping[str, Collection[str]]) -> set[str]:
    """Returns the municipalities that only received parts of divided ones that are in the region as a whole.

    `heirs` has the municipalities that each divided one was split among.
    """
    chosen = set(codes)
    torn = {heir for divided in heirs.values() if not chosen.issuperset(divided) for heir in divided}
    return chosen - torn


def place_on_boundaries(
    parts: Sequence[FigurePart], decimals: int, ahead: RegroupedFigure | None = None
) -> RegroupedFigure:
    """Returns the count of a municipality of a boundary year from those of the municipalities of the period.

    `ahead` is the source's own figure for the municipality of the boundary year, if it follows a later division.
    """
    expected = [part for part in parts if part.is_expected]
    figures = [part.figure or RegroupedFigure(None, "missing", "published") for part in expected]
    values = [figure.value for figure in figures if figure.value is not None]
    if not values and ahead is not None and ahead.value is not None:
        return RegroupedFigure(ahead.value, ahead.status, "published")
    if not expected:
        return MISSING
    status = worst_status(figure.status for figure in figures)
    has_split = any(part.share_from > 0 or part.share_to < 1 for part in expected)
    if len(expected) == 1 and not has_split:
        return RegroupedFigure(figures[0].value, status, "published")
    if len(values) < len(expected):
        return RegroupedFigure(None, status, "unavailable", len(expected))
    total = exact_sum(_share(value, part, decimals) for value, part in zip(values, expected, strict=True))
    if has_split:
        return RegroupedFigure(total, "estimated", "split_estimate", len(expected))
    return RegroupedFigure(total, status, "merged", len(expected))


def _share(value: float, part: FigurePart, decimals: int) -> float:
    if part.share_from == 0 and part.share_to == 1:
        return value
    return share_of(value, part.share_to, decimals) - share_of(value, part.share_from, decimals)


def regroup(
    recipes: Iterable[Recipe],
    municipalities: Mapping[str, Series],
    country: Series,
    mended: Collection[str],
    calendar: Calendar,
) -> dict[str, dict[str, RegroupedFigure]]:
    """Returns the figures of a region made up of municipalities, by indicator and period.

    `mended` are the municipalities whose estimated parts are exact again in the whole. A region of one municipality
    is that municipality.
    """
    if len(municipalities) == 1:
        (only,) = municipalities.values()
        return {indicator_id: dict(periods) for indicator_id, periods in only.items()}
    wanted = list(recipes)
    sums = {recipe.indicator_id: _add_up_periods(recipe, municipalities, mended) for recipe in wanted if recipe.is_sum}
    derived = {
        recipe.indicator_id: derive(recipe, sums, country, calendar)
        for recipe in wanted
        if recipe.numerator and not recipe.is_sum and recipe.formula != _REAL
    }
    real = {r.indicator_id: _deflated(r, wanted, sums, country, calendar) for r in wanted if r.formula == _REAL}
    return {indicator_id: periods for indicator_id, periods in {**sums, **derived, **real}.items() if periods}


def _add_up_periods(
    recipe: Recipe, municipalities: Mapping[str, Series], mended: Collection[str]
) -> dict[str, RegroupedFigure]:
    series = {code: figures.get(recipe.indicator_id, {}) for code, figures in municipalities.items()}
    periods = sorted({period for figures in series.values() for period in figures})
    return {
        period: add_up(
            [
                mend(figures.get(period, MISSING)) if code in mended else figures.get(period, MISSING)
                for code, figures in series.items()
            ],
            recipe.decimals,
        )
        for period in periods
    }


def _deflated(
    recipe: Recipe, recipes: Sequence[Recipe], sums: Series, country: Series, calendar: Calendar
) -> dict[str, RegroupedFigure]:
    """Returns an amount in the prices of the base year of the index, from the amount before it was rounded."""
    (amount,), (prices,) = recipe.numerator, recipe.denominator
    nominal = next((r for r in recipes if r.indicator_id == amount.indicator_id and not r.is_sum), None)
    if nominal:
        above, below = _sum_of_terms(nominal.numerator, sums), _sum_of_terms(nominal.denominator, sums)
        sides = _paired(nominal, above, below, calendar)
    else:
        sides = {period: (figure, ONE) for period, figure in sums.get(amount.indicator_id, {}).items()}
    factor = (recipe.factor or 1) * ((nominal.factor or 1) if nominal else 1)
    index = country.get(prices.indicator_id, {})
    found = {}
    for period, (figure, base) in sides.items():
        level = index.get(calendar.whole_year(period) or "")
        if level is not None:
            # There is one index for all regions, so dividing by it does not make a figure less its own.
            status = worst_status([base.status, level.status])
            value = None if base.value is None or level.value is None else base.value * level.value
            found[period] = _rounded(_over(figure, replace(base, value=value, status=status), factor), recipe)
    return found


def derive(recipe: Recipe, series: Series, country: Series, calendar: Calendar) -> dict[str, RegroupedFigure]:
    """Returns what is computed from the figures of a region, as the registry says, by period."""
    numerators = _sum_of_terms(recipe.numerator, series)
    if recipe.formula == "growth":
        return _growth(recipe, numerators, calendar)
    if recipe.formula == "sum":
        return {period: _rounded(figure, recipe) for period, figure in numerators.items()}
    quotients = _paired(recipe, numerators, _sum_of_terms(recipe.denominator, series), calendar)
    if recipe.formula == "location_quotient":
        of_country = _paired(
            recipe, _sum_of_terms(recipe.numerator, country), _sum_of_terms(recipe.denominator, country), calendar
        )
        return {p: _rounded(_located(sides, of_country.get(p)), recipe) for p, sides in quotients.items()}
    found = {p: _over(*sides, recipe.factor or 1) for p, sides in quotients.items()}
    if recipe.formula == "published":
        found = {p: _recomputed(figure) for p, figure in found.items()}
    return {p: _rounded(figure, recipe) for p, figure in found.items()}


def _sum_of_terms(terms: Sequence[Term], series: Series) -> dict[str, RegroupedFigure]:
    """Returns the signed sum of terms, for the periods in which every term has a figure or a reason for having none."""
    if not terms:
        return {}
    signs = [term.sign for term in terms]
    parts = [series.get(term.indicator_id, {}) for term in terms]
    common = set.intersection(*(set(part) for part in parts))
    return {period: _combine([part[period] for part in parts], signs) for period in sorted(common)}


def _combine(figures: Sequence[RegroupedFigure], signs: Sequence[int]) -> RegroupedFigure:
    values = [sign * figure.value for figure, sign in zip(figures, signs, strict=True) if figure.value is not None]
    return RegroupedFigure(
        exact_sum(values) if len(values) == len(figures) else None,
        worst_status(figure.status for figure in figures),
        worst_method(figure.method for figure in figures),
        max(figure.parts for figure in figures),
    )


def _paired(
    recipe: Recipe, above: Periods, below: Periods, calendar: Calendar
) -> dict[str, tuple[RegroupedFigure, RegroupedFigure]]:
    """Returns both sides by period; the denominator is that of the period, or of its year if the period has none."""
    found = {}
    for period, numerator in above.items():
        if recipe.is_annual and not calendar.is_annual(period):
            continue
        denominator = below.get(period) or below.get(calendar.whole_year(period) or "")
        if denominator is not None:
            found[period] = (numerator, denominator)
    return found


def _located(
    own: tuple[RegroupedFigure, RegroupedFigure], country: tuple[RegroupedFigure, RegroupedFigure] | None
) -> RegroupedFigure:
    """Returns the quotient of a region over that of the country, from their four parts."""
    if country is None:
        return _over(_over(*own), None)
    return _over(_product(own[0], country[1]), _product(own[1], country[0]))


def _product(one: RegroupedFigure, other: RegroupedFigure) -> RegroupedFigure:
    return RegroupedFigure(
        None if one.value is None or other.value is None else one.value * other.value,
        worst_status([one.status, other.status]),
        worst_method([one.method, other.method]),
        max(one.parts, other.parts),
    )


def _over(numerator: RegroupedFigure, denominator: RegroupedFigure | None, factor: float = 1) -> RegroupedFigure:
    if denominator is None:
        return RegroupedFigure(None, numerator.status, numerator.method, numerator.parts)
    status = worst_status([numerator.status, denominator.status])
    method = worst_method([numerator.method, denominator.method])
    parts = max(numerator.parts, denominator.parts)
    if denominator.value == 0:
        return RegroupedFigure(None, "not_applicable", method, parts)
    if numerator.value is None or denominator.value is None:
        return RegroupedFigure(None, status, method, parts)
    return RegroupedFigure(quotient_of(numerator.value, denominator.value, factor), status, method, parts)


def _recomputed(figure: RegroupedFigure) -> RegroupedFigure:
    """The rate that a source gives for other regions, made again from counts that it rounded."""
    status, method = worst_status([figure.status, "estimated"]), worst_method([figure.method, "recomputed"])
    return replace(figure, status=status, method=method)


def _growth(recipe: Recipe, figures: Periods, calendar: Calendar) -> dict[str, RegroupedFigure]:
    found = {}
    for period, figure in figures.items():
        before = calendar.years_before(period, recipe.lag_years or 1) or ""
        earlier = figures.get(before)
        if earlier is None:
            continue
        more = None if figure.value is None else exact_sum([figure.value, -(earlier.value or 0)])
        grown = _over(replace(figure, value=more), earlier, 100)
        if is_broken(recipe.breaks, calendar.first_day(before), calendar.first_day(period)):
            grown = replace(grown, value=None, status="not_applicable")
        found[period] = _rounded(grown, recipe)
    return found


def _rounded(figure: RegroupedFigure, recipe: Recipe) -> RegroupedFigure:
    if figure.value is not None:
        value = round_half_away(figure.value, recipe.decimals)
        return RegroupedFigure(value, figure.status, figure.method, figure.parts)
    status = figure.status if figure.status in ("suppressed", "not_applicable") else "missing"
    return RegroupedFigure(None, status, figure.method, figure.parts)


def index_of(series: Mapping[str, Mapping[str, float | None]]) -> tuple[str | None, dict[str, dict[str, float]]]:
    """Returns the first period in which every series has a figure above zero, and the series with that period as 100.

    A series without any figure is left out. If there is no such period, returns None and no series.
    """
    known = {name: {p: v for p, v in periods.items() if v is not None} for name, periods in series.items()}
    known = {name: periods for name, periods in known.items() if periods}
    bases = [{period for period, value in periods.items() if value > 0} for periods in known.values()]
    common = set.intersection(*bases) if bases else set()
    if not common:
        return None, {}
    base = min(common)
    return base, {name: {p: 100 * v / periods[base] for p, v in periods.items()} for name, periods in known.items()}
