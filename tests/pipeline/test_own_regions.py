"""Own selections in whole runs: a part of the release, and a bad one stops the run before anything is published."""

import csv
import io
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from conftest import Run
from support import Ran, copy_data, current_release, digests, query, release_ids, run_cli
from support_portal import ask, open_portal, release_of

from portal.cooperation import cooperation_url

COLUMNS = {
    "region_code": "string",
    "name": "string",
    "municipality_code": "string",
    "valid_from": "date32[day]",
    "valid_to": "date32[day]",
    "file": "string",
    "share": "double",
    "area_share": "double",
}
# A list as it stood in 2020: three of it are one municipality since 2021, and one was divided then.
OF_2020 = "municipality_code,region_name\nGM0003,Lijst van 2020\nGM0010,\nGM0024,\nGM0037,\nGM0788,\n"


def test_without_a_selection_the_input_is_empty_and_has_its_columns(sample_run: Run) -> None:
    found = pq.read_table(sample_run.data / "build/inputs/selections.parquet")
    assert found.num_rows == 0
    assert {field.name: str(field.type) for field in found.schema} == COLUMNS


def test_a_selection_reaches_the_models(own_run: Run) -> None:
    with duckdb.connect(str(own_run.data / "build/regiokompas.duckdb"), read_only=True) as con:
        staged = "select * replace (cast(valid_to as varchar) as valid_to) from stg_raw__selections"
        rows = con.execute(f"{staged} where file = 'oost.csv' order by all").fetchall()
    assert rows == [
        ("OWN-OOST", "Oost", "GM0193", None, None, "oost.csv", 1, 1),
        ("OWN-OOST", "Oost", "GM0457", None, "2022-03-23", "oost.csv", 1, 1),
    ]
    read = pq.read_table(own_run.data / "build/inputs/selections.parquet")
    assert {field.name: str(field.type) for field in read.schema} == COLUMNS


def test_another_selection_is_another_release(own_run: Run, sample_run: Run) -> None:
    assert own_run.release.name != sample_run.release.name
    assert digests(own_run.data / "releases" / sample_run.release.name) == digests(sample_run.release)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "municipality_code\n193\nZwolle\n",
            "selection oost.csv line 3: municipality_code is 'Zwolle', expected a code",
        ),
        (
            "municipality_code\n193\n9999\n9998\n",
            "selection oost.csv line 3: municipality_code is '9999', which no municipality has had since 2010,",
        ),
        (
            "municipality_code,valid_to\n3,2020-12-31\n",
            "selection oost.csv: no municipality is in the region on 2026-01-01, expected at least one",
        ),
    ],
)
def test_a_bad_selection_publishes_nothing(sample_run: Run, tmp_path: Path, text: str, problem: str) -> None:
    data = copy_data(sample_run.data, tmp_path / "data")
    (data / "selections").mkdir()
    (data / "selections" / "oost.csv").write_text(text, encoding="utf-8")
    ran = run_cli("run", "--from", "sample", data=data)
    (line,) = ran.errors
    log = data / "build" / "run.log"
    whole = [line, *(log.read_text(encoding="utf-8").splitlines() if log.exists() else [])]
    assert ran.code == 1 and any(problem in told for told in whole) and " -> " in line
    assert "Traceback" not in ran.err + ran.out
    assert current_release(data).name == sample_run.release.name
    assert release_ids(data) == {sample_run.release.name}
    assert digests(current_release(data)) == digests(sample_run.release)


@pytest.fixture(scope="module")
def run_of_2020(sample_run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Path]:
    """A run with a list of 2020, and its data."""
    data = copy_data(sample_run.data, tmp_path_factory.mktemp("of_2020") / "data")
    (data / "selections").mkdir()
    (data / "selections" / "lijst.csv").write_text(OF_2020, encoding="utf-8")
    return run_cli("run", "--from", "sample", data=data), data


def test_codes_that_ended_are_told_with_file_and_line_and_are_no_failure(run_of_2020: tuple[Ran, Path]) -> None:
    ran, data = run_of_2020
    assert ran.code == 0, ran.err
    told = ran.group("To look at")
    assert [line.partition(": ")[0] for line in told] == [
        f"selection lijst.csv line {n}" for n in (2, 3, 4, 6, 6, 6, 6)
    ]
    assert max(map(len, ran.err.splitlines())) <= 120
    log = (data / "build" / "run.log").read_text(encoding="utf-8")
    for line in (
        "line 2: GM0003 Appingedam ended on 2020-12-31 -> GM1979 Eemsdelta takes its place from 2021-01-01 on",
        "line 6: GM0788 Haaren ended on 2020-12-31 -> 17.6% of GM0824 Oisterwijk takes its place from 2021-01-01 on",
        "line 6: GM0788 Haaren ended on 2020-12-31 -> 0.7% of GM0855 Tilburg takes its place from 2021-01-01 on",
    ):
        whole = f"selection lijst.csv {line}"
        assert f"{whole}\n" in log
        # A line that does not fit the terminal loses its end there, and never who takes whose place.
        assert any(whole == found or (found.endswith("...") and whole.startswith(found[:-4])) for found in told)


