"""What the API must know of the release that it answers from: its columns, their meaning, the values they can have."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from portal.api.description import BOOLEAN_COLUMNS

UNIT = re.compile(r"^(?P<about>.*?)(?: \[(?P<unit>[^\]]+)\])?$", re.DOTALL)
TYPES = {"TEXT": "string", "INTEGER": "integer", "REAL": "number"}


@dataclass(frozen=True)
class Column:
    """A column of a table, as it stands in SQLite and in the metadata of the release."""

    name: str
    sql_type: str
    is_nullable: bool
    description: str
    unit: str | None

    @property
    def field(self) -> str:
        """The name of the column in an answer: `region_code` is `regionCode`."""
        first, *rest = self.name.split("_")
        return first + "".join(word.capitalize() for word in rest)

    @property
    def json_type(self) -> str:
        """The type of its values in JSON."""
        return "boolean" if self.name in BOOLEAN_COLUMNS else TYPES[self.sql_type]


@dataclass(frozen=True)
class Table:
    """A table of the release, with the texts that the dbt manifest has for it."""

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
    """Who answers for the release: `name`, `url`, and `email` where the publisher gave one."""
    tables: Mapping[str, Table]
    choices: Mapping[str, tuple[str | int, ...]]


def describe_column(name: str, sql_type: str, *, is_nullable: bool, text: str) -> Column:
    """Returns a column from its description in the metadata, which ends with the unit in brackets when it has one."""
    found = UNIT.match(text)
    about, unit = (found["about"], found["unit"]) if found else (text, None)
    return Column(name=name, sql_type=sql_type, is_nullable=is_nullable, description=about, unit=unit)
