"""Own selections in whole runs: a part of the release, and a bad one stops the run before anything is published."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from conftest import Run
from support import Ran, copy_data, current_release, digests, release_ids, run_cli

COLUMNS = {
    "region_code": "string",
    "name": "string",
    "municipality_code": "string",
    "valid_from": "date32[day]",
    "valid_to": "date32[day]",
    "file": "string",
}


@dataclass(frozen=True)
class Selected:
    """A run of the sample with one selection, after one without."""

    ran: Ran
    data: Path


def select(run: Run, folder: Path, text: str) -> Selected:
    data = copy_data(run.data, folder / "data")
    (data / "selections").mkdir()
    (data / "selections" / "oost.csv").write_text(text, encoding="utf-8")
    return Selected(run_cli("run", "--from", "sample", data=data), data)


@pytest.fixture(scope="module")
def selected(sample_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Selected:
    """Zwolle, and Weesp for as long as it was there."""
    text = "municipality_code;valid_to;region_name\n193;;Oost\n457;23-03-2022;\n"
    return select(sample_run, tmp_path_factory.mktemp("selected"), text)


def test_without_a_selection_the_input_is_empty_and_has_its_columns(sample_run: Run) -> None:
    found = pq.read_table(sample_run.data / "build/inputs/selections.parquet")
    assert found.num_rows == 0
    assert {field.name: str(field.type) for field in found.schema} == COLUMNS


def test_a_selection_reaches_the_models(selected: Selected) -> None:
    assert selected.ran.code == 0, selected.ran.err + selected.ran.out
    with duckdb.connect(str(selected.data / "build/regiokompas.duckdb"), read_only=True) as con:
        staged = "select * replace (cast(valid_to as varchar) as valid_to) from stg_raw__selections order by all"
        rows = con.execute(staged).fetchall()
    assert rows == [
        ("OWN-OOST", "Oost", "GM0193", None, None, "oost.csv"),
        ("OWN-OOST", "Oost", "GM0457", None, "2022-03-23", "oost.csv"),
    ]
    read = pq.read_table(selected.data / "build/inputs/selections.parquet")
    assert {field.name: str(field.type) for field in read.schema} == COLUMNS


def test_another_selection_is_another_release(selected: Selected, sample_run: Run) -> None:
    made = current_release(selected.data)
    assert made.name != sample_run.release.name
    assert digests(selected.data / "releases" / sample_run.release.name) == digests(sample_run.release)


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
    bad = select(sample_run, tmp_path, text)
    (line,) = bad.ran.errors
    assert bad.ran.code == 1 and problem in line and " -> " in line
    assert "Traceback" not in bad.ran.err + bad.ran.out
    assert current_release(bad.data).name == sample_run.release.name
    assert release_ids(bad.data) == {sample_run.release.name}
    assert digests(current_release(bad.data)) == digests(sample_run.release)
