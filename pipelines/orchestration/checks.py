"""Asset checks on the published tables: their contracts and the statistical checks that their models ask for.

When a check of figures fails, its indicators are held back: the models are built again without them, and the release
says why they are missing. A failure that does not concern single indicators blocks the release: the fault is ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
import duckdb
import pandera.polars as pa
import polars as pl

from pipelines.concerns import HELD_BACK, WARNED, Concern
from pipelines.database import connect
from pipelines.errors import RegiokompasError, shown
from pipelines.ingest.assemble import hold_back
from pipelines.ingest.origins import Origin
from pipelines.orchestration.dbt_integration import DbtCliResource
from pipelines.orchestration.told_concerns import as_metadata, rows_metadata
from pipelines.orchestration.transform import build_again, warnings
from pipelines.orchestration.unchanged import note_checked
from pipelines.publish.manifest import PublicTable
from pipelines.reading.recipients import MASK, named_though_hidden
from pipelines.settings import Settings
from schemas.checks import Frames, describe, describe_shortly, failing_rows, refused_indicators
from schemas.marts import contract_schema

WARNINGS = "dbt_warnings"
_FACT = "fct_observation"
_RELEASE = "release"
RECIPIENT = "recipient"
# What is computed from a refused figure is left out with it, so one more round should find nothing; if it finds
# something, the fault is ours.
_ROUNDS = 3
# Rows of a table that are looked at together: a part is small, and what pandera costs for each is little beside it.
_BATCH = 50_000


def mart_checks(tables: list[PublicTable], keys: dict[str, dg.AssetKey]) -> dg.AssetChecksDefinition:
    """One step with a contract check for every public table, and each statistical check by its name.

    Contracts block: nothing is published once one has failed. A statistical check that refuses indicators does not,
    since the step leaves them out before it ends.
    """
    specs = [
        dg.AssetCheckSpec("contract", asset=keys[t.model], blocking=True, description="Columns, types and key")
        for t in tables
    ]
    specs += [
        dg.AssetCheckSpec(check_name(asked, t), asset=keys[t.model], description=str(asked))
        for t in tables
        for asked in t.checks
    ]
    specs.append(dg.AssetCheckSpec(WARNINGS, asset=keys[_FACT], description="What the dbt tests warn about"))

    @dg.multi_asset_check(specs=specs, name="mart_checks")
    def run_checks(
        settings: dg.ResourceParam[Settings], origin: dg.ResourceParam[Origin], dbt: DbtCliResource
    ) -> Iterator[dg.AssetCheckResult]:
        try:
            looked = _hold_back_what_is_refused(settings, tables, dbt, invented=origin.is_invented)
        except RegiokompasError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        warned = _warned(settings)
        refused = [concern for _, _, told in looked.refused.values() for concern in told]
        note_checked(settings, looked.release_id, [*refused, *warned])
        for table in tables:
            yield _result("contract", keys[table.model], *looked.contracts[table.name])
            for asked in table.checks:
                name = check_name(asked, table)
                yield _result(
                    name, keys[table.model], *looked.refused.get((table.name, name), ("", pl.DataFrame(), []))
                )
        yield dg.AssetCheckResult(
            check_name=WARNINGS,
            asset_key=keys[_FACT],
            passed=not warned,
            severity=dg.AssetCheckSeverity.WARN,
            metadata=as_metadata(warned),
        )

    return run_checks


@dataclass
class _Looked:
    """What the checks found: about the contracts in the last build, and about every indicator that was held back."""

    release_id: str = ""
    contracts: dict[str, tuple[str, pl.DataFrame]] = field(default_factory=dict)
    refused: dict[tuple[str, str], tuple[str, pl.DataFrame, list[Concern]]] = field(default_factory=dict)


def _hold_back_what_is_refused(
    settings: Settings, tables: list[PublicTable], dbt: DbtCliResource, *, invented: bool
) -> _Looked:
    """Check the build, and build again without what was refused, until nothing is refused.

    Raises:
        RegiokompasError: a check fails that does not concern single indicators, or one keeps failing.
    """
    looked = _Looked()
    for _ in range(_ROUNDS):
        reasons: dict[str, str] = {}
        with connect(settings.database, read_only=True) as con:
            frames = TablesRead(con)
            looked.release_id = frames[_RELEASE].collect()["release_id"][0]
            # Published figures come before those on the boundaries of a year, which repeat their errors.
            for table in sorted(tables, key=lambda table: table.name):
                refuse_persons({table.name: frames[table.name]})
                looked.contracts[table.name] = contract_problem(con, table)
                reasons = _refuse(frames, table, looked) | reasons
        if not reasons:
            return looked
        hold_back(settings, reasons)
        build_again(settings, dbt, invented=invented)
    raise RegiokompasError(
        f"checks still refuse {shown(reasons)} after they were left out {_ROUNDS} times -> please report it, with"
        f" {settings.build}"
    )


def refuse_persons(frames: Frames) -> None:
    """The last gate: recipients are checked in the form in which they will be read, whatever came before.

    Raises:
        RegiokompasError: a table names a recipient that is not clearly an organisation; the name is not repeated.
    """
    for table, frame in frames.items():
        if RECIPIENT not in frame.collect_schema():
            continue
        names = frame.select(pl.col(RECIPIENT).drop_nulls().unique()).collect(engine="streaming").to_series()
        if found := len(named_though_hidden(names)):
            raise RegiokompasError(
                f"{table}: column {RECIPIENT} holds {found} names not clearly of an organisation, expected {MASK!r}"
                " -> look at how the registers are read and combined; nothing was published"
            )


def _refuse(frames: Frames, table: PublicTable, looked: _Looked) -> dict[str, str]:
    """Why a table's checks refuse indicators, by indicator id; the findings are added to `looked`."""
    reasons: dict[str, str] = {}
    for asked in table.checks:
        rows = failing_rows(frames, asked)
        if not rows.height:
            continue
        problem = f"{table.name}: {describe(asked, rows)}"
        refused = refused_indicators(asked, rows)
        if not refused:
            raise RegiokompasError(problem)
        reasons = dict.fromkeys(refused, problem) | reasons
        short = describe_shortly(asked, rows)
        concern = Concern(HELD_BACK, shown(refused, 3), short, "compare with the source", problem)
        # A figure that is wrong as published is also wrong on the boundaries of a year: report it once.
        is_told = any(c.subject == concern.subject for _, _, told in looked.refused.values() for c in told)
        looked.refused[table.name, check_name(asked, table)] = problem, rows, [] if is_told else [concern]
    return reasons


