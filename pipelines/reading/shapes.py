"""The columns of the raw Parquet files, the same for every source of a shape."""

import polars as pl

from pipelines.sources.card import Shape

Schema = dict[str, type[pl.DataType]]
# What a source says about its measures and codes; each file also has the dataset_id first.
MEASURES: Schema = {
    "measure_code": pl.String,
    "source_code": pl.String,
    "source_index": pl.Int32,
    "title": pl.String,
    "unit": pl.String,
    "decimals": pl.Int32,
}
CODES: Schema = {
    "dimension": pl.String,
    "role": pl.String,
    "code": pl.String,
    "title": pl.String,
    "status": pl.String,
    "code_index": pl.Int32,
}
OBSERVATIONS: Schema = {
    "dataset_id": pl.String,
    "measure_code": pl.String,
    "region_code": pl.String,
    "period_code": pl.String,
    "dims": pl.String,
    "value": pl.Float64,
    "value_text": pl.String,
    "value_attribute": pl.String,
    "period_status": pl.String,
    "landed_sha256": pl.String,
}
SUBSIDIES: Schema = {
    "dataset_id": pl.String,
    "row_number": pl.Int64,
    "region_code": pl.String,
    "grantor": pl.String,
    "year": pl.Int32,
    "scheme": pl.String,
    "theme": pl.String,
    "recipient": pl.String,
    "recipient_kind": pl.String,
    "recipient_key": pl.String,
    "status": pl.String,
    "amount_requested_eur": pl.Float64,
    "amount_granted_eur": pl.Float64,
    "amount_settled_eur": pl.Float64,
    "landed_sha256": pl.String,
}
BOUNDARIES: Schema = {
    "dataset_id": pl.String,
    "boundary_year": pl.Int32,
    "region_code": pl.String,
    "name": pl.String,
    "geometry": pl.String,
    "landed_sha256": pl.String,
}
PLACES: Schema = {
    "dataset_id": pl.String,
    "place_code": pl.String,
    "name": pl.String,
    "municipality_code": pl.String,
    "boundary_year": pl.Int32,
    "addresses_count": pl.Int32,
    "landed_sha256": pl.String,
}
# The file with the rows of a source, by what its rows are.
ROWS_IN = {
    Shape.OBSERVATIONS: "observations",
    Shape.REGIONS: "observations",
    Shape.SUBSIDIES: "subsidies",
    Shape.BOUNDARIES: "boundaries",
    Shape.PLACES: "places",
}
FILES: dict[str, Schema] = {
    ROWS_IN[Shape.OBSERVATIONS]: OBSERVATIONS,
    "measures": {"dataset_id": pl.String, **MEASURES},
    "codes": {"dataset_id": pl.String, **CODES},
    ROWS_IN[Shape.SUBSIDIES]: SUBSIDIES,
    ROWS_IN[Shape.BOUNDARIES]: BOUNDARIES,
    ROWS_IN[Shape.PLACES]: PLACES,
}
