"""Facets of a whole table come from the release, which has the counts: no page counts every row again.

They count the rows of all pages: to Datasette the rows after the ones before are a filter, on every page but the first.
"""

from typing import Any

import datasette.facets
from datasette import hookimpl
from datasette.app import Datasette
from datasette.database import Results
from datasette.facets import ArrayFacet, ColumnFacet, DateFacet, Facet
from datasette.plugins import pm

# Parameters that choose rows, beside the names of columns, which never begin with an underscore.
CHOOSES_ROWS = ("_search", "_where", "_through")
COUNTS = "facet_counts"
COUNTED = f"select distinct column_name from {COUNTS} where table_name = :table"
VALUES = f"""
select value, rows_count as count from {COUNTS}
where table_name = :table and column_name = :column order by rows_count desc, value limit :most
"""


class Counted:
    """The server, except for one query: how many rows of a whole table have each value of a column."""

    def __init__(self, server: Datasette, table: str, column: str, most: int) -> None:
        self._server, self._asked = server, {"table": table, "column": column, "most": most}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)

    async def execute(self, database: str, sql: str, params: Any = None, **limits: Any) -> Results:
        """Answers from the counts, ignoring the SQL that would count the rows."""
        found: Results = await self._server.execute(database, VALUES, self._asked, **limits)
        return found


class OneFacet(ColumnFacet):
    """Datasette's facet of one column."""

    def __init__(self, chosen: dict[str, Any], *about: Any) -> None:
        super().__init__(*about)
        self._chosen = chosen

    def get_configs(self) -> list[dict[str, Any]]:
        """Returns the configuration of that column."""
        return [self._chosen]


class CountedFacet(ColumnFacet):
    """Datasette's column facets, with the counts of the release if no row is filtered out."""

    async def facet_results(self) -> tuple[list[Any], list[str]]:
        """Returns the facets, and those that took too long."""
        counted = await self._counted()
        found: tuple[list[Any], list[str]] = [], []
        for chosen in self.get_configs():
            column = chosen["config"].get("column") or chosen["config"]["simple"]
            server = Counted(self.ds, self.table, column, self.get_facet_size() + 1) if column in counted else self.ds
            about = (self.request, self.database, self.sql, self.table, self.params, self.metadata)
            one = OneFacet(chosen, server, *about)
            for all_of_them, more in zip(found, await one.facet_results(), strict=True):
                all_of_them += more
        return found

    async def _counted(self) -> set[str]:
        """The columns whose counts in the release hold for the requested rows."""
        database = self.ds.get_database(self.database)
        names = [name for name, _ in self.get_querystring_pairs()]
        is_whole = all(name.startswith("_") and not name.startswith(CHOOSES_ROWS) for name in names)
        if not self.table or not is_whole or not await database.table_exists(COUNTS):
            return set()
        return {column for (column,) in await database.execute(COUNTED, {"table": self.table})}


@hookimpl
def register_facet_classes() -> list[type[Facet]]:
    """Datasette's kinds of facets, with ours in place of its own column facet."""
    return [CountedFacet, DateFacet, ArrayFacet]


if pm.is_registered(datasette.facets):
    pm.unregister(datasette.facets)
