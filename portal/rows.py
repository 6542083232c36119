"""Reads rows from the release that is served."""

from typing import Any

from datasette.app import Datasette

from portal.csv_text import Row
from portal.pages import DATABASE


async def read_rows(datasette: Datasette, sql: str, parameters: dict[str, Any] | None = None) -> list[Row]:
    """Returns the rows of a query on the release."""
    return [dict(row) for row in await datasette.get_database(DATABASE).execute(sql, parameters or {})]
