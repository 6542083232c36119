"""What the pages of the portal share: how figures are written and drawn. It knows nothing of dbt, DuckDB or Dagster."""
