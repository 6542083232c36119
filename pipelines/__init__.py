"""Everything that moves bytes: cards, clients, landing, Dagster assets, publishing."""

import os

# Polars would keep the memory of each table that it is done with; it reads this once, when it is loaded.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")
