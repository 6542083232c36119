"""The check that fits what was read: figures, grants or areas."""

from pathlib import Path

import pandera.polars as pa
import polars as pl

from schemas.registers import check_subsidies
from schemas.wire import WireError, check_raw

MUNICIPALITY = r"^GM[0-9]{4}$"


def check_shape(folder: Path) -> None:
    """Hold the freshly read Parquet of a card against the schema of its shape.

    Raises:
        WireError: naming the first failing row.
    """
    if (folder / "subsidies.parquet").exists():
        check_subsidies(folder)
    elif (folder / "boundaries.parquet").exists():
        check_boundaries(folder)
    else:
        check_raw(folder)


def boundary_schema() -> pa.DataFrameSchema:
    """The schema of `boundaries.parquet`: one row an area of a frame, its geometry as GeoJSON text in WGS84."""
    return pa.DataFrameSchema(
        {
            "dataset_id": pa.Column(pl.String, pa.Check.str_matches(r"^[a-z_]+/.+$")),
            "frame_year": pa.Column(pl.Int32, pa.Check.in_range(1990, 2100)),
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


def check_boundaries(folder: Path) -> None:
    """Hold freshly read areas against their schema.

    Raises:
        WireError: naming the first failing value.
    """
    frame = pl.read_parquet(folder / "boundaries.parquet")
    try:
        boundary_schema().validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        first = error.failure_cases.row(0, named=True)
        raise WireError(
            str(frame["dataset_id"][0]),
            f"column {first['column']} holds {str(first['failure_case'])[:80]!r}, expected {first['check']}",
            error.failure_cases.select(pl.all().cast(pl.String)),
        ) from None
