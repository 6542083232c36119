"""What Dagster shows of a node that dbt built."""

from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from pipelines.orchestration.asset_metadata import COLUMN_LINEAGE, COLUMN_SCHEMA, ROW_COUNT
from pipelines.orchestration.dbt_metadata import looking_at

SOURCE = "(select 7 as amount)"


def node(name: str, kind: str, relation: str, **more: Any) -> dict[str, Any]:
    """A node of a manifest, with what is read of it."""
    return {"name": name, "resource_type": kind, "relation_name": relation, "columns": {}, "depends_on": {}, **more}


MANIFEST = {
    "nodes": {
        "seed.x.words": node("words", "seed", '"words"'),
        "model.x.sums": node(
            "sums",
            "model",
            '"sums"',
            compiled_code=f'select word, amount + 1 as more from "words" cross join {SOURCE}',
            depends_on={"nodes": ["seed.x.words", "source.x.raw.paid"]},
            columns={"word": {"name": "word", "description": "", "constraints": [{"type": "not_null"}]}},
        ),
        "model.x.broken": node("broken", "model", '"broken"', compiled_code="select 1 as n"),
    },
    "sources": {"source.x.raw.paid": node("paid", "source", SOURCE)},
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What is told of each node."""
    file: Path = tmp_path_factory.mktemp("build") / "build.duckdb"
    with duckdb.connect(str(file)) as con:
        con.execute("create table words as select unnest(['a', 'b', 'c']) as word")
        con.execute(f"create view sums as select word, amount + 1 as more from words cross join {SOURCE}")
        con.execute("create view broken as select error('no rows') as n")
    with looking_at(file, MANIFEST, lambda found: dg.AssetKey(found["name"])) as nodes:
        return {unique_id: nodes.metadata(unique_id) for unique_id in MANIFEST["nodes"]}


def test_rows_and_columns_are_those_in_the_database(told: dict[str, dict[str, Any]]) -> None:
    sums = told["model.x.sums"]
    assert sums[ROW_COUNT] == told["seed.x.words"][ROW_COUNT] == 3
    columns = [(c.name, c.type, c.constraints.nullable) for c in sums[COLUMN_SCHEMA].columns]
    assert columns == [("word", "varchar", False), ("more", "integer", True)]
    assert COLUMN_LINEAGE not in told["seed.x.words"]


def test_a_column_of_a_source_goes_by_the_name_of_its_table(told: dict[str, dict[str, Any]]) -> None:
    assert told["model.x.sums"][COLUMN_LINEAGE].deps_by_column == {
        "word": [dg.TableColumnDep(dg.AssetKey("words"), "word")],
        "more": [dg.TableColumnDep(dg.AssetKey("paid"), "paid.amount")],
    }


def test_a_view_whose_rows_cannot_be_computed_tells_nothing(told: dict[str, dict[str, Any]]) -> None:
    assert told["model.x.broken"] == {}
