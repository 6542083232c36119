"""Own selections in whole runs: a part of the release, and a bad one stops the run before anything is published."""

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from conftest import Run
from support import copy_data, current_release, digests, release_ids, run_cli

COLUMNS = {
    "region_code": "string",
    "name": "string",
    "municipality_code": "string",
    "valid_from": "date32[day]",
    "valid_to": "date32[day]",
    "file": "string",
}


def test_without_a_selection_the_input_is_empty_and_has_its_columns(sample_run: Run) -> None:
    found = pq.read_table(sample_run.data / "build/inputs/selections.parquet")
    assert found.num_rows == 0
    assert {field.name: str(field.type) for field in found.schema} == COLUMNS


def test_a_selection_reaches_the_models(own_run: Run) -> None:
    with duckdb.connect(str(own_run.data / "build/regiokompas.duckdb"), read_only=True) as con:
        staged = "select * replace (cast(valid_to as varchar) as valid_to) from stg_raw__selections"
        rows = con.execute(f"{staged} where file = 'oost.csv' order by all").fetchall()
    assert rows == [
        ("OWN-OOST", "Oost", "GM0193", None, None, "oost.csv"),
        ("OWN-OOST", "Oost", "GM0457", None, "2022-03-23", "oost.csv"),
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
            "selection oost.csv: municipality_code 'GM9998' has never existed, expected a code as in the table regions"
            " -> correct it in the file (and 1 more)",
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
