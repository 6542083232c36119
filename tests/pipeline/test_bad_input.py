"""Whatever is wrong in a card, a seed or a source ends in one line that says where, what and what to do.

What is wrong in itself, a card or a row, is our fault and stops the run; a source that is wrong stops nothing.
"""

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import dagster as dg
import pytest
import yaml
from conftest import Run
from support import (
    SHARED,
    Ran,
    copy_data,
    copy_project,
    current_release,
    digests,
    open_standin,
    query,
    release_ids,
    run_cli,
    write_contracts,
)

TABLES = SHARED / "standin" / "tables"
Table = dict[str, Any]


@dataclass(frozen=True)
class Bad:
    """A run on bad input, after a good one in the same data folder."""

    ran: Ran
    data: Path
    good: Path
    before: dict[str, str]
    again: list[Ran] = field(default_factory=list)

    def error(self, *parts: str) -> str:
        """The one thing that was told that has all of these parts: whole in the log, and shorter on standard error."""
        log = self.data / "build" / "run.log"
        found = [line for line in log.read_text(encoding="utf-8").splitlines() if all(part in line for part in parts)]
        assert len(found) == 1, f"{len(found)} lines have {parts}: {self.ran.err}"
        # What it is about stands in front, and is whole on standard error too.
        subject = re.match(r"(indicator )?[\w/]+", found[0])
        assert subject and any(line.startswith(subject[0]) for line in self.ran.errors), self.ran.err
        assert " -> " in found[0], f"it does not say what to do: {found[0]}"
        return found[0]


def nothing_published(bad: Bad) -> None:
    assert bad.ran.code == 1
    assert current_release(bad.data) == bad.data / "releases" / bad.good.name
    assert release_ids(bad.data) == {bad.good.name}
    assert digests(current_release(bad.data)) == bad.before
    assert "Traceback" not in bad.ran.err + bad.ran.out


def test_a_card_with_an_unknown_key_stops_before_anything_is_done(sample_run: Run, tmp_path: Path) -> None:
    project, data = copy_project(tmp_path / "project"), copy_data(sample_run.data, tmp_path / "data")
    path = project / "pipelines" / "cards" / "cbs.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["cards"][1]["colour"] = "red"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    ran = run_cli("run", "--from", "sample", data=data, project=project)
    (line,) = ran.errors
    assert all(part in line for part in ("cbs/70072ned", "cbs.yml", "unknown key `colour`", " -> ")), line
    nothing_published(Bad(ran, data, sample_run.release, digests(sample_run.release)))


def test_a_contract_that_is_out_of_date_stops_before_anything_is_done(sample_run: Run, tmp_path: Path) -> None:
    project, data = copy_project(tmp_path / "project"), copy_data(sample_run.data, tmp_path / "data")
    seed = project / "dbt_project" / "seeds" / "indicators.csv"
    seed.write_text(seed.read_text(encoding="utf-8").replace("jobs_count,", "work_count,", 1), encoding="utf-8")
    contracts = digests(project / "dbt_project" / "models")
    ran = run_cli("run", "--from", "sample", data=data, project=project)
    (line,) = ran.errors
    assert ".yml: not what seeds/indicators.csv" in line and line.endswith(" -> run `make contracts`"), line
    assert digests(project / "dbt_project" / "models") == contracts, "a run must not write them itself"
    nothing_published(Bad(ran, data, sample_run.release, digests(sample_run.release)))


