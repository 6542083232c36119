"""Reads rows from the release that is served."""

import sqlite3
from typing import Any

from datasette.app import Datasette

from portal.csv_text import Row
from portal.pages import DATABASE


async def read_rows(datasette: Datasette, sql: str, parameters: dict[str, Any] | None = None) -> list[Row]:
    """Returns the rows of a query of our own on the release.

    The time limit of questions by the public is not for these: on a busy machine it would stop a server from starting.
    """

    def read(connection: sqlite3.Connection) -> list[Row]:
        found = connection.execute(sql, parameters or {})
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]

    rows: list[Row] = await datasette.get_database(DATABASE).execute_fn(read)
    return rows
