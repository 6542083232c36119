"""Whole runs are slow, so what they make is made once, for every worker, and only looked at."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from filelock import FileLock
from support import (
    STANDIN,
    Ran,
    Standin,
    copy_data,
    current_release,
    drop_weekly_vacancies,
    open_standin,
    plan_of,
    run_cli,
    selection_of,
)
from support_releases import BEFORE, REVISED, publish_after

if TYPE_CHECKING:
    from datasette.app import Datasette
    from playwright.sync_api import Browser

# Zwolle, and Weesp for as long as it was there.
OOST = ("oost.csv", "municipality_code;valid_to;region_name\n193;;Oost\n457;23-03-2022;\n")
# A busy machine, or one that measures coverage, is slow at times, and that says nothing about the code.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")
# When CBS changed the establishments of Amsterdam, in the table as it is and in news of it, and how many there are.
MODIFIED, MODIFIED_AGAIN = "2026-07-30T02:00:00+02:00", "2026-11-20T02:00:00+01:00"
WAS, BECAME = 216_360.0, 216_365.0
# The libraries that only tests of the portal need, so that only their fixtures import them.
PORTAL_LIBRARIES = ("datasette", "playwright")
NO_STANDIN = "../shared/standin is absent: it serves the real published figures that this test compares with"
# The files with the most whole runs begin first, so that no worker is left alone with one of them at the end. The
# first two wait for different runs.
SLOWEST = (
    "test_docs.py",
    "test_reruns.py",
    "test_spark.py",
    "test_first_live_day.py",
    "test_lost_figures.py",
    "test_drift.py",
    "test_faults.py",
    "test_install.py",
    "test_bad_input.py",
    "test_own_regions.py",
    "test_new_source.py",
    "test_revisions.py",
    "test_strength.py",
    "test_portal.py",
    "test_accessibility.py",
    "test_sample.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest files first; and skip what needs the stand-in where it is absent, and say so."""
    places = {name: place for place, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(SLOWEST)))
    if STANDIN.exists():
        return
    for item in items:
        if item.get_closest_marker("standin"):
            item.add_marker(pytest.mark.skip(reason=NO_STANDIN))


@pytest.fixture(autouse=True)
def _parts_need_no_portal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """In tests/unit neither Datasette nor a browser can be imported: who works on a part needs neither."""
    if request.path.parent.name == "unit":
        imported = [name for name in sys.modules if name.split(".")[0] in PORTAL_LIBRARIES]
        for name in {*PORTAL_LIBRARIES, *imported}:
            monkeypatch.setitem(sys.modules, name, None)


@dataclass(frozen=True)
class Run:
    """A run that is over: what it printed, its data folder and the release that it made."""

    ran: Ran
    data: Path
    release: Path


Once = Callable[[str, Callable[[Path], Ran]], Run]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Once:
    """Makes a run by its name: the first worker that needs it does, and the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def make(name: str, run: Callable[[Path], Ran]) -> Run:
        data, told = shared / name, shared / f"{name}.json"
        with FileLock(shared / f"{name}.lock"):
            if not told.exists():
                shutil.rmtree(data, ignore_errors=True)
                ran = run(data)
                assert ran.code == 0, ran.err + ran.out
                told.write_text(json.dumps(asdict(ran)), encoding="utf-8")
        return Run(Ran(**json.loads(told.read_text(encoding="utf-8"))), data, current_release(data))

    return make


@pytest.fixture(scope="session")
def sample_run(once: Once) -> Run:
    """The main job on the bundled sample."""
    return once("sample", lambda data: run_cli("run", "--from", "sample", data=data))


@pytest.fixture(scope="session")
def sample_release(sample_run: Run) -> Path:
    """The directory of a release of the bundled sample."""
    return sample_run.release


@pytest.fixture(scope="session")
def database(sample_release: Path) -> Iterator[sqlite3.Connection]:
    """The database of the sample's release, with rows by the names of their columns."""
    with closing(sqlite3.connect(f"file:{sample_release.resolve()}/regiokompas.db?immutable=1", uri=True)) as db:
        db.row_factory = sqlite3.Row
        yield db


@pytest.fixture(scope="session")
def portal(sample_release: Path) -> Datasette:
    """The portal of the sample, within the process of the test."""
    from support_portal import open_portal

    return open_portal(sample_release)


@pytest.fixture(scope="session")
def revised_release(sample_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of the sample, after an earlier one with another figure: there are changes to tell of."""
    return publish_after(tmp_path_factory.mktemp("revised") / "releases", sample_release, {REVISED: BEFORE}).folder


@pytest.fixture(scope="module")
def address(revised_release: Path) -> Iterator[str]:
    """Where a server of the revised release answers."""
    from pipelines.commands.server_process import serving

    with serving(revised_release) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    from support_browser import open_chromium

    with open_chromium() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def own_run(once: Once, sample_run: Run) -> Run:
    """The sample once more with own regions and plans: those that the docs show, and `oost.csv`."""

    def run(data: Path) -> Ran:
        copy_data(sample_run.data, data)
        (data / "selections").mkdir()
        for file, text in (selection_of("docs/using.md"), selection_of("docs/using.nl.md"), OOST):
            (data / "selections" / file).write_text(text, encoding="utf-8")
        (data / "plans").mkdir()
        for file, text in (plan_of("docs/using.md"), plan_of("docs/using.nl.md")):
            (data / "plans" / file).write_text(text, encoding="utf-8")
        return run_cli("run", "--from", "sample", data=data)

    return once("own", run)


@pytest.fixture(scope="session")
def standin() -> Iterator[Standin]:
    """The stand-in with the tables as they are; a test that gives it faults takes them away again."""
    if not STANDIN.exists():
        pytest.skip(NO_STANDIN)
    with open_standin() as running:
        yield running


@pytest.fixture(scope="session")
def live_run(standin: Standin, once: Once) -> Run:
    """The main job on real published figures, from the stand-in."""

    def run(data: Path) -> Ran:
        drop_weekly_vacancies(data)
        standin.heal()
        return standin.run(data=data)

    return once("live", run)


@pytest.fixture(scope="session")
def news_run(live_run: Run, standin: Standin, once: Once) -> Run:
    """After that run another one, before which CBS changed the establishments of Amsterdam.

    What the source was asked is in `asked.json` in the data folder.
    """

    def run(data: Path) -> Ran:
        copy_data(live_run.data, data)
        standin.heal()
        standin.control(modified={"81575NED": MODIFIED_AGAIN}, override={"81575NED": [["GM0363", BECAME]]})
        try:
            ran = standin.run(data=data)
        finally:
            standin.control(modified={"81575NED": MODIFIED}, override={"81575NED": [["GM0363", WAS]]})
        (data / "asked.json").write_text(json.dumps(standin.asked()), encoding="utf-8")
        return ran

    return once("news", run)
