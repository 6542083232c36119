"""What the command line refuses before anything is done, each in one line that says what to do."""

from pathlib import Path

from filelock import FileLock
from support import release_ids, run_cli


def test_a_run_does_not_start_beside_another_in_the_same_folder(tmp_path: Path) -> None:
    with FileLock(tmp_path / "run.lock"):
        ran = run_cli("run", "--from", "sample", data=tmp_path)
    assert ran.code == 1 and not release_ids(tmp_path)
    assert len(ran.errors) == 1 and "another run is busy" in ran.errors[0] and " -> wait for it" in ran.errors[0]


def test_a_path_that_is_no_landing_is_refused_in_one_line(tmp_path: Path) -> None:
    ran = run_cli("run", "--from", str(tmp_path / "nowhere"), data=tmp_path / "data")
    assert ran.code == 1
    assert len(ran.errors) == 1 and "nowhere" in ran.errors[0] and "landing" in ran.errors[0]


def test_a_glob_that_matches_nothing_is_an_error(tmp_path: Path) -> None:
    ran = run_cli("run", "--from", "sample", "--select", "cbs/0000*", data=tmp_path)
    assert ran.code == 1
    assert len(ran.errors) == 1 and "cbs/0000*" in ran.errors[0] and "cbs/81575NED" in ran.errors[0]


def test_a_setting_that_is_no_number_is_named(tmp_path: Path) -> None:
    ran = run_cli("run", data=tmp_path, REGIOKOMPAS_HTTP_TRIES="many")
    assert ran.code == 1 and ran.errors == ["REGIOKOMPAS_HTTP_TRIES: expected a int, found 'many'"]


def test_the_status_of_an_empty_folder_says_that_nothing_is_there(tmp_path: Path) -> None:
    ran = run_cli("status", data=tmp_path)
    assert ran.code == 0 and "none yet" in ran.out and ran.state("cbs/81575NED") == "absent"
