"""The SQL of a request. Names come from the description and the release; values are always bound."""

import json
from typing import Any

from portal.api.facts import Facts, Table
from portal.api.parameters import Asked, Value
from portal.api.shapes import Nested, Parameter

BoundValues = dict[str, Any]


def list_sql(asked: Asked, facts: Facts) -> tuple[str, BoundValues]:
    """Returns the query for a page: one row more than requested shows whether there is a next page."""
    table = facts.tables[asked.table]
    bound: BoundValues = {"most": asked.limit + 1}
    conditions = []
    for number, (parameter, values) in enumerate(asked.filters):
        condition, more = _condition(parameter, values, f"p{number}")
        conditions.append(condition)
        bound |= more
    if asked.after is not None:
        names = [f"after{n}" for n in range(len(table.key))]
        conditions.append(f"({_listed(table.key)}) > ({', '.join(f':{name}' for name in names)})")
        bound |= dict(zip(names, asked.after, strict=True))
    where = f" where {' and '.join(conditions)}" if conditions else ""
    return f"select {_columns(table)} from {table.name}{where} order by {_listed(table.key)} limit :most", bound


def one_sql(table: Table) -> str:
    """Returns the query for the row whose key is `:key`."""
    return f"select {_columns(table)} from {table.name} where {table.key[0]} = :key"


def nested_sql(nested: Nested, table: Table) -> str:
    """Returns the query for the rows of another table that belong to `:key`; a row is not part of itself."""
    where = f"{nested.column} = :key and {nested.other} <> :key"
    return f"select {_columns(table)} from {table.name} where {where} order by {_listed(table.key)}"


def _condition(parameter: Parameter, values: tuple[Value, ...], name: str) -> tuple[str, BoundValues]:
    # A plus keeps SQLite off an index that leaves many rows to sort: following the order of the key is then faster.
    plus = "" if parameter.is_selective else "+"
    if parameter.compare != "in":
        return f"{plus}{parameter.column} {parameter.compare} :{name}", {name: values[0]}
    chosen = f"{parameter.column} in (select value from json_each(:{name}))"
    if parameter.through:
        other, join = parameter.through
        return f"{plus}{join} in (select {join} from {other} where {chosen})", {name: json.dumps(values)}
    return f"{plus}{chosen}", {name: json.dumps(values)}


def _columns(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def _listed(key: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in key)