@pytest.fixture(scope="module")
def bad_indicators(sample_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Bad:
    """Rows of the registry of indicators that are each wrong in a way of their own."""
    folder = tmp_path_factory.mktemp("indicators")
    project, data = copy_project(folder / "project"), copy_data(sample_run.data, folder / "data")
    path = project / "dbt_project" / "seeds" / "indicators.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def row(indicator_id: str) -> dict[str, str]:
        return next(row for row in rows if row["indicator_id"] == indicator_id)

    row("population_count")["measure_code"] = "Inwonertal"
    row("establishments_all_levels_count")["measure_code"] = "vestigingen"
    row("crimes_count")["dims"] = "SoortMisdrijf=T009999"
    row("jobs_count")["multiplier"] = "1"
    row("employee_jobs_count")["dataset_id"] = "cbs/99999NED"
    rows.append(row("ww_benefits_count") | {"measure_code": "BijstandTotDeAOWLeeftijd"})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    write_contracts(project)
    ran = run_cli("run", "--from", "sample", data=data, project=project)
    return Bad(ran, data, sample_run.release, digests(sample_run.release))


def test_an_indicator_that_selects_nothing_is_named(bad_indicators: Bad) -> None:
    line = bad_indicators.error("population_count", "indicators.csv", "'Inwonertal'", "selects nothing")
    assert "cbs/70072ned" in line and "TotaleBevolking" in line
    bad_indicators.error("crimes_count", "indicators.csv", "selects nothing", "'T009999'", "T001161")


def test_an_indicator_that_selects_two_measures_is_named_with_both(bad_indicators: Bad) -> None:
    line = bad_indicators.error("establishments_all_levels_count", "'vestigingen' selects")
    assert "BedrijfsvestigingenTotaal" in line and "VestigingenALandbouw" in line


def test_a_duplicated_indicator_is_named(bad_indicators: Bad) -> None:
    line = bad_indicators.error("indicator ww_benefits_count", "2 times")
    assert "Werkloosheid" in line and "BijstandTotDeAOWLeeftijd" in line


def test_a_multiplier_that_is_not_the_unit_is_named(bad_indicators: Bad) -> None:
    bad_indicators.error("jobs_count", "'x 1 000'", "multiplier is 1")


def test_an_indicator_of_a_table_without_a_card_is_named(bad_indicators: Bad) -> None:
    bad_indicators.error("employee_jobs_count", "cbs/99999NED", "cbs/83583NED")


def test_bad_indicators_publish_nothing(bad_indicators: Bad) -> None:
    nothing_published(bad_indicators)
    assert len(bad_indicators.ran.errors) == 6, bad_indicators.ran.err


def altered(folder: Path, changes: dict[str, Callable[[Table], object]]) -> Path:
    """The stand-in's tables, some of them changed and with news."""
    folder.mkdir()
    for source in TABLES.glob("*.json.gz"):
        table = json.loads(gzip.decompress(source.read_bytes()))
        if change := changes.get(table["id"]):
            (table.get("properties") or table.get("info") or {})["Modified"] = "2026-11-20T02:00:00"
            change(table)
        (folder / source.name).write_bytes(gzip.compress(json.dumps(table).encode(), 1))
    return folder


def run_altered(
    live: Run, folder: Path, changes: dict[str, Callable[[Table], object]], *arguments: str, times: int = 1
) -> Bad:
    data = copy_data(live.data, folder / "data")
    with open_standin("--tables", str(altered(folder / "tables", changes))) as standin:
        ran, *more = (standin.run(*arguments, data=data) for _ in range(times))
    return Bad(ran, data, live.release, digests(live.release), more)


def put(table: Table, key: str, column: str, value: object) -> None:
    """Put a value in the first row that has a key in any of its cells."""
    row = next(row for row in table["rows"] if key in [str(cell).strip() for cell in row])
    row[table["columns"].index(column)] = value


def rename_measure(table: Table) -> None:
    for topic in table["dataproperties"]:
        if topic["Key"] == "BanenVanWerknemersInDecember_1":
            topic.update(Key="Werkzaamheden_1", Title="Werkzaamheden")
    table["columns"][-1] = "Werkzaamheden_1"


@pytest.fixture(scope="module")
def bad_tables(live_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Bad:
    """Three tables of the source that are each wrong in a way of their own."""
    changes: dict[str, Callable[[Table], object]] = {
        "81575NED": lambda table: table["rows"].append([9999, *table["rows"][0][1:]]),
        "83648NED": lambda table: put(table, "GM0363", "TotaalGeregistreerdeMisdrijven_1", "  circa 5"),
        "83583NED": rename_measure,
    }
    return run_altered(live_run, tmp_path_factory.mktemp("tables"), changes)


@pytest.mark.standin
def test_a_duplicated_key_is_named(bad_tables: Bad) -> None:
    line = bad_tables.error("cbs/81575NED", "2 rows share a key")
    assert re.search(r"measure M000200 region GM\d{4} period 2026JJ00", line)


@pytest.mark.standin
def test_a_text_where_a_number_belongs_is_named(bad_tables: Bad) -> None:
    bad_tables.error("cbs/83648NED", "GM0363", "2015JJ00", "'circa 5'", "expected a number")


@pytest.mark.standin
def test_a_measure_that_the_source_no_longer_has_is_named(bad_tables: Bad) -> None:
    line = bad_tables.error("cbs/83583NED", "BanenVanWerknemersInDecember", "is not in the source")
    assert "Werkzaamheden_1" in line and "correct the measure on the card" in line


@pytest.mark.standin
def test_bad_tables_are_kept_as_they_were_and_the_rest_is_published(bad_tables: Bad) -> None:
    assert bad_tables.ran.code == 1 and len(bad_tables.ran.errors) == 3, bad_tables.ran.err
    assert "Traceback" not in bad_tables.ran.err + bad_tables.ran.out
    release = current_release(bad_tables.data)
    assert release.name != bad_tables.good.name
    joined = "observations join origins using (origin_id)"
    figures = f"select dataset_id, count(*), total(value) from {joined} group by 1 order by 1"
    assert query(release, figures) == query(bad_tables.good, figures)
    states = dict(query(release, "select dataset_id, state from sources"))
    assert {states[f"cbs/{table}"] for table in ("81575NED", "83648NED", "83583NED")} == {"kept"}
    assert bad_tables.ran.state("cbs/82949NED") == "current"


def evaluation(data: Path, key: dg.AssetCheckKey) -> dg.AssetCheckEvaluation:
    """What Dagster's own history, which its UI shows, has of the last execution of a check.

    A run that builds nothing planned the check and skipped it.
    """
    with dg.DagsterInstance.from_config(str(data / "dagster")) as instance:
        history = instance.event_log_storage.get_asset_check_execution_history(key, limit=2)
    events = [record.event.dagster_event for record in history if record.event and record.event.dagster_event]
    executed = [event for event in events if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION]
    return executed[0].asset_check_evaluation_data


@pytest.mark.standin
def test_the_ui_shows_why_a_source_failed_and_the_rows_that_were_refused(bad_tables: Bad) -> None:
    found = evaluation(bad_tables.data, dg.AssetCheckKey(dg.AssetKey(["raw", "cbs", "83648NED"]), "source"))
    assert not found.passed and "'circa 5'" in str(found.metadata["problem"].value)
    rows = str(found.metadata["failing_rows"].value)
    assert "GM0363" in rows and "circa 5" in rows and "|" in rows
    assert evaluation(bad_tables.data, dg.AssetCheckKey(dg.AssetKey(["raw", "cbs", "82949NED"]), "source")).passed


@pytest.fixture(scope="module")
def out_of_bounds(live_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bad]:
    """A value that is larger than its indicator can be; every form of it is right."""
    changes: dict[str, Callable[[Table], object]] = {
        "81575NED": lambda table: put(table, "GM0363", "Value", 99_000_000.0)
    }
    yield run_altered(live_run, tmp_path_factory.mktemp("bounds"), changes, "--select", "cbs/81575NED", times=2)


@pytest.mark.standin
def test_a_value_outside_its_bounds_holds_its_indicator_back_and_no_other(out_of_bounds: Bad) -> None:
    (line,) = out_of_bounds.ran.group("Indicators held back")
    assert line == (
        "establishments_count: within_bounds fails in 1 row: GM0363 2026JJ00, value 99000000.0, ..."
        " -> compare with the source"
    )
    assert out_of_bounds.ran.code == 1
    release, before = current_release(out_of_bounds.data), out_of_bounds.good
    count = "select indicator_id, count(*), total(value) from observations group by 1 order by 1"
    assert query(release, count) == [row for row in query(before, count) if row[0] != "establishments_count"]
    states = dict(query(release, "select indicator_id, state_reason from indicators where state = 'blocked'"))
    assert "99000000" in states["establishments_count"]
    # Nothing is computed from it; all others are there.
    assert states.keys() == {"establishments_count"}
    on_boundaries = "select distinct indicator_id from observations_on_boundaries"
    assert not {row[0] for row in query(release, on_boundaries)} & states.keys()


@pytest.mark.standin
def test_what_was_held_back_is_told_again_by_a_run_that_builds_nothing(out_of_bounds: Bad) -> None:
    (again,) = out_of_bounds.again
    assert "nothing was built again" in again.out and "nothing was built again" not in out_of_bounds.ran.out
    assert (again.code, again.err) == (1, out_of_bounds.ran.err)


@pytest.mark.standin
def test_the_ui_shows_the_rows_that_a_statistical_check_refused(out_of_bounds: Bad) -> None:
    key = dg.AssetKey(["marts", "core", "fct_observation"])
    found = evaluation(out_of_bounds.data, dg.AssetCheckKey(key, "within_bounds"))
    assert not found.passed and "GM0363" in str(found.metadata["failing_rows"].value)
    assert evaluation(out_of_bounds.data, dg.AssetCheckKey(key, "contract")).passed


@pytest.mark.standin
def test_the_release_of_the_ui_says_what_is_not_in_it(out_of_bounds: Bad) -> None:
    with dg.DagsterInstance.from_config(str(out_of_bounds.data / "dagster")) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["publish", "release"]))
    assert event and event.asset_materialization
    metadata = event.asset_materialization.metadata
    assert "establishments_count" in cast(dict[str, str], metadata["held_back"].value)
    absent = cast(dict[str, str], metadata["not_current"].value)
    assert absent["cbs/86276NED"] == "absent" and "cbs/81575NED" not in absent
