"""What a description of the API can say: of a resource, of rows within its answer, of a parameter.

The description itself is in `portal/api/description.py`.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "boolean"]


@dataclass(frozen=True)
class ApiText:
    """A sentence for a Dutch and an English reader."""

    nl: str
    en: str

    def __getitem__(self, lang: str) -> str:
        return self.en if lang == "en" else self.nl

    @property
    def both(self) -> str:
        """The two in one, as the metadata of a release writes them."""
        return f"{self.nl} / {self.en}"


@dataclass(frozen=True)
class Parameter:
    """A key in the query or a part of the path, and which values it takes.

    Args:
        name: as it is written in a request.
        column: the column that it is about.
        compare: how the column is compared with the values.
        choices: a name in `Facts.choices` whose values are the only ones.
        is_spelled: whether OpenAPI spells those values out; a long list has an address instead, in `listed_at`.
        through: the table of `column`, when that is not the one asked, and the column by which the two are joined.
        is_selective: whether few rows are left, so that an index on the column is faster than the order of the key.
    """

    name: str
    column: str
    about: ApiText
    kind: Kind = "text"
    compare: Literal["in", ">=", "<="] = "in"
    pattern: str | None = None
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
    """Rows of another table within the answer about one row: those whose `column` is the key that was asked."""

    field: str
    table: str
    column: str
    other: str
    about: ApiText


@dataclass(frozen=True)
class ApiResource:
    """Something that can be asked: a table of the release, as a list and perhaps row by row."""

    name: str
    schema: str
    table: str
    list_about: ApiText
    filters: tuple[Parameter, ...] = ()
    key: Parameter | None = None
    one_about: ApiText | None = None
    nested: tuple[Nested, ...] = ()
    # A parameter that makes another table answer, with the schema of its rows.
    other_table: tuple[Parameter, str, str] | None = None

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
        """Every key that the list takes in its query, without those of paging."""
        return (*self.filters, *((self.other_table[0],) if self.other_table else ()))

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table of which an answer can have rows."""
        other = (self.other_table[1],) if self.other_table else ()
        return tuple(dict.fromkeys((self.table, *other, *(nested.table for nested in self.nested))))

    def answering(self, asked: frozenset[str]) -> tuple[str, str]:
        """Returns the table and the schema that answer a request with these parameters."""
        if self.other_table and self.other_table[0].name in asked:
            return self.other_table[1], self.other_table[2]
        return self.table, self.schema
