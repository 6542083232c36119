"""CBS OData v4: long observations, 100,000 a page, metadata per table (datasets.cbs.nl)."""

from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote

from pipelines.clients.description import MEASURE, CodeSql, Description, SourceCode, SourceMeasure, describe, wire_names
from pipelines.clients.http import HttpClient
from pipelines.clients.jsons import read_json, text_of
from pipelines.clients.odata import Rows, group_titles, offers, read_count, read_rows, require, understood
from pipelines.clients.pages import State, Store, fetch_pages, fetch_set, unchanged
from pipelines.errors import SourceError, shown
from pipelines.sources.access import CbsAccess
from pipelines.sources.card import SourceCard

PAGES = "Observations"
COUNT = "Observations-count"
# Only offered by a table that has groups of measures.
MEASURE_GROUPS = "MeasureGroups"
_FIXED = {"Id", "Measure", "ValueAttribute", "Value"}


def address(base: str, card: SourceCard, access: CbsAccess) -> str:
    """Where the table is."""
    return f"{base}/{card.table}"


def probe(http: HttpClient, base: str, card: SourceCard, access: CbsAccess) -> State:
    """Ask only when the table last changed: one small request.

    Returns:
        The later of `Modified` and `ObservationsModified`, ISO 8601 with offset.
    """
    return State(
        modified_of(card, http.get(card.dataset_id, f"{address(base, card, access)}/Properties", read_json)[1])
    )


def look(http: HttpClient, base: str, card: SourceCard, access: CbsAccess, store: Store) -> tuple[State, Rows]:
    """Fetch what describes the table, and none of its observations: service document, properties and code lists.

    Raises:
        NotThereError: v4 does not offer the table.
        MismatchError: it has no observations, or not the dimensions of the card.
    """
    root = address(base, card, access)
    offered, _ = http.get(card.dataset_id, root, read_rows)
    store.keep("service", root, offered)
    require(card, root, offered, ["Properties", "Dimensions", "MeasureCodes", PAGES])
    body, properties = http.get(card.dataset_id, f"{root}/Properties", read_json)
    store.keep("Properties", f"{root}/Properties", body)
    described = ["Dimensions", "MeasureCodes", *({MEASURE_GROUPS} & offers(offered))]
    sets = {name: fetch_set(http, card, f"{root}/{name}", name, store) for name in described}
    with understood(card):
        codes = [f"{name}Codes" for name in wire_names(card, dimension_names(sets.__getitem__)).values()]
    require(card, root, offered, codes)
    sets |= {name: fetch_set(http, card, f"{root}/{name}", name, store) for name in codes}
    return State(modified_of(card, properties)), sets.__getitem__


def fetch(http: HttpClient, base: str, card: SourceCard, access: CbsAccess, store: Store) -> State:
    """Fetch a table whole: service document, metadata, `$count`, then every page of the observations it asks for.

    Returns:
        When the source says it was last modified.

    Raises:
        NotThereError: v4 does not offer the table, or not its observations.
        SourceError: an answer is not what the protocol or the card says.
    """
    root = address(base, card, access)
    state, rows = look(http, base, card, access, store)
    query = _filter(card, description(card, rows), rows("MeasureCodes"))
    count_url = f"{root}/{PAGES}/$count" + (f"?{query}" if query else "")
    body, total = http.get(card.dataset_id, count_url, read_count)
    store.keep(COUNT, count_url, body)
    store.resume(state.modified)
    fetch_pages(http, card, f"{root}/{PAGES}?{query}{'&' if query else ''}$count=true", PAGES, store, total)
    return unchanged(card, root, state, probe(http, base, card, access))


def dimension_names(rows: Rows) -> list[str]:
    """What the table calls its dimensions."""
    return [str(d["Identifier"]) for d in rows("Dimensions")]


def description(card: SourceCard, rows: Rows) -> Description:
    """Compare a table's own metadata with the card."""
    with understood(card):
        wire = wire_names(card, dimension_names(rows))
        groups = _measure_groups(rows)
        measures = [
            SourceMeasure(
                code=str(m["Identifier"]).strip(),
                index=int(m.get("Index") or 0),
                title=str(m.get("Title") or ""),
                unit=str(m.get("Unit") or ""),
                decimals=int(m.get("Decimals") or 0),
                groups=group_titles(groups, text_of(m.get("MeasureGroupId"))),
            )
            for m in rows("MeasureCodes")
        ]
        codes = {
            name: [
                SourceCode(
                    str(c["Identifier"]),
                    int(c.get("Index") or 0),
                    str(c.get("Title") or ""),
                    text_of(c.get("Status")) or None,
                )
                for c in rows(f"{on_wire}Codes")
            ]
            for name, on_wire in wire.items()
        }
    return describe(card, measures, codes, wire)


