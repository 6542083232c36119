"""What a reader asks to compare, as its address says it: which regions, on which indicators, in which order.

What cannot be understood becomes a problem, which the page and its files tell in words. Not here: the figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.charts import MOST_LINES
from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.headlines import SCREEN, choose
from portal.region_groups import LIKE_OWN, codes_of_group
from portal.region_sheets import MOST_BESIDE
from portal.registry import Registry
from portal.slugs import slug_of

PARAMETERS = ("region", "group", "indicator", "theme", "boundary_year", "sort", "order")
MOST_REGIONS, MOST_INDICATORS, MOST_SUGGESTIONS = MOST_BESIDE, 20, 5
FIRST_INDICATOR = "population_count"
BY_NAME, HIGH_FIRST, LOW_FIRST = "name", "desc", "asc"


@dataclass
class AskedComparison:
    """A reader's question, and what is wrong with it; `boundary_year` is None for figures as published."""

    indicators: list[Row]
    named: list[str] = field(default_factory=list)
    """The codes of the regions that are named; the first is the reader's own."""
    group: str = ""
    codes: list[str] = field(default_factory=list)
    """Those and the regions of the group."""
    theme: str = ""
    boundary_year: int | None = None
    sort: str = ""
    """The id of an indicator, `name`, or empty for the order in which they are named."""
    order: str = HIGH_FIRST
    problems: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def indicator(self) -> Row:
        """The indicator of a chart."""
        return self.indicators[0]

    @property
    def is_table(self) -> bool:
        """Whether there is more than a chart of one indicator can show."""
        return len(self.indicators) > 1 or len(self.codes) > MOST_LINES

    @property
    def own(self) -> str | None:
        """The region that the reader named first."""
        return self.named[0] if self.named else None

    def query(
        self,
        codes: Sequence[str] | None = None,
        boundary_year: int | None = None,
        sort: tuple[str, str] | None = None,
    ) -> str:
        """Returns the query string of this page; with other regions, another boundary year or order if given."""
        pairs = [("region", code) for code in (self.named if codes is None else codes)]
        if self.group and codes is None:
            pairs.append(("group", self.group))
        if self.theme:
            pairs.append(("theme", self.theme))
        else:
            pairs += [("indicator", str(row["indicator_id"])) for row in self.indicators]
        chosen = boundary_year or self.boundary_year
        if chosen and not self.is_table:
            pairs.append(("boundary_year", str(chosen)))
        by, order = sort or (self.sort, self.order)
        if by:
            pairs += [("sort", by), ("order", order)]
        return urlencode(pairs)


async def read_question(datasette: Datasette, request: Request, release: ReleaseContext, lang: str) -> AskedComparison:
    """Returns the question in the address; what cannot be understood becomes a problem."""
    asked = AskedComparison([])
    for name in request.args:
        if name not in PARAMETERS:
            asked.problems.append(("unknown_parameter", {"name": name}))
    _read_regions([text.strip() for text in request.args.getlist("region")], asked, release)
    await _read_group(datasette, (request.args.get("group") or "").strip(), asked, release)
    theme = (request.args.get("theme") or "").strip()
    _read_indicators(request.args.getlist("indicator"), theme, asked, release, lang)
    _read_boundary_year(request.args.get("boundary_year") or "", asked, release.registry)
    _read_order(request.args.get("sort") or "", request.args.get("order") or "", asked)
    return asked


def _read_regions(texts: Sequence[str], asked: AskedComparison, release: ReleaseContext) -> None:
    for text in filter(None, texts):
        is_code = text in release.registry.regions
        found: list[Row] = [{"region_code": text, "is_exact": True}] if is_code else release.find_regions(text)
        if not found or not found[0]["is_exact"]:
            near = ", ".join(f"{row['name']} ({row['region_code']})" for row in found[:MOST_SUGGESTIONS])
            asked.problems.append(("near_region" if near else "unknown_region", {"name": text, "near": near}))
        elif found[0]["region_code"] not in asked.named:
            asked.named.append(found[0]["region_code"])
    asked.codes = list(asked.named)


