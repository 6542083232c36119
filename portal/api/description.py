"""The one description of /v1: what each path takes and returns. Routes, checks, pages and OpenAPI follow from it.

The parameters are in `portal/api/query_keys.py`, and the classes that both use are in `portal/api/shapes.py`. The
names, types and meanings of the columns of a response are in the release itself.
"""

from portal.api.query_keys import (
    BOUNDARY_YEAR,
    BUILDING_BLOCK,
    DATASET_ID,
    GOAL_ID,
    INDICATOR_ID,
    NEW_CODE,
    OLD_CODE,
    PERIOD_CODE,
    PROGRAMME_ID,
    REGION_CODE,
    SCHEME,
    SCHEME_OF_REGION,
    THEME,
    VALUE_STATUS,
    YEAR,
    YEAR_FROM,
    YEAR_OF_BOUNDARIES,
    YEAR_TO,
)
from portal.api.shapes import ApiResource, ApiText, Nested, Parameter

API_VERSION = "1.2.0"
BASE = "/v1"
OPENAPI_PATH = "/openapi.json"
LICENCE = {"name": "EUPL 1.2", "identifier": "EUPL-1.2"}
PROGRESS = ApiText("Hoe het ervoor staat.", "How it stands.")

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
        filters=(THEME, BUILDING_BLOCK),
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
        "baseline",
        "BaselineFigure",
        "baseline",
        ApiText(
            "De nulmeting: het laatste cijfer, met trend en plaats onder de regio's van dezelfde soort",
            "The baseline: the latest figure, with its trend and its place among regions of the same kind",
        ),
        filters=(REGION_CODE, SCHEME_OF_REGION, INDICATOR_ID, THEME, BUILDING_BLOCK),
    ),
    ApiResource(
        "peers",
        "PeerComparison",
        "baseline_peers",
        ApiText(
            "Een gemeente naast andere: plaats, mediaan en uitersten per vergelijkingsgroep",
            "A municipality beside others: place, median and extremes in each peer group",
        ),
        filters=(
            REGION_CODE,
            INDICATOR_ID,
            Parameter(
                "peerGroup",
                "peer_group",
                ApiText("Met welke gemeenten vergeleken wordt.", "Which municipalities it is compared with."),
                choices="peer_groups",
            ),
        ),
    ),
    ApiResource(
        "similar-municipalities",
        "SimilarMunicipality",
        "similar_municipalities",
        ApiText(
            "De gemeenten waar elke gemeente het meest op lijkt", "The municipalities that each resembles the most"
        ),
        filters=(
            REGION_CODE,
            Parameter(
                "similarityKind",
                "similarity_kind",
                ApiText("Waarin de twee op elkaar lijken.", "What the two are similar in."),
                choices="similarity_kinds",
            ),
            Parameter(
                "isMutual",
                "is_mutual",
                ApiText("Of de een ook op de lijst van de ander staat.", "Whether each is in the list of the other."),
                kind="boolean",
                is_repeated=False,
            ),
        ),
    ),
    ApiResource(
        "neighbours",
        "Neighbour",
        "neighbours",
        ApiText("De gemeenten die aan elkaar grenzen", "The municipalities that border on each other"),
        filters=(REGION_CODE,),
    ),
    ApiResource(
        "goals",
        "Goal",
        "goals",
        ApiText("Doelen van de programma's", "Goals of the programmes"),
        filters=(PROGRAMME_ID, THEME),
        key=GOAL_ID,
        one_about=ApiText("Eén doel", "One goal"),
    ),
    ApiResource(
        "goal-monitor",
        "GoalProgress",
        "goal_monitor",
        ApiText("Hoe elke regio er bij elk doel voor staat", "How each region is doing on each goal"),
        filters=(
            GOAL_ID,
            REGION_CODE,
            SCHEME_OF_REGION,
            PROGRAMME_ID,
            INDICATOR_ID,
            Parameter("progress", "progress", PROGRESS, choices="progress"),
        ),
    ),
    ApiResource(
        "plan-monitor",
        "PlanProgress",
        "plan_monitor",
        ApiText(
            "De streefwaarden van economische plannen naast het pad erheen",
            "The targets of economic plans beside the path to them",
        ),
        filters=(REGION_CODE, INDICATOR_ID, Parameter("progress", "progress", PROGRESS, choices="plan_progress")),
    ),
    ApiResource(
        "tension",
        "LabourTension",
        "labour_tension",
        ApiText(
            "De spanning op de arbeidsmarkt per beroep: vacatures naast mensen die kort in de WW zitten",
            "Labour market tension by occupation: vacancies beside people who have been on benefit for a short time",
        ),
        filters=(
            REGION_CODE,
            Parameter(
                "occupationCode",
                "occupation_code",
                ApiText("Code van een beroep of een groep beroepen.", "Code of an occupation or a group of them."),
                pattern=r"^\w+$",
                choices="occupations",
                is_spelled=False,
                example="0434",
            ),
            Parameter(
                "occupationLevel",
                "occupation_level",
                ApiText("Hoe ver beroepen zijn uitgesplitst.", "How far occupations are divided."),
                choices="labour_levels",
            ),
            Parameter(
                "tensionClass",
                "tension_class",
                ApiText("Hoe krap of ruim het is.", "How tight or loose it is."),
                choices="tension_classes",
            ),
            PERIOD_CODE,
            YEAR,
        ),
    ),
    ApiResource(
        "boundaries",
        "RegionBoundary",
        "region_boundaries",
        ApiText(
            "Grenzen van gemeenten en gebieden per jaar, als GeoJSON in tekst",
            "Boundaries of municipalities and regions by year, as GeoJSON in text",
        ),
        filters=(REGION_CODE, YEAR_OF_BOUNDARIES),
    ),
    ApiResource(
        "boundary-changes",
        "BoundaryChange",
        "boundary_changes",
        ApiText(
            "Hoe gemeenten in andere zijn opgegaan, met het deel dat ging",
            "How municipalities went into others, with the part that went",
        ),
        filters=(OLD_CODE, NEW_CODE),
    ),
    ApiResource(
        "sources",
        "Source",
        "sources",
        ApiText("Bronnen, met licentie en status", "Sources, with their licence and status"),
        filters=(
            Parameter("state", "state", ApiText("Status van de bron.", "Status of the source."), choices="states"),
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
        "releases",
        "Release",
        "release",
        ApiText(
            "De uitgaven die er nog zijn, en sinds wanneer lezers elk ervan hadden",
            "The releases that are kept, and since when readers had each",
        ),
        rows_of="kept releases",
    ),
    ApiResource(
        "figure-changes",
        "FigureChange",
        "figure_changes",
        ApiText(
            "Cijfers die in een release anders waren dan in die ervoor",
            "Figures that a release had otherwise than the one before it",
        ),
        filters=(
            INDICATOR_ID,
            REGION_CODE,
            PERIOD_CODE,
            Parameter("change", "change", ApiText("Wat er veranderde.", "What changed."), choices="changes_kinds"),
            Parameter("cause", "cause", ApiText("Waarom het veranderde.", "Why it changed."), choices="changes_causes"),
        ),
        rows_of="changes",
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
