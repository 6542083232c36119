"""What the API needs to know about the release that it serves: its columns, their meaning and their possible values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from datasette.app import Datasette

from portal import revisions
from portal.api.description import BOOLEAN_PREFIXES, RESOURCES
from portal.pages import DATABASE
from portal.rows import read_rows
from portal.tables import public_tables

UNIT = re.compile(r"^(?P<about>.*?)(?: \[(?P<unit>[^\]]+)\])?$", re.DOTALL)
TYPES = {"TEXT": "string", "INTEGER": "integer", "REAL": "number"}
# The parameter values that come from the release itself.
CHOICES_SQL = {
    "indicators": "select indicator_id from indicators order by 1",
    "regions": "select region_code from regions order by 1",
    "sources": "select dataset_id from sources order by 1",
    "boundary_years": "select distinct boundary_year from observations_on_boundaries order by 1",
    "goals": "select goal_id from goals order by 1",
    "programmes": "select programme_id from programmes order by 1",
    "occupations": "select distinct occupation_code from labour_tension order by 1",
    "peer_groups": "select peer_group from peer_groups order by group_order",
    "similarity_kinds": "select similarity_kind from peer_groups where similarity_kind is not null order by 1",
}
# Those that the pages have words for, also where no row of the release has them.
CHOICES_IN_TEXTS = (
    *("schemes", "statuses", "states", "themes", "progress", "plan_progress", "labour_levels", "tension_classes"),
    *("changes_kinds", "changes_causes"),
)


@dataclass(frozen=True)
class Column:
    """A column of a table, as it is in SQLite and in the metadata of the release."""

    name: str
    sql_type: str
    is_nullable: bool
    description: str
    unit: str | None

    @property
    def field(self) -> str:
        """The name of the column in a response: `region_code` is `regionCode`."""
        first, *rest = self.name.split("_")
        return first + "".join(word.capitalize() for word in rest)

    @property
    def json_type(self) -> str:
        """The type of its values in JSON."""
        return "boolean" if self.name.startswith(BOOLEAN_PREFIXES) else TYPES[self.sql_type]


@dataclass(frozen=True)
class Table:
    """A table of the release, with its texts from the dbt manifest."""

    name: str
    title_nl: str
    title_en: str
    description_nl: str
    description_en: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """A release as the API sees it; it stays the same for the life of the process."""

    release_id: str
    notice: str | None
    contact: Mapping[str, str]
    """Who is responsible for the release: `name`, `url`, and `email` if the publisher gave one."""
    tables: Mapping[str, Table]
    choices: Mapping[str, tuple[str | int, ...]]


# When readers first got a release, which no release can say of itself.
CURRENT_FROM = Column(
    name="current_from",
    sql_type="TEXT",
    is_nullable=True,
    description=(
        "Sinds wanneer lezers deze uitgave hadden (UTC), als dat bekend is. / "
        "Since when readers had this release (UTC), if that is known."
    ),
    unit=None,
)


# What changed between releases is kept beside them, so that none of them has a table of it.
FIGURE_CHANGES = Table(
    name="figure_changes",
    **revisions.ABOUT,
    columns=tuple(Column(c.name, c.sql_type, c.is_nullable, c.description, None) for c in revisions.COLUMNS),
    key=("release_id", "change_number"),
)


def describe_column(name: str, sql_type: str, *, is_nullable: bool, text: str) -> Column:
    """Returns a column from its description in the metadata, which ends with the unit in brackets if there is one."""
    found = UNIT.match(text)
    about, unit = (found["about"], found["unit"]) if found else (text, None)
    return Column(name=name, sql_type=sql_type, is_nullable=is_nullable, description=about, unit=unit)


async def read_facts(datasette: Datasette, release_id: str, notice: str | None, texts: Mapping[str, Any]) -> Facts:
    """Returns a release as the API sees it; `texts` are the texts of the pages, by group."""
    metadata = public_tables(datasette)
    names = {name for resource in RESOURCES for name in resource.tables}
    of_every_release = {resource.table for resource in RESOURCES if resource.rows_of == "kept releases"}
    tables = {name: await _read_table(datasette, name, metadata[name]) for name in sorted(names & set(metadata))}
    tables[FIGURE_CHANGES.name] = FIGURE_CHANGES
    rows = {name: await read_rows(datasette, sql) for name, sql in CHOICES_SQL.items()}
    choices = {name: tuple(value for row in found for value in row.values()) for name, found in rows.items()}
    return Facts(
        release_id=release_id,
        notice=notice,
        contact=datasette.metadata("contact"),
        tables={name: _with_time(table) if name in of_every_release else table for name, table in tables.items()},
        choices={**choices, **{name: tuple(texts[name]) for name in CHOICES_IN_TEXTS}},
    )


async def _read_table(datasette: Datasette, name: str, about: dict[str, Any]) -> Table:
    details = await datasette.get_database(DATABASE).table_column_details(name)
    columns: list[Column] = [
        describe_column(c.name, c.type, is_nullable=not c.notnull, text=about["columns"].get(c.name, ""))
        for c in details
    ]
    texts = {key: about.get(key, "") for key in ("title_nl", "title_en", "description_nl", "description_en")}
    key = tuple(c.name for c in sorted(details, key=lambda c: c.is_pk) if c.is_pk)
    return Table(name=name, columns=tuple(columns), key=key, **texts)


def _with_time(table: Table) -> Table:
    return replace(table, columns=(*table.columns, CURRENT_FROM))
