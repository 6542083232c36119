"""What Spark built, copied into the one DuckDB file that everything after the build reads.

Spark writes each table as Parquet. In DuckDB it has the same name, so that checks and publishing ask the same questions
whichever engine built; and as a table, not as a view over files, it gives a release the same bytes. Belongs here: that
copy. Not here: the build, which is `transform.py`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.database import connect
from pipelines.settings import Settings

SPARK = "spark"


def copy_tables(settings: Settings, manifest: Mapping[str, Any]) -> None:
    """Put every table of a build with Spark in the DuckDB file, and a view of each source; else do nothing.

    Args:
        settings: where dbt built, and where the tables are.
        manifest: the manifest that the build wrote.
    """
    if settings.dbt_target != SPARK:
        return
    with connect(settings.database) as con:
        for node in [*manifest["nodes"].values(), *manifest["sources"].values()]:
            if found := _relation(node, settings.spark_tables):
                kind, files = found
                con.execute(f'create schema if not exists "{node["schema"]}"')
                con.execute(f"create or replace {kind} {node['relation_name']} as from {files}")


def _relation(node: Mapping[str, Any], root: Path) -> tuple[str, str] | None:
    """What a source or a table becomes, and the SQL that reads it; None for others, and for what was not built."""
    if node["resource_type"] == "source":
        return "view", str(node["config"]["meta"]["external_location"])
    if node["resource_type"] not in ("model", "seed"):
        return None
    folder = root / node["schema"] / node["alias"]
    return ("table", f"read_parquet('{folder}/*.parquet')") if folder.is_dir() else None
