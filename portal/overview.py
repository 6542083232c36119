"""What the home page says about a release: what is in it, the state of its sources, and what it changed."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasette.app import Datasette

from portal.csv_text import Row
from portal.pages import DATABASE
from portal.registry import Registry, by_theme
from portal.revisions import Changes, changes_of
from portal.rows import read_rows
from portal.tables import database_metadata, public_tables

EXAMPLES = ("GM0193", "GM0935", "PV29", "AM11")
INDICATORS = "select indicator_id, theme, title_nl, title_en, definition_nl, definition_en from indicators"
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
    """What the home page shows, under the names that its template uses."""

    examples: list[Row]
    counts: Row
    themes: dict[str, list[Row]]
    states: Counter[str]
    troubled_sources: list[Row]
    changes: Changes | None
    questions: dict[str, Any]
    tables: list[Row]
    database_bytes: int


async def read_overview(datasette: Datasette, folder: Path, registry: Registry, themes: list[str]) -> Overview:
    """Returns counts, themes, sources, questions and files of the release in a folder.

    `themes` are the themes of the texts, in their order.
    """
    database = datasette.get_database(DATABASE)
    rows = await database.table_counts(limit=1000)
    sources = await read_rows(datasette, SOURCES)
    return Overview(
        examples=[registry.regions[code] for code in EXAMPLES if code in registry.regions],
        counts=(await read_rows(datasette, COUNTS))[0],
        themes=by_theme(await read_rows(datasette, INDICATORS), themes, lambda row: str(row["theme"])),
        states=Counter(source["state"] for source in sources),
        troubled_sources=[source for source in sources if source["state"] not in CURRENT_STATES],
        changes=changes_of(folder),
        questions=database_metadata(datasette).get("queries", {}),
        tables=[{"name": name, "rows": rows.get(name), **about} for name, about in public_tables(datasette).items()],
        database_bytes=database.size,
    )
