"""Asset checks on the published tables: their contract and the statistical checks their models ask for."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pandera.polars as pa
import polars as pl

from pipelines.manifest import PublicTable
from pipelines.settings import Settings
from schemas.checks import describe, failing_rows
from schemas.marts import contract_schema

_SHOWN_ROWS = 20


def mart_checks(tables: list[PublicTable], keys: dict[str, dg.AssetKey]) -> dg.AssetChecksDefinition:
    """One step with a contract check for every public table and each statistical check by its name.

    All of them block: nothing is published past a failed one.
    """
    specs = [
        dg.AssetCheckSpec("contract", asset=keys[t.model], blocking=True, description="Columns, types and key")
        for t in tables
    ]
    specs += [
        dg.AssetCheckSpec(check_name(asked, t), asset=keys[t.model], blocking=True, description=str(asked))
        for t in tables
        for asked in t.checks
    ]

    @dg.multi_asset_check(specs=specs, name="mart_checks")
    def run_checks(settings: dg.ResourceParam[Settings]) -> Iterator[dg.AssetCheckResult]:
        frames = read_tables(settings.database, tables)
        for table in tables:
            key = keys[table.model]
            yield _result("contract", key, *_contract_problem(table, frames[table.name]))
            for asked in table.checks:
                rows = failing_rows(frames, asked)
                problem = f"{table.name}: {describe(asked, rows)}" if rows.height else ""
                yield _result(check_name(asked, table), key, problem, rows)

    return run_checks


def check_name(asked: dict[str, object], table: PublicTable) -> str:
    """A name for a check that is its own even when a model asks for the same one twice."""
    same = [c for c in table.checks if c["name"] == asked["name"]]
    return str(asked["name"]) + (f"_{same.index(asked) + 1}" if len(same) > 1 else "")


def read_tables(file: Path, tables: list[PublicTable]) -> dict[str, pl.DataFrame]:
    """The public tables of a DuckDB file as polars frames, each in the order of its key."""
    with duckdb.connect(str(file), read_only=True) as con:
        return {t.name: con.sql(f"select * from {t.model} order by {t.order}").pl() for t in tables}


def _contract_problem(table: PublicTable, frame: pl.DataFrame) -> tuple[str, pl.DataFrame]:
    try:
        contract_schema(table).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases.select(pl.all().cast(pl.String))
        first = cases.row(0, named=True)
        return (
            f"{table.name}: column {first['column']} holds {first['failure_case']}, expected {first['check']}"
            " -> bring the model and its contract in line",
            cases,
        )
    return "", pl.DataFrame()


def _result(name: str, key: dg.AssetKey, problem: str, rows: pl.DataFrame) -> dg.AssetCheckResult:
    if not problem:
        return dg.AssetCheckResult(check_name=name, asset_key=key, passed=True)
    metadata = {"problem": dg.MetadataValue.text(problem), "failing_rows": rows_metadata(rows)}
    return dg.AssetCheckResult(check_name=name, asset_key=key, passed=False, metadata=metadata)


def rows_metadata(rows: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """The first rows of a frame as a Markdown table, for the Dagster UI."""
    with pl.Config(tbl_formatting="MARKDOWN", tbl_hide_dataframe_shape=True, tbl_cols=-1, tbl_rows=_SHOWN_ROWS):
        return dg.MetadataValue.md(str(rows.head(_SHOWN_ROWS)))
