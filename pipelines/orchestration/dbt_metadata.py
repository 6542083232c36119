"""What Dagster shows about the models and seeds of a dbt build: rows, columns, where each comes from, a preview.

Belongs here: turning the results of a build into metadata. Not here: building, which is `transform.py`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from sqlglot.errors import SqlglotError

from pipelines.database import connect
from pipelines.orchestration.asset_metadata import PREVIEW_ROWS, described, table_metadata
from pipelines.orchestration.column_lineage import column_lineage

Node = Mapping[str, Any]
_REQUIRED = {"not_null", "primary_key"}


@contextmanager
def looking_at(
    database: Path, manifest: Mapping[str, Any], key_of: Callable[[Node], dg.AssetKey]
) -> Iterator["BuiltNodes"]:
    """Open the result of a build, read-only.

    Args:
        database: the DuckDB file of the build.
        manifest: the manifest that the build wrote, with the compiled SQL.
        key_of: returns the asset of a node.
    """
    with connect(database, read_only=True) as con:
        yield BuiltNodes(con, manifest, key_of)


class BuiltNodes:
    """The nodes of a build, with what is known about each."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], key_of: Callable[[Node], dg.AssetKey]
    ) -> None:
        self._con = con
        self._nodes: dict[str, Node] = {**manifest["nodes"], **manifest["sources"]}
        self._key_of = key_of
        self._columns: dict[str, dict[str, str]] = {}

    def metadata(self, unique_id: str) -> dict[str, Any]:
        """The metadata of the asset of a node; empty for a view whose rows cannot be computed."""
        try:
            return self._metadata(self._nodes[unique_id], unique_id)
        except duckdb.Error:
            return {}

    def _metadata(self, node: Node, unique_id: str) -> dict[str, Any]:
        relation = self._con.sql(f"select * from {node['relation_name']}")
        (rows,) = self._con.sql(f"select count(*) from {node['relation_name']}").fetchall()[0]
        told = node["columns"].values()
        never_empty = [c["name"] for c in told if _REQUIRED & {rule["type"] for rule in c.get("constraints", [])}]
        schema = described(self.columns(unique_id), {}, never_empty)
        return table_metadata(rows, schema, relation.limit(PREVIEW_ROWS).pl(), self.lineage(unique_id))

    def columns(self, unique_id: str) -> dict[str, str]:
        """The columns of a node with their types, as DuckDB has them."""
        if unique_id not in self._columns:
            found = self._con.sql(f"describe select * from {self._nodes[unique_id]['relation_name']}").fetchall()
            self._columns[unique_id] = {name: kind.lower() for name, kind, *_ in found}
        return self._columns[unique_id]

    def lineage(self, unique_id: str) -> dict[str, list[dg.TableColumnDep]] | None:
        """The columns that each column of a model comes from; None for a seed, and for SQL that cannot be read."""
        node = self._nodes[unique_id]
        parents = {parent.replace(".", "__"): parent for parent in node["depends_on"].get("nodes", [])}
        if not (sql := node.get("compiled_code")):
            return None
        # To DuckDB a source is a function call; under a plain name it is a table like any other.
        for name, parent in parents.items():
            sql = sql.replace(self._nodes[parent]["relation_name"], name)
        try:
            found = column_lineage(sql, {name: list(self.columns(parent)) for name, parent in parents.items()})
        except SqlglotError:
            return None
        return {
            column: [
                dg.TableColumnDep(self._key_of(self._nodes[parents[table]]), self._called(parents[table], origin))
                for table, origin in origins
                if table in parents
            ]
            for column, origins in found.items()
        }

    def _called(self, unique_id: str, column: str) -> str:
        """The name of a column in its asset, which holds several tables in the case of a source."""
        node = self._nodes[unique_id]
        return f"{node['name']}.{column}" if node["resource_type"] == "source" else column
