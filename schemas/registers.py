"""What the rows of a register of subsidies must be before dbt sees them."""

from pathlib import Path

import pandera.polars as pa
import polars as pl

from pipelines.reading.recipients import KINDS, MASK
from pipelines.sources.layout import AMOUNTS
from pipelines.sources.register import SubsidyStatus
from schemas.wire import WireError

KEY = ["dataset_id", "row_number"]
_GRANTING_REGION = r"^(GM[0-9]{4}|(PV|LD|NL)[0-9]{2})$"


def subsidy_schema() -> pa.DataFrameSchema:
    """The schema of `subsidies.parquet`: one row per row of the register, naming only organisations.

    A status is missing only where there is no amount to derive it from.
    """
    text = pa.Check.str_length(min_value=1)
    return pa.DataFrameSchema(
        {
            "dataset_id": pa.Column(pl.String, pa.Check.str_matches(r"^[a-z_]+/.+$")),
            "row_number": pa.Column(pl.Int64, pa.Check.ge(1)),
            "region_code": pa.Column(pl.String, pa.Check.str_matches(_GRANTING_REGION)),
            "grantor": pa.Column(pl.String, text),
            "year": pa.Column(pl.Int32, pa.Check.in_range(1990, 2100), nullable=True),
            "scheme": pa.Column(pl.String, text, nullable=True),
            "theme": pa.Column(pl.String, text, nullable=True),
            "recipient": pa.Column(pl.String, text),
            "recipient_kind": pa.Column(pl.String, pa.Check.isin(list(KINDS))),
            "recipient_key": pa.Column(pl.String, pa.Check.str_matches(r"^[0-9a-f]{16}$"), nullable=True),
            "status": pa.Column(pl.String, pa.Check.isin([status.value for status in SubsidyStatus]), nullable=True),
            **{name: pa.Column(pl.Float64, nullable=True) for name in AMOUNTS},
            "landed_sha256": pa.Column(pl.String, pa.Check.str_matches(r"^[0-9a-f]{64}$")),
        },
        strict=True,
        ordered=True,
        name="subsidies",
    )


def check_subsidies(folder: Path) -> None:
    """Check the freshly read Parquet of a register against its schema.

    Raises:
        WireError: naming the first failing row, the column, what it holds and what was expected; it carries the rows,
            without repeating a name that should have been hidden.
    """
    frame = pl.read_parquet(folder / "subsidies.parquet")
    try:
        subsidy_schema().validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        raise _wire_error(frame, error.failure_cases) from None
    _refuse(frame, pl.struct(KEY).is_duplicated(), "shares its number with another row, expected each number once")
    named = (pl.col("recipient_kind") != "organisation") & (pl.col("recipient") != MASK)
    hidden = frame.with_columns(pl.when(named).then(pl.lit("(a name)")).otherwise("recipient").alias("recipient"))
    _refuse(hidden, pl.col("recipient") == "(a name)", f"names one that is not an organisation, expected {MASK!r}")
    untold = pl.col("status").is_null() & ~pl.all_horizontal(pl.col(name).is_null() for name in AMOUNTS)
    _refuse(frame, untold, "has an amount and no status, expected a known status")
    # Zero granted has its own status, so that it is read neither as a grant nor as a refusal.
    granted, settled = pl.col("amount_granted_eur"), pl.col("amount_settled_eur")
    is_zero = (granted == 0).fill_null(False) & settled.is_null()
    calls_it_zero = (pl.col("status") == "zero_granted").fill_null(False)
    calls_it_granted = (pl.col("status") == "granted").fill_null(False)
    wrong = (calls_it_zero & ~is_zero) | (calls_it_granted & is_zero)
    _refuse(frame, wrong, "has a status that its amounts contradict, expected zero_granted exactly for 0 granted")


def _refuse(frame: pl.DataFrame, wrong: pl.Expr, problem: str) -> None:
    rows = frame.filter(wrong)
    if rows.height:
        count = f"({rows.height} such rows)"
        raise WireError(rows["dataset_id"][0], f"row {rows['row_number'][0]} {problem} {count}", rows)


def _wire_error(frame: pl.DataFrame, cases: pl.DataFrame) -> WireError:
    first = cases.row(0, named=True)
    failing = [i for i in cases["index"] if i is not None]
    # Without the names: the error may be in the very column that says whether one is hidden.
    rows = frame.filter(pl.int_range(pl.len()).is_in(failing)).drop("recipient", strict=False)
    at = f"row {frame['row_number'][first['index']]}: " if first["index"] is not None else ""
    dataset_id = str(frame["dataset_id"][0]) if "dataset_id" in frame.columns and frame.height else "subsidies"
    problem = f"{at}column {first['column']} holds {first['failure_case']!r}, expected {first['check']}"
    return WireError(
        dataset_id,
        f"{problem} ({cases.height} such rows)",
        rows if rows.height else cases.select(pl.all().cast(pl.String)),
    )
