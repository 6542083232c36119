"""Real published figures travel unharmed from the wire to SQLite, Parquet, CSV and JSON."""

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import requests
from conftest import Run
from support import SHARED, STANDIN_TABLES, query, read_release

from pipelines.commands.server_process import serving

pytestmark = pytest.mark.standin
GOLDEN = list(csv.DictReader((Path(__file__).parents[1] / "golden" / "published_figures.csv").open(encoding="utf-8")))
KEY = ["indicator_id", "region_code", "period_code"]
Figures = dict[tuple[str, str, str], float]

# Five municipalities of different size, from all over the country.
REGIONS = ["GM0363", "GM0344", "GM1680", "GM0088", "GM0935"]
# Indicator -> topic of the table as it stands in the stand-in, and what a unit of it counts for.
KEY_FIGURES = {
    "population_count": ("TotaleBevolking_1", 1),
    "population_15plus_count": ("Inwoners15JaarOfOuder_29", 1),
    "population_15_20_count": ("k_15Tot20Jaar_7", 1),
    "population_20_25_count": ("k_20Tot25Jaar_8", 1),
    "population_25_45_count": ("k_25Tot45Jaar_9", 1),
    "population_45_65_count": ("k_45Tot65Jaar_10", 1),
    "land_area_km2": ("Land_248", 1),
    "jobs_count": ("TotaalAantalBanen_112", 1000),
    "establishments_all_levels_count": ("BedrijfsvestigingenTotaal_168", 1),
    "establishments_agriculture_count": ("ALandbouwBosbouwEnVisserij_169", 1),
    "establishments_industry_energy_count": ("BFNijverheidEnEnergie_170", 1),
    "establishments_trade_hospitality_count": ("GIHandelEnHoreca_171", 1),
    "ww_benefits_count": ("Werkloosheid_159", 1),
    "graduates_wo_master_count": ("WoMasterDoctoraal_111", 1),
}


def from_sqlite(release: Path) -> Figures:
    rows = query(release, "select indicator_id, region_code, period_code, value from observations")
    return {(i, r, p): v for i, r, p, v in rows}


def from_parquet(release: Path) -> Figures:
    rows = pl.read_parquet(release / "tables/observations.parquet").select(*KEY, "value").rows()
    return {(i, r, p): v for i, r, p, v in rows}


def from_csv(release: Path, name: str, delimiter: str, decimal_mark: str) -> Figures:
    with gzip.open(release / "tables" / f"{name}.gz", "rt", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=delimiter))
    return {
        (r["indicator_id"], r["region_code"], r["period_code"]): float(r["value"].replace(decimal_mark, "."))
        for r in rows
        if r["value"]
    }


@pytest.fixture(scope="module")
def published(live_run: Run) -> dict[str, Figures]:
    release = live_run.release
    return {
        "sqlite": from_sqlite(release),
        "parquet": from_parquet(release),
        "csv": from_csv(release, "observations.csv", ",", "."),
        "nl.csv": from_csv(release, "observations.nl.csv", ";", ","),
    }


def source_table(table: str) -> dict[str, Any]:
    return dict(json.loads(gzip.decompress((SHARED / "standin" / "tables" / f"{table}.json.gz").read_bytes())))


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row['indicator_id']}-{row['region_code']}")
@pytest.mark.parametrize("kind", ["sqlite", "parquet", "csv", "nl.csv"])
def test_the_published_figure_is_in_every_file(published: dict[str, Figures], kind: str, row: dict[str, str]) -> None:
    assert published[kind][row["indicator_id"], row["region_code"], row["period_code"]] == float(row["value"])


@pytest.fixture(scope="module")
def portal(live_run: Run) -> Iterator[str]:
    """The address of the portal, as `regiokompas serve` starts it."""
    with serving(live_run.release) as address:
        yield address


def test_the_published_figure_is_in_the_json_of_the_portal(portal: str) -> None:
    for row in GOLDEN:
        filters = {f"{name}__exact": row[name] for name in KEY} | {"_shape": "objects"}
        answer = requests.get(f"{portal}/regiokompas/observations.json", params=filters, timeout=30)
        assert [found["value"] for found in answer.json()["rows"]] == [float(row["value"])], row


def test_whole_numbers_are_written_as_people_write_them(live_run: Run) -> None:
    plain = gzip.decompress((live_run.release / "tables/observations.csv.gz").read_bytes()).decode()
    dutch = gzip.decompress((live_run.release / "tables/observations.nl.csv.gz").read_bytes())
    assert "establishments_count,GM0363,2026JJ00,2026,216360,provisional," in plain
    assert dutch.startswith(b"\xef\xbb\xbfindicator_id;") and b";GM0363;2015JJ00;2015;117,1;final;" in dutch


