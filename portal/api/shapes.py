"""The classes that the API is described with: a resource, the rows nested in it, a parameter.

The description itself is in `portal/api/description.py`.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "boolean"]


@dataclass(frozen=True)
class ApiText:
    """A sentence in Dutch and in English."""

    nl: str
    en: str

    def __getitem__(self, lang: str) -> str:
        return self.en if lang == "en" else self.nl

    @property
    def both(self) -> str:
        """Both languages in one text, as in the metadata of a release."""
        return f"{self.nl} / {self.en}"


@dataclass(frozen=True)
class Parameter:
    """A key in the query or a part of the path, and the values that it accepts.

    Args:
        name: its name in a request.
        column: the column that it filters.
        compare: how the column is compared with the values.
        format: what a text that fits the pattern has to be, as JSON Schema calls it.
        choices: a name in `Facts.choices`; only its values are allowed.
        is_spelled: whether OpenAPI lists those values; a long list has an address instead, in `listed_at`.
        through: the table of `column`, if that is not the requested one, and the column that joins the two.
        is_selective: whether it leaves few rows, so that an index on the column is faster than the order of the key.
    """

    name: str
    column: str
    about: ApiText
    kind: Kind = "text"
    compare: Literal["in", ">=", "<="] = "in"
    pattern: str | None = None
    format: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    choices: str | None = None
    is_spelled: bool = True
    listed_at: str | None = None
    is_repeated: bool = True
    through: tuple[str, str] | None = None
    is_selective: bool = False
    example: str | int | None = None


@dataclass(frozen=True)
class Nested:
    """Rows of another table in the response about one row: those whose `column` is the requested key."""

    field: str
    table: str
    column: str
    other: str
    about: ApiText


@dataclass(frozen=True)
class ApiResource:
    """Something that can be requested: a table of the release, as a list and perhaps row by row."""

    name: str
    schema: str
    table: str
    list_about: ApiText
    filters: tuple[Parameter, ...] = ()
    key: Parameter | None = None
    one_about: ApiText | None = None
    nested: tuple[Nested, ...] = ()
    # A parameter that makes the rows come from another table, with the schema of those rows.
    other_table: tuple[Parameter, str, str] | None = None
    # What has the rows: the release that is served, each that is kept, or what changed between releases.
    rows_of: Literal["release", "kept releases", "changes"] = "release"

    @property
    def path(self) -> str:
        """The path of the list, below `BASE`."""
        return f"/{self.name}"

    @property
    def one_path(self) -> str:
        """The path of one row, below `BASE`."""
        return f"/{self.name}/{{{self.key.name}}}" if self.key else ""

    @property
    def list_parameters(self) -> tuple[Parameter, ...]:
        """Every key that the list accepts in its query, except those for paging."""
        return (*self.filters, *((self.other_table[0],) if self.other_table else ()))

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table whose rows a response can have."""
        other = (self.other_table[1],) if self.other_table else ()
        return tuple(dict.fromkeys((self.table, *other, *(nested.table for nested in self.nested))))

    def answering(self, asked: frozenset[str]) -> tuple[str, str]:
        """Returns the table and the schema of the rows for a request with these parameters."""
        if self.other_table and self.other_table[0].name in asked:
            return self.other_table[1], self.other_table[2]
        return self.table, self.schema
