"""The bundled sample: all that a reader can meet is in it, and it is labelled as invented.

That it can be made anew byte for byte is seen where the recipes of CONTRIBUTING are run.
"""

import csv
import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
from conftest import Run
from support import PUBLIC_TABLES, digests, query, read_release

from pipelines.landing.store import NOTICE
from pipelines.reading.recipients import MASK
from pipelines.sample.serve_ogc import notices_of
from pipelines.sample.tables import NO_REGIONS
from pipelines.settings import CARDS, SAMPLE_LANDING
from pipelines.sources.card import load_cards

WITH_FIGURES = [
    "observations",
    "sme_support",
    "human_capital",
    "subsidies",
    "release",
    "baseline",
    "baseline_peers",
    "similar_municipalities",
    "municipality_features",
]


def test_the_sample_is_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLE_LANDING.rglob("*") if path.is_file()) < 5_000_000


def test_the_sample_has_every_municipality_of_2026(sample_release: Path) -> None:
    found = query(sample_release, "select count(*) from regions where scheme = 'municipality' and is_current")
    assert found == [(342,)]
    named = dict(query(sample_release, "select region_code, name from regions where is_current"))
    assert named["GM0363"] == "Amsterdam" and named["GM0344"] == "Utrecht (gemeente)" and named["NL01"] == "Nederland"
    figures = query(
        sample_release,
        "select count(distinct region_code) from observations join regions using (region_code)"
        " where indicator_id = 'establishments_count' and year = 2026 and value is not null and is_current",
    )
    assert figures == [(342,)]


def test_the_sample_has_figures_of_every_indicator_and_long_series_of_the_key_figures(sample_release: Path) -> None:
    years = query(
        sample_release,
        "select indicator_id, dataset_id, count(distinct year) from observations join origins using (origin_id)"
        " where value is not null group by 1, 2",
    )
    indicators = query(sample_release, "select indicator_id from indicators where formula = 'published'")
    assert {name for name, _, _ in years} == {name for (name,) in indicators}
    assert min(count for _, dataset_id, count in years if dataset_id in ("cbs/70072ned", "cbs/83648NED")) >= 8


def test_the_sample_has_every_source_and_none_is_missing(sample_release: Path) -> None:
    states = dict(query(sample_release, "select dataset_id, state from sources"))
    cards = load_cards(CARDS)
    assert states.keys() == cards.keys()
    assert {name for name, state in states.items() if state == "archived"} == {
        card.dataset_id for card in cards.values() if card.ended
    }
    assert set(states.values()) == {"current", "archived"}
    rows = query(sample_release, "select count(*) from sources where rows_count = 0 or notice is null")
    assert rows == [(0,)]


def test_the_sample_has_every_status_of_a_subsidy_and_no_name_of_a_person(sample_release: Path) -> None:
    statuses = {status for (status,) in query(sample_release, "select distinct status from subsidies")}
    # No register that we know has a word for a refusal: its zeros do not say why.
    assert statuses == {"requested", "granted", "zero_granted", "settled"}
    names = query(sample_release, "select distinct recipient from subsidies where recipient_kind <> 'organisation'")
    assert names == [(MASK,)]
    # Amsterdam's year 2016 is there as a file of its own and in the register that goes on: it counts once.
    repeated = "select dataset_id, count(distinct year), min(year) from subsidies where is_repeated group by 1"
    assert query(sample_release, repeated) == [("amsterdam/subsidies_2016", 1, 2016)]
    loaded = query(sample_release, "select region_code from subsidy_coverage where coverage = 'loaded' order by 1")
    assert [code for (code,) in loaded] == ["GM0014", "GM0202", "GM0344", "GM0363", "GM0479", "GM0518"]


def test_the_sample_has_a_tile_and_a_boundary_for_every_municipality(sample_release: Path) -> None:
    current = "select region_code from regions where scheme = 'municipality' and is_current order by 1"
    tiles = "select region_code from municipality_tiles order by 1"
    newest = "select region_code from region_boundaries where boundary_year = 2026 order by 1"
    assert query(sample_release, tiles) == query(sample_release, newest) == query(sample_release, current)


def test_the_sample_has_the_boundaries_of_every_year(sample_release: Path) -> None:
    years = dict(query(sample_release, "select boundary_year, count(*) from region_boundaries group by 1"))
    counts = [390, 388, 380, 355, 355, 352, 345, 342, 342, 342, 342]
    # PDOK has none of 2015.
    assert years == dict(zip(range(2016, 2027), counts, strict=True))


def test_what_sources_could_not_place_is_counted_and_no_region(sample_release: Path) -> None:
    """The sample gives those codes figures as large as the country's, so one that got through would be seen."""
    counted = query(sample_release, "select dataset_id from source_rows where outcome = 'not_classified'")
    assert {dataset_id.removeprefix("cbs/") for (dataset_id,) in counted} == set(NO_REGIONS)
    codes = {code for listed in NO_REGIONS.values() for code in listed}
    assert codes >= {"NL00", "NL98", "NL99", "PV99", "AM99", "CR98", "LD98"}
    for table in ("regions", "observations", "observations_on_boundaries", "labour_tension", "baseline"):
        found = query(
            sample_release,
            f"select count(*) from {table} where region_code in (select value from json_each(?))",
            json.dumps(sorted(codes)),
        )
        assert found == [(0,)], table


def test_the_sample_has_every_kind_of_missing_value(sample_release: Path) -> None:
    found = query(sample_release, "select distinct value_status, value is null from observations")
    assert set(found) == {
        ("final", 0),
        ("unstated", 0),
        ("estimated", 0),
        ("provisional", 0),
        ("revised_provisional", 0),
        ("missing", 1),
        ("not_applicable", 1),
        ("suppressed", 1),
    }
    zeros = query(sample_release, "select count(*), count(source_mark) from observations where value = 0")
    assert zeros[0][0] > zeros[0][1] > 0, "both zeros as a number and zeros as a mark"