async def _read_group(datasette: Datasette, text: str, asked: AskedComparison, release: ReleaseContext) -> None:
    if text:
        members = await codes_of_group(datasette, release, text, asked.own)
        asked.group = text if members else ""
        if not members:
            asked.problems.append(("no_similar" if text == LIKE_OWN else "unknown_group", {"name": text}))
        asked.codes = list(dict.fromkeys([*asked.named, *members]))
    if len(asked.codes) > MOST_REGIONS:
        asked.problems.append(("too_many", {"n": MOST_REGIONS, "count": len(asked.codes)}))
        asked.codes = asked.codes[:MOST_REGIONS]


def _read_indicators(
    names: Sequence[str], theme: str, asked: AskedComparison, release: ReleaseContext, lang: str
) -> None:
    known = release.registry.indicators
    wanted = [name for name in dict.fromkeys(names) if name]
    asked.problems += [("unknown_indicator", {"name": name}) for name in wanted if name not in known]
    wanted = [name for name in wanted if name in known]
    if theme:
        found = next((each for each in release.texts["themes"] if theme in _words_of(release, each)), None)
        if found is None:
            asked.problems.append(("unknown_theme", {"name": theme}))
        elif not wanted:
            # An address with a theme alone follows the headlines of a later release.
            asked.theme = found
        first = [name for name in release.headlines if name in known and known[name]["theme"] == found]
        wanted = list(dict.fromkeys([*first, *wanted]))
    if len(wanted) > MOST_INDICATORS:
        asked.problems.append(("too_many_indicators", {"n": MOST_INDICATORS, "count": len(wanted)}))
    if not wanted and asked.group:
        wanted = choose(known, release.headlines, known, SCREEN)
    if not wanted:
        wanted = [FIRST_INDICATOR if FIRST_INDICATOR in known else next(iter(known))]
    asked.indicators = [known[name] for name in wanted[:MOST_INDICATORS]]


def _words_of(release: ReleaseContext, theme: str) -> set[str]:
    return {theme, *(slug_of(title) for title in release.texts["themes"][theme].values())}


def _read_boundary_year(text: str, asked: AskedComparison, registry: Registry) -> None:
    newest = registry.published_boundary_years[0]
    if asked.is_table:
        # Newest figures of many indicators are there on the boundaries of the release alone.
        asked.boundary_year = newest
        if text and text != str(newest):
            asked.problems.append(("newest_boundaries", {"name": text, "boundary_year": newest}))
        return
    is_given = asked.indicator["formula"] == "published"
    # Indicators computed from others exist only on the boundary years of the release.
    asked.boundary_year = None if is_given else newest
    if not text:
        return
    if text not in {str(boundary_year) for boundary_year in registry.boundary_years}:
        known = {"first": registry.boundary_years[-1], "last": registry.boundary_years[0]}
        asked.problems.append(("unknown_boundary_year", {"name": text, **known}))
    elif int(text) not in registry.published_boundary_years and not (is_given and asked.indicator["kind"] == "count"):
        asked.problems.append(("counts_only", {"name": text, "boundary_year": newest}))
    else:
        asked.boundary_year = int(text)


def _read_order(sort: str, order: str, asked: AskedComparison) -> None:
    if sort and sort != BY_NAME and sort not in {row["indicator_id"] for row in asked.indicators}:
        asked.problems.append(("unknown_sort", {"name": sort}))
        sort = ""
    if order not in ("", HIGH_FIRST, LOW_FIRST):
        asked.problems.append(("unknown_order", {"name": order}))
        order = ""
    asked.sort = sort
    asked.order = order or (LOW_FIRST if sort == BY_NAME else HIGH_FIRST)


def explain(asked: AskedComparison, release: ReleaseContext, lang: str) -> list[str]:
    """Returns what is wrong with a question, in words."""
    return [release.text("compare_problems", key, lang).format(**about) for key, about in asked.problems]
