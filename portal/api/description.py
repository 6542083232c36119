"""The one description of /v1: its paths, parameters and answers. Routes, checks, pages and OpenAPI follow from it.

What the columns of an answer are called, hold and mean is not said here: that is in the release itself.
"""

from dataclasses import dataclass
from typing import Literal

API_VERSION = "1.0.0"
BASE = "/v1"
OPENAPI_PATH = "/openapi.json"
DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
MAX_VALUES = 100
LICENCE = {"name": "EUPL 1.2", "identifier": "EUPL-1.2"}

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


LIMIT = Parameter(
    "limit",
    "",
    ApiText("Hoeveel rijen hooguit in één antwoord.", "How many rows at most in one answer."),
    kind="integer",
    minimum=1,
    maximum=MAX_LIMIT,
    is_repeated=False,
    example=DEFAULT_LIMIT,
)
CURSOR = Parameter(
    "cursor",
    "",
    ApiText(
        "Waar de volgende bladzijde begint; neem hem over uit links.next.",
        "Where the next page begins; take it from links.next.",
    ),
    is_repeated=False,
)
PAGING = (LIMIT, CURSOR)

INDICATOR_ID = Parameter(
    "indicatorId",
    "indicator_id",
    ApiText("Welke indicator.", "Which indicator."),
    pattern=r"^[a-z][a-z0-9_]*$",
    choices="indicators",
    is_spelled=False,
    listed_at="/indicators",
    is_selective=True,
    example="establishments_count",
)
REGION_CODE = Parameter(
    "regionCode",
    "region_code",
    ApiText("Code van een gemeente of regio.", "Code of a municipality or region."),
    pattern=r"^[A-Z0-9-]+$",
    choices="regions",
    is_spelled=False,
    listed_at="/regions",
    is_selective=True,
    example="GM0363",
)
SCHEME = Parameter(
    "scheme", "scheme", ApiText("Soort regio.", "Kind of region."), choices="schemes", example="municipality"
)
SCHEME_OF_REGION = Parameter(
    "scheme",
    "scheme",
    SCHEME.about,
    choices="schemes",
    through=("regions", "region_code"),
    example="province",
)
YEAR = Parameter(
    "year",
    "year",
    ApiText("Kalenderjaar van de periode.", "Calendar year of the period."),
    kind="integer",
    minimum=1900,
    maximum=2100,
    example=2024,
)
YEAR_FROM = Parameter(
    "yearFrom",
    "year",
    ApiText("Dit jaar en later.", "This year and later."),
    kind="integer",
    minimum=1900,
    maximum=2100,
    compare=">=",
    is_repeated=False,
    example=2020,
)
YEAR_TO = Parameter(
    "yearTo",
    "year",
    ApiText("Dit jaar en eerder.", "This year and earlier."),
    kind="integer",
    minimum=1900,
    maximum=2100,
    compare="<=",
    is_repeated=False,
    example=2024,
)
FRAME_YEAR = Parameter(
    "frameYear",
    "frame_year",
    ApiText(
        "Jaar van de gemeentegrenzen. Zonder komt elk cijfer zoals de bron het gaf; met komen alle jaren op dezelfde "
        "grenzen, ook de indicatoren die uit andere zijn berekend.",
        "Year of the municipal boundaries. Without it every figure is as its source gave it; with it all years are on "
        "the same boundaries, also the indicators that are worked out from others.",
    ),
    kind="integer",
    choices="frame_years",
    is_repeated=False,
)
PERIOD_CODE = Parameter(
    "periodCode",
    "period_code",
    ApiText("Periode zoals CBS die schrijft.", "Period as CBS writes it."),
    pattern=r"^\d{4}([A-Z][A-Z0-9]\d{2}|\d{4})$",
    example="2024JJ00",
)
VALUE_STATUS = Parameter(
    "valueStatus",
    "value_status",
    ApiText("Hoe zeker het cijfer is, of waarom het er niet is.", "How sure the figure is, or why there is none."),
    choices="statuses",
    example="final",
)
DATASET_ID = Parameter(
    "datasetId",
    "dataset_id",
    ApiText("Brontabel, als uitgever/tabel.", "Source table, as publisher/table."),
    pattern=r"^[a-z_]+/\S+$",
    choices="sources",
    is_spelled=False,
    listed_at="/sources",
    is_selective=True,
    example="cbs/81575NED",
)

