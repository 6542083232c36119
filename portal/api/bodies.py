"""How rows are written in an answer: as JSON or as CSV, with the same names and the same values."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from portal.api.facts import Column, Table


def to_item(row: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """Returns a row as an object with the names of an answer."""
    return {column.field: _value(row[column.name], column) for column in table.columns}


def to_csv(items: Iterable[Mapping[str, Any]], table: Table) -> str:
    """Returns items as CSV (RFC 4180), with a header also when there are none."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [column.field for column in table.columns], lineterminator="\r\n")
    writer.writeheader()
    for item in items:
        writer.writerow({name: _cell(value) for name, value in item.items()})
    return out.getvalue()


def _value(value: Any, column: Column) -> Any:
    if value is not None and column.json_type == "boolean":
        return bool(value)
    # SQLite keeps every figure as a real number.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
