"""One module per wire protocol. Nothing here knows of Dagster, DuckDB files or releases. Read `kinds.py` first."""
