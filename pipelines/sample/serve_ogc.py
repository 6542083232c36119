"""OGC API Features of the sample: real boundaries of the newest municipalities, and squares for those of older years.

The boundaries in `municipal_boundaries.geojson` are those of CBS and Kadaster (CC BY 4.0), simplified; its first lines
say how. Those of municipalities that no longer exist are not in it, and real boundaries should not be invented.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pipelines.seeds import MunicipalityTile, read_seed
from pipelines.sources.access import OgcAccess
from pipelines.sources.card import SourceCard

from .answers import Answer, RefusedError, json_answer
from .boundaries import in_year

DRAWN = Path(__file__).resolve().parent / "municipal_boundaries.geojson"
REAL = "Echte grens / Real boundary"
INVENTED = "Verzonnen vierkant, geen echte grens / Invented square, not a real boundary"
# The north-west corner of the first tile, and the size of a tile, such that all are within the Netherlands.
WEST, NORTH = 3.3, 53.5
WIDTH, HEIGHT = 0.15, 0.085
KNOWN = {"f", "limit", "crs", "offset"}


class SampleAreas:
    """Serves every card with areas on a map."""

    def __init__(self, cards: Mapping[str, SourceCard], url: str) -> None:
        self._url = url
        self._cards = [c for c in cards.values() if c.boundaries]

    def answer(self, parts: list[str], query: dict[str, str]) -> Answer:
        """A page of the features of a collection; a parameter that the collection does not know is refused."""
        found = [
            (card, access)
            for card in self._cards
            for access in card.access[:1]
            if isinstance(access, OgcAccess) and parts == ["collections", access.collection, "items"]
        ]
        if not found:
            raise RefusedError(404, "Not found.")
        # Cards for several years share a collection, and a parameter selects the year.
        meant = [(card, access) for card, access in found if all(query.get(k) == v for k, v in access.query.items())]
        return self._page(*(meant or found)[0], query)

    def _page(self, card: SourceCard, access: OgcAccess, query: dict[str, str]) -> Answer:
        if strange := sorted(set(query) - KNOWN - set(access.query)):
            return json_answer({"title": "Bad Request", "detail": f"unknown parameter {strange[0]}"}, status=400)
        features = [
            f for f in _features(card, access) if all(str(f["properties"][k]) == query.get(k) for k in access.query)
        ]
        limit, offset = int(query.get("limit", "10")), int(query.get("offset", "0"))
        page = features[offset : offset + limit]
        links = [{"rel": "self", "type": "application/geo+json", "href": self._href(access, query)}]
        if offset + limit < len(features):
            following = {**query, "offset": str(offset + limit)}
            links.append({"rel": "next", "type": "application/geo+json", "href": self._href(access, following)})
        content = {
            "type": "FeatureCollection",
            "numberMatched": len(features),
            "numberReturned": len(page),
            "links": links,
            "features": page,
        }
        return json_answer(content, "application/geo+json")

    def _href(self, access: OgcAccess, query: Mapping[str, str]) -> str:
        return f"{self._url}/collections/{access.collection}/items?{urlencode(query)}"


def notices_of(cards: Iterable[SourceCard]) -> dict[str, str]:
    """What readers are told of the cards with boundaries, by dataset id: one text, of those of all years."""
    year, _ = _drawn()
    told = (
        f"Echte grenzen van {year}; die van oudere jaren en de cijfers zijn verzonnen / "
        f"Real boundaries of {year}; those of older years and the figures are invented"
    )
    return {card.dataset_id: told for card in cards if card.boundaries}


def _features(card: SourceCard, access: OgcAccess) -> list[dict[str, Any]]:
    """The municipalities of the card's year."""
    boundaries = card.boundaries
    if boundaries is None:
        return []
    year, real = _drawn()
    is_real = boundaries.boundary_year == year
    return [
        {
            "type": "Feature",
            "id": f"{boundaries.boundary_year}-{municipality.code}",
            "properties": {
                boundaries.code: municipality.code,
                boundaries.name: municipality.name,
                **access.query,
                "toelichting": REAL if is_real else INVENTED,
            },
            "geometry": real[municipality.code] if is_real else _square(municipality.code, number),
        }
        for number, municipality in enumerate(in_year(boundaries.boundary_year))
    ]


@cache
def _drawn() -> tuple[int, dict[str, Any]]:
    """The year of the real boundaries, and the boundary of each of its municipalities."""
    content = json.loads(DRAWN.read_text(encoding="utf-8"))
    return content["boundary_year"], {feature["id"]: feature["geometry"] for feature in content["features"]}


def _square(code: str, number: int) -> dict[str, Any]:
    """A closed ring, anticlockwise: at the tile of the municipality, or in a grid, with sides that others have too."""
    column, row = _tiles().get(code) or (number % 24, number // 24)
    west, north = WEST + column * WIDTH, NORTH - row * HEIGHT
    east, south = WEST + (column + 1) * WIDTH, NORTH - (row + 1) * HEIGHT
    ring = [(west, north), (west, south), (east, south), (east, north), (west, north)]
    return {"type": "Polygon", "coordinates": [[[round(x, 5), round(y, 5)] for x, y in ring]]}


@cache
def _tiles() -> dict[str, tuple[int, int]]:
    return {tile.region_code: (tile.tile_column, tile.tile_row) for tile in read_seed(MunicipalityTile)}
