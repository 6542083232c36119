"""Opendatasoft portals: version 2.1 gives a dataset whole as an export, version 1.0 in pages of records.

The two write points differently: version 1.0 latitude first in a list, version 2.1 by name.
"""

from typing import Any
from urllib.parse import quote, urlencode

from pipelines.clients.counted import fetch_counted
from pipelines.clients.http import HttpClient
from pipelines.clients.jsons import read_any, read_json, text_of, whole
from pipelines.clients.pages import State, Store
from pipelines.errors import ChangedWhileReadError
from pipelines.sources.access import OpendatasoftAccess
from pipelines.sources.card import SourceCard

PAGES = "records"
# Neither version pages beyond this record.
DEEPEST = 10_000
_ROWS = 1_000


def address(base: str, card: SourceCard, access: OpendatasoftAccess) -> str:
    """Where the dataset is described, on the host that the card gives."""
    place = "explore/v2.1/catalog/datasets" if access.version == "2.1" else "datasets/1.0"
    return f"{access.host.rstrip('/')}/api/{place}/{quote(access.dataset)}"


def probe(http: HttpClient, base: str, card: SourceCard, access: OpendatasoftAccess) -> State:
    """Ask only for the description of the dataset.

    Returns:
        When its data last changed; empty when the portal does not say.

    Raises:
        NotThereError: there is no such dataset.
        SourceError: the answer is not a description.
    """
    return http.get(card.dataset_id, address(base, card, access), lambda body: _read_state(body, access))[1]


def fetch(http: HttpClient, base: str, card: SourceCard, access: OpendatasoftAccess, store: Store) -> State:
    """Fetch the description, kept as `dataset`, and all records.

    Raises:
        NotThereError: there is no such dataset.
        SourceError: an answer is not what the version says, or there are fewer or more records than were counted.
    """
    body, before = http.get(card.dataset_id, address(base, card, access), lambda body: _read_state(body, access))
    store.keep("dataset", address(base, card, access), body)
    if access.version == "2.1":
        _fetch_export(http, base, card, access, store)
    else:
        _fetch_pages(http, card, access, store)
    after = probe(http, base, card, access)
    if after != before:
        problem = f"the dataset changed while it was read ({before}, then {after})"
        raise ChangedWhileReadError(card.dataset_id, problem, url=address(base, card, access), todo="run again")
    return before


def records(body: bytes, access: OpendatasoftAccess) -> list[dict[str, Any]]:
    """The records of an export (2.1) or a page (1.0), in the form of version 2.1.

    Raises:
        ValueError: it is neither.
    """
    if access.version == "2.1":
        return _objects(read_any(body), "the export")
    found = _objects(read_json(body).get("records"), "`records`")
    return [_as_in_2_1(record.get("fields")) for record in found]


def read_hits(body: bytes) -> tuple[int, list[str]]:
    """The `nhits` and the `recordid` of each record of a page of version 1.0, empty where a record has none.

    Raises:
        ValueError: it is not such a page.
    """
    content = read_json(body)
    hits = whole(content.get("nhits"), "nhits")
    if hits is None:
        raise ValueError("expected a number under `nhits`")
    return hits, [text_of(record.get("recordid")) for record in _objects(content.get("records"), "`records`")]


def read_total(body: bytes) -> int:
    """The `total_count` of an answer of version 2.1.

    Raises:
        ValueError: it has none.
    """
    total = whole(read_json(body).get("total_count"), "total_count")
    if total is None:
        raise ValueError("expected a number under `total_count`")
    return total


def _fetch_export(http: HttpClient, base: str, card: SourceCard, access: OpendatasoftAccess, store: Store) -> None:
    about = address(base, card, access)
    count_url = f"{about}/records?limit=0"
    body, total = http.get(card.dataset_id, count_url, read_total)
    store.keep("count", count_url, body)

    def read(body: bytes) -> None:
        if (found := len(records(body, access))) != total:
            raise ValueError(f"expected {total} records, found {found}")

    url = f"{about}/exports/json"
    body, _ = http.get(card.dataset_id, url, read)
    store.keep(f"{PAGES}/00000", url, body)


def _fetch_pages(http: HttpClient, card: SourceCard, access: OpendatasoftAccess, store: Store) -> None:
    def page(start: int) -> str:
        query = urlencode({"dataset": access.dataset, "rows": _ROWS, "start": start})
        return f"{access.host.rstrip('/')}/api/records/1.0/search/?{query}"

    fetch_counted(
        http,
        card,
        page,
        PAGES,
        store,
        read_hits,
        deepest=DEEPEST,
        beyond="use version 2.1 on the card, which has no pages",
    )


def _read_state(body: bytes, access: OpendatasoftAccess) -> State:
    metas = read_json(body).get("metas")
    default = metas.get("default") if isinstance(metas, dict) and access.version == "2.1" else metas
    if not isinstance(default, dict):
        raise ValueError("expected the description of a dataset under `metas`")
    return State(str(default.get("modified") or ""), str(default.get("data_processed") or ""))


def _objects(found: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ValueError(f"expected a list of records as {where}")
    return found


def _as_in_2_1(fields: Any) -> dict[str, Any]:
    if not isinstance(fields, dict):
        raise ValueError("expected an object under `fields` of every record")
    point = fields.get("geo_point_2d")
    if isinstance(point, list) and len(point) == 2:
        return {**fields, "geo_point_2d": {"lon": point[1], "lat": point[0]}}
    return fields
