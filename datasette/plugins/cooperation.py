"""The cooperations of municipalities (/samenwerking): the members of each by date, and its figures beside others."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.answers import answer_csv, refuse_csv
from portal.charts import Size, large_chart, mark
from portal.comparisons import COUNTRY
from portal.context import ReleaseContext, context_of
from portal.cooperation import (
    ALIKE,
    KINDS,
    OWN_SELECTION,
    PARTIES,
    PILOT,
    REGION,
    REST,
    CooperationFigure,
    CooperationMember,
    began_in,
    cooperation_named,
    cooperation_url,
    cooperations_of,
    figures_by_indicator,
    headlines_of,
    members_of,
    say_all_courses,
    say_course,
)
from portal.csv_text import Row
from portal.once import rendered_once
from portal.pages import file_routes, language, led_to, not_found, page_url, parts_of, render, routes
from portal.registry import by_theme
from portal.regroup import INDEX_DECIMALS
from portal.rows import read_rows
from portal.series import Drawn, Line, Moment, describe

TILE = Size(400, 260)
# How each party is drawn: the class of its line, and its mark.
STYLES = {REGION: ("own-figure", 0), ALIKE: ("s0", 1), REST: ("country-figure", 2)}
MONITOR = """
select region_code, indicator_id, year, phase, value, value_status, boundary_method, similar_value, similar_status,
    rest_of_country_value, rest_of_country_status, base_year, region_index, similar_index, rest_of_country_index,
    similar_count, territory, members_then, members_now
