"""Where data is kept and which addresses are asked: the only place that names environment variables."""

import os
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

# The folder with our packages: a checkout, or site-packages.
PACKAGES = Path(__file__).resolve().parents[1]
# Folders that are not packages: an install has them in one folder (see `pyproject.toml`), a checkout beside these.
_INSTALLED = PACKAGES / "regiokompas_project"
IS_INSTALLED = _INSTALLED.is_dir()
PROJECT = _INSTALLED if IS_INSTALLED else PACKAGES
DBT_PROJECT = PROJECT / "dbt_project"
PORTAL = PROJECT / "datasette"
CARDS = PACKAGES / "pipelines" / "cards"
SAMPLE_LANDING = PACKAGES / "pipelines" / "sample" / "landing"


# DuckDB and dbt get the paths of files within SQL and templates.
_NOT_IN_PATHS = {"'", "*", "?", "[", "{", "\n"}


def variable_of(setting: str) -> str:
    """The environment variable of a setting, named after it; the origin is named after its option, `--from`."""
    return "REGIOKOMPAS_FROM" if setting == "origin" else f"REGIOKOMPAS_{setting.upper()}"


@dataclass(frozen=True)
class Settings:
    """The settings of one run; every field can be set by its environment variable, see `variable_of`."""

    data: Path = Path("data")
    """Where landing, build and releases are kept."""
    storage: str = ""
    """The URL of the storage that machines share, such as `s3://bucket/prefix`; the data folder alone if empty."""
    storage_seconds: float = 30.0
    """How often a portal looks in the storage for a new release, in seconds."""
    executor: str = "in_process"
    """Where `regiokompas run` brings cards up to date: `in_process`, `multiprocess` or `dask`."""
    workers: int = 2
    """How many processes of this machine bring cards up to date, unless that is done in one process or elsewhere."""
    dask_address: str = ""
    """The scheduler of a Dask cluster that exists, such as `tcp://scheduler:8786`; workers of this machine if empty."""
    selections: Path = Path("selections")
    """The folder with your own selections of municipalities, as CSV."""
    cbs_v4_url: str = "https://datasets.cbs.nl/odata/v1/CBS"
    """Base address of CBS OData v4."""
    cbs_v3_url: str = "https://opendata.cbs.nl"
    """Host of CBS OData v3."""
    cbs_dataderden_url: str = "https://dataderden.cbs.nl"
    """Host of the tables that CBS keeps for others, by OData v3."""
    cbs_bulk_url: str = "https://datasets.cbs.nl/csv/CBS/nl"
    """Base address of CBS tables, each as one zip."""
    ckan_url: str = "https://data.overheid.nl/data/api/3/action"
    """Base address of the CKAN catalogue of the Dutch government."""
    duo_url: str = "https://onderwijsdata.duo.nl/api/3/action"
    """Base address of the CKAN catalogue of DUO."""
    amsterdam_url: str = "https://api.data.amsterdam.nl/v1"
    """Base address of the open data of Amsterdam (HAL)."""
    pdok_url: str = "https://api.pdok.nl/cbs/gebiedsindelingen/ogc/v1"
    """Base address of the boundaries (OGC API Features)."""
    rijksfinancien_url: str = "https://www.rijksfinancien.nl/open-data/api/json"
    warmteatlas_url: str = "https://www.warmteatlas.nl/geoserver/WarmteAtlas/wfs"
    """Address of the service with business parks (WFS)."""
    eurostat_url: str = "https://ec.europa.eu/eurostat/api/dissemination/statistics/1.0/data"
    """Base address of the figures of Eurostat (JSON-stat)."""
    origin: str = "sample"
    """`live`, `sample` or the path of a landing."""
    contact: str = ""
    """An email address for sources and readers, in every request and in the release."""
    public_url: str = "https://regiokompas.example"
    """The address of the portal, for the catalogue."""
    http_tries: int = 5
    """How often a request is tried."""
    http_timeout: float = 60.0
    """Seconds of silence before a try fails."""
    http_max_wait: float = 60.0
    """Longest wait between two tries, in seconds."""
    webhook: str = ""
    """Where alerts are sent, as JSON; nowhere if empty."""
    most_rows_lost: float = 0.1
    """The share of its rows that a source may lose since it last landed without --accept."""
    most_figures_lost: float = 0.02
    """The share of the previous release's figures that a release may lose without --accept."""
    most_of_an_indicator_lost: float = 0.25
    """The share of the figures of one indicator that a release may lose without --accept."""
    most_indicators_lost: int = 0
    """How many whole indicators a release may lose without --accept."""
    most_municipalities_lost: int = 0
    """How many whole municipalities a release may lose without --accept."""
    most_figures_moved: float = 0.02
    """The share of the previous release's settled figures that may be another number without --accept."""
    most_of_an_indicator_moved: float = 0.1
    """The share of the settled figures of one indicator that may be another number without --accept."""
    most_revised: float = 0.5
    """The part of a figure that may change at once without --accept, unless its indicator was revised more before."""
    most_gap_grown: float = 0.01
    """How much further the municipalities may be from the country than before without --accept, as a share of that."""
    most_of_a_table_lost: float = 0.1
    """The share of the rows of a published table that a release may lose without --accept."""
    http_deadline: float = 300.0
    """The longest that one answer may take, in seconds."""
    most_sent_bytes: int = 64_000_000
    """The most bytes of one answer, as it is sent."""
    most_unpacked_bytes: int = 64_000_000
    """The most bytes of one answer, once its Content-Encoding is undone."""
    most_source_bytes: int = 4_000_000_000
    """The most bytes of all answers of one source together, unpacked."""
    most_source_seconds: float = 3600.0
    """The longest that all answers of one source may take together, in seconds."""
    most_source_requests: int = 10_000
    """The most requests to one source, pages and repeated tries included."""
    dbt_target: str = "duckdb"
    """Where dbt builds: `duckdb` or `spark`, as profiles.yml names them."""

    @classmethod
    def from_environment(cls, **overrides: Any) -> "Settings":
        """Read every setting from its environment variable; `overrides` win.

        Raises:
            ValueError: a variable holds text where a number is expected, or a path that cannot be used.
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
        if strange := sorted(set(str(settings.data.resolve())) & _NOT_IN_PATHS):
            problem = f"a path with {' and '.join(strange)}, which cannot stand in SQL"
            raise ValueError(f"{variable_of('data')}: {problem} -> choose another folder")
        return replace(settings, data=settings.data.resolve(), selections=settings.selections.resolve())

    @property
    def landing(self) -> Path:
        """The bytes as received, and the locks that say what they are."""
        return self.data / "landing"

    @property
    def plans(self) -> Path:
        """The targets of economic plans, one CSV per region."""
        return self.data / "plans"

    @property
    def drop(self) -> Path:
        """Files that only a person can fetch, one folder per card."""
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
        """The DuckDB file of the build: rebuilt by every dbt build, read by publishing."""
        return self.build / "regiokompas.duckdb"

    @property
    def spark_tables(self) -> Path:
        """The tables that Spark wrote, if it is where dbt builds: a folder per schema, in it one per table."""
        return self.build / "spark"

    @property
    def releases(self) -> Path:
        """Immutable releases, and the link `current`."""
        return self.data / "releases"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own run history, shared by the command line and the UI."""
        return self.data / "dagster"
