"""From the built marts to a release: SQLite, extracts, metadata, and the switch to the new release.

Knows nothing of sources, nor of Dagster. Start with `release.py`, then `manifest.py` for what is public.
"""
