"""What tests of whole runs share: the real command line in a process of its own, and the stand-in for the sources."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import requests

from pipelines.clients.http import HttpClient, open_session
from pipelines.clients.registry import addresses
from pipelines.ingest.origins import LiveOrigin
from pipelines.settings import PROJECT, Settings, variable_of

SHARED = PROJECT.parent / "shared"
# Written out, since whoever builds on a release relies on these names.
PUBLIC_TABLES = {
    "observations",
    "indicators",
    "regions",
    "region_membership",
    "sources",
    "origins",
    "sme_support",
    "human_capital",
    "release",
    "region_boundaries",
    "municipality_tiles",
    "places",
    "occupations",
    "subsidies",
    "subsidy_coverage",
    "source_changes",
    "source_rows",
    "indicator_sources",
    "baseline",
    "baseline_peers",
    "similar_municipalities",
    "neighbours",
    "peer_groups",
    "peer_features",
    "municipality_features",
    "labour_tension",
    "occupation_mobility",
    "programmes",
    "goals",
    "goal_monitor",
    "plan_monitor",
    "cooperation_monitor",
    "cooperation_peers",
    "cross_border",
    "source_health",
    "observations_on_boundaries",
    "inner_city",
    "regional_economy",
    "region_groups",
    "boundary_changes",
    "boundary_transitions",
    "indicator_terms",
    "periods",
    "region_schemes",
    "themes",
    "sub_themes",
    "building_blocks",
    "usage_warnings",
    "tension_classes",
    "series_breaks",
    "known_breaks",
}
STANDIN = SHARED / "standin" / "standin.py"
# The cards whose real figures the stand-in serves, and of its files those that a person would put in the drop folder.
STANDIN_TABLES = {"81575NED", "70072ned", "83648NED", "83583NED", "82949NED", "83287NED", "86247NED"}
STANDIN_CARDS = [
    *(f"cbs/{table}" for table in sorted(STANDIN_TABLES)),
    "amsterdam/subsidies_2016",
    "rijk/subsidies_2015",
    "uwv/werknl_vacancies",
]
ALL_OF_THEM = [argument for card in STANDIN_CARDS for argument in ("--select", card)]
# Faults are answered at once, so there is nothing to wait for between two tries.
HASTY = {"REGIOKOMPAS_HTTP_TRIES": "3", "REGIOKOMPAS_HTTP_MAX_WAIT": "0.2"}
# Nothing listens there: whoever asks it fails at once. For every address of sources; that of the portal is our own.
DEAD = {
    variable_of(setting.name): "http://127.0.0.1:9"
    for setting in fields(Settings)
    if setting.name.endswith("_url") and setting.name != "public_url"
}


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines of standard error that tell what is wrong, without their groups and what introduces each."""
        lines = [line.strip() for line in self.err.splitlines() if line.startswith(("  ", "Error:"))]
        return [line.removeprefix("Error:").strip() for line in lines]

    def group(self, title: str) -> list[str]:
        """The lines that standard error has under the group whose title begins so."""
        found: list[str] = []
        inside = False
        for line in self.err.splitlines():
            if line.startswith("  "):
                found += [line.strip()] if inside else []
            elif line.strip():
                inside = line.startswith(title)
        return found

    def state(self, dataset_id: str) -> str:
        """The state that the table of sources gives a card, with its reason when it was kept; without any space.

        The table folds long texts, also within a word, so spaces cannot be told from breaks.
        """
        lines = self.out.splitlines()
        header = next(line for line in lines if line.startswith("source ") and " state" in line)
        at, last, found = header.index("state"), "", ""
        for line in lines[lines.index(header) + 1 :]:
            if not line.strip():
                break
            last = last if line.startswith(" ") else line.split()[0]
            found += line[at:] if last == dataset_id else ""
        return "".join(found.split())


def run_cli(
    *args: str, data: Path, project: Path = PROJECT, python: str | Path = sys.executable, **environment: str
) -> Ran:
    """Run `regiokompas` with these arguments on a data folder, with the code of `project` and a Python's packages."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("REGIOKOMPAS_", "DAGSTER_"))}
    done = subprocess.run(
        [python, "-c", "from pipelines.cli import main; main(prog_name='regiokompas')", *args],
        cwd=project,
        env={
            **inherited,
            "PYTHONPATH": str(project),
            "REGIOKOMPAS_DATA": str(data),
            # Not the selections of whoever runs the tests.
            "REGIOKOMPAS_SELECTIONS": str(data / "selections"),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def current_release(data: Path) -> Path:
    """The directory of the current release, not the link to it."""
    return (data / "releases" / "current").resolve(strict=True)


def release_ids(data: Path) -> set[str]:
    """The ids of every release that was ever published."""
    folder = data / "releases"
    return {path.parent.name for path in folder.glob("*/release.json")} - {"current"}


def digests(folder: Path) -> dict[str, str]:
    """The sha256 of every file below a folder, by its path in it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


def query(release: Path, sql: str, *parameters: object) -> list[Any]:
    """The rows that a query on the SQLite file of a release gives."""
    with closing(sqlite3.connect(release / "regiokompas.db")) as db:
        return db.execute(sql, parameters).fetchall()


def copy_data(source: Path, target: Path) -> Path:
    """A copy of a data folder to do anything with; the files of releases, which never change, are shared."""
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("releases"))
    if (source / "releases").exists():
        shutil.copytree(source / "releases", target / "releases", symlinks=True, copy_function=os.link)
    return target


