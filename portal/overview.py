"""What the home page and the page of all data say about a release: what is in it, and the state of its sources."""

from dataclasses import dataclass
from typing import Any

from datasette.app import Datasette

from portal.csv_text import Row
from portal.pages import DATABASE
from portal.registry import Registry
from portal.rows import read_rows
from portal.tables import database_metadata, public_tables

EXAMPLES = ("GM0193", "GM0935", "PV29", "AM11")
SOURCES = "select * from sources order by state, publisher, table_id"
CURRENT_STATES = ("current", "archived")
COUNTS = """
select (select count(*) from regions where scheme = 'municipality' and is_current) as regions,
    (select count(*) from indicators) as indicators,
    (select count(*) from observations where value is not null) as observations,
    (select max(year) from observations where value is not null and is_over) as newest
"""


@dataclass(frozen=True)
class Overview:
    """What these pages show, under the names that their templates use."""

    examples: list[Row]
    counts: Row
    troubled_sources: list[Row]
    questions: dict[str, Any]
    tables: list[Row]
    database_bytes: int


async def read_overview(datasette: Datasette, registry: Registry) -> Overview:
    """Returns counts, sources, questions and files of the release."""
    database = datasette.get_database(DATABASE)
    rows = await database.table_counts(limit=1000)
    return Overview(
        examples=[registry.regions[code] for code in EXAMPLES if code in registry.regions],
        counts=(await read_rows(datasette, COUNTS))[0],
        troubled_sources=[row for row in await read_rows(datasette, SOURCES) if row["state"] not in CURRENT_STATES],
        questions=database_metadata(datasette).get("queries", {}),
        tables=[{"name": name, "rows": rows.get(name), **about} for name, about in public_tables(datasette).items()],
        database_bytes=database.size,
    )
