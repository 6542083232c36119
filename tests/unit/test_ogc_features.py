"""OGC API Features: every area once, in the Netherlands, in the year that was asked for."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest
from support import SHARED
from support_http import BASE, Memory, Site, hasty, open_site

from pipelines.clients import ogc_features
from pipelines.clients.pages import State
from pipelines.errors import MismatchError, NotThereError, SourceError
from pipelines.sources.access import OgcAccess
from pipelines.sources.card import SourceCard

ITEMS = "/collections/gemeente_gegeneraliseerd/items"
RING = [[4.9, 52.3], [5.0, 52.3], [5.0, 52.4], [4.9, 52.3]]


def card_for(code: str = "statcode", name: str = "statnaam") -> tuple[SourceCard, OgcAccess]:
    card = SourceCard.model_validate(
        {
            **BASE,
            "publisher": "pdok",
            "access": [
                {"protocol": "ogc_features", "collection": "gemeente_gegeneraliseerd", "query": {"jaarcode": "2026"}}
            ],
            "boundaries": {"boundary_year": 2026, "code": code, "name": name},
        }
    )
    access = card.access[0]
    assert isinstance(access, OgcAccess)
    return card, access


def feature(code: str = "GM0363", kind: str = "Polygon", coordinates: Any = None, year: int = 2026) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"statcode": code, "statnaam": f"Naam {code}", "jaarcode": year},
        "geometry": {"type": kind, "coordinates": coordinates if coordinates is not None else [RING]},
    }


def page(*features: dict[str, Any], following: str | None = None, **more: Any) -> dict[str, Any]:
    links = [{"rel": "self", "href": "here"}]
    if following:
        links.append({"rel": "next", "href": following})
    return {"type": "FeatureCollection", "features": list(features), "links": links, **more}


def body(*features: dict[str, Any]) -> bytes:
    return json.dumps(page(*features)).encode()


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as running:
        yield running


def fetch(site: Site) -> Memory:
    store = Memory()
    assert ogc_features.fetch(hasty(), site.url, *card_for(), store) == State("")
    return store


def test_a_probe_asks_nothing(site: Site) -> None:
    assert ogc_features.probe(hasty(), site.url, *card_for()) == State("")
    assert site.asked == []


def test_pages_are_followed_by_their_links(site: Site) -> None:
    site.put(ITEMS, page(feature("GM0363"), following=f"{site.url}/c2", numberReturned=1, numberMatched=2))
    site.put("/c2", page(feature("GM0014"), numberReturned=1, numberMatched=2))
    store = fetch(site)
    assert [f["properties"]["statcode"] for b in store.bodies.values() for f in ogc_features.features(b)] == [
        "GM0363",
        "GM0014",
    ]
    query = parse_qs(urlsplit(site.asked[0]).query)
    assert query["crs"] == ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"]
    assert query["jaarcode"] == ["2026"] and query["limit"] == ["100"]


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        (page(feature(), following=ITEMS), page(), "leads back to a page already read"),
        (
            page(feature(), following="/c2", numberMatched=3),
            page(feature("GM0014"), numberMatched=3),
            "2 rows on all pages, expected 3",
        ),
        (page(feature(), following="/c2"), page(following="/c3"), "an empty page in the middle"),
        (page(feature(), following="/c2"), page(feature(), following="/c2"), "leads back to a page already read"),
        (page(feature(), numberReturned=2), page(), "expected 2 features, as `numberReturned` says, found 1"),
        (page(feature(year=2025)), page(), "asked for jaarcode=2026, found a feature of 2025"),
        (page(following=3), page(), "expected at most one link with rel=next"),  # type: ignore[arg-type] # on purpose
    ],
)
def test_pages_that_do_not_fit_together_are_refused(site: Site, first: Any, second: Any, problem: str) -> None:
    site.put(ITEMS, first)
    site.put("/c2", second)
    with pytest.raises(SourceError, match=problem):
        fetch(site)


def test_a_year_without_features_waits_for_a_person(site: Site) -> None:
    site.put(ITEMS, page(numberReturned=0))
    with pytest.raises(
        MismatchError, match="gemeente_gegeneraliseerd has no features for jaarcode=2026, expected"
    ) as error:
        fetch(site)
    assert f"{site.url}{ITEMS}" in str(error.value) and "correct `query` on the card" in str(error.value)


def test_an_unknown_collection_is_not_there(site: Site) -> None:
    with pytest.raises(NotThereError):
        fetch(site)


def rows_of(card: SourceCard, *bodies: bytes) -> pl.DataFrame:
    return ogc_features.boundary_rows(card, [area for body in bodies for area in ogc_features.features(body)])


def test_an_area_becomes_a_row_with_compact_rounded_geometry() -> None:
    long_ring = [[4.900001234, 52.3, 1.5], [5.0, 52.3, 1.5], [5.0, 52.400009, 1.5], [4.900001234, 52.3, 1.5]]
    islands = feature("GM0014", "MultiPolygon", [[RING], [RING, RING]])
    rows = rows_of(card_for()[0], body(feature(coordinates=[long_ring])), body(islands))
    assert rows.columns == ["boundary_year", "region_code", "name", "geometry"]
    first, second = rows.rows()
    assert first[:3] == (2026, "GM0363", "Naam GM0363")
    assert first[3] == '{"type":"Polygon","coordinates":[[[4.9,52.3],[5.0,52.3],[5.0,52.40001],[4.9,52.3]]]}'
    assert json.loads(second[3]) == {"type": "MultiPolygon", "coordinates": [[RING], [RING, RING]]}


OUTSIDE = [[-68.3, 12.1], [-68.2, 12.1], [-68.2, 12.2], [-68.3, 12.1]]
IN_RD = [[121000, 487000], [122000, 487000], [122000, 488000], [121000, 487000]]
TURNED = [[lat, lon] for lon, lat in RING]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda f: f["properties"].update(statcode="WK036300"), "has the code 'WK036300', expected GM and four digits"),
        (lambda f: f["properties"].pop("statcode"), "lacks statcode; it has the properties jaarcode, statnaam"),
        (lambda f: f["properties"].update(statnaam=" "), "lacks statnaam"),
        (lambda f: f.update(geometry=None), "expected a Polygon or MultiPolygon, found None"),
        (
            lambda f: f["geometry"].update(type="Point", coordinates=[5, 52]),
            "expected a Polygon or MultiPolygon, found",
        ),
        (lambda f: f["geometry"].update(coordinates=[OUTSIDE]), "expected longitude and latitude in the Netherlands"),
        (lambda f: f["geometry"].update(coordinates=[IN_RD]), "expected longitude and latitude in the Netherlands"),
        (lambda f: f["geometry"].update(coordinates=[TURNED]), "expected longitude and latitude in the Netherlands"),
        (lambda f: f["geometry"].update(coordinates=[]), "expected a list of rings"),
        (lambda f: f["geometry"].update(coordinates=[RING[:-1]]), "expected a closed ring"),
        (lambda f: f["geometry"].update(coordinates=[[[5.0]] * 4]), "expected longitude and latitude"),
        (lambda f: f["geometry"].update(coordinates=[[["5.0", 52.0]] * 4]), "expected a position of numbers"),
        (
            lambda f: f["geometry"].update(type="MultiPolygon"),
            "expected a closed ring of four positions or more, found one of 2",
        ),
    ],
)
def test_what_is_no_dutch_municipality_is_refused(change: Callable[[dict[str, Any]], Any], problem: str) -> None:
    wrong = copy.deepcopy(feature())
    change(wrong)
    with pytest.raises(MismatchError, match=problem) as error:
        rows_of(card_for()[0], body(wrong))
    assert "\n" not in str(error.value)


def test_a_municipality_that_is_there_twice_is_refused() -> None:
    with pytest.raises(MismatchError, match="GM0363 occurs twice"):
        rows_of(card_for()[0], body(feature()), body(feature()))


@pytest.mark.standin
def test_the_published_boundaries_of_2026_are_342_municipalities() -> None:
    published = (SHARED / "standin" / "files" / "geo" / "gemeenten_342_simplified.geojson").read_bytes()
    rows = rows_of(card_for("gemeentecode", "gemeentenaam")[0], published)
    assert rows.height == 342
    assert dict(rows.select("region_code", "name").iter_rows())["GM0014"] == "Groningen"