def new_data(parsed: Path, target: Path) -> Path:
    """An empty data folder, but for the dbt project as another one has parsed it, which takes seconds each time."""
    shutil.copytree(parsed / "build" / "dbt", target / "build" / "dbt")
    return target


def plan_of(doc: str) -> tuple[str, str]:
    """The file of a plan that a page of the docs shows: its name and its text."""
    text = (PROJECT / doc).read_text(encoding="utf-8")
    (file,) = re.findall(r"`data/plans/([\w-]+\.csv)`", text)
    (shown,) = re.findall(r"^```csv\n(indicator_id[,;]target_value.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return file, shown


def selection_of(doc: str) -> tuple[str, str]:
    """The file of an own region that a page of the docs shows: its name and its text."""
    text = (PROJECT / doc).read_text(encoding="utf-8")
    (file,) = re.findall(r"`selections/([\w-]+\.csv)`", text)
    (shown,) = re.findall(r"^```csv\n(municipality_code.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return file, shown


def copy_project(target: Path) -> Path:
    """A copy of the code, so that a test can put something wrong in a card or a seed."""
    unwanted = shutil.ignore_patterns("__pycache__", "target", "logs")
    for name in ("pipelines", "schemas", "dbt_project", "datasette", "portal"):
        shutil.copytree(PROJECT / name, target / name, ignore=unwanted)
    shutil.copy2(PROJECT / "pyproject.toml", target / "pyproject.toml")
    return target


def write_contracts(project: Path) -> None:
    """What `make contracts` does, in a copy of the project to whose indicators something was added."""
    command = [sys.executable, "-m", "pipelines.indicators.wide_marts"]
    subprocess.run(command, cwd=project, env={**os.environ, "PYTHONPATH": str(project)}, check=True)


class Standin:
    """A running stand-in: where it is, what it was asked, and the faults that it is told to have."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.environment = {
            **HASTY,
            **DEAD,
            "REGIOKOMPAS_CBS_V4_URL": f"{address}/odata/v1/CBS",
            "REGIOKOMPAS_CBS_V3_URL": address,
            "REGIOKOMPAS_CBS_DATADERDEN_URL": address,
            # Off, so that runs take the OData ways that faults are made for; tests of the bulk way ask for it.
            "REGIOKOMPAS_CBS_BULK_URL": f"{address}/no-bulk",
            "REGIOKOMPAS_CKAN_URL": f"{address}/data/api/3/action",
        }

    def origin(self, *, tries: int = 2, bulk: bool = False) -> LiveOrigin:
        """The origin of a live run, with the stand-in as the source and no patience."""
        settings = Settings(
            cbs_v4_url=f"{self.address}/odata/v1/CBS",
            cbs_v3_url=self.address,
            cbs_dataderden_url=self.address,
            cbs_bulk_url=f"{self.address}/csv/CBS/nl" if bulk else f"{self.address}/no-bulk",
            ckan_url=f"{self.address}/data/api/3/action",
        )
        return LiveOrigin(
            HttpClient(open_session(inside=("127.0.0.1",)), tries=tries, timeout=30, max_wait=0.05), addresses(settings)
        )

    def control(self, **order: Any) -> None:
        """Give an order, such as `faults=[...]` or `modified={...}`."""
        requests.post(f"{self.address}/__control", json=order, timeout=10).raise_for_status()

    def fault(self, kind: str, match: str, times: int) -> None:
        """Answer requests whose path matches with one kind of fault, that many times, or always for -1."""
        self.control(faults=[{"kind": kind, "match": match, "times": times}])

    def heal(self) -> None:
        """Forget every fault, and begin to count requests anew."""
        self.control(faults=[], reset_stats=True)

    def asked(self) -> dict[str, int]:
        """How often each path was asked since the count began."""
        paths = requests.get(f"{self.address}/__stats", timeout=10).json()["paths"]
        return {path: count for path, (count, _) in paths.items() if not path.startswith("/__")}

    def run(self, *args: str, data: Path, project: Path = PROJECT, **environment: str) -> Ran:
        """Run `regiokompas run --from live` with the stand-in as the source; without `--select`, on all that it has."""
        settings = {**self.environment, **environment}
        chosen = args if "--select" in args else (*args, *ALL_OF_THEM)
        return run_cli("run", "--from", "live", "--verbose", *chosen, data=data, project=project, **settings)


@contextmanager
def open_standin(*options: str) -> Iterator[Standin]:
    """Start the stand-in on a free port, with options such as `--page-size 100`, and stop it afterwards."""
    with subprocess.Popen([sys.executable, str(STANDIN), *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Standin(process.stdout.readline().split()[-1])
        finally:
            process.terminate()


def drop_weekly_vacancies(data: Path) -> None:
    """Put the weekly vacancies of werk.nl, as counted from UWV's files, where a person would."""
    folder = data / "drop" / "uwv__werknl_vacancies"
    folder.mkdir(parents=True)
    shutil.copy(SHARED / "standin/files/uwv/vacatures_per_gemeente_per_week_2020_2021.csv", folder / "2026-11-20.csv")


def read_release(folder: Path) -> dict[str, Any]:
    """The release's own account of itself: id, notice, rows and files."""
    return dict(json.loads((folder / "release.json").read_text(encoding="utf-8")))
