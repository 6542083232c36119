"""The one description of /v1: what each path takes and returns. Routes, checks, pages and OpenAPI follow from it.

The parameters are in `portal/api/query_keys.py`, and the classes that both use are in `portal/api/shapes.py`. The
names, types and meanings of the columns of a response are in the release itself.
"""

from portal.api.query_keys import (
    BOUNDARY_YEAR,
    DATASET_ID,
    INDICATOR_ID,
    PERIOD_CODE,
    REGION_CODE,
    SCHEME,
    SCHEME_OF_REGION,
    VALUE_STATUS,
    YEAR,
    YEAR_FROM,
    YEAR_TO,
)
from portal.api.shapes import ApiResource, ApiText, Nested, Parameter

API_VERSION = "1.0.0"
BASE = "/v1"
OPENAPI_PATH = "/openapi.json"
LICENCE = {"name": "EUPL 1.2", "identifier": "EUPL-1.2"}

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
                ApiText("Alleen regio's die er nog zijn, of juist niet.", "Only current, or only former regions."),
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
        other_table=(BOUNDARY_YEAR, "observations_on_boundaries", "ObservationOnBoundaries"),
    ),
    ApiResource(
        "sources",
        "Source",
        "sources",
        ApiText("Bronnen, met licentie en toestand", "Sources, with their licence and state"),
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
        "releases", "Release", "release", ApiText("De uitgave waaruit wordt geantwoord", "The release that is served")
    ),
    ApiResource(
        "changes",
        "Change",
        "source_changes",
        ApiText(
            "Wat bronnen sinds de vorige keer aan hun tabellen veranderden",
            "What sources changed in their tables since they were last read",
        ),
        filters=(
            DATASET_ID,
            Parameter(
                "isBlocking",
                "is_blocking",
                ApiText("Of de wijziging cijfers tegenhoudt.", "Whether the change holds figures back."),
                kind="boolean",
                is_repeated=False,
            ),
        ),
    ),
)
# SQLite has no booleans: the columns whose names begin like this hold 0 or 1, and no others do.
BOOLEAN_PREFIXES = ("is_", "has_")
