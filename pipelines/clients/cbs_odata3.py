"""CBS OData v3: wide rows, padded keys, 10,000 records a page on the Feed (opendata.cbs.nl, dataderden.cbs.nl).

What is kept of a card with a table for each year has the usual names for the newest table; those of another end with
`@` and its id.

The untyped data set is read, because the typed one sends null for both "missing" (`.`) and "impossible" (blank).
"""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from pipelines.clients.description import (
    MEASURE,
    CodeSql,
    Description,
    SourceCode,
    SourceMeasure,
    describe,
    together,
    wire_names,
)
from pipelines.clients.http import HttpClient
from pipelines.clients.jsons import text_of
from pipelines.clients.odata import Rows, group_titles, read_count, read_rows, require, understood
from pipelines.clients.pages import State, Store, fetch_pages, fetch_set, unchanged
from pipelines.errors import MismatchError, NotThereError, SourceError, shown
from pipelines.sources.access import CbsAccess
from pipelines.sources.card import TEXTS, SourceCard

PAGES = "UntypedDataSet"
COUNT = "UntypedDataSet-count"
_DIMENSIONS = {"Dimension", "TimeDimension", "GeoDimension", "GeoDetail"}


def address(base: str, card: SourceCard, access: CbsAccess) -> str:
    """Where the table, the newest of several, describes itself; its figures are on the Feed."""
    return _address(base, card.table_ids[0])


def probe(http: HttpClient, base: str, card: SourceCard, access: CbsAccess) -> State:
    """Ask only when the table last changed: one small request for each table.

    Returns:
        `Modified` of the table, ISO 8601 without offset, with those of other tables as the stamp.
    """
    urls = [f"{_address(base, table)}/TableInfos?$format=json" for table in card.table_ids]
    return _state(_modified(card, http.get(card.dataset_id, url, read_rows)[1]) for url in urls)


def look(http: HttpClient, base: str, card: SourceCard, access: CbsAccess, store: Store) -> tuple[State, Rows]:
    """Fetch what describes the table, and none of its figures: service document, infos, properties and code lists.

    Raises:
        NotThereError: v3 does not offer the table.
        MismatchError: it has no data set, or not the dimensions of the card.
    """
    sets: dict[str, list[dict[str, Any]]] = {}
    for table in card.table_ids:
        root, of = _address(base, table), _of(card, table)
        service_url = f"{root}?$format=json"
        offered, _ = http.get(card.dataset_id, service_url, read_rows)
        store.keep(of("service"), service_url, offered)
        fixed = ["TableInfos", "DataProperties"]
        require(card, root, offered, [*fixed, PAGES])
        for name in fixed:
            sets[of(name)] = fetch_set(http, card, f"{root}/{name}?$format=json", of(name), store)
        with understood(card):
            codes = list(wire_names(card, dimension_names(_rows_of(card, table, sets.__getitem__))).values())
        require(card, root, offered, codes)
        for name in codes:
            sets[of(name)] = fetch_set(http, card, f"{root}/{name}?$format=json", of(name), store)
    infos = (sets[_of(card, table)("TableInfos")] for table in card.table_ids)
    return _state(_modified(card, rows) for rows in infos), sets.__getitem__


def fetch(http: HttpClient, base: str, card: SourceCard, access: CbsAccess, store: Store) -> State:
    """Fetch a table whole: service document and metadata from the API, then every page from the Feed.

    The API refuses more than 10,000 records with HTTP 500, the Feed pages them: observations come from the Feed only.

    Returns:
        When the source says it was last modified.

    Raises:
        NotThereError: v3 does not offer the table.
        SourceError: an answer is not what the protocol or the card says.
    """
    state, rows = look(http, base, card, access, store)
    store.resume(" ".join(filter(None, (state.modified, state.stamp))))
    for table in card.table_ids:
        of, one = _of(card, table), card.of_table(table)
        chosen = _describe(one, _rows_of(card, table, rows))
        feed = f"{base}/ODataFeed/odata/{table}"
        total = _count(http, card, f"{feed}/TypedDataSet/$count", _filter(one, chosen), store, of(COUNT))
        if total is None:
            total = _record_count(card, rows(of("TableInfos")))
        below = PAGES if of(PAGES) == PAGES else f"{PAGES}/{of(PAGES)}"
        fetch_pages(http, card, f"{feed}/{PAGES}?$format=json{_query(one, chosen)}", below, store, total)
    return unchanged(card, address(base, card, access), state, probe(http, base, card, access))


