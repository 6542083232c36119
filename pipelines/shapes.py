"""The columns of the raw Parquet files beside the rows themselves: what a source says of its measures and codes."""

import polars as pl

MEASURES = {
    "measure_code": pl.String,
    "source_code": pl.String,
    "source_index": pl.Int32,
    "title": pl.String,
    "unit": pl.String,
    "decimals": pl.Int32,
}
CODES = {
    "dimension": pl.String,
    "role": pl.String,
    "code": pl.String,
    "title": pl.String,
    "status": pl.String,
    "code_index": pl.Int32,
}
OBSERVATIONS = {
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
SUBSIDIES = {
    "dataset_id": pl.String,
    "row_number": pl.Int64,
    "region_code": pl.String,
    "grantor": pl.String,
    "year": pl.Int32,
    "scheme": pl.String,
    "theme": pl.String,
    "recipient": pl.String,
    "recipient_kind": pl.String,
    "status": pl.String,
    "amount_requested_eur": pl.Float64,
    "amount_granted_eur": pl.Float64,
    "amount_settled_eur": pl.Float64,
    "landed_sha256": pl.String,
}
BOUNDARIES = {
    "dataset_id": pl.String,
    "frame_year": pl.Int32,
    "region_code": pl.String,
    "name": pl.String,
    "geometry": pl.String,
    "landed_sha256": pl.String,
}
