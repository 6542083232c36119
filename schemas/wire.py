"""What the raw rows must look like before dbt sees them. What comes after is up to the contracts of the marts."""

from pathlib import Path

import pandera.polars as pa
import polars as pl
import pyarrow.parquet as pq

from pipelines.database import scanning
from pipelines.errors import SourceError, Trouble, shown
from pipelines.seeds import SEEDS, RegionScheme, ValueMark, read_seed
from pipelines.sources.periods import EXAMPLES, is_period, period_statuses

_BATCH = 20_000
_COMPARE = "compare with the table at the source; none of it was kept"
_REGIONS = "leave its level out with `levels` on the card's region dimension, or add its kind to region_schemes.csv"
_A_PERIOD = f"a valid period, such as {EXAMPLES}"
KEY = ["dataset_id", "measure_code", "region_code", "period_code", "dims"]


def known_regions(seeds: Path) -> str:
    """A pattern that matches every region code of the schemes in the seed `region_schemes.csv`."""
    return f"^({'|'.join(scheme.pattern for scheme in read_seed(RegionScheme, seeds))})$"


def observation_schema(marks: list[str], period_statuses: list[str], regions: str) -> pa.DataFrameSchema:
    """The schema of `observations.parquet`: one row per measure, region, period and combination of dimensions.

    A value is a number only under a known mark, so text where a number belongs shows up as an unknown mark. A period
    may lack a status: many tables give none.
    """
    return pa.DataFrameSchema(
        {
            "dataset_id": pa.Column(pl.String, pa.Check.str_matches(r"^[a-z_]+/.+$")),
            "measure_code": pa.Column(pl.String, pa.Check.str_length(min_value=1)),
            "region_code": pa.Column(pl.String, pa.Check.str_matches(regions)),
            "period_code": pa.Column(pl.String, pa.Check(_are_periods, error=_A_PERIOD)),
            "dims": pa.Column(pl.String),
            "value": pa.Column(pl.Float64, nullable=True),
            "value_text": pa.Column(pl.String, nullable=True),
            "value_attribute": pa.Column(pl.String, pa.Check.isin(marks)),
            "period_status": pa.Column(pl.String, pa.Check.isin(period_statuses), nullable=True),
            "landed_sha256": pa.Column(pl.String, pa.Check.str_matches(r"^[0-9a-f]{64}$")),
        },
        strict=True,
        ordered=True,
        name="observations",
    )


def _are_periods(column: pa.PolarsData) -> pl.LazyFrame:
    """Which rows of a column hold the code of a period."""
    key = pl.col(str(column.key))
    codes = column.lazyframe.select(key.unique()).collect().to_series()
    return column.lazyframe.select(key.is_in([code for code in codes.drop_nulls() if is_period(code)]))


class WireError(SourceError):
    """The raw rows of a card are not what they must be; carries the failing rows for whoever shows them."""

    trouble = Trouble.CHANGED

    def __init__(self, dataset_id: str, problem: str, rows: pl.DataFrame, todo: str = _COMPARE) -> None:
        super().__init__(dataset_id, problem, todo=todo)
        self.rows = rows


def check_raw(folder: Path, seeds: Path = SEEDS) -> None:
    """Check the freshly read Parquet of a card against the wire schema.

    Raises:
        WireError: naming the first failing row: measure, region, period, the value and what was expected.
    """
    file = folder / "observations.parquet"
    _refuse_doubled_keys(file)
    known, regions = read_seed(ValueMark, seeds), known_regions(seeds)
    marks = [mark.value_attribute for mark in known]
    # Marks that the seed gives no meaning: beside a number, and without one.
    beside = [mark.value_attribute for mark in known if mark.status_of_number == "refused"]
    without = [mark.value_attribute for mark in known if mark.status_of_null == "refused"]
    schema = observation_schema(marks, period_statuses(seeds), regions)
    parquet = pq.ParquetFile(file)
    if parquet.metadata.num_rows > _BATCH and _is_allowed(file, schema, beside, without):
        return
    for batch in parquet.iter_batches(batch_size=_BATCH):
        frame = pl.DataFrame(pl.from_arrow(batch))
        try:
            schema.validate(frame, lazy=True)
        except pa.errors.SchemaErrors as error:
            raise _wire_error(frame, error, marks, regions) from None
        _refuse_marks_that_contradict(frame, beside, without)


