"""A table of texts becomes places and the municipality of each, by every way, and is published."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import Run
from support import SHARED, open_standin, query
from support_bundles import MadeUp, read_bundle, write_bundles

from pipelines.commands.doctor import examine
from pipelines.errors import SourceError
from pipelines.ingest.refresh import Refreshed, refresh
from pipelines.landing.store import Landing
from pipelines.settings import CARDS
from pipelines.sources.card import SourceCard, load_cards
from schemas.shapes import check_shape
from schemas.wire import WireError

CARD = load_cards(CARDS)["cbs/84992NED"]
BUNDLE = SHARED / "standin" / "more_tables" / "84992NED.json.gz"
# As CBS lays it out on OData v3: numbered columns, of which the first name is that of the municipality.
ON_V3 = MadeUp(
    "84992NED",
    "Woonplaatsen in Nederland 2021",
    {"Woonplaatsen": {"WP1925": "Aadorp", "WP1766": "Alphen", "WP3432": "Alphen"}},
    {name: (name, None) for name in ("Woonplaatscode", "Naam", "Code", "Provinciecode")},
    kinds={"Woonplaatsen": "GeoDetail"},
    cells={
        (place, column): text
        for place, *texts in (
            ("WP1925", "Almelo", "GM0141", "PV23"),
            ("WP1766", "West Maas en Waal", "GM0668", "PV25"),
            ("WP3432", "Alphen-Chaam", "GM1723", "PV30"),
        )
        for column, text in zip(("Woonplaatscode", "Naam", "Code", "Provinciecode"), (place, *texts), strict=True)
    },
)


def land(card: SourceCard, folder: Path, *tables: Path, bulk: bool = False) -> Refreshed:
    with open_standin("--tables", *map(str, tables)) as standin:
        origin = standin.origin(bulk=bulk)
        done = refresh(card, origin, Landing(folder / "landing"), folder / "raw", check_shape)
        found = examine(card, origin)
    assert (found.state, found.newest, found.problems) == ("current", "2023JJ00", ())
    return done


def places_of(done: Refreshed) -> dict[str, tuple[str, str]]:
    rows = pl.read_parquet(done.folder / "places.parquet")
    assert set(rows["boundary_year"]) == {2023} and rows["place_code"].is_sorted()
    return {code: (name, where) for code, name, where in rows["place_code", "name", "municipality_code"].iter_rows()}


@pytest.mark.standin
@pytest.mark.parametrize("access", ["cbs_odata4", "cbs_bulk"])
def test_every_published_place_is_read_with_its_municipality(tmp_path: Path, access: str) -> None:
    card = CARD.model_copy(update={"access": SourceCard.model_validate(given(access=[{"protocol": access}])).access})
    done = land(card, tmp_path, BUNDLE.parent, bulk=access == "cbs_bulk")
    table = read_bundle(BUNDLE)
    at = {name: table["columns"].index(name) for name in ("Measure", "StringValue", "RegioS")}
    published = {r[at["RegioS"]]: r[at["StringValue"]].strip() for r in table["rows"] if r[at["Measure"]] == "GM000B"}
    titles = {code["Identifier"]: code["Title"] for code in table["codes"]["RegioS"]}
    assert done.snapshot.protocol == access and done.rows == 2501 == len(published)
    assert places_of(done) == {code: (titles[code], municipality) for code, municipality in published.items()}
    assert {path.name for path in done.folder.iterdir()} == {"places.parquet", "raw.json"}


@pytest.mark.standin
def test_on_v3_the_municipality_is_found_by_its_codes(tmp_path: Path) -> None:
    tables = write_bundles(tmp_path / "tables", [ON_V3.as_v3()])
    card = SourceCard.model_validate(given(rows={"min": 1, "max": 10}))
    assert places_of(land(card, tmp_path, tables)) == {
        "WP1925": ("Aadorp", "GM0141"),
        "WP1766": ("Alphen", "GM0668"),
        "WP3432": ("Alphen", "GM1723"),
    }


def given(**changes: Any) -> dict[str, Any]:
    """The card as it is written, with changes."""
    kept = {name for name in CARD.model_fields_set if name != "subsidy_register"}
    return {**CARD.model_dump(mode="json", include=kept, exclude_unset=True), **changes}


@pytest.mark.standin
@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({("WP1925", "Code"): "Almelo"}, "place WP1925 (Aadorp) is in 0 municipalities"),
        ({("WP1925", "Naam"): "GM0363"}, "place WP1925 (Aadorp) is in 2 municipalities"),
    ],
)
def test_a_place_in_no_or_two_municipalities_is_refused(
    tmp_path: Path, cells: dict[tuple[str, str], str], told: str
) -> None:
    odd = MadeUp(ON_V3.id, ON_V3.title, ON_V3.dimensions, ON_V3.measures, ON_V3.kinds, {**ON_V3.cells, **cells})
    tables = write_bundles(tmp_path / "tables", [odd.as_v3()])
    with pytest.raises(SourceError, match="expected one text such as GM0363") as error:
        land(SourceCard.model_validate(given(rows={"min": 1, "max": 10})), tmp_path, tables)
    assert told in str(error.value)


def test_raw_places_are_held_against_their_schema(tmp_path: Path) -> None:
    right = {"dataset_id": "cbs/P", "place_code": "WP1925", "name": "Aadorp", "municipality_code": "GM0141"}
    right |= {"boundary_year": 2021, "addresses_count": None, "landed_sha256": "0" * 64}
    schema = dict.fromkeys(right, pl.String) | {"boundary_year": pl.Int32, "addresses_count": pl.Int32}
    pl.DataFrame([right], schema=schema).write_parquet(tmp_path / "places.parquet")
    check_shape(tmp_path)
    wrong = ({"place_code": "GM0141"}, {"name": ""}, {"municipality_code": "PV23"}, {"boundary_year": 21})
    for change in wrong:
        pl.DataFrame([right | change], schema=schema).write_parquet(tmp_path / "places.parquet")
        with pytest.raises(WireError, match=next(iter(change))):
            check_shape(tmp_path)


def test_places_are_published_with_their_municipality(sample_run: Run) -> None:
    sql = "select municipality_code, current_municipality_code, boundary_year from places where name = ?"
    assert query(sample_run.release, sql, "Drachten") == [("GM0090", "GM0090", 2023)]
    # Weesp joined Amsterdam in 2022, and Brielle became a part of Voorne aan Zee in 2023.
    assert query(sample_run.release, sql, "Weesp") == [("GM0363", "GM0363", 2023)]
    assert query(sample_run.release, sql, "Brielle") == [("GM1992", "GM1992", 2023)]
    unknown = "select count(*) from places where current_municipality_code is null"
    assert query(sample_run.release, unknown) == [(0,)]
    of_now = "select count(distinct current_municipality_code) from places"
    assert query(sample_run.release, of_now) == [(342,)]
    health = "select municipalities_count, municipalities_expected from source_health where dataset_id = 'cbs/84992NED'"
    assert query(sample_run.release, health) == [(342, 342)]
