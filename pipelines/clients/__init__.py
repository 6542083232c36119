"""One module a wire protocol. Nothing here knows of Dagster, DuckDB files or releases."""