def dimension_names(rows: Rows) -> list[str]:
    """What the table calls its dimensions."""
    return [str(p["Key"]) for p in rows("DataProperties") if p.get("Type") in _DIMENSIONS]


def description(card: SourceCard, rows: Rows) -> Description:
    """Compare a table's own metadata with the card; of several tables, together."""
    newest, *others = (_describe(card.of_table(table), _rows_of(card, table, rows)) for table in card.table_ids)
    for table, other in zip(card.table_ids[1:], others, strict=True):
        if set(other.measures) != set(newest.measures):
            raise MismatchError(
                card.dataset_id,
                f"table {table} has the measures {shown(other.measures)}; {card.table_ids[0]} has"
                f" {shown(newest.measures)}",
                todo=f"take {table} out of `tables` on the card",
            )
        newest = together(newest, other)
    return newest


def _describe(card: SourceCard, rows: Rows) -> Description:
    with understood(card):
        properties = rows("DataProperties")
        wire = wire_names(card, dimension_names(rows))
        groups = {
            text_of(p["ID"]): (text_of(p.get("Title")), text_of(p.get("ParentID")))
            for p in properties
            if p.get("Type") == "TopicGroup"
        }
        measures = [
            SourceMeasure(
                code=str(p["Key"]).strip(),
                index=int(p.get("ID") or 0),
                title=str(p.get("Title") or ""),
                unit=str(p.get("Unit") or ""),
                decimals=int(p.get("Decimals") or 0),
                groups=group_titles(groups, text_of(p.get("ParentID"))),
            )
            for p in properties
            if p.get("Type") == "Topic"
        ]
        codes = {
            name: [
                SourceCode(str(c["Key"]), index, str(c.get("Title") or ""), text_of(c.get("Status")) or None)
                for index, c in enumerate(rows(on_wire))
            ]
            for name, on_wire in wire.items()
        }
    return describe(card, measures, codes, wire)


def expected_rows(card: SourceCard, body: Callable[[str], bytes]) -> int | None:
    """How many records were asked for: as counted, or as TableInfos says where the card asks for all of them."""
    counts = [_expected_rows(card, body, _of(card, table)) for table in card.table_ids]
    return None if None in counts else sum(filter(None, counts))


def _expected_rows(card: SourceCard, body: Callable[[str], bytes], of: Callable[[str], str]) -> int | None:
    try:
        return read_count(body(of(COUNT)))
    except StopIteration:
        return _record_count(card, read_rows(body(of("TableInfos"))))


def _address(base: str, table: str) -> str:
    return f"{base}/ODataApi/odata/{table}"


def _of(card: SourceCard, table: str) -> Callable[[str], str]:
    """What is kept of a table is called, by the name that one table has for it."""
    return lambda name: name if table == card.table_ids[0] else f"{name}@{table}"


def _rows_of(card: SourceCard, table: str, rows: Rows) -> Rows:
    of = _of(card, table)
    return lambda name: rows(of(name))


def _state(modified: Iterable[str]) -> State:
    newest, *others = modified
    return State(newest, " ".join(others))


def columns(card: SourceCard, first: dict[str, object], chosen: Description) -> list[str]:
    """The columns to read from a page, by the keys of its first row.

    Raises:
        SourceError: a dimension or topic is missing, or there is a column that was not asked for.
    """
    expected = set(chosen.wire.values()) | set(chosen.measures)
    if unknown := set(first) - expected - {"ID"}:
        raise SourceError(card.dataset_id, f"the data set has unknown columns: {shown(sorted(unknown))}")
    if missing := expected - set(first):
        raise SourceError(card.dataset_id, f"the data set lacks the columns: {shown(sorted(missing))}")
    return sorted(first)


def cells_per_row(chosen: Description) -> int:
    """How many cells one row of a page holds: one for each topic that was asked for."""
    return len(chosen.measures)


def column_type(name: str) -> str:
    """The type in which DuckDB reads a column of a page: the untyped data set has nothing but text."""
    return "VARCHAR"


