"""The zip of a whole CBS table: the entity sets of OData v4 as CSV, with `;`, a decimal comma and a byte order mark."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from .cbs_v4 import V4Table
from .files import zipped

OBSERVATION = ("Value", "StringValue", "ValueAttribute")


def zip_of(table: V4Table) -> bytes:
    """The zip of a table, byte for byte the same every time."""
    members = {"Properties.csv": _csv([table.properties])}
    members |= {f"{name}.csv": _csv(rows) for name, rows in table.sets.items() if name != "Observations"}
    members["Observations.csv"] = _csv([_in_order(row) for row in table.sets["Observations"]])
    return zipped(members)


def _in_order(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: value for name, value in row.items() if name not in OBSERVATION},
        **{n: row[n] for n in OBSERVATION},
    }


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow({name: name for name in rows[0]})
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return str(value).replace(".", ",") if isinstance(value, float) else value
