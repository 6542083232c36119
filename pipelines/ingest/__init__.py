"""Bringing sources up to date and assembling what the models read; knows nothing of Dagster."""
