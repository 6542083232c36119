"""The Dagster side: assets, checks, schedules and the run of dbt.

The work itself belongs in the other packages; these modules only call it. Start with `source_assets.py`.
"""
