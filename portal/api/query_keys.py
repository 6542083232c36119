"""Every parameter that more than one resource of the API takes, with its possible values."""

from dataclasses import replace

from portal.api.shapes import ApiText, Parameter

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
MAX_VALUES = 100

LIMIT = Parameter(
    "limit",
    "",
    ApiText("Hoeveel rijen hooguit in één antwoord.", "The maximum number of rows in one response."),
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
AS_OF = Parameter(
    "asOf",
    "",
    ApiText(
        "Zoals het er op die dag stond: leidt naar hetzelfde adres in de uitgave die lezers toen hadden.",
        "As it was on that day: leads to the same address in the release that readers had then.",
    ),
    pattern=r"^\d{4}-\d{2}-\d{2}$",
    format="date",
    is_repeated=False,
    example="2026-10-01",
)
# What every list takes, whatever it lists.
OF_EVERY_LIST = (*PAGING, AS_OF)

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
BOUNDARY_YEAR = Parameter(
    "boundaryYear",
    "boundary_year",
    ApiText(
        "Jaar van de gemeentegrenzen. Zonder dit jaar is elk cijfer zoals de bron het gaf; met dit jaar staan alle "
        "jaren op dezelfde grenzen, ook de indicatoren die uit andere zijn berekend.",
        "Year of the municipal boundaries. Without it, every figure is as its source gave it; with it, all years are "
        "on the same boundaries, including the indicators that are computed from others.",
    ),
    kind="integer",
    choices="boundary_years",
    is_repeated=False,
    example=2026,
)
PERIOD_CODE = Parameter(
    "periodCode",
    "period_code",
    ApiText("Periode zoals CBS die schrijft.", "Period code as CBS writes it."),
    pattern=r"^\d{4}([A-Z][A-Z0-9]\d{2}|\d{4})$",
    example="2024JJ00",
)
OLD_CODE = replace(
    REGION_CODE,
    name="oldCode",
    column="old_code",
    about=ApiText("De gemeente die ophield of een deel afstond.", "The municipality that ended or gave a part."),
    example="GM0193",
)
NEW_CODE = replace(
    OLD_CODE,
    name="newCode",
    column="new_code",
    about=ApiText("De gemeente die het kreeg.", "The municipality that got it."),
)
YEAR_OF_BOUNDARIES = replace(
    YEAR,
    name="boundaryYear",
    column="boundary_year",
    about=ApiText("Jaar van de gemeentegrenzen.", "Year of the municipal boundaries."),
    example=2026,
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
THEME = Parameter("theme", "theme", ApiText("Thema.", "Theme."), choices="themes")
BUILDING_BLOCK = Parameter(
    "buildingBlock",
    "building_block",
    ApiText("Bouwsteen van M4EG.", "Building block of M4EG."),
    kind="integer",
    minimum=1,
    maximum=5,
)
GOAL_ID = Parameter(
    "goalId",
    "goal_id",
    ApiText("Welk doel.", "Which goal."),
    pattern=r"^[a-z][a-z0-9_]*$",
    choices="goals",
    is_spelled=False,
    listed_at="/goals",
    is_selective=True,
    example="g40_sme_jobs",
)
PROGRAMME_ID = Parameter(
    "programmeId",
    "programme_id",
    ApiText("Het programma dat het doel stelt.", "The programme that sets the goal."),
    choices="programmes",
)