RESOURCES = (
    ApiResource(
        "regions",
        "Region",
        "regions",
        ApiText("Gemeenten en regio's", "Municipalities and regions"),
        filters=(
            SCHEME,
            Parameter(
                "isCurrent",
                "is_current",
                ApiText("Alleen regio's die er nog zijn, of juist niet.", "Only regions that still exist, or do not."),
                kind="boolean",
                is_repeated=False,
            ),
        ),
        key=REGION_CODE,
        one_about=ApiText("Eén gemeente of regio", "One municipality or region"),
        nested=(
            Nested(
                "members",
                "region_membership",
                "region_code",
                "municipality_code",
                ApiText(
                    "Gemeenten die bij de regio horen of hoorden.", "Municipalities that are or were in the region."
                ),
            ),
            Nested(
                "partOf",
                "region_membership",
                "municipality_code",
                "region_code",
                ApiText(
                    "Regio's waar de gemeente bij hoort of hoorde.",
                    "Regions that the municipality is or was a part of.",
                ),
            ),
        ),
    ),
    ApiResource(
        "indicators",
        "Indicator",
        "indicators",
        ApiText("Indicatoren", "Indicators"),
        filters=(
            Parameter("theme", "theme", ApiText("Thema.", "Theme."), choices="themes"),
            Parameter(
                "buildingBlock",
                "building_block",
                ApiText("Bouwsteen van M4EG.", "Building block of M4EG."),
                kind="integer",
                minimum=1,
                maximum=5,
            ),
        ),
        key=INDICATOR_ID,
        one_about=ApiText("Eén indicator", "One indicator"),
    ),
    ApiResource(
        "observations",
        "Observation",
        "observations",
        ApiText("Cijfers", "Figures"),
        filters=(
            INDICATOR_ID,
            REGION_CODE,
            SCHEME_OF_REGION,
            PERIOD_CODE,
            YEAR,
            YEAR_FROM,
            YEAR_TO,
            VALUE_STATUS,
        ),
        other_table=(FRAME_YEAR, "observations_on_frame", "ObservationOnFrame"),
    ),
    ApiResource(
        "sources",
        "Source",
        "sources",
        ApiText("Bronnen, met licentie en toestand", "Sources, with licence and state"),
        filters=(
            Parameter("state", "state", ApiText("Toestand van de bron.", "State of the source."), choices="states"),
        ),
    ),
    ApiResource(
        "origins",
        "Origin",
        "origins",
        ApiText("Herkomst: wat van bronnen is ontvangen", "Origins: what was received from sources"),
        filters=(DATASET_ID,),
    ),
    ApiResource(
        "releases", "Release", "release", ApiText("De uitgave waaruit wordt geantwoord", "The release that answers")
    ),
    ApiResource(
        "changes",
        "Change",
        "source_changes",
        ApiText(
            "Wat bronnen sinds de vorige keer aan hun tabellen veranderden",
            "What sources changed in their tables since the last time",
        ),
        filters=(
            DATASET_ID,
            Parameter(
                "blocks",
                "blocks",
                ApiText("Of de wijziging cijfers tegenhoudt.", "Whether the change holds figures back."),
                kind="boolean",
                is_repeated=False,
            ),
        ),
    ),
)
# SQLite has no booleans: these columns hold 0 or 1.
BOOLEAN_COLUMNS = frozenset({"is_current", "is_over", "blocks", "invented"})
