"""How a public table is offered: as files of the release, and through services of the portal."""

from dataclasses import dataclass

from pipelines.publish.metadata import DATABASE
from portal.api.description import BASE, OPENAPI_PATH, RESOURCES


@dataclass(frozen=True)
class Format:
    """A format in which every table is available, and where its file is in the release."""

    key: str
    nl: str
    en: str
    media_type: str
    file: str
    address: str
    file_type: str | None = None
    conforms_to: str | None = None


FORMATS = (
    Format(
        "csv",
        "CSV",
        "CSV",
        "text/csv",
        "tables/{table}.csv",
        "/downloads/{table}.csv",
        "CSV",
        "https://www.rfc-editor.org/rfc/rfc4180",
    ),
    Format(
        "nl.csv",
        "CSV voor Nederlands Excel",
        "CSV for Dutch Excel",
        "text/csv",
        "tables/{table}.nl.csv",
        "/downloads/{table}.nl.csv",
        "CSV",
    ),
    Format(
        "parquet",
        "Parquet",
        "Parquet",
        "application/vnd.apache.parquet",
        "tables/{table}.parquet",
        "/downloads/{table}.parquet",
        "PARQUET",
        "https://parquet.apache.org/docs/file-format/",
    ),
    Format(
        "sqlite",
        "SQLite: de hele release",
        "SQLite: the whole release",
        "application/vnd.sqlite3",
        f"{DATABASE}.db",
        f"/{DATABASE}.db",
        conforms_to="https://www.sqlite.org/fileformat.html",
    ),
)


@dataclass(frozen=True)
class Service:
    """A service to query parts of the tables, and where it is described."""

    address: str
    title_nl: str
    title_en: str
    description_nl: str
    description_en: str
    described_at: str


ROWS = Service(
    f"/{DATABASE}",
    "Tabellen en SQL als JSON en CSV",
    "Tables and SQL as JSON and CSV",
    "Elke tabel, gefilterd en gesorteerd, en elke vraag in SQL. Zonder sleutel.",
    "Every table, filtered and sorted, and every question in SQL. No key needed.",
    "https://docs.datasette.io/en/stable/json_api.html",
)
API = Service(
    BASE,
    "De API van Regiokompas",
    "The API of Regiokompas",
    "Regio's, indicatoren, cijfers, bronnen, releases en wijzigingen volgens de NL API Design Rules. Zonder sleutel.",
    "Regions, indicators, figures, sources, releases and changes, following the NL API Design Rules. No key needed.",
    BASE + OPENAPI_PATH,
)
SERVED_BY_API = {table for resource in RESOURCES for table in resource.tables}