def _measure_groups(rows: Rows) -> dict[str, tuple[str, str]]:
    """The title of each group of measures and the group around it; none for a table that does not offer them."""
    try:
        groups = rows(MEASURE_GROUPS)
    except KeyError:
        return {}
    return {text_of(g["Id"]): (text_of(g.get("Title")), text_of(g.get("ParentId"))) for g in groups}


def expected_rows(card: SourceCard, body: Callable[[str], bytes]) -> int | None:
    """How many observations the source counted for the request."""
    return read_count(body(COUNT))


def columns(card: SourceCard, first: dict[str, object], chosen: Description) -> list[str]:
    """The columns to read from a page, by the keys of its first row.

    Raises:
        SourceError: a column is missing, or there is one that the protocol does not have.
    """
    expected = _FIXED | set(chosen.wire.values())
    if unknown := set(first) - expected - {"StringValue"}:
        raise SourceError(card.dataset_id, f"observations have unknown columns: {shown(sorted(unknown))}")
    if missing := expected - set(first):
        raise SourceError(card.dataset_id, f"observations lack the columns: {shown(sorted(missing))}")
    return sorted(first)


def cells_per_row(chosen: Description) -> int:
    """How many cells one row of a page holds: an observation is one."""
    return 1


def column_type(name: str) -> str:
    """The type in which DuckDB reads a column of a page: text, but for what is a number in nearly every row.

    As JSON a number is told from a text that looks like one.
    """
    return {"Id": "UBIGINT", "Value": "JSON"}.get(name, "VARCHAR")


def cells_sql(card: SourceCard, names: list[str], chosen: Description, cast: CodeSql) -> str:
    """SQL that turns a page (relation `page`) into cells: one row per observation.

    Columns: measure_source, one per dimension, record (its number), page_number, number (where it is one), text (number
    or text as sent, where `number` is null), mark (ValueAttribute).
    """
    listed = {MEASURE: "Measure", **chosen.wire}
    codes = ", ".join(f'{cast(name, on_wire)} as "{name}"' for name, on_wire in listed.items())
    value, number, text = "Value ->> '$'", "try_cast(Value::varchar as double)", "null::varchar"
    if "StringValue" in names:
        text = "nullif(trim(StringValue), '')"
        number = f"if(StringValue is null, {number}, null)"
    return (
        f"select {codes}, Id as record, page_number,"
        f" if(isfinite(number), number, null) as number,"
        f" if(isfinite(number), null, coalesce({text}, trim({value}))) as text, ValueAttribute as mark"
        f" from (select *, {number} as number from page)"
    )


def _filter(card: SourceCard, chosen: Description, all_measures: list[dict[str, object]]) -> str:
    clauses = [_in("Measure", chosen.measures)] if len(chosen.measures) < len(all_measures) else []
    for name, dimension in card.dimensions.items():
        on_wire = chosen.wire[name]
        if dimension.codes:
            clauses.append(_in(on_wire, [c.key for _, c in chosen.codes[name].values()]))
        if dimension.levels:
            clauses.append(_any(f"startswith({on_wire},'{level}')" for level in dimension.levels))
        if dimension.kinds:
            clauses.append(_any(f"contains({on_wire},'{kind}')" for kind in dimension.kinds))
        if dimension.since:
            clauses.append(f"{on_wire} ge '{dimension.since}'")
    return "$filter=" + quote(" and ".join(clauses), safe="(),'$") if clauses else ""


def _in(name: str, values: Iterable[str]) -> str:
    quoted = ",".join("'" + v.replace("'", "''") + "'" for v in values)
    return f"{name} in ({quoted})"


def _any(clauses: Iterable[str]) -> str:
    return "(" + " or ".join(clauses) + ")"


def modified_of(card: SourceCard, properties: Mapping[str, object]) -> str:
    """The later of `Modified` and `ObservationsModified`.

    Raises:
        SourceError: Properties has neither.
    """
    stamps = [str(properties[k]) for k in ("Modified", "ObservationsModified") if properties.get(k)]
    if not stamps:
        raise SourceError(card.dataset_id, "Properties has no Modified", todo="try again later")
    return max(stamps)


def status_of(rows: Rows, body: Callable[[str], bytes]) -> str:
    """What the table says about itself: `Regulier`, or `Gediscontinueerd` and `Stopgezet` for one that has ended."""
    properties = read_json(body("Properties"))
    return " ".join(str(properties.get(k) or "") for k in ("Status", "VersionReason", "Frequency"))
