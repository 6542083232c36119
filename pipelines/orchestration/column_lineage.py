"""Which columns of which tables a column is made of, from the SQL that dbt compiled.

Belongs here: reading one query. Not here: what dbt or Dagster calls a table; that is `dbt_metadata.py`.

dagster-dbt can derive this too, but it optimises a query again for each of its columns, follows every path through its
common table expressions, and cannot read a query whose source is a function such as `read_parquet`.
"""

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

ColumnOrigin = tuple[str, str]
"""A table and one of its columns."""
Columns = Mapping[str, Sequence[str]]
"""The columns of each table that a query reads."""
_DIALECT = "duckdb"


def column_lineage(sql: str, tables: Columns) -> dict[str, list[ColumnOrigin]]:
    """For each column that a query returns, the table columns that its value is computed from.

    The columns used to join or filter rows are not included.

    Args:
        sql: the query, in which every table has a plain name.
        tables: the columns of each of those tables.

    Raises:
        sqlglot.errors.SqlglotError: the query cannot be read.
    """
    schema: dict[str, object] = {table: dict.fromkeys(columns, "unknown") for table, columns in tables.items()}
    query = qualify(
        parse_one(sql, dialect=_DIALECT),
        schema=schema,
        dialect=_DIALECT,
        quote_identifiers=False,
        identify=False,
        validate_qualify_columns=False,
    )
    reader = _Reader(traverse_scope(query))
    return {name: sorted(origins) for name, origins in reader.result().items()}


class _Reader:
    """Visits each scope of a qualified query once, the innermost first."""

    def __init__(self, scopes: list[Scope]) -> None:
        self._root = scopes[-1]
        self._by_query = {id(scope.expression): scope for scope in scopes}
        self._made: dict[int, dict[str, set[ColumnOrigin]]] = {}

    def result(self) -> dict[str, set[ColumnOrigin]]:
        return self._columns_of(self._root)

    def _columns_of(self, scope: Scope) -> dict[str, set[ColumnOrigin]]:
        if id(scope) not in self._made:
            # A recursive query reads itself: that adds nothing it does not already have.
            self._made[id(scope)] = {}
            self._made[id(scope)] = self._union(scope) if scope.set_operation_scopes else self._select(scope)
        return self._made[id(scope)]

    def _union(self, scope: Scope) -> dict[str, set[ColumnOrigin]]:
        first, *others = (self._columns_of(part) for part in scope.set_operation_scopes)
        # The columns of a union are matched by position; the first query names them.
        columns = {name: set(origins) for name, origins in first.items()}
        for other in others:
            for name, origins in zip(columns, other.values(), strict=False):
                columns[name] |= origins
        return columns

    def _select(self, scope: Scope) -> dict[str, set[ColumnOrigin]]:
        if isinstance(scope.expression, exp.Query):
            return {select.alias_or_name: set(self._origins(select)) for select in scope.expression.selects}
        # A function that makes rows, such as unnest: each of its columns comes from all of its arguments.
        origins = set(self._origins(scope.expression))
        return {name: origins for name in (*scope.expression.alias_column_names, "")}

    def _origins(self, expression: exp.Expr) -> Iterator[ColumnOrigin]:
        for column in expression.find_all(exp.Column):
            scope = self._by_query.get(id(column.parent_select), self._root)
            yield from self._read(column, scope)

    def _read(self, column: exp.Column, scope: Scope | None) -> Iterator[ColumnOrigin]:
        while scope and column.table not in scope.sources:
            scope = scope.parent
        if scope is None:
            return
        source = scope.sources[column.table]
        if isinstance(source, exp.Table):
            yield source.name, column.name
        else:
            made = self._columns_of(source)
            yield from made.get(column.name, made.get("", set()))
