"""Connections to DuckDB draw nothing in the terminal of a run, and no module makes one of its own."""

import re
from pathlib import Path

import duckdb
import pytest

from pipelines.database import connect, scanning
from pipelines.settings import PROJECT

MODULES = sorted(
    path
    for folder in ("pipelines", "schemas", "portal")
    for path in (PROJECT / folder).rglob("*.py")
    if path != PROJECT / "pipelines" / "database.py"
)


def test_a_connection_draws_no_bar_and_keeps_its_settings(tmp_path: Path) -> None:
    with connect(tmp_path / "one.duckdb", threads=1) as con:
        told = dict(con.execute("select name, value from duckdb_settings()").fetchall())
    assert told["enable_progress_bar"] == "false" and told["threads"] == "1"
    with connect(tmp_path / "one.duckdb", read_only=True) as con, pytest.raises(Exception, match="read-only"):
        con.execute("create table t (a int)")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_no_module_makes_a_connection_of_its_own(path: Path) -> None:
    assert not re.search(r"duckdb\.(connect|sql|query|execute)\(", path.read_text(encoding="utf-8"))


class TestScans:
    """Many small files are scanned, one after another, with one database in memory."""

    def test_the_next_gets_the_connection_of_the_last(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
        with scanning(tmp_path / "one") as first, scanning(tmp_path / "one") as beside:
            assert first is not beside
        with scanning(tmp_path / "two") as second:
            assert second in (first, beside)
            told = dict(second.execute("select name, value from duckdb_settings()").fetchall())
        assert told["temp_directory"] == str(tmp_path / "two") and told["memory_limit"] == "61.0 MiB"

    def test_what_went_wrong_is_not_used_again(self, tmp_path: Path) -> None:
        with pytest.raises(duckdb.Error), scanning(tmp_path) as broken:
            broken.execute("select nothing")
        with scanning(tmp_path) as con:
            assert con is not broken

    def test_one_that_spilled_is_used_in_its_own_folder_only(self, tmp_path: Path) -> None:
        many = "select count(*) from (select distinct md5(range::varchar) from range(2_000_000))"
        with scanning(tmp_path / "one") as spilled:
            assert spilled.execute(many).fetchone() == (2_000_000,)
            assert (tmp_path / "one").exists()
        with scanning(tmp_path / "two") as con:
            assert con is not spilled
            assert con.execute(many).fetchone() == (2_000_000,)
            assert (tmp_path / "two").exists()
