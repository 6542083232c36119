"""Bringing sources up to date and assembling what the models read.

Knows nothing of Dagster, nor of how a protocol or a file is read. Start with `refresh.py`, then `assemble.py`.
"""