def test_all_municipalities_of_2026_add_up(live_run: Run) -> None:
    found = query(
        live_run.release,
        "select count(*), count(value), sum(value) from observations"
        " where indicator_id = 'establishments_count' and period_code = '2026JJ00'",
    )
    assert found == [(342, 342, 2_612_530.0)]


def test_defunct_municipalities_have_no_figure_rather_than_a_zero(live_run: Run) -> None:
    rows = source_table("70072ned")["rows"]
    defunct = {
        row[0].strip() for row in rows if row[0].startswith("GM") and not any(str(c or "").strip() for c in row[2:])
    }
    found = query(
        live_run.release,
        "select region_code, value, value_status from observations join origins using (origin_id)"
        " where dataset_id = 'cbs/70072ned'"
        " and region_code in (select value from json_each(?))",
        json.dumps(sorted(defunct)),
    )
    indicators = query(live_run.release, "select count(*) from indicators where dataset_id = 'cbs/70072ned'")[0][0]
    assert len(defunct) == 320 and len(found) == 320 * indicators
    assert {(value, status) for _, value, status in found} == {(None, "not_applicable")}
    others = query(
        live_run.release,
        "select count(*) from observations join origins using (origin_id)"
        " where dataset_id = 'cbs/70072ned' and value_status = 'not_applicable'"
        " and region_code not in (select value from json_each(?))",
        json.dumps(sorted(defunct)),
    )
    assert others == [(0,)]


def test_more_key_figures_are_what_the_source_sends(published: dict[str, Figures]) -> None:
    table = source_table("70072ned")
    rows = {row[0].strip(): dict(zip(table["columns"], row, strict=True)) for row in table["rows"]}
    compared = 0
    for region in REGIONS:
        for indicator, (topic, multiplier) in KEY_FIGURES.items():
            sent = float(rows[region][topic])
            assert published["sqlite"][indicator, region, "2015JJ00"] == pytest.approx(sent * multiplier, abs=1e-6)
            compared += 1
    assert compared == len(REGIONS) * len(KEY_FIGURES)


def test_every_crime_figure_is_what_the_source_sends(live_run: Run, published: dict[str, Figures]) -> None:
    missing = {"": "not_applicable", ".": "missing"}
    statuses = dict(
        query(
            live_run.release,
            "select indicator_id || region_code, value_status from observations where period_code = '2015JJ00'",
        )
    )
    sent = [row for row in source_table("83648NED")["rows"] if row[0].strip() == "0000000"]
    # What could not be placed in a municipality is no municipality.
    total = [row for row in sent if row[1].strip() != "GM0999"]
    for _, region, _, crimes, rate in total:
        for indicator, cell in (("crimes_count", crimes), ("crimes_per_1000_rate", rate)):
            mark, code = str(cell or "").strip(), region.strip()
            value = published["sqlite"][indicator, code, "2015JJ00"]
            if mark in missing:
                assert (value, statuses[indicator + code]) == (None, missing[mark])
            else:
                assert (value, statuses[indicator + code]) == (float(mark), "final")
    assert (len(sent), len(total)) == (447, 446)


def test_single_precision_figures_are_published_with_the_decimals_of_the_table(published: dict[str, Figures]) -> None:
    sent = {
        (size.strip(), period): value
        for sector, size, period, value in source_table("83583NED")["rows"]
        if sector.strip() == "T001081"
    }
    years = {period for size, period in sent if size == "T001098"}
    for period in years:
        found = published["sqlite"]["employee_jobs_count", "NL01", period]
        # The table has two decimals of a thousand jobs.
        assert found == round(sent["T001098", period], 2) * 1000 == int(found)
    assert len(years) == 10


def test_tables_that_only_the_old_way_has_come_by_it(live_run: Run) -> None:
    ways = dict(query(live_run.release, "select table_id, protocol from sources where publisher = 'cbs'"))
    landed = {table: access for table, access in ways.items() if access}
    assert landed.keys() == STANDIN_TABLES
    assert landed.pop("81575NED") == "cbs_odata4"
    assert set(landed.values()) == {"cbs_odata3"}


def test_nothing_real_is_called_invented(live_run: Run) -> None:
    release = read_release(live_run.release)
    assert (release["is_invented"], release["notice"]) == (False, None)
    for table in ("observations", "sources", "sme_support", "human_capital", "release"):
        assert query(live_run.release, f"select count(*) from {table} where notice is not null") == [(0,)]


def test_the_run_ends_with_what_came_out(live_run: Run) -> None:
    out = live_run.ran.out
    assert live_run.ran.state("cbs/81575NED") == "current"
    # The stand-in has this table as it was in 2018, with figures of 2015.
    assert live_run.ran.state("cbs/70072ned") == "stalesince2017-12-31"
    assert live_run.release.name in out and str(live_run.release) in out and "make serve" in out
    assert " passed, 0 failed" in out
