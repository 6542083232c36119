"""The goals of a programme over a group of regions (/programma/g40), and the list of those groups (/programma)."""

import json
from itertools import chain
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.answers import answer_csv, answer_workbook, refuse_csv
from portal.context import ReleaseContext, context_of
from portal.csv_text import Row
from portal.once import made_once
from portal.pages import file_routes, language, not_found, page_url, parts_of, render, routes
from portal.programme import BY_LAGGING, GROUPS, PROVINCES, ProgrammeTable, make_table
from portal.programme_html import table_lines
from portal.programme_sheets import programme_book
from portal.registry import by_theme
from portal.rows import read_rows

PROGRAMME, SORT = "programme", "sort"
FIRST_PROGRAMME = "g40_economic_pillar"
MEMBERS = """
select distinct r.region_code, r.name, r.scheme from region_membership as m
join regions as r on r.region_code = m.municipality_code
where m.scheme = :group and m.valid_to is null and m.municipality_code <> m.region_code order by r.name
"""
OF_KIND = "select region_code, name, scheme from regions where scheme = :group and is_current order by name"
WITH_FIGURES = "select distinct programme_id from goals where indicator_id is not null"
GOALS = "select * from goals where programme_id = :programme order by goal_order"
ROWS = """
select m.*, i.is_ranked, i.decimals, b.lower, b.upper
from goal_monitor as m
join indicators as i on i.indicator_id = m.indicator_id
left join baseline as b on b.region_code = m.region_code and b.indicator_id = m.indicator_id
where m.goal_id in (select goal_id from goals where programme_id = :programme)
    and m.region_code in (select value from json_each(:codes))
"""
COLUMNS = (
    *("goal_id", "goal", "region_code", "region", "indicator_id", "indicator", "unit", "period_code", "value"),
    *("value_status", "national_value", "direction", "target_value", "judgement", "attribution", "licence"),
)


async def groups_page(request: Request, datasette: Datasette) -> Response:
    """Serves the list of groups, with the number of regions in each."""
    groups = {group: len(await members_of(datasette, group)) for group in GROUPS}
    context = {"groups": {group: count for group, count in groups.items() if count}}
    return await render(datasette, request, "programmes.html", "programmes", context)


async def group_page(request: Request, datasette: Datasette) -> Response:
    """Serves the table of a group for the programme that the address names."""
    lang, release = language(request), context_of(datasette)
    group, members = await group_asked(request, datasette)
    if not members:
        links = {page_url("programmes", lang): release.text("programme", "all_groups", lang)}
        title = release.text("programme", "no_such", lang).format(group=parts_of(request)["group"])
        return await not_found(datasette, request, "programme", title, links=links)
    choices = await programmes_of(datasette)
    asked = request.args.get(PROGRAMME)
    programme = asked if asked in choices else FIRST_PROGRAMME if FIRST_PROGRAMME in choices else next(iter(choices))
    sort = request.args.get(SORT) or BY_LAGGING
    table = await read_table(datasette, group, programme, sort)
    chosen = f"{PROGRAMME}={programme}"
    themes = by_theme(table.goals, release.texts["themes"], lambda goal: str(goal["theme"]))
    context = {
        "group": group,
        "programme": release.registry.programmes[programme],
        "choices": [release.registry.programmes[each] for each in choices],
        "table": table,
        "themes": themes,
        "lines": table_lines(table, list(chain.from_iterable(themes.values())), release, lang),
        "sort": sort if sort in {goal["goal_id"] for goal in table.goals} else BY_LAGGING,
        "indicators": release.registry.indicators,
        "sources": release.registry.sources_of(*(goal["indicator_id"] for goal in table.goals)),
        "chosen": chosen,
    }
    return await render(datasette, request, "programme.html", "programme", context)


async def group_csv(request: Request, datasette: Datasette) -> Response:
    """Serves the figures of the table, a row for each goal and region."""
    lang, release = language(request), context_of(datasette)
    asked = await read_for_file(request, datasette)
    if isinstance(asked, Response):
        return asked
    group, programme, table = asked
    return answer_csv(datasette, request, rows_of(table, release, lang), COLUMNS, f"programme_{group}_{programme}")


async def group_workbook(request: Request, datasette: Datasette) -> Response:
    """Serves the table as an Excel file, in the order that the address asks for."""
    lang, release = language(request), context_of(datasette)
    asked = await read_for_file(request, datasette)
    if isinstance(asked, Response):
        return asked
    group, programme, table = asked
    book = programme_book(
        table, release.registry.programmes[programme], release.text("schemes", group, lang), release, lang
    )
    return await answer_workbook(datasette, request, book, f"programme_{group}_{programme}")


async def read_for_file(request: Request, datasette: Datasette) -> tuple[str, str, ProgrammeTable] | Response:
    """Returns the group, the programme and the table that a file is asked of, or why there is none, as text."""
    group, members = await group_asked(request, datasette)
    programme = request.args.get(PROGRAMME) or FIRST_PROGRAMME
    if not members or programme not in await programmes_of(datasette):
        problem = context_of(datasette).text("programme", "no_such", language(request))
        return refuse_csv(datasette, [problem.format(group=f"{group} {programme}")], 404)
    return group, programme, await read_table(datasette, group, programme, request.args.get(SORT) or BY_LAGGING)


def rows_of(table: ProgrammeTable, release: ReleaseContext, lang: str) -> list[Row]:
    """Returns the figures of a table, goal by goal."""
    found = []
    for goal in table.goals:
        about = release.registry.described(goal["indicator_id"], lang)
        for line in table.lines:
            if cell := line.cells.get(goal["goal_id"]):
                found.append(
                    {
                        **cell.row,
                        "goal": goal[f"goal_{lang}"],
                        "region": line.region["name"],
                        "judgement": cell.judgement,
                        **about,
                    }
                )
    return found


async def group_asked(request: Request, datasette: Datasette) -> tuple[str, list[Row]]:
    """Returns the group that the address names, and its regions: none if there is no such group."""
    group = parts_of(request)["group"].lower()
    return group, await members_of(datasette, group) if group in GROUPS else []


async def members_of(datasette: Datasette, group: str) -> list[Row]:
    """Returns the regions of a group that exist now."""
    sql = OF_KIND if group == PROVINCES else MEMBERS
    return await made_once(datasette, (sql, group), lambda: read_rows(datasette, sql, {"group": group}))


async def programmes_of(datasette: Datasette) -> list[str]:
    """Returns the programmes with goals that are followed, in the order of the release."""
    rows = await made_once(datasette, WITH_FIGURES, lambda: read_rows(datasette, WITH_FIGURES))
    known = {row["programme_id"] for row in rows}
    return [each for each in context_of(datasette).registry.programmes if each in known]


async def read_table(datasette: Datasette, group: str, programme: str, sort: str) -> ProgrammeTable:
    """Returns the table of a programme over the regions of a group."""
    members = await members_of(datasette, group)
    asked = {"programme": programme, "codes": json.dumps([row["region_code"] for row in members])}
    goals = await made_once(datasette, (GOALS, programme), lambda: read_rows(datasette, GOALS, asked))
    rows = await made_once(datasette, (ROWS, programme, group), lambda: read_rows(datasette, ROWS, asked))
    return make_table(members, goals, rows, sort)


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the pages and their files at their addresses in both languages."""
    return [
        *routes("programmes", groups_page),
        *routes("programme", group_page),
        *file_routes("programme", group_csv),
        *file_routes("programme", group_workbook, "xlsx"),
    ]