def test_the_sample_has_merged_municipalities(sample_release: Path) -> None:
    merged = query(
        sample_release,
        "select count(distinct region_code) from observations join regions using (region_code)"
        " where scheme = 'municipality' and not is_current and value is not null",
    )
    assert merged[0][0] > 0


@pytest.mark.parametrize("table", WITH_FIGURES)
def test_every_row_of_figures_says_that_they_are_invented(sample_release: Path, table: str) -> None:
    assert query(sample_release, f"select distinct notice from {table}") == [(NOTICE,)]
    frame = pl.read_parquet(sample_release / "tables" / f"{table}.parquet")
    assert set(frame["notice"]) == {NOTICE}
    for name, delimiter in ((f"{table}.csv", ","), (f"{table}.nl.csv", ";")):
        with gzip.open(sample_release / "tables" / f"{name}.gz", "rt", encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=delimiter))
        assert len(rows) == frame.height and {row["notice"] for row in rows} == {NOTICE}


def test_boundaries_and_who_borders_on_whom_say_what_of_them_is_real(sample_release: Path) -> None:
    told = notices_of(load_cards(CARDS).values())
    for table in ("region_boundaries", "neighbours"):
        assert query(sample_release, f"select distinct notice from {table}") == [(text,) for text in set(told.values())]
    others = "select dataset_id, notice from sources where notice <> (select notice from release)"
    assert dict(query(sample_release, others)) == told


def test_boundaries_take_little_room(sample_release: Path) -> None:
    (size,) = query(sample_release, "select sum(pgsize) from dbstat where name = 'region_boundaries'")[0]
    assert size < 1_500_000


def test_the_release_and_its_metadata_say_so_too(sample_release: Path) -> None:
    release = read_release(sample_release)
    assert (release["is_invented"], release["notice"]) == (True, NOTICE)
    assert release["release_id"].startswith("sample-")
    metadata = json.loads((sample_release / "metadata.json").read_text(encoding="utf-8"))
    database = metadata["databases"]["regiokompas"]
    assert NOTICE in database["description_html"]
    for table in WITH_FIGURES:
        assert NOTICE in database["tables"][table]["description_html"]


def test_the_run_says_so_and_ends_with_what_came_out(sample_run: Run) -> None:
    out = sample_run.ran.out
    assert out.startswith(NOTICE) and " passed, 0 failed" in out
    assert sample_run.release.name in out and str(sample_run.release) in out and "make serve" in out
    cards = load_cards(CARDS).values()
    ended = sum(card.ended is not None for card in cards)
    assert f"Sources  {len(cards) - ended} current, {ended} archived" in out
    assert "cbs/81575NED" not in out and sample_run.ran.err == ""


def test_every_file_of_the_release_is_accounted_for(sample_release: Path) -> None:
    written = {name: file["sha256"] for name, file in read_release(sample_release)["files"].items()}
    found = digests(sample_release)
    found.pop("release.json")
    assert written == found
    assert {f"tables/{table}{end}" for table in PUBLIC_TABLES for end in (".csv.gz", ".nl.csv.gz", ".parquet")} <= set(
        found
    )


def test_sqlite_has_keys_indexes_and_search(sample_release: Path) -> None:
    with closing(sqlite3.connect(sample_release / "regiokompas.db")) as db:
        assert db.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert db.execute("pragma foreign_key_check").fetchall() == []
        keys = {row[2:5] for row in db.execute("pragma foreign_key_list(observations)")}
        assert keys >= {
            ("indicators", "indicator_id", "indicator_id"),
            ("regions", "region_code", "region_code"),
            ("origins", "origin_id", "origin_id"),
        }
        primary = [row[1] for row in db.execute("pragma table_xinfo(observations)") if row[5]]
        assert primary == ["indicator_id", "region_code", "period_code"]
        plan = db.execute("explain query plan select * from observations where region_code = 'GM0363'").fetchall()
        assert "USING PRIMARY KEY (ANY(indicator_id) AND region_code=?)" in str(plan)
        # Accents do not matter for who searches.
        hits = db.execute("select name from regions_fts where regions_fts match 'sudwest*'").fetchall()
        assert ("Súdwest-Fryslân",) in hits


@pytest.mark.parametrize("table", sorted(PUBLIC_TABLES))
def test_sqlite_computes_what_it_does_not_store(sample_release: Path, table: str) -> None:
    with closing(sqlite3.connect(sample_release / "regiokompas.db")) as db:
        described = db.execute(f"pragma table_info({table})").fetchall()
        keys = [name for _, name, *_, place in sorted(described, key=lambda column: column[-1]) if place]
        computed = [name for _, name, *_, hidden in db.execute(f"pragma table_xinfo({table})") if hidden]
        columns = [*keys, *computed]
        found = db.execute(f"select {', '.join(columns)} from {table} order by {', '.join(keys)}").fetchall()
    stored = pl.read_parquet(sample_release / f"tables/{table}.parquet").select(columns).sort(keys)
    stored = stored.with_columns(pl.col(pl.Date).cast(pl.String))
    assert found == stored.rows()


def test_the_database_of_the_sample_is_small(sample_release: Path) -> None:
    assert (sample_release / "regiokompas.db").stat().st_size <= 90_000_000


def test_every_row_says_where_it_came_from(sample_release: Path) -> None:
    origins = {row[0] for row in query(sample_release, "select landed_sha256 from origins")}
    landed = {path.stem for path in SAMPLE_LANDING.rglob("*.gz")}
    assert origins and origins <= landed
