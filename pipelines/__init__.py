"""Everything that moves bytes: cards, clients, landing, Dagster assets, publishing."""