def cells_sql(card: SourceCard, names: list[str], chosen: Description, cast: CodeSql) -> str:
    """SQL that turns a page (relation `page`) into cells: one row per region, period and topic.

    Columns: measure_source, one per dimension, record (beside the first cell of a record), page_number, number (where
    it is one), text (that of a text table), mark (as sent, `None` for a value).
    A blank cell and a null cell both mean "logically impossible" and become the mark `blank`.
    """
    # Before a record becomes cells, each of which has the same codes.
    dims = ", ".join(f'{cast(d, on_wire)} as "{d}"' for d, on_wire in chosen.wire.items())
    # Its own number is not requested: a record is one region, period and so on.
    record = ", ".join(f'"{on_wire}"' for on_wire in chosen.wire.values())
    topics = ", ".join(f'trim("{m}") as "{m}"' for m in chosen.measures)
    cells = ", ".join(f'"{m}"' for m in chosen.measures)
    first = next(iter(chosen.measures)).replace("'", "''")
    number = "regexp_full_match(cell, '-?[0-9]+(\\.[0-9]+)?')"
    has_value = "cell <> ''" if card.shape in TEXTS else number
    kept = ", ".join(f'"{d}"' for d in chosen.wire)
    return f"""
        select {cast(MEASURE, "topic")} as {MEASURE}, {kept},
            if(topic = '{first}', record, null) as record, page_number,
            {"null" if card.shape in TEXTS else f"if({number}, cell::double, null)"} as number,
            {f"if({has_value}, cell, null)" if card.shape in TEXTS else "null"} as text,
            if({has_value}, 'None', coalesce(nullif(cell, ''), 'blank')) as mark
        from (select {dims}, hash({record}) as record, page_number, {topics} from page)
        unpivot include nulls (cell for topic in ({cells}))
    """


def _query(card: SourceCard, chosen: Description) -> str:
    select = ""
    if card.shape not in TEXTS:
        select = "&$select=" + quote(",".join([*chosen.wire.values(), *chosen.measures]), safe=",")
    clauses = _filter(card, chosen)
    return select + (f"&{clauses}" if clauses else "")


def _filter(card: SourceCard, chosen: Description) -> str:
    clauses = []
    for name, dimension in card.dimensions.items():
        on_wire = chosen.wire[name]
        if dimension.codes:
            keys = [c.key.replace("'", "''") for _, c in chosen.codes[name].values()]
            clauses.append(_any(f"{on_wire} eq '{key}'" for key in keys))
        if dimension.levels:
            clauses.append(_any(f"startswith({on_wire},'{level}')" for level in dimension.levels))
        if dimension.kinds:
            clauses.append(_any(f"substringof('{kind}',{on_wire})" for kind in dimension.kinds))
        if dimension.since:
            clauses.append(f"{on_wire} ge '{dimension.since}'")
    return "$filter=" + quote(" and ".join(clauses), safe="(),'") if clauses else ""


def _count(http: HttpClient, card: SourceCard, url: str, query: str, store: Store, name: str) -> int | None:
    """How many records match what is asked for, kept as `name`; None where the service does not count.

    It is the count of the typed data set, which is meant for programs; the untyped one has the same records.
    """

    def read(body: bytes) -> int | None:
        try:
            return read_count(body)
        except ValueError:
            return None

    counted = f"{url}?{query}" if query else url
    try:
        body, total = http.get(card.dataset_id, counted, read, accept="text/plain, */*")
    except NotThereError:
        return None
    if total is not None:
        store.keep(name, counted, body)
    return total


def _any(clauses: Iterable[str]) -> str:
    return "(" + " or ".join(clauses) + ")"


def status_of(rows: Rows, body: Callable[[str], bytes]) -> str:
    """What the table says about itself: `Regulier`, or `Gediscontinueerd` and `Stopgezet` for one that has ended."""
    return " ".join(str(rows("TableInfos")[0].get(k) or "") for k in ("OutputStatus", "ReasonDelivery", "Frequency"))


def _record_count(card: SourceCard, infos: list[dict[str, Any]]) -> int | None:
    count = infos[0].get("RecordCount")
    whole = all(dimension.is_whole for dimension in card.dimensions.values())
    return int(count) if count is not None and whole else None


def _modified(card: SourceCard, rows: list[dict[str, Any]]) -> str:
    if len(rows) != 1 or not rows[0].get("Modified"):
        raise SourceError(
            card.dataset_id,
            f"TableInfos has {len(rows)} rows with Modified, expected 1",
            todo="try again later",
        )
    return str(rows[0]["Modified"])
