"""What every asset shows in Dagster's UI under Dagster's own keys: rows, columns, a preview, an owner.

Belongs here: what holds for assets of every kind. Not here: what is specific to one kind; see `source_specs.py`
for sources and `dbt_metadata.py` for dbt.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg
import polars as pl

OWNERS = ["team:regiokompas"]
"""The owner that Dagster shows for every asset."""
PREVIEW_ROWS = 5
_WIDEST_CELL = 60
# The run history outlives a release. A name that a later release masks must not remain in it.
_NOT_SHOWN = {"recipient", "recipient_key"}
# Dagster keeps these in metadata sets of its own, which are not public.
ROW_COUNT = "dagster/row_count"
COLUMN_SCHEMA = "dagster/column_schema"
COLUMN_LINEAGE = "dagster/column_lineage"
URI = "dagster/uri"


def table_metadata(
    rows: int,
    schema: dg.TableSchema,
    first_rows: pl.DataFrame,
    lineage: Mapping[str, Sequence[dg.TableColumnDep]] | None = None,
) -> dict[str, Any]:
    """The metadata of an asset that is one table, after it was made.

    Args:
        rows: the number of rows.
        schema: its columns.
        first_rows: the rows to show.
        lineage: for each of its columns, those that it comes from, where known.
    """
    told = {ROW_COUNT: rows, COLUMN_SCHEMA: bare(schema), "preview": preview(first_rows)}
    if lineage is None:
        return told
    # The open-source UI keeps lineage but does not show it.
    comes_from = [
        dg.TableRecord({"column": column, "from": ", ".join(_short(dep) for dep in deps)})
        for column, deps in lineage.items()
    ]
    columns = [dg.TableColumn("column", "string"), dg.TableColumn("from", "string")]
    return told | {
        COLUMN_LINEAGE: dg.TableColumnLineage(lineage),
        "columns_from": dg.MetadataValue.table(records=comes_from, schema=dg.TableSchema(columns)),
    }


def _short(dep: dg.TableColumnDep) -> str:
    return f"{dep.asset_key.path[-1]}.{dep.column_name}"


def bundle_metadata(
    rows_by_table: Mapping[str, int],
    schema: dg.TableSchema,
    lineage: Mapping[str, Sequence[dg.TableColumnDep]] | None = None,
) -> dict[str, Any]:
    """The metadata of an asset that holds several tables, after it was made: each table, and the total of rows.

    Args:
        rows_by_table: the number of rows in each.
        schema: the columns of all tables, as returned by `bundle_schema`.
        lineage: for each of those columns, the ones that it comes from, where known.
    """
    tables = [dg.TableRecord({"table": name, "rows": rows}) for name, rows in rows_by_table.items()]
    columns = [dg.TableColumn("table", "string"), dg.TableColumn("rows", "int")]
    told = {
        ROW_COUNT: sum(rows_by_table.values()),
        COLUMN_SCHEMA: bare(schema),
        "tables": dg.MetadataValue.table(records=tables, schema=dg.TableSchema(columns)),
    }
    return told | ({COLUMN_LINEAGE: dg.TableColumnLineage(lineage)} if lineage is not None else {})


def bundle_schema(tables: Mapping[str, dg.TableSchema]) -> dg.TableSchema:
    """The columns of several tables as those of one asset, each prefixed with the name of its table."""
    return dg.TableSchema(
        [
            dg.TableColumn(f"{table}.{c.name}", c.type, description=c.description, constraints=c.constraints)
            for table, schema in tables.items()
            for c in schema.columns
        ]
    )


def described(
    columns: Mapping[str, str], descriptions: Mapping[str, str], required: Iterable[str] = ()
) -> dg.TableSchema:
    """The columns of a table, each with its type and description; `required` are those that are never empty."""
    never_empty = set(required)
    return dg.TableSchema(
        [
            dg.TableColumn(
                name,
                kind,
                description=descriptions.get(name) or None,
                constraints=dg.TableColumnConstraints(nullable=name not in never_empty),
            )
            for name, kind in columns.items()
        ]
    )


def bare(schema: dg.TableSchema) -> dg.TableSchema:
    """The columns without descriptions: the UI takes those from the definition, and history keeps every run."""
    return dg.TableSchema([dg.TableColumn(c.name, c.type, constraints=c.constraints) for c in schema.columns])


def preview(rows: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """The first rows of a table, without the columns that may not be kept."""
    return markdown_table(rows.head(PREVIEW_ROWS).drop(_NOT_SHOWN & set(rows.columns)))


def markdown_table(rows: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """Rows as a Markdown table; long cells are cut."""
    lines = [rows.columns, ["---"] * rows.width, *(map(_cell, row) for row in rows.iter_rows())]
    return dg.MetadataValue.md("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = " ".join(str(value).split())
    shortened = text if len(text) <= _WIDEST_CELL else f"{text[:_WIDEST_CELL]}…"
    return shortened.replace("|", "\\|")
