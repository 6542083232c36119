"""Where things are and who is asked: the only place where environment variables are named."""

import os
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

# Where our packages are: a checkout, or what Python installs into.
PACKAGES = Path(__file__).resolve().parents[1]
# An install has the folders that are no packages in one of their own (see `pyproject.toml`), a checkout beside these.
_INSTALLED = PACKAGES / "regiokompas_project"
IS_INSTALLED = _INSTALLED.is_dir()
PROJECT = _INSTALLED if IS_INSTALLED else PACKAGES
DBT_PROJECT = PROJECT / "dbt_project"
PORTAL = PROJECT / "datasette"
CARDS = PACKAGES / "pipelines" / "cards"
SAMPLE_LANDING = PACKAGES / "pipelines" / "sample" / "landing"


@dataclass(frozen=True)
class Settings:
    """One run's surroundings; every field can be set by the environment variable in its metadata."""

    data: Path = field(
        default=Path("data"),
        metadata={"env": "REGIOKOMPAS_DATA", "help": "where landing, build and releases are kept"},
    )
    selections: Path = field(
        default=Path("selections"),
        metadata={"env": "REGIOKOMPAS_SELECTIONS", "help": "the folder with own selections of municipalities, as CSV"},
    )
    cbs_v4_url: str = field(
        default="https://datasets.cbs.nl/odata/v1/CBS",
        metadata={"env": "REGIOKOMPAS_CBS_V4_URL", "help": "base address of CBS OData v4"},
    )
    cbs_v3_url: str = field(
        default="https://opendata.cbs.nl",
        metadata={"env": "REGIOKOMPAS_CBS_V3_URL", "help": "host of CBS OData v3"},
    )
    cbs_bulk_url: str = field(
        default="https://datasets.cbs.nl/csv/CBS/nl",
        metadata={"env": "REGIOKOMPAS_CBS_BULK_URL", "help": "base address of CBS's tables as one zip"},
    )
    ckan_url: str = field(
        default="https://data.overheid.nl/data/api/3/action",
        metadata={"env": "REGIOKOMPAS_CKAN_URL", "help": "base address of the CKAN catalogue of the Dutch government"},
    )
    amsterdam_url: str = field(
        default="https://api.data.amsterdam.nl/v1",
        metadata={"env": "REGIOKOMPAS_AMSTERDAM_URL", "help": "base address of the open data of Amsterdam (HAL)"},
    )
    pdok_url: str = field(
        default="https://api.pdok.nl/cbs/gebiedsindelingen/ogc/v1",
        metadata={"env": "REGIOKOMPAS_PDOK_URL", "help": "base address of the boundaries (OGC API Features)"},
    )
    eurostat_url: str = field(
        default="https://ec.europa.eu/eurostat/api/dissemination/statistics/1.0/data",
        metadata={"env": "REGIOKOMPAS_EUROSTAT_URL", "help": "base address of the figures of Eurostat (JSON-stat)"},
    )
    origin: str = field(
        default="sample",
        metadata={"env": "REGIOKOMPAS_FROM", "help": "live, sample or the path of a landing"},
    )
    contact: str = field(
        default="",
        metadata={
            "env": "REGIOKOMPAS_CONTACT",
            "help": "an address of mail that sources and readers can turn to: in each request and in the release",
        },
    )
    public_url: str = field(
        default="https://regiokompas.example",
        metadata={
            "env": "REGIOKOMPAS_PUBLIC_URL",
            "help": "where the portal is reached, for the catalogue",
        },
    )
    http_tries: int = field(
        default=5,
        metadata={"env": "REGIOKOMPAS_HTTP_TRIES", "help": "how often a request is tried"},
    )
    http_timeout: float = field(
        default=60.0,
        metadata={"env": "REGIOKOMPAS_HTTP_TIMEOUT", "help": "seconds of silence before a try fails"},
    )
    http_max_wait: float = field(
        default=60.0,
        metadata={"env": "REGIOKOMPAS_HTTP_MAX_WAIT", "help": "longest wait between two tries, in seconds"},
    )

    most_rows_lost: float = field(
        default=0.1,
        metadata={
            "env": "REGIOKOMPAS_MOST_ROWS_LOST",
            "help": "the part of its rows that a source may lose since it landed before without --accept",
        },
    )
    most_figures_lost: float = field(
        default=0.02,
        metadata={
            "env": "REGIOKOMPAS_MOST_FIGURES_LOST",
            "help": "the part of the figures that a release may lose of the one before it without --accept",
        },
    )
    most_of_an_indicator_lost: float = field(
        default=0.25,
        metadata={
            "env": "REGIOKOMPAS_MOST_OF_AN_INDICATOR_LOST",
            "help": "the part of the figures of one indicator that a release may lose without --accept",
        },
    )
    most_indicators_lost: int = field(
        default=0,
        metadata={
            "env": "REGIOKOMPAS_MOST_INDICATORS_LOST",
            "help": "how many whole indicators a release may lose without --accept",
        },
    )
    most_municipalities_lost: int = field(
        default=0,
        metadata={
            "env": "REGIOKOMPAS_MOST_MUNICIPALITIES_LOST",
            "help": "how many whole municipalities a release may lose without --accept",
        },
    )
    http_deadline: float = field(
        default=300.0,
        metadata={"env": "REGIOKOMPAS_HTTP_DEADLINE", "help": "the most seconds that one answer may take"},
    )

    @classmethod
    def from_environment(cls, **overrides: Any) -> "Settings":
        """Read every setting from its environment variable; `overrides` win.

        Raises:
            ValueError: a variable holds a text where a number belongs.
        """
        values: dict[str, Any] = {}
        for f in fields(cls):
            text = os.environ.get(f.metadata["env"])
            if text:
                kind = type(getattr(cls, f.name))
                try:
                    values[f.name] = kind(text)
                except ValueError:
                    raise ValueError(f"{f.metadata['env']}: expected a {kind.__name__}, found {text!r}") from None
        settings = cls(**(values | overrides))
        return replace(settings, data=settings.data.resolve(), selections=settings.selections.resolve())

    @property
    def landing(self) -> Path:
        """The bytes as received, and the locks that say what they are."""
        return self.data / "landing"

    @property
    def drop(self) -> Path:
        """Files that only a person can fetch, a folder a card."""
        return self.data / "drop"

    @property
    def raw(self) -> Path:
        """Parquet in the one row shape, derived from the landing."""
        return self.data / "raw"

    @property
    def build(self) -> Path:
        """The DuckDB file and dbt's artefacts: all derived, may be deleted."""
        return self.data / "build"

    @property
    def database(self) -> Path:
        """The DuckDB file of the build: made anew by every dbt build, read by publishing."""
        return self.build / "regiokompas.duckdb"

    @property
    def releases(self) -> Path:
        """Immutable releases, and the link `current`."""
        return self.data / "releases"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own run history, shared by the command line and the UI."""
        return self.data / "dagster"
