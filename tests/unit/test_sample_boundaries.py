"""The boundaries of the sample are those that were published, in fewer points, and fit together as those do."""

import json
from pathlib import Path

import pytest
import shapely
from support import SHARED

from pipelines.errors import RegiokompasError
from pipelines.ingest.neighbours import find_neighbours
from pipelines.sample.boundaries import in_year
from pipelines.sample.serve_ogc import DRAWN, notices_of
from pipelines.settings import CARDS
from pipelines.sources.card import Shape, load_cards
from tools.simplify_boundaries import LICENCE, write_boundaries

PUBLISHED = SHARED / "standin" / "files" / "geo" / "gemeenten_342_simplified.geojson"
CONTENT = json.loads(DRAWN.read_text(encoding="utf-8"))
GEOMETRIES = {feature["id"]: json.dumps(feature["geometry"]) for feature in CONTENT["features"]}


def test_they_are_those_of_the_municipalities_of_their_year_with_source_and_licence() -> None:
    assert GEOMETRIES.keys() == {municipality.code for municipality in in_year(CONTENT["boundary_year"])}
    assert (
        CONTENT["licence"] == LICENCE and "CBS en Kadaster" in CONTENT["source"] and "simplified" in CONTENT["changes"]
    )
    assert DRAWN.stat().st_size < 400_000


def test_they_fit_together_and_say_who_borders_on_whom() -> None:
    shapes = shapely.from_geojson(list(GEOMETRIES.values()))
    assert not shapely.is_empty(shapes).any()
    # In square degrees; rounding may fold a sliver over another, and no more.
    overlap = shapely.area(shapes).sum() - shapely.area(shapely.union_all(shapely.make_valid(shapes)))
    assert abs(overlap) < 1e-5
    assert len(find_neighbours(GEOMETRIES)) > 1700


def test_the_cards_of_boundaries_and_no_others_say_of_which_year_they_are_real() -> None:
    cards = load_cards(CARDS)
    told = notices_of(cards.values())
    assert told.keys() == {name for name, card in cards.items() if card.shape is Shape.BOUNDARIES}
    year = CONTENT["boundary_year"]
    assert all(f"Echte grenzen van {year}" in t and f"Real boundaries of {year}" in t for t in told.values())


@pytest.mark.standin
def test_they_are_what_the_script_makes_of_the_published_file(tmp_path: Path) -> None:
    target = tmp_path / "made.geojson"
    write_boundaries(PUBLISHED, CONTENT["boundary_year"], target)
    assert target.read_bytes() == DRAWN.read_bytes()


def test_boundaries_of_other_municipalities_are_refused(tmp_path: Path) -> None:
    published, square = tmp_path / "one.geojson", [[[5, 52], [6, 52], [6, 53], [5, 52]]]
    feature = {"properties": {"statcode": "GM0363"}, "geometry": {"type": "Polygon", "coordinates": square}}
    published.write_text(json.dumps({"features": [feature]}), encoding="utf-8")
    with pytest.raises(RegiokompasError, match="are not both in the file and in 2026 -> give the year"):
        write_boundaries(published, 2026, tmp_path / "none.geojson")
