"""Where things are and who is asked: the only place where environment variables are named."""

import os
from dataclasses import dataclass, fields, replace
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


def variable_of(setting: str) -> str:
    """The environment variable by which a setting is given: its name, but for the origin, which is `--from` too."""
    return "REGIOKOMPAS_FROM" if setting == "origin" else f"REGIOKOMPAS_{setting.upper()}"


@dataclass(frozen=True)
class Settings:
    """One run's surroundings; every field can be set by its environment variable, see `variable_of`."""

    data: Path = Path("data")
    """Where landing, build and releases are kept."""
    selections: Path = Path("selections")
    """The folder with own selections of municipalities, as CSV."""
    cbs_v4_url: str = "https://datasets.cbs.nl/odata/v1/CBS"
    """Base address of CBS OData v4."""
    cbs_v3_url: str = "https://opendata.cbs.nl"
    """Host of CBS OData v3."""
    cbs_bulk_url: str = "https://datasets.cbs.nl/csv/CBS/nl"
    """Base address of CBS's tables as one zip."""
    ckan_url: str = "https://data.overheid.nl/data/api/3/action"
    """Base address of the CKAN catalogue of the Dutch government."""
    amsterdam_url: str = "https://api.data.amsterdam.nl/v1"
    """Base address of the open data of Amsterdam (HAL)."""
    pdok_url: str = "https://api.pdok.nl/cbs/gebiedsindelingen/ogc/v1"
    """Base address of the boundaries (OGC API Features)."""
    eurostat_url: str = "https://ec.europa.eu/eurostat/api/dissemination/statistics/1.0/data"
    """Base address of the figures of Eurostat (JSON-stat)."""
    origin: str = "sample"
    """`live`, `sample` or the path of a landing."""
    contact: str = ""
    """An address of mail that sources and readers can turn to: in each request and in the release."""
    public_url: str = "https://regiokompas.example"
    """Where the portal is reached, for the catalogue."""
    http_tries: int = 5
    """How often a request is tried."""
    http_timeout: float = 60.0
    """Seconds of silence before a try fails."""
    http_max_wait: float = 60.0
    """Longest wait between two tries, in seconds."""
    most_rows_lost: float = 0.1
    """The part of its rows that a source may lose since it landed before without --accept."""
    most_figures_lost: float = 0.02
    """The part of the figures that a release may lose of the one before it without --accept."""
    most_of_an_indicator_lost: float = 0.25
    """The part of the figures of one indicator that a release may lose without --accept."""
    most_indicators_lost: int = 0
    """How many whole indicators a release may lose without --accept."""
    most_municipalities_lost: int = 0
    """How many whole municipalities a release may lose without --accept."""
    http_deadline: float = 300.0
    """The most seconds that one answer may take."""

    @classmethod
    def from_environment(cls, **overrides: Any) -> "Settings":
        """Read every setting from its environment variable; `overrides` win.

        Raises:
            ValueError: a variable holds a text where a number belongs.
        """
        values: dict[str, Any] = {}
        for f in fields(cls):
            if text := os.environ.get(variable_of(f.name)):
                kind = type(getattr(cls, f.name))
                try:
                    values[f.name] = kind(text)
                except ValueError:
                    problem = f"expected a {kind.__name__}, found {text!r}"
                    raise ValueError(f"{variable_of(f.name)}: {problem}") from None
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
