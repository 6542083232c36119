"""Writes rows as JSON or CSV, with the same names and the same values in both."""

from collections.abc import Mapping
from typing import Any

from portal.api.facts import Column, Table


def to_item(row: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """Returns a row as an object with the field names of the API."""
    return {column.field: _value(row[column.name], column) for column in table.columns}


def _value(value: Any, column: Column) -> Any:
    if value is not None and column.json_type == "boolean":
        return bool(value)
    # SQLite keeps every figure as a real number.
    return int(value) if isinstance(value, float) and value.is_integer() else value
