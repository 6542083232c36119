"""Connections to DuckDB draw nothing in the terminal of a run, and no module makes one of its own."""

import re
from pathlib import Path

import pytest

from pipelines.database import connect
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
