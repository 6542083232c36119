"""Every parameter of the API that more than one resource takes, with the values that it can have."""

from portal.api.shapes import Parameter, Text

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
MAX_VALUES = 100

LIMIT = Parameter(
    "limit",
    "",
    Text("Hoeveel rijen hooguit in één antwoord.", "How many rows at most in one answer."),
    kind="integer",
    minimum=1,
    maximum=MAX_LIMIT,
    repeated=False,
    example=DEFAULT_LIMIT,
)
CURSOR = Parameter(
    "cursor",
    "",
    Text(
        "Waar de volgende bladzijde begint; neem hem over uit links.next.",
        "Where the next page begins; take it from links.next.",
    ),
    repeated=False,
)
PAGING = (LIMIT, CURSOR)

INDICATOR_ID = Parameter(
    "indicatorId",
    "indicator_id",
    Text("Welke indicator.", "Which indicator."),
    pattern=r"^[a-z][a-z0-9_]*$",
    choices="indicators",
    spelled=False,
    listed_at="/indicators",
    selective=True,
    example="establishments_count",
)
REGION_CODE = Parameter(
    "regionCode",
    "region_code",
    Text("Code van een gemeente of regio.", "Code of a municipality or region."),
    pattern=r"^[A-Z0-9-]+$",
    choices="regions",
    spelled=False,
    listed_at="/regions",
    selective=True,
    example="GM0363",
)
SCHEME = Parameter(
    "scheme", "scheme", Text("Soort regio.", "Kind of region."), choices="schemes", example="municipality"
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
    Text("Kalenderjaar van de periode.", "Calendar year of the period."),
    kind="integer",
    minimum=1900,
    maximum=2100,
    example=2024,
)
YEAR_FROM = Parameter(
    "yearFrom",
    "year",
    Text("Dit jaar en later.", "This year and later."),
    kind="integer",
    minimum=1900,
    maximum=2100,
    compare=">=",
    repeated=False,
    example=2020,
)
YEAR_TO = Parameter(
    "yearTo",
    "year",
    Text("Dit jaar en eerder.", "This year and earlier."),
    kind="integer",
    minimum=1900,
    maximum=2100,
    compare="<=",
    repeated=False,
    example=2024,
)
FRAME_YEAR = Parameter(
    "frameYear",
    "frame_year",
    Text(
        "Jaar van de gemeentegrenzen. Zonder komt elk cijfer zoals de bron het gaf; met komen alle jaren op dezelfde "
        "grenzen, ook de indicatoren die uit andere zijn berekend.",
        "Year of the municipal boundaries. Without it every figure is as its source gave it; with it all years are on "
        "the same boundaries, also the indicators that are worked out from others.",
    ),
    kind="integer",
    choices="frame_years",
    repeated=False,
    example=2026,
)
PERIOD_CODE = Parameter(
    "periodCode",
    "period_code",
    Text("Periode zoals CBS die schrijft.", "Period as CBS writes it."),
    pattern=r"^\d{4}([A-Z][A-Z0-9]\d{2}|\d{4})$",
    example="2024JJ00",
)
VALUE_STATUS = Parameter(
    "valueStatus",
    "value_status",
    Text("Hoe zeker het cijfer is, of waarom het er niet is.", "How sure the figure is, or why there is none."),
    choices="statuses",
    example="final",
)
DATASET_ID = Parameter(
    "datasetId",
    "dataset_id",
    Text("Brontabel, als uitgever/tabel.", "Source table, as publisher/table."),
    pattern=r"^[a-z_]+/\S+$",
    choices="sources",
    spelled=False,
    listed_at="/sources",
    selective=True,
    example="cbs/81575NED",
)
