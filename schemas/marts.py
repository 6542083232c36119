"""pandera schemas of the public tables, built from the dbt contracts: nothing about a column is written twice."""

import pandera.polars as pa
import polars as pl

from pipelines.publish.manifest import PublicTable

_TYPES: dict[str, type[pl.DataType]] = {
    "string": pl.String,
    "varchar": pl.String,
    "double": pl.Float64,
    "integer": pl.Int32,
    "bigint": pl.Int64,
    "boolean": pl.Boolean,
    "date": pl.Date,
}


def contract_schema(table: PublicTable) -> pa.DataFrameSchema:
    """The schema that a public table must have: its columns and no others, their types, its key."""
    return pa.DataFrameSchema(
        {c.name: pa.Column(_TYPES[c.data_type.lower()], nullable=c.is_nullable) for c in table.columns},
        strict=True,
        ordered=True,
        unique=list(table.primary_key),
        name=table.name,
    )
