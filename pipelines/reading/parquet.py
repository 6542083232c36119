"""What a Parquet file holds, queried in little memory whatever its size. Not here: what the answers mean."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.database import scanning

Span = tuple[date, date]


def distinct(file: Path, columns: tuple[str, ...], where: str = "true") -> list[tuple[str, ...]]:
    """The distinct combinations of values of some columns, sorted.

    Args:
        file: the Parquet.
        columns: their names.
        where: SQL that is true for the rows that are meant.
    """
    return _rows(file, f"select distinct {_quoted(columns)} from read_parquet($file) where {where} order by all")


def flagged(file: Path, columns: tuple[str, ...], flag: str) -> list[tuple[Any, ...]]:
    """The distinct combinations of values of some columns, sorted, each with whether any of its rows has a flag.

    Args:
        file: the Parquet.
        columns: their names.
        flag: SQL that is true for a row that has it.
    """
    return _rows(file, f"select {_quoted(columns)}, bool_or({flag}) from read_parquet($file) group by all order by all")


def _quoted(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _rows(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with scanning(file.parent) as con:
        return con.execute(sql, {"file": str(file)}).fetchall()


def first_and_last(file: Path, column: str, days: Mapping[str, Span], where: str) -> list[tuple[str, str, str]]:
    """For each value of a column, the period that ends first and the one that begins last.

    Args:
        file: the Parquet, with the column `period_code`.
        column: its name.
        days: the periods that count, each with its first and last day.
        where: SQL that is true for the rows that are meant.
    """
    if not days:
        return []
    codes, spans = [*days], [*days.values()]
    sql = (
        f'select "{column}", arg_min(period_code, ends), arg_max(period_code, begins) from read_parquet($file)'
        " join (select unnest($codes) as period_code, unnest($begins) as begins, unnest($ends) as ends)"
        f" using (period_code) where {where} group by all order by all"
    )
    asked = {"codes": codes, "begins": [begin for begin, _ in spans], "ends": [end for _, end in spans]}
    with scanning(file.parent) as con:
        return con.execute(sql, {"file": str(file), **asked}).fetchall()
