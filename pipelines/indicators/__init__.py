"""Indicators: the registry's rows checked against the cards, and the contracts of the wide marts generated from them.

Reading a source belongs in `reading/`, computing figures in dbt. Start with `registry.py`.
"""