from cooperation_monitor where region_code = :code order by indicator_id, year
"""
MEMBERSHIPS = """
select municipality_code, valid_from, valid_to, share from region_membership
where scheme = :scheme and region_code = :code
"""
PEERS = """
select municipality_code, peer_code from cooperation_peers where region_code = :code
order by municipality_code, place
"""
COLUMNS = (
    *("region_code", "region", "indicator_id", "indicator", "unit", "year", "phase", "value", "value_status"),
    *("boundary_method", "similar_value", "similar_status", "rest_of_country_value", "rest_of_country_status"),
    *("base_year", "region_index", "similar_index", "rest_of_country_index", "similar_count", "territory"),
    *("attribution", "licence"),
)


async def cooperations_page(request: Request, datasette: Datasette) -> Response:
    """Serves the list of cooperations, the pilots first."""
    lang, release = language(request), context_of(datasette)
    kinds: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for row in cooperations_of(release.registry):
        code = row["region_code"]
        members = len(release.relations.members.get(code, ()))
        group = release.relations.groups.get(code, {})
        kinds[row["scheme"]].append(
            {
                "name": release.region_name(code, lang),
                "url": cooperation_url(release, code, lang),
                "members": members,
                "note": group.get(f"note_{lang}"),
            }
        )
    context = {"kinds": {kind: rows for kind, rows in kinds.items() if rows}}
    return await render(datasette, request, "cooperations.html", "cooperations", context)


async def cooperation_page(request: Request, datasette: Datasette) -> Response:
    """Serves the page of a cooperation; its code or another of its names is led to its address."""
    lang, release = language(request), context_of(datasette)
    asked = parts_of(request)["cooperation"]
    code = cooperation_named(release, asked)
    url = cooperation_url(release, code, lang) if code else None
    if code is None or url is None:
        links = {page_url("cooperations", lang): release.text("cooperation", "all", lang)}
        title = release.text("cooperation", "unknown", lang).format(asked=asked)
        return await not_found(datasette, request, "cooperation", title, links=links, query=asked)
    if elsewhere := led_to(request, url):
        return elsewhere
    context = {
        "region": release.registry.regions[code],
        "name": release.region_name(code, lang),
        "body": await rendered_once(
            datasette, "_cooperation.html", code, lang, lambda: read_page(datasette, code, lang)
        ),
    }
    return await render(datasette, request, "cooperation.html", "cooperation", context)


async def read_page(datasette: Datasette, code: str, lang: str) -> dict[str, Any]:
    """Returns all that the page of a cooperation shows."""
    release = context_of(datasette)
    registry, relations, region = release.registry, release.relations, release.registry.regions[code]
    rows = await read_rows(datasette, MONITOR, {"code": code})
    asked = {"code": code, "scheme": region["scheme"]}
    members = members_of(await read_rows(datasette, MEMBERSHIPS, asked), registry)
    figures, began = figures_by_indicator(rows, registry.indicators), began_in(rows)
    first = headlines_of(figures, release.headlines)
    drawing = CooperationDrawing(release, code, [member.code for member in members], began, lang)
    peers: dict[str, list[str]] = {}
    for row in await read_rows(datasette, PEERS, {"code": code}):
        peers.setdefault(row["municipality_code"], []).append(row["peer_code"])
    by_date: dict[str, list[CooperationMember]] = {}
    for member in members:
        by_date.setdefault(member.since, []).append(member)
    return {
        "here": cooperation_url(release, code, lang),
        "region": region,
        "name": release.region_name(code, lang),
        "group": relations.groups.get(code),
        "is_pilot": region["scheme"] == PILOT,
        "about": rows[0] if rows else None,
        "boundary_year": registry.boundary_year,
        "began": began,
        "by_date": by_date,
        "gone": [member for member in members if member.until],
        "later": later_members(members, began, release, region),
        "namesakes": namesakes_of(release, code, members),
        "summary": say_all_courses(first, lang, drawing.words) if first else None,
        "tiles": [
            (figure, drawing.chart(figure), say_course(figure, began or 0, lang, drawing.words)) for figure in first
        ],
        "keys": [(mark(place, style), party) for party, (style, place) in STYLES.items()],
        "parties": PARTIES,
        "themes": by_theme(figures.values(), release.texts["themes"], lambda each: str(each.indicator["theme"])),
        "peers": {registry.regions[own]["name"]: [registry.regions[peer] for peer in of] for own, of in peers.items()},
        "sources": registry.sources_of(*figures),
    }


def later_members(
    members: Iterable[CooperationMember], began: int | None, release: ReleaseContext, region: Row
) -> list[CooperationMember]:
    """Returns the members of now that joined after the pilots began, so that the figures are without them.

    A municipality in a selection of one's own that was formed later stands for those that it was formed from.
    """
    found = []
    for member in members:
        formed = {row["changed_on"] for row in release.relations.came_from.get(member.code, ())}
        is_formed = region["scheme"] == OWN_SELECTION and member.since in formed
        if began and not member.until and member.since > f"{began}-01-01" and not is_formed:
            found.append(member)
    return found


def namesakes_of(release: ReleaseContext, code: str, members: Iterable[CooperationMember]) -> list[dict[str, Any]]:
    """Returns the other regions of the same name, and which municipalities they have in common."""
    own = {member.code for member in members if not member.until}
    found = []
    for row in release.relations.namesakes.get(code, ()):
        theirs = {member["region_code"] for member in release.relations.members.get(row["region_code"], ())}
        how = "same" if theirs == own else "within" if theirs < own else "counts"
        found.append({**row, "count": len(theirs), "common": len(theirs & own), "how": how})
    return found


class CooperationDrawing:
    """Draws the charts of a cooperation, with the words of a language."""

    def __init__(
        self, release: ReleaseContext, code: str, members: Iterable[str], began: int | None, lang: str
    ) -> None:
        self.release, self.began, self.lang = release, began, lang
        self.codes = (code, COUNTRY, *members)

    def words(self, key: str) -> str:
        """Returns a sentence of the page."""
        return self.release.text("cooperation_sentences", key, self.lang)

    def chart(self, figure: CooperationFigure) -> Any:
        """Returns the chart of an indicator: the region, similar municipalities and the rest of the country."""
        indicator, lang = figure.indicator, self.lang
        breaks = self.release.registry.breaks_of(indicator["indicator_id"], *self.codes)
        lines = [
            Line(self.release.text("cooperation_parties", party, lang), figure.points(party, breaks), style, place)
            for party, (style, place) in STYLES.items()
        ]
        decimals = INDEX_DECIMALS if figure.is_count else indicator["decimals"]

        def words(key: str) -> str:
            return self.release.text("charts", key, lang)

        moment = Moment(self.words("since").format(year=self.began), date(self.began, 1, 1)) if self.began else None
        described = [describe(line.points, line.title, decimals, lang, words) for line in lines if line.known]
        # The region is drawn last, above the others.
        return large_chart(
            Drawn([line for line in lines[::-1] if line.known], moment=moment, has_names=False),
            heading=indicator[f"title_{lang}"],
            description=" ".join(described),
            decimals=decimals,
            lang=lang,
            size=TILE,
            reading_help=words("reading_many"),
        )


async def cooperation_csv(request: Request, datasette: Datasette) -> Response:
    """Serves the figures of the page: every year of every indicator."""
    lang, release = language(request), context_of(datasette)
    asked = parts_of(request)["cooperation"]
    code = cooperation_named(release, asked)
    if code is None:
        return refuse_csv(datasette, [release.text("cooperation", "unknown", lang).format(asked=asked)], 404)
    rows = []
    for row in await read_rows(datasette, MONITOR, {"code": code}):
        about = release.registry.described(row["indicator_id"], lang)
        rows.append({**row, "region": release.region_name(code, lang), **about})
    return answer_csv(datasette, request, rows, COLUMNS, f"cooperation_{code}")


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the pages and their files at their addresses in both languages."""
    return [
        *routes("cooperations", cooperations_page),
        *routes("cooperation", cooperation_page),
        *file_routes("cooperation", cooperation_csv),
    ]
