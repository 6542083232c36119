"""WFS: every feature once, as many as were counted, with what was asked for and no geometry."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pytest
from support_http import Memory, Site, hasty, open_site, register_card

from pipelines.clients import wfs
from pipelines.clients.pages import State
from pipelines.errors import NotThereError, SourceError
from pipelines.sources.access import WfsAccess
from pipelines.sources.card import SourceCard

ADDRESS = (
    "/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=WarmteAtlas%3AIBISbedrijventerreinen"
    "&outputFormat=application%2Fjson&propertyName=RIN_NUMMER%2C{columns}&sortBy=RIN_NUMMER&count=2&startIndex={start}"
)


def page(total: int | None, *names: str, **changed: Any) -> dict[str, Any]:
    features = [
        {"type": "Feature", "id": name, "geometry": None, "properties": {"RIN_NUMMER": name, "HA_NETTO": 12.5}}
        for name in names
    ]
    counts = {"totalFeatures": total, "numberMatched": total, "numberReturned": len(features)}
    return {"type": "FeatureCollection", "features": features, **counts, "crs": None} | changed


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as running, patch.object(wfs, "PAGE_SIZE", 2):
        yield running


def asked() -> tuple[SourceCard, WfsAccess]:
    card = register_card(
        {"protocol": "wfs", "feature_type": "WarmteAtlas:IBISbedrijventerreinen", "sort_by": "RIN_NUMMER"},
        format="json",
    )
    access = card.access[0]
    assert isinstance(access, WfsAccess)
    return card, access


def put(site: Site, start: int, *answers: Any) -> None:
    card, _ = asked()
    assert card.layout
    site.put(ADDRESS.format(columns="%2C".join(card.layout.columns), start=start), *answers)


def fetch(site: Site) -> Memory:
    card, access = asked()
    store = Memory()
    assert wfs.fetch(hasty(), f"{site.url}/wfs", card, access, store) == State("")
    return store


def test_a_probe_asks_nothing(site: Site) -> None:
    assert wfs.probe(hasty(), site.url, *asked()) == State("")
    assert site.asked == []


def test_pages_are_read_to_the_last_in_one_order_with_the_properties_of_the_layout_alone(site: Site) -> None:
    put(site, 0, page(3, "a", "b"))
    put(site, 2, page(3, "c"))
    store = fetch(site)
    assert list(store.bodies) == ["features/00000", "features/00001"]
    rows = [row for body in store.bodies.values() for row in wfs.records(body, asked()[1])]
    assert [row["RIN_NUMMER"] for row in rows] == ["a", "b", "c"] and rows[0]["HA_NETTO"] == 12.5
    (query,) = {urlsplit(path).query.partition("&startIndex")[0] for path in site.asked}
    assert "GEOM" not in parse_qs(query)["propertyName"][0].upper()


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (page(3, "a", "b"), page(3, "b"), "the record b is on page 1 and again on page 2"),
        (page(3, "a", "b"), page(4, "c"), "the total number of records changed from 3 to 4"),
        (page(3, "a", "b"), page(3), "no records from 2 on, expected 3 in all"),
        (page(3, "a", "b"), page(3, "c", "d"), "4 records, expected 3"),
        (page(3, "a", "b", numberReturned=5), page(3, "c"), "expected 5 features, as `numberReturned` says, found 2"),
        (page(None, "a", "b"), page(3, "c"), "expected a number under `numberMatched`"),
        (page(3, "a", ""), page(3, "c"), "expected an `id` for every feature"),
        (page(3, "a", features=[{"id": "a"}]), page(3, "c"), "each with `properties`"),
        (b"<ows:ExceptionReport/>", page(3, "c"), "expected a JSON object, found something that is not JSON"),
    ],
)
def test_pages_that_do_not_fit_together_are_refused(site: Site, first: Any, second: Any, told: str) -> None:
    put(site, 0, first)
    put(site, 2, second)
    with pytest.raises(SourceError, match=told):
        fetch(site)


def test_a_service_that_is_not_there_is_told(site: Site) -> None:
    with pytest.raises(NotThereError):
        fetch(site)
