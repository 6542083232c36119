"""What the portal's pages share: reading a release, and formatting and drawing its figures.

Code that serves one page belongs in `datasette/plugins`, and nothing here may know dbt, DuckDB or Dagster.
Read `context.py` first.
"""