def test_the_heirs_are_members_and_their_figures_add_up(run_of_2020: tuple[Ran, Path]) -> None:
    release = current_release(run_of_2020[1])
    sql = "select municipality_code, share from region_membership where region_code = 'OWN-LIJST' and valid_to is null"
    members = dict(query(release, sql))
    assert members == {
        **{"GM0037": 1, "GM1979": 1},
        **{"GM0757": 0.062747, "GM0824": 0.175679, "GM0855": 0.006511, "GM0865": 0.151637},
    }
    figures = (
        "select region_code, value, value_status, boundary_method from observations_on_boundaries"
        " where boundary_year = 2026 and indicator_id = 'population_count' and period_code = '2023JJ00'"
    )
    found = {region: cell for region, *cell in query(release, figures)}
    parts = sum(round(share * found[code][0]) for code, share in members.items())
    assert found["OWN-LIJST"] == [parts, "estimated", "split_estimate"]
    # Land follows area: 0.7% of the inhabitants of Tilburg came from Haaren, and 7.9% of its land.
    sql = sql.replace("share from", "area_share from")
    by_area = dict(query(release, sql))
    assert by_area == members | {"GM0757": 0.084141, "GM0824": 0.208466, "GM0855": 0.078804, "GM0865": 0.42502}
    land = {region: cell for region, *cell in query(release, figures.replace("population_count", "land_area_km2"))}
    hectares = sum(round(100 * share * land[code][0]) for code, share in by_area.items())
    assert land["OWN-LIJST"][0] == pytest.approx(hectares / 100)
    (monitored,) = query(
        release,
        "select value, value_status, boundary_method, territory, members_then, members_now from cooperation_monitor"
        " where region_code = 'OWN-LIJST' and indicator_id = 'population_count' and year = 2023",
    )
    assert monitored == (parts, "estimated", "split_estimate", "approximate", 5, 6)


def test_without_a_divided_one_the_region_is_the_pure_sum_of_what_is_published(sample_run: Run, own_run: Run) -> None:
    cell = "select value, value_status, boundary_method from observations_on_boundaries where boundary_year = 2026"
    cell += " and indicator_id = 'population_count' and period_code = '2023JJ00' and region_code = "
    shares = query(own_run.release, "select distinct share from region_membership where scheme = 'own'")
    assert shares == [(1,)]
    (zwolle,) = query(sample_run.release, f"{cell} 'GM0193'")
    (region,) = query(own_run.release, f"{cell} 'OWN-OOST'")
    assert region == (zwolle[0], zwolle[1], "merged")


def test_on_the_boundaries_of_their_time_those_that_ended_are_themselves(run_of_2020: tuple[Ran, Path]) -> None:
    release = current_release(run_of_2020[1])
    portal = open_portal(release)

    def read(boundary_year: int, *codes: str) -> dict[str, tuple[str, str]]:
        asked = {"region": list(codes), "indicator": "population_count", "boundary_year": str(boundary_year)}
        rows = csv.DictReader(io.StringIO(ask(portal, "/vergelijk.csv", params=asked).text, newline=""))
        return {r["region_code"]: (r["value"], r["boundary_method"]) for r in rows if r["period_code"] == "2019JJ00"}

    of_2020 = read(2020, "OWN-LIJST", "GM0003", "GM0010", "GM0024", "GM0037", "GM0788")
    whole = sum(float(value) for code, (value, _) in of_2020.items() if code != "OWN-LIJST")
    assert (float(of_2020["OWN-LIJST"][0]), of_2020["OWN-LIJST"][1]) == (whole, "merged")
    # On later boundaries the page works out what the release holds for the newest, parts included.
    (published,) = query(
        release,
        "select value from observations_on_boundaries where boundary_year = 2026 and region_code = 'OWN-LIJST'"
        " and indicator_id = 'population_count' and period_code = '2019JJ00'",
    )
    of_2022 = read(2022, "OWN-LIJST")["OWN-LIJST"]
    assert (float(of_2022[0]), of_2022[1]) == (published[0], "split_estimate")


def test_the_page_of_the_region_says_of_which_members_it_is_a_part(run_of_2020: tuple[Ran, Path]) -> None:
    portal = open_portal(current_release(run_of_2020[1]))
    url = cooperation_url(release_of(portal), "OWN-LIJST", "en")
    assert url and f'href="{url}"' in ask(portal, release_of(portal).region_url("OWN-LIJST", "en")).text
    page = ask(portal, url).text
    assert "0.7% of the inhabitants" in page and page.count("% of the inhabitants</span></li>") == 4
