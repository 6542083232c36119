"""All sources and their state: /bronnen and /en/sources."""

from collections import Counter
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.answers import answer_csv
from portal.context import context_of
from portal.csv_text import Row
from portal.pages import file_routes, language, render, routes
from portal.rows import read_rows

SOURCES = """
select s.*, h.age_days, h.is_overdue, h.drift_count, h.blocking_count, h.municipalities_count,
    h.municipalities_expected, h.indicators_count, h.blocked_indicators_count,
    r.received_rows_count, r.left_out_rows_count
from sources as s join source_health as h using (dataset_id)
left join (
    select dataset_id, sum(rows_count) as received_rows_count,
        sum(rows_count) filter (where outcome <> 'kept') as left_out_rows_count
    from source_rows group by dataset_id
) as r using (dataset_id)
order by s.dataset_id
"""
OVERDUE = "overdue"
COLUMNS = (
    "dataset_id publisher table_id title_nl title_en state reason_nl reason_en newest_period age_days expected_next "
    "is_overdue cadence source_modified landed_at drift_count blocking_count municipalities_count "
    "municipalities_expected indicators_count blocked_indicators_count rows_count received_rows_count "
    "left_out_rows_count licence licence_url attribution homepage_url"
)


def in_state(rows: list[Row], state: str) -> list[Row]:
    """Returns the sources in a state, those that are overdue, or all of them if no state is given."""
    if state == OVERDUE:
        return [row for row in rows if row["is_overdue"]]
    return [row for row in rows if state in ("", row["state"])]


def by_publisher(rows: list[Row], titles: dict[str, str]) -> list[tuple[str, list[Row]]]:
    """Returns the sources of each publisher, in the order of the names that readers see."""
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        publisher: str = row["publisher"]
        grouped.setdefault(titles.get(publisher, publisher), []).append(row)
    return sorted(grouped.items(), key=lambda item: item[0].casefold())


async def sources_page(request: Request, datasette: Datasette) -> Response:
    """Serves the sources by publisher, or those in one state (`?state=`)."""
    lang, state = language(request), request.args.get("state", "")
    rows = await read_rows(datasette, SOURCES)
    counts = Counter(row["state"] for row in rows)
    chosen = in_state(rows, state)
    titles = {key: names[lang] for key, names in context_of(datasette).texts["publishers"].items()}
    context = {
        "state": state,
        "all_count": len(rows),
        "counts": counts,
        "overdue_count": len(in_state(rows, OVERDUE)),
        "chosen_count": len(chosen),
        "publishers": by_publisher(chosen, titles),
    }
    return await render(datasette, request, "sources.html", "sources", context)


async def sources_csv(request: Request, datasette: Datasette) -> Response:
    """Serves the same sources as a file."""
    rows = in_state(await read_rows(datasette, SOURCES), request.args.get("state", ""))
    return answer_csv(datasette, request, rows, COLUMNS.split(), "sources")


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the page and its files at their addresses in both languages."""
    return [*routes("sources", sources_page), *file_routes("sources", sources_csv)]