def check_name(asked: dict[str, object], table: PublicTable) -> str:
    """A name for a check that is unique even when a model asks for the same check twice."""
    same = [c for c in table.checks if c["name"] == asked["name"]]
    return str(asked["name"]) + (f"_{same.index(asked) + 1}" if len(same) > 1 else "")


class TablesRead(dict[str, pl.LazyFrame]):
    """The tables of a DuckDB file as polars frames, of which a check reads the columns that it uses, a part at a time.

    Args:
        con: a connection to the file; it reads one table at a time, so a check collects one before it joins another.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        super().__init__()
        self._con = con

    def __missing__(self, name: str) -> pl.LazyFrame:
        self[name] = self._con.sql(f"from {name}").pl(lazy=True)
        return self[name]


def contract_problem(con: duckdb.DuckDBPyConnection, table: PublicTable) -> tuple[str, pl.DataFrame]:
    """What breaks the contract of a table first, and all that does in the part of the table where that is.

    Args:
        con: a connection to the file of the table.
        table: the table, with its contract.

    Returns:
        One line, and pandera's failure cases with the keys of their rows; nothing of either if the contract is kept.
    """
    schema = contract_schema(table)
    for part in _parts(con, table):
        try:
            schema.validate(part, lazy=True)
        except pa.errors.SchemaErrors as error:
            cases = error.failure_cases.select(pl.all().cast(pl.String))
            first = cases.row(0, named=True)
            # Where a row is in its part says nothing; its key does.
            keys = part.select(c for c in table.primary_key if c in part.columns).with_row_index("index")
            told = cases.join(keys.cast(pl.String), on="index", how="left", maintain_order="left").drop("index")
            return (
                f"{table.name}: column {first['column']} holds {first['failure_case']}, expected {first['check']}"
                " -> bring the model and its contract in line",
                told,
            )
    return "", pl.DataFrame()


def _parts(con: duckdb.DuckDBPyConnection, table: PublicTable) -> Iterator[pl.DataFrame]:
    """A table in parts that each must keep its contract; the last is of rows whose key another row has too, if any."""
    rows = con.sql(f"from {table.name}")
    # The columns are there without rows too.
    yield rows.limit(0).pl()
    with rows.to_arrow_reader(_BATCH) as batches:
        for batch in batches:
            yield pl.DataFrame(pl.from_arrow(batch))
    key = table.order
    doubled = con.sql(f"from {table.name} qualify count(*) over (partition by {key}) > 1 order by {key}").pl()
    if doubled.height:
        yield doubled


def _result(
    name: str, key: dg.AssetKey, problem: str, rows: pl.DataFrame, concerns: list[Concern] | None = None
) -> dg.AssetCheckResult:
    if not problem:
        return dg.AssetCheckResult(check_name=name, asset_key=key, passed=True)
    metadata: dict[str, dg.MetadataValue[Any]] = {
        "problem": dg.MetadataValue.text(problem),
        "failing_rows": rows_metadata(rows),
    }
    if concerns is not None:
        metadata |= as_metadata(concerns)
    return dg.AssetCheckResult(check_name=name, asset_key=key, passed=False, metadata=metadata)


def _warned(settings: Settings) -> list[Concern]:
    found = warnings(settings.build / "dbt", settings.database)
    return [Concern(WARNED, name, *problem.partition(" -> ")[::2]) for name, problem in found]
