"""The Dagster side: assets, checks and schedules; what they do is written in the other packages."""
