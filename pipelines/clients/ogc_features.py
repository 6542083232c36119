"""OGC API Features, such as PDOK's: areas as GeoJSON, page after page by their next links."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

import polars as pl

from pipelines.clients.http import HttpClient
from pipelines.clients.jsons import read_any, text_of, whole
from pipelines.clients.linked import Page, digest_of, fetch_linked
from pipelines.clients.pages import State, Store
from pipelines.errors import MismatchError
from pipelines.sources.access import OgcAccess
from pipelines.sources.card import Boundaries, SourceCard

PAGES = "features"
# What every service allows; PDOK refuses more in places.
PAGE_SIZE = 100
_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_ACCEPT = "application/geo+json, application/json"
_MUNICIPALITY = re.compile(r"GM\d{4}")
# West, south, east, north of the European Netherlands, with the water that belongs to municipalities.
_BOX = (3.0, 50.6, 7.4, 53.9)
# One more decimal would be less than half a metre.
_DECIMALS = 5
_SCHEMA = {"boundary_year": pl.Int32, "region_code": pl.String, "name": pl.String, "geometry": pl.String}


def address(base: str, card: SourceCard, access: OgcAccess) -> str:
    """Where the collection is."""
    return f"{base}/collections/{access.collection}"


def probe(http: HttpClient, base: str, card: SourceCard, access: OgcAccess) -> State:
    """Ask nothing: the standard has no field for when a collection last changed, so it is fetched each time."""
    return State("")


def fetch(http: HttpClient, base: str, card: SourceCard, access: OgcAccess, store: Store) -> State:
    """Fetch every feature of the collection that `query` selects, with longitude before latitude (CRS84).

    Raises:
        NotThereError: there is no such collection.
        MismatchError: the collection has nothing that `query` selects, such as a year that is not there (yet).
        SourceError: a page is not GeoJSON, the service did not select as asked, or the pages are inconsistent.
    """
    query = {"f": "json", "limit": PAGE_SIZE, "crs": _CRS84, **access.query}
    url = f"{address(base, card, access)}/items?{urlencode(query)}"
    if not fetch_linked(http, card, url, PAGES, store, lambda body: read_page(body, access), _ACCEPT):
        selected = " and ".join(f"{name}={value}" for name, value in access.query.items()) or "nothing in particular"
        raise MismatchError(
            card.dataset_id,
            f"the collection {access.collection} has no features for {selected}, expected"
            f" {card.rows.min} to {card.rows.max}",
            url=url,
            todo="see which years the collection has; correct `query` on the card, or delete the card",
        )
    return State("")


def features(body: bytes) -> list[dict[str, Any]]:
    """The features of a page.

    Raises:
        ValueError: it is not a collection of features.
    """
    return _features(read_any(body))


def read_page(body: bytes, access: OgcAccess) -> Page:
    """What a page says about itself.

    Raises:
        ValueError: it is not a page, its count is wrong, or it has features that `query` should have excluded.
    """
    content = read_any(body)
    found = _features(content)
    returned = whole(content.get("numberReturned"), "numberReturned")
    if returned not in (None, len(found)):
        raise ValueError(f"expected {returned} features, as `numberReturned` says, found {len(found)}")
    for feature in found:
        for name, wanted in access.query.items():
            if name in feature["properties"] and str(feature["properties"][name]) != wanted:
                raise ValueError(f"asked for {name}={wanted}, found a feature of {feature['properties'][name]!r:.40}")
    return Page(
        rows=len(found),
        following=_next(content),
        total=whole(content.get("numberMatched"), "numberMatched"),
        identities=tuple(filter(None, (text_of(feature.get("id")) for feature in found))),
        digest=digest_of(found),
    )


def boundary_rows(card: SourceCard, areas: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """The municipalities of some features as rows: boundary_year, region_code, name, geometry.

    The geometry is compact GeoJSON with coordinates of five decimals.

    Raises:
        MismatchError: a code is there twice or is not a municipality's, or a geometry is not an area in the country.
    """
    if card.boundaries is None:
        raise MismatchError(card.dataset_id, "the card has no `boundaries`", todo="name its code and name properties")
    rows: dict[str, tuple[int, str, str, str]] = {}
    for feature in areas:
        code, name = _named(card, card.boundaries, feature)
        if code in rows:
            raise MismatchError(
                card.dataset_id,
                f"{code} occurs twice, expected each municipality once",
                todo="select one year in `query` on the card",
            )
        rows[code] = (card.boundaries.boundary_year, code, name, _geometry(card, code, feature.get("geometry")))
    return pl.DataFrame(list(rows.values()), schema=_SCHEMA, orient="row")


def _features(content: Any) -> list[dict[str, Any]]:
    found = content.get("features") if isinstance(content, dict) else None
    if not isinstance(found, list):
        raise ValueError("expected a GeoJSON collection with a list of `features`")
    if not all(isinstance(f, dict) and isinstance(f.get("properties"), dict) for f in found):
        raise ValueError("expected features with `properties`")
    return found


def _next(content: dict[str, Any]) -> str | None:
    links = content.get("links") or []
    if not isinstance(links, list) or not all(isinstance(link, dict) for link in links):
        raise ValueError("expected a list of objects under `links`")
    hrefs = [link.get("href") for link in links if link.get("rel") == "next"]
    if len(hrefs) > 1 or not all(isinstance(href, str) and href for href in hrefs):
        raise ValueError("expected at most one link with rel=next, with its address")
    return hrefs[0] if hrefs else None


def _named(card: SourceCard, boundaries: Boundaries, feature: dict[str, Any]) -> tuple[str, str]:
    properties = feature["properties"]
    if missing := [key for key in (boundaries.code, boundaries.name) if not str(properties.get(key) or "").strip()]:
        raise MismatchError(
            card.dataset_id,
            f"a feature lacks {', '.join(missing)}; it has the properties {', '.join(sorted(properties))}",
            todo="correct `boundaries` on the card",
        )
    code, name = str(properties[boundaries.code]).strip(), str(properties[boundaries.name]).strip()
    if not _MUNICIPALITY.fullmatch(code):
        raise MismatchError(
            card.dataset_id,
            f"a feature has the code {code!r:.40}, expected GM and four digits",
            todo="correct `boundaries`, or the collection, on the card",
        )
    return code, name


def _geometry(card: SourceCard, code: str, geometry: Any) -> str:
    try:
        return json.dumps(_rounded(geometry), separators=(",", ":"))
    except ValueError as error:
        raise MismatchError(card.dataset_id, f"{code}: {error}", todo="look at the feature at the source") from None


def _rounded(geometry: Any) -> dict[str, Any]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"expected a Polygon or MultiPolygon, found {kind!r:.40}")
    coordinates = geometry.get("coordinates")
    if kind == "Polygon":
        return {"type": kind, "coordinates": _polygon(coordinates)}
    return {"type": kind, "coordinates": [_polygon(part) for part in _list(coordinates, "polygons")]}


def _polygon(rings: Any) -> list[list[list[float]]]:
    return [list(_ring(ring)) for ring in _list(rings, "rings")]


def _ring(positions: Any) -> Iterator[list[float]]:
    positions = _list(positions, "positions")
    if len(positions) < 4 or positions[0] != positions[-1]:
        raise ValueError(f"expected a closed ring of four positions or more, found one of {len(positions)}")
    west, south, east, north = _BOX
    for position in positions:
        if not isinstance(position, list) or not all(type(part) in (int, float) for part in position):
            raise ValueError(f"expected a position of numbers, found {position!r:.40}")
        if len(position) not in (2, 3) or not (west <= position[0] <= east and south <= position[1] <= north):
            raise ValueError(f"expected longitude and latitude in the Netherlands, found {position!r:.60}")
        yield [round(part, _DECIMALS) for part in position[:2]]


def _list(found: Any, what: str) -> list[Any]:
    if not isinstance(found, list) or not found:
        raise ValueError(f"expected a list of {what}, found {found!r:.40}")
    return found
