"""Real published figures on other boundaries than they were published on, and every mart that is made of them."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from support import SHARED, query

pytestmark = pytest.mark.standin
GOLDEN = list(csv.DictReader((Path(__file__).parents[1] / "golden" / "marts.csv").open(encoding="utf-8")))
# What tells a row of a mart, beside its region; the period is that of the row unless it is part of the key.
ITEM = {"baseline": "indicator_id", "baseline_peers": "indicator_id", "goal_monitor": "goal_id"}
ITEM |= {"cooperation_monitor": "indicator_id"}
HAAREN = "GM0788"
HEIRS_OF_HAAREN = ["GM0757", "GM0824", "GM0855", "GM0865"]


def figure(run: Run, indicator: str, region: str, period: str) -> tuple[float, str, str, int]:
    """Value, status, method and number of parts on the boundaries of 2026."""
    found = query(
        run.release,
        "select value, value_status, boundary_method, parts_count from observations_on_boundaries"
        " where indicator_id = ? and region_code = ? and period_code = ? and boundary_year = 2026",
        indicator,
        region,
        period,
    )
    assert len(found) == 1, f"{indicator} {region} {period}: {len(found)} rows"
    return tuple(found[0])  # type: ignore[return-value]


@pytest.fixture(scope="module")
def key_figures() -> dict[str, dict[str, str]]:
    """The rows of table 70072ned of 2015, by region."""
    packed = (SHARED / "standin" / "tables" / "70072ned.json.gz").read_bytes()
    table: dict[str, Any] = json.loads(gzip.decompress(packed))
    return {row[0].strip(): dict(zip(table["columns"], row, strict=True)) for row in table["rows"]}


def published(key_figures: dict[str, dict[str, str]], topic: str, *regions: str) -> float:
    return sum(float(key_figures[region][topic]) for region in regions)


@pytest.mark.parametrize("row", GOLDEN, ids=lambda r: f"{r['table']}-{r['region_code']}-{r['item']}-{r['column']}")
def test_golden_figure_of_a_mart(live_run: Run, row: dict[str, str]) -> None:
    table, item = row["table"], ITEM.get(row["table"])
    key, period = ("dataset_id", "newest_period") if table == "source_health" else ("region_code", "period_code")
    period = "year" if table == "cooperation_monitor" else period
    conditions = {key: row["region_code"], period: row["period_code"]}
    conditions |= {item: row["item"]} if item else {}
    conditions |= {"peer_group": "province"} if table == "baseline_peers" else {}
    where = " and ".join(f"{name} = ?" for name in conditions)
    sql = f"select {row['column']} from {table} where {where}"
    found = query(live_run.release, sql, *conditions.values())
    assert len(found) == 1, f"{len(found)} rows"
    expected = row["value"]
    if not expected or row["column"].endswith("_status"):
        assert (found[0][0] or "") == expected
    else:
        assert found[0][0] == pytest.approx(float(expected), abs=1e-9)


MERGED = {
    "GM0363": ["GM0363", "GM0457"],
    "GM1979": ["GM0003", "GM0010", "GM0024"],
    "GM1961": ["GM0545", "GM0620", "GM0707"],
    "GM1940": ["GM1921"],
    "GM1945": ["GM0241"],
}


@pytest.mark.parametrize("region", MERGED)
@pytest.mark.parametrize(
    ("indicator", "topic", "multiplier"),
    [
        ("establishments_all_levels_count", "BedrijfsvestigingenTotaal_168", 1),
        ("jobs_count", "TotaalAantalBanen_112", 1000),
    ],
)
def test_a_pure_merger_is_the_sum_of_its_parts(
    live_run: Run, key_figures: dict[str, dict[str, str]], region: str, indicator: str, topic: str, multiplier: int
) -> None:
    value, status, method, parts = figure(live_run, indicator, region, "2015JJ00")
    assert value == pytest.approx(multiplier * published(key_figures, topic, *MERGED[region]))
    assert (status, method, parts) == (
        "final",
        "merged" if len(MERGED[region]) > 1 else "published",
        len(MERGED[region]),
    )


@pytest.mark.parametrize(
    ("indicator", "topic", "multiplier"),
    [
        ("establishments_all_levels_count", "BedrijfsvestigingenTotaal_168", 1),
        ("jobs_count", "TotaalAantalBanen_112", 1000),
        ("land_area_km2", "Land_248", 1),
    ],
)
def test_the_four_parts_of_haaren_are_estimates_and_together_haaren(
    live_run: Run, key_figures: dict[str, dict[str, str]], indicator: str, topic: str, multiplier: int
) -> None:
    found = [figure(live_run, indicator, heir, "2015JJ00") for heir in HEIRS_OF_HAAREN]
    assert {row[1:3] for row in found} == {("estimated", "split_estimate")}
    before = multiplier * published(key_figures, topic, *HEIRS_OF_HAAREN, HAAREN)
    assert sum(row[0] for row in found) == pytest.approx(before, abs=1e-6)


def test_all_municipalities_on_the_boundary_year_are_those_of_then(
    live_run: Run, key_figures: dict[str, dict[str, str]]
) -> None:
    [(regions, total)] = query(
        live_run.release,
        "select count(*), sum(value) from observations_on_boundaries where indicator_id = 'population_count'"
        " and period_code = '2015JJ00' and region_code like 'GM%'",
    )
    assert (regions, total) == (342, published(key_figures, "TotaleBevolking_1", "NL01"))


def test_establishments_of_labour_market_regions(live_run: Run) -> None:
    [(regions, total, methods)] = query(
        live_run.release,
        "select count(*), sum(value), group_concat(distinct boundary_method) from observations_on_boundaries"
        " where indicator_id = 'establishments_count' and period_code = '2026JJ00' and region_code like 'AM%'",
    )
    assert (regions, total, methods) == (35, 2_612_530, "merged")


def test_a_rate_is_recomputed_and_never_averaged(live_run: Run, key_figures: dict[str, dict[str, str]]) -> None:
    # 83648NED of 2015: Amsterdam 96,185 crimes, 117.1 per 1,000; Weesp 910, 49.5 per 1,000.
    value, status, method, _ = figure(live_run, "crimes_per_1000_rate", "GM0363", "2015JJ00")
    inhabitants = published(key_figures, "TotaleBevolking_1", "GM0363", "GM0457")
    recomputed = (round(1000 * (96_185 + 910) / inhabitants, 1), "recomputed", "estimated")
    assert (value, method, status) == recomputed
    assert figure(live_run, "crimes_per_1000_rate", "GM1680", "2015JJ00")[::2] == (25.6, "published")


def test_a_province_that_took_over_municipalities_is_summed_anew(
    live_run: Run, key_figures: dict[str, dict[str, str]]
) -> None:
    # Leerdam and Zederik came from Zuid-Holland to Utrecht in 2019.
    moved = published(key_figures, "TotaleBevolking_1", "GM0545", "GM0707")
    for province, change in (("PV26", moved), ("PV28", -moved)):
        value, _, method, _ = figure(live_run, "population_count", province, "2015JJ00")
        assert value == published(key_figures, "TotaleBevolking_1", province) + change
        assert method == "merged"
    assert figure(live_run, "population_count", "PV29", "2015JJ00")[2] == "published"


COUNTS = [(2010, 431), (2011, 418), (2012, 415), (2013, 408), (2014, 403), (2015, 393), (2016, 390), (2017, 388)]
COUNTS += [(2018, 380), (2019, 355), (2020, 355), (2021, 352), (2022, 345)]
COUNTS += [(2023, 342), (2024, 342), (2025, 342), (2026, 342)]
ON_DAY = "valid_from <= ? and coalesce(valid_to, '9999-12-31') >= ?"


@pytest.mark.parametrize(("year", "count"), COUNTS)
def test_municipalities_on_1_january(live_run: Run, year: int, count: int) -> None:
    day = f"{year}-01-01"
    sql = f"select municipality_code from region_membership where scheme = 'municipality' and {ON_DAY}"
    codes = {row[0] for row in query(live_run.release, sql, day, day)}
    listed = csv.DictReader((SHARED / "standin/files/regions/gemeenten_per_jaar_2010_2026.csv").open(encoding="utf-8"))
    assert codes == {row["gemeentecode"] for row in listed if row["jaar"] == str(year)}
    assert len(codes) == count


@pytest.mark.parametrize(
    "day",
    ["2010-01-01", "2013-12-31", "2015-01-01", "2015-07-01", "2018-12-31", "2022-03-23", "2022-03-24", "2026-11-24"],
)
@pytest.mark.parametrize(("scheme", "regions"), [("province", 12), ("corop", 40), ("labour_market_region", 35)])
def test_every_municipality_lies_in_one_region_of_each_kind(live_run: Run, day: str, scheme: str, regions: int) -> None:
    sql = (
        "select count(*), count(distinct municipality_code), count(distinct region_code)"
        f" from region_membership where scheme = ? and {ON_DAY}"
    )
    [(rows, municipalities, found)] = query(live_run.release, sql, scheme, day, day)
    [(exist,)] = query(
        live_run.release, f"select count(*) from region_membership where scheme = 'municipality' and {ON_DAY}", day, day
    )
    assert rows == municipalities == exist
    assert found == regions


def test_regions_of_2016_and_2026_are_those_of_cbs(live_run: Run) -> None:
    folder = SHARED / "standin/files/regions"
    rows_2016 = csv.DictReader((folder / "arbeidsmarktregio_gemeente_2016.csv").open(encoding="utf-8"))
    rows_2026 = csv.DictReader((folder / "gemeente_2026_crosswalk.csv").open(encoding="utf-8"))
    expected = {
        "2016-01-01": {(r["gemeentecode"], r["am_code_2016"], r["corop"], r["provincie"]) for r in rows_2016},
        "2026-01-01": {
            (r["gemeente_code"], r["arbeidsmarktregio_code"], r["corop_code"], r["provincie_code"]) for r in rows_2026
        },
    }
    for day, known in expected.items():
        found: dict[str, dict[str, str]] = {}
        sql = f"select municipality_code, scheme, region_code from region_membership where {ON_DAY}"
        for municipality, scheme, region in query(live_run.release, sql, day, day):
            found.setdefault(municipality, {})[scheme] = region
        kinds = ("labour_market_region", "corop", "province")
        assert {(m, *(schemes.get(kind) for kind in kinds)) for m, schemes in found.items()} == known


@pytest.mark.parametrize(
    ("region", "then", "now"),
    [
        ("G4", 4, 4),
        ("G40", 40, 41),
        ("M50", 0, 61),
        ("PT01", 6, 4),
        ("PT02", 20, 22),
        ("PT03", 33, 30),
        ("PT04", 6, 6),
        ("PT05", 13, 13),
        ("PT06", 9, 9),
    ],
)
def test_groups_then_and_now(live_run: Run, region: str, then: int, now: int) -> None:
    sql = f"select count(*) from region_membership where region_code = ? and {ON_DAY}"
    counts = [query(live_run.release, sql, region, day, day)[0][0] for day in ("2018-01-01", "2026-11-24")]
    # Hoogeveen joined Regio Zwolle on 1 January 2018 itself.
    assert counts == [then + 1 if region == "PT02" else then, now]


def test_any_boundary_year_by_the_published_transitions(live_run: Run, key_figures: dict[str, dict[str, str]]) -> None:
    # On the boundaries of 2020 Weesp still is itself, and Eemsdelta is not there yet.
    sql = """
        select t.target_code, sum(o.value * (t.share_to - t.share_from))
        from observations as o
        join boundary_transitions as t
            on t.source_code = o.region_code and t.boundary_year = ?
            and '2015-01-01' between t.valid_from and coalesce(t.valid_to, '9999-12-31')
        where o.indicator_id = 'population_count' and o.period_code = '2015JJ00' and o.value is not null
        group by 1
    """
    on_2020 = dict(query(live_run.release, sql, 2020))
    assert len(on_2020) == 355
    assert on_2020["GM0457"] == published(key_figures, "TotaleBevolking_1", "GM0457")
    assert on_2020["GM1952"] == published(key_figures, "TotaleBevolking_1", "GM0018", "GM0040", "GM1987")
    assert "GM1979" not in on_2020
    assert sum(on_2020.values()) == pytest.approx(published(key_figures, "TotaleBevolking_1", "NL01"))
