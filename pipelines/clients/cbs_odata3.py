"""CBS OData v3: wide rows, padded keys, 10,000 records a page on the Feed (opendata.cbs.nl).

The untyped data set is read, since the typed one sends null for both "missing" (`.`) and "impossible" (blank).
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from pipelines.card import SourceCard
from pipelines.clients.http import HttpClient
from pipelines.clients.odata import (
    Description,
    Rows,
    SourceCode,
    SourceMeasure,
    check_dimensions,
    describe,
    read_rows,
    require,
    unchanged,
)
from pipelines.clients.pages import Store, fetch_pages, fetch_set
from pipelines.errors import SourceError, shown

PAGES = "UntypedDataSet"
_DIMENSIONS = {"Dimension", "TimeDimension", "GeoDimension", "GeoDetail"}


def probe(http: HttpClient, base: str, card: SourceCard) -> str:
    """Ask only when the table last changed: one small request.

    Returns:
        `Modified` of the table, ISO 8601 without offset.
    """
    return _modified(card, http.get(card.dataset_id, f"{_api(base, card)}/TableInfos?$format=json", read_rows)[1])


def fetch(http: HttpClient, base: str, card: SourceCard, store: Store) -> str:
    """Fetch a table whole: service document and metadata from the API, then every page from the Feed.

    The API refuses more than 10,000 records with HTTP 500, the Feed pages them: observations come from the Feed only.

    Returns:
        When the source says it was last modified.

    Raises:
        NotThereError: v3 does not offer the table.
        SourceError: an answer is not what the protocol or the card says.
    """
    root = _api(base, card)
    service_url = f"{root}?$format=json"
    offered, _ = http.get(card.dataset_id, service_url, read_rows)
    store.keep("service", service_url, offered)
    needed = ["TableInfos", "DataProperties", *card.dimensions]
    require(card, root, offered, [*needed, PAGES])
    sets = {name: fetch_set(http, card, f"{root}/{name}?$format=json", name, store) for name in needed}
    modified = _modified(card, sets["TableInfos"])
    query = _query(card, description(card, sets.__getitem__))
    feed = f"{base}/ODataFeed/odata/{card.table}/{PAGES}?$format=json{query}"
    store.resume(modified)
    total = _record_count(card, sets["TableInfos"])
    fetch_pages(http, card, feed, PAGES, store, total)
    return unchanged(card, root, modified, probe(http, base, card))


def description(card: SourceCard, rows: Rows) -> Description:
    """Hold a table's own metadata against the card."""
    properties = rows("DataProperties")
    check_dimensions(card, [str(p["Key"]) for p in properties if p.get("Type") in _DIMENSIONS])
    measures = [
        SourceMeasure(
            code=str(p["Key"]).strip(),
            index=int(p.get("ID") or 0),
            title=str(p.get("Title") or ""),
            unit=str(p.get("Unit") or ""),
            decimals=int(p.get("Decimals") or 0),
        )
        for p in properties
        if p.get("Type") == "Topic"
    ]
    codes = {
        name: [
            SourceCode(str(c["Key"]), index, str(c.get("Title") or ""), c.get("Status"))
            for index, c in enumerate(rows(name))
        ]
        for name in card.dimensions
    }
    return describe(card, measures, codes)


def expected_rows(card: SourceCard, body: Callable[[str], bytes]) -> int | None:
    """How many records the table has, where TableInfos tells it and the card asks for all of them."""
    return _record_count(card, read_rows(body("TableInfos")))


def columns(card: SourceCard, first: dict[str, object], chosen: Description) -> list[str]:
    """The columns to read from a page, by the keys of its first row.

    Raises:
        SourceError: a dimension or topic is missing, or there is a column that was not asked for.
    """
    expected = set(card.dimensions) | set(chosen.measures)
    if unknown := set(first) - expected - {"ID"}:
        raise SourceError(card.dataset_id, f"the data set has unknown columns: {shown(sorted(unknown))}")
    if missing := expected - set(first):
        raise SourceError(card.dataset_id, f"the data set lacks the columns: {shown(sorted(missing))}")
    return sorted(first)


def cells_per_row(chosen: Description) -> int:
    """How many cells one row of a page holds: one for each topic that was asked for."""
    return len(chosen.measures)


def cells_sql(card: SourceCard, names: list[str], chosen: Description) -> str:
    """SQL that turns a page (relation `page`, every column text) into cells: one row a region, period and topic.

    Columns: measure_source, one per dimension, text (number or text as sent), mark (as sent, `None` for a value).
    A blank cell and a null cell both mean "logically impossible" and become the mark `blank`.
    """
    dims = ", ".join(f'trim("{d}") as "{d}"' for d in card.dimensions)
    topics = ", ".join(f'"{m}"' for m in chosen.measures)
    number = "regexp_full_match(trim(cell), '-?[0-9]+(\\.[0-9]+)?')"
    has_value = "trim(cell) <> ''" if card.region_frame else number
    return f"""
        select measure_source, {dims},
            case when {has_value} then trim(cell) end as text,
            case when {has_value} then 'None' else coalesce(nullif(trim(cell), ''), 'blank') end as mark
        from page unpivot include nulls (cell for measure_source in ({topics}))
    """


def _query(card: SourceCard, chosen: Description) -> str:
    parts = []
    if not card.region_frame:
        parts.append("&$select=" + quote(",".join([*card.dimensions, *chosen.measures]), safe=","))
    clauses = []
    for name, dimension in card.dimensions.items():
        if dimension.codes:
            keys = [c.key.replace("'", "''") for _, c in chosen.codes[name].values()]
            clauses.append("(" + " or ".join(f"{name} eq '{key}'" for key in keys) + ")")
    if clauses:
        parts.append("&$filter=" + quote(" and ".join(clauses), safe="()'"))
    return "".join(parts)


def _api(base: str, card: SourceCard) -> str:
    return f"{base}/ODataApi/odata/{card.table}"


def _record_count(card: SourceCard, infos: list[dict[str, Any]]) -> int | None:
    count = infos[0].get("RecordCount")
    filtered = any(dimension.codes for dimension in card.dimensions.values())
    return int(count) if count is not None and not filtered else None


def _modified(card: SourceCard, rows: list[dict[str, Any]]) -> str:
    if len(rows) != 1 or not rows[0].get("Modified"):
        raise SourceError(
            card.dataset_id,
            f"TableInfos has {len(rows)} rows with Modified, expected 1",
            todo="try again later",
        )
    return str(rows[0]["Modified"])
