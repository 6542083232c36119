"""Opendatasoft: an export as long as was counted, and pages whose own count proves nothing."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from support_http import Memory, Site, hasty, open_site, register_card

from pipelines.clients import opendatasoft
from pipelines.clients.pages import State
from pipelines.errors import NotThereError, SourceError
from pipelines.sources.access import OpendatasoftAccess
from pipelines.sources.card import SourceCard

V2 = "/api/explore/v2.1/catalog/datasets/parkeerplaatsen"
V1 = "/api/records/1.0/search/?dataset=parkeerplaatsen&rows=1000"
ABOUT = {"modified": "2024-04-01T21:45:05+00:00", "data_processed": "2024-04-02T01:00:00+00:00", "records_count": 2}
# A record that data.eindhoven.nl published, in the words of both versions.
IN_V1 = {
    "datasetid": "parkeerplaatsen",
    "recordid": "5943cb52f635a7cb4047bd28415ff3de878ff424",
    "fields": {"straat": "van Meursstraat", "geo_point_2d": [51.42929171364541, 5.474774482175889], "aantal": 1.0},
    "record_timestamp": "2024-04-01T21:45:05.786Z",
}
NUMBERS = itertools.count(1)
IN_V2 = {
    "straat": "van Meursstraat",
    "geo_point_2d": {"lon": 5.474774482175889, "lat": 51.42929171364541},
    "aantal": 1.0,
}


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as running:
        running.put(V2, {"dataset_id": "parkeerplaatsen", "metas": {"default": ABOUT}})
        running.put(f"{V2}/records?limit=0", {"total_count": 2, "results": []})
        running.put(f"{V2}/exports/json", [IN_V2, IN_V2])
        running.put("/api/datasets/1.0/parkeerplaatsen", {"datasetid": "parkeerplaatsen", "metas": ABOUT})
        yield running


def card_for(site: Site, version: str) -> tuple[SourceCard, OpendatasoftAccess]:
    card = register_card(
        {"protocol": "opendatasoft", "host": f"{site.url}/", "dataset": "parkeerplaatsen", "version": version},
        format="json",
    )
    access = card.access[0]
    assert isinstance(access, OpendatasoftAccess)
    return card, access


def fetch(site: Site, version: str) -> tuple[State, list[dict[str, Any]], list[str]]:
    card, access = card_for(site, version)
    store = Memory()
    state = opendatasoft.fetch(hasty(), "", card, access, store)
    pages = [body for name, body in store.bodies.items() if name.startswith("records/")]
    return state, [row for body in pages for row in opendatasoft.records(body, access)], list(store.kept)


def hits(total: int, count: int) -> dict[str, Any]:
    # Each record has a name of its own, on whatever page.
    records = [{**IN_V1, "recordid": f"{next(NUMBERS):040x}"} for _ in range(count)]
    return {"nhits": total, "parameters": {}, "records": records, "facet_groups": []}


def test_an_export_is_fetched_whole(site: Site) -> None:
    state, rows, names = fetch(site, "2.1")
    assert rows == [IN_V2, IN_V2]
    assert names == ["dataset", "count", "records/00000"]
    assert state == State(ABOUT["modified"], ABOUT["data_processed"])  # type: ignore[arg-type] # both are texts


@pytest.mark.parametrize("version", ["2.1", "1.0"])
def test_a_probe_reads_the_description_only(site: Site, version: str) -> None:
    card, access = card_for(site, version)
    state = opendatasoft.probe(hasty(), "", card, access)
    assert state.modified == ABOUT["modified"] and len(site.asked) == 1


def test_an_export_of_another_length_than_counted_is_refused(site: Site) -> None:
    site.put(f"{V2}/exports/json", [IN_V2])
    with pytest.raises(SourceError, match="expected 2 records, found 1"):
        fetch(site, "2.1")


def test_an_export_that_breaks_off_in_words_is_refused(site: Site) -> None:
    site.put(f"{V2}/exports/json", b'[{"straat": "a"}, Streaming interrupted due to the following error: timeout')
    with pytest.raises(SourceError, match="expected JSON, found something that is not JSON"):
        fetch(site, "2.1")


def test_a_dataset_that_changes_meanwhile_is_refused(site: Site) -> None:
    first = {"metas": {"default": ABOUT}}
    site.put(V2, first, {"metas": {"default": {**ABOUT, "data_processed": "2024-05-01T01:00:00+00:00"}}})
    with pytest.raises(SourceError, match="the dataset changed while it was read"):
        fetch(site, "2.1")


def test_pages_of_version_1_0_are_counted_and_points_turned_round(site: Site) -> None:
    site.put(f"{V1}&start=0", hits(1500, 1000))
    site.put(f"{V1}&start=1000", hits(1500, 500))
    _, rows, names = fetch(site, "1.0")
    assert len(rows) == 1500 and rows[0] == IN_V2
    assert names == ["dataset", "records/00000", "records/00001"]


def test_hits_without_records_are_an_error_and_not_an_empty_dataset(site: Site) -> None:
    # Seen in a published answer: 10,260 hits, and no record at all.
    site.put(f"{V1}&start=0", hits(9260, 0))
    with pytest.raises(SourceError, match="no records from 0 on, expected 9260 in all"):
        fetch(site, "1.0")


def test_no_hits_and_no_records_are_an_empty_dataset(site: Site) -> None:
    site.put(f"{V1}&start=0", hits(0, 0))
    assert fetch(site, "1.0")[1] == []


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        (hits(10260, 1000), hits(0, 0), "expected at most 10000 in pages -> use version 2.1"),
        (hits(1500, 1000), hits(1500, 0), "no records from 1000 on"),
        (hits(1500, 1000), hits(1500, 600), "1600 records, expected 1500"),
        (hits(1500, 1000), hits(1400, 500), "the total number of records changed from 1500 to 1400"),
    ],
)
def test_pages_that_do_not_fit_together_are_refused(
    site: Site, first: dict[str, Any], second: dict[str, Any], problem: str
) -> None:
    site.put(f"{V1}&start=0", first)
    site.put(f"{V1}&start=1000", second)
    with pytest.raises(SourceError, match=problem):
        fetch(site, "1.0")


@pytest.mark.parametrize(
    ("version", "path", "content"),
    [
        ("2.1", V2, {"metas": {}}),
        ("2.1", V2, {"metas": "none"}),
        ("2.1", f"{V2}/records?limit=0", {"results": []}),
        ("2.1", f"{V2}/records?limit=0", {"total_count": "2"}),
        ("2.1", f"{V2}/exports/json", {"total_count": 2, "results": [IN_V2, IN_V2]}),
        ("2.1", f"{V2}/exports/json", [1, 2]),
        ("1.0", f"{V1}&start=0", {"records": []}),
        ("1.0", f"{V1}&start=0", {"nhits": 1}),
        ("1.0", f"{V1}&start=0", {"nhits": True, "records": []}),
    ],
)
def test_another_shape_is_refused(site: Site, version: str, path: str, content: Any) -> None:
    site.put(path, content)
    with pytest.raises(SourceError, match=r"expected .*\(tried 2 times\)"):
        fetch(site, version)


def test_an_unknown_dataset_is_not_there(site: Site) -> None:
    site.documents.clear()
    with pytest.raises(NotThereError):
        fetch(site, "2.1")
