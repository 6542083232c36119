"""The check that fits what was read: figures, grants, areas or places."""

from pathlib import Path

import pandera.polars as pa
import polars as pl

from schemas.registers import check_subsidies
from schemas.wire import WireError, check_raw

MUNICIPALITY = r"^GM[0-9]{4}$"
PLACE_OR_POSTCODE = r"^(WP)?[0-9]{4}$"


def check_shape(folder: Path) -> None:
    """Check the freshly read Parquet of a card against the schema of its shape.

    Raises:
        WireError: naming the first failing row.
    """
    if (folder / "subsidies.parquet").exists():
        check_subsidies(folder)
    elif (file := folder / "boundaries.parquet").exists():
        _check_file(file, boundary_schema())
    elif (file := folder / "places.parquet").exists():
        _check_file(file, place_schema())
    else:
        check_raw(folder)


def boundary_schema() -> pa.DataFrameSchema:
    """The schema of `boundaries.parquet`: one row per area of a boundary year, its geometry as GeoJSON in WGS84."""
    return pa.DataFrameSchema(
        {
            "dataset_id": pa.Column(pl.String, pa.Check.str_matches(r"^[a-z_]+/.+$")),
            "boundary_year": pa.Column(pl.Int32, pa.Check.in_range(1990, 2100)),
            "region_code": pa.Column(pl.String, pa.Check.str_matches(MUNICIPALITY)),
            "name": pa.Column(pl.String, pa.Check.str_length(min_value=1)),
            "geometry": pa.Column(pl.String, pa.Check.str_matches(r'^\{.*"(Multi)?Polygon".*\}$')),
            "landed_sha256": pa.Column(pl.String, pa.Check.str_matches(r"^[0-9a-f]{64}$")),
        },
        strict=True,
        ordered=True,
        unique=["dataset_id", "region_code"],
        name="boundaries",
    )


def place_schema() -> pa.DataFrameSchema:
    """The schema of `places.parquet`: one row per place of a boundary year, with its municipality.

    A postcode has a row for each municipality that it lies in, with how many of its addresses are there.
    """
    return pa.DataFrameSchema(
        {
            "dataset_id": pa.Column(pl.String, pa.Check.str_matches(r"^[a-z_]+/.+$")),
            "place_code": pa.Column(pl.String, pa.Check.str_matches(PLACE_OR_POSTCODE)),
            "name": pa.Column(pl.String, pa.Check.str_length(min_value=1)),
            "municipality_code": pa.Column(pl.String, pa.Check.str_matches(MUNICIPALITY)),
            "boundary_year": pa.Column(pl.Int32, pa.Check.in_range(1990, 2100)),
            "addresses_count": pa.Column(pl.Int32, pa.Check.ge(1), nullable=True),
            "landed_sha256": pa.Column(pl.String, pa.Check.str_matches(r"^[0-9a-f]{64}$")),
        },
        strict=True,
        ordered=True,
        unique=["dataset_id", "place_code", "municipality_code"],
        name="places",
    )


def _check_file(file: Path, schema: pa.DataFrameSchema) -> None:
    frame = pl.read_parquet(file)
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        first = error.failure_cases.row(0, named=True)
        raise WireError(
            str(frame["dataset_id"][0]),
            f"column {first['column']} holds {str(first['failure_case'])[:80]!r}, expected {first['check']}",
            error.failure_cases.select(pl.all().cast(pl.String)),
        ) from None