def _is_allowed(file: Path, schema: pa.DataFrameSchema, beside: list[str], without: list[str]) -> bool:
    """Whether every value of a file is one that the schema allows, judged by its distinct values: far fewer than rows.

    What is not is found, and told with its row, by looking at every row.
    """
    with scanning(file.parent) as con:

        def rows(what: str) -> pl.DataFrame:
            return pl.DataFrame(con.sql(f"select {what} from read_parquet($f)", params={"f": str(file)}).pl())

        try:
            schema.validate(pl.read_parquet(file, n_rows=0), lazy=True)
            for name, column in schema.columns.items():
                if column.checks or not column.nullable:
                    pa.DataFrameSchema({name: column}).validate(rows(f"distinct {name}"), lazy=True)
        except pa.errors.SchemaErrors:
            return False
        used = rows("distinct value_attribute, value is not null as has_number, value_text is null as is_figure")
    return not used.filter(_contradicts(pl.col("is_figure"), pl.col("has_number"), beside, without)).height


def _contradicts(is_figure: pl.Expr, has_number: pl.Expr, beside: list[str], without: list[str]) -> pl.Expr:
    """Where a figure has a mark without a meaning beside what it has, a number or none."""
    refused = pl.when(has_number).then(pl.lit(beside)).otherwise(pl.lit(without))
    return is_figure & pl.col("value_attribute").is_in(refused)


def _refuse_marks_that_contradict(frame: pl.DataFrame, beside: list[str], without: list[str]) -> None:
    wrong = frame.filter(_contradicts(pl.col("value_text").is_null(), pl.col("value").is_not_null(), beside, without))
    if wrong.height:
        first = wrong.row(0, named=True)
        found = "no number" if first["value"] is None else f"the number {first['value']:g}"
        raise WireError(
            first["dataset_id"],
            f"{_key(wrong)} has the mark {first['value_attribute']!r} and {found}, which value_status.csv gives no"
            f" meaning ({wrong.height} such rows)",
            wrong,
        )


def _refuse_doubled_keys(file: Path) -> None:
    # Across batches, so not in pandera; in DuckDB, which spills to disk when a table does not fit in memory.
    with scanning(file.parent) as con:
        key = ", ".join(KEY)
        # Equal keys have equal hashes. Where there are as many as rows, each key is there once, in a third of the time.
        counted = f"select count(*) = count(distinct hash({key})) from read_parquet($f)"
        if con.execute(counted, {"f": str(file)}).fetchall()[0][0]:
            return
        doubled = con.sql(
            f"select {key}, count(*) as times from read_parquet($f) group by {key} having count(*) > 1"
            f" order by {key} limit 100",
            params={"f": str(file)},
        ).pl()
    if doubled.height:
        raise WireError(
            doubled["dataset_id"][0],
            f"{doubled['times'].sum()} rows share a key that must be unique, the first {_key(doubled)}",
            doubled,
        )


def _wire_error(frame: pl.DataFrame, error: pa.errors.SchemaErrors, marks: list[str], regions: str) -> WireError:
    dataset_id = str(frame["dataset_id"][0])
    strange = frame.filter(~pl.col("value_attribute").is_in(marks))
    if strange.height:
        found = strange["value_attribute"][0]
        return WireError(
            dataset_id,
            f"holds {found!r}, expected a number or one of the marks {shown(marks)} ({strange.height} such rows, the"
            f" first {_key(strange)})",
            strange,
        )
    nowhere = frame.filter(~pl.col("region_code").str.contains(regions))
    if nowhere.height:
        codes = shown(repr(code) for code in nowhere["region_code"].unique().sort())
        problem = f"region codes of no known kind: {codes} ({nowhere.height} such rows)"
        return WireError(dataset_id, problem, nowhere, _REGIONS)
    cases = error.failure_cases
    first = cases.row(0, named=True)
    rows = frame.filter(pl.int_range(pl.len()).is_in([i for i in cases["index"] if i is not None]))
    return WireError(
        dataset_id,
        f"column {first['column']} holds {first['failure_case']!r}, expected {first['check']}"
        f" ({cases.height} such rows)",
        rows if rows.height else cases.select(pl.all().cast(pl.String)),
    )


def _key(rows: pl.DataFrame) -> str:
    first = rows.row(0, named=True)
    dims = f" {first['dims']}" if first["dims"] else ""
    return f"measure {first['measure_code']} region {first['region_code']} period {first['period_code']}{dims}"
