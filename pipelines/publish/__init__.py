"""From the built marts to a release: SQLite, extracts, metadata, and the switch. Knows nothing of sources."""
