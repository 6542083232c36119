"""Whole runs are slow, so what they make is made once a session and only looked at."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from datasette.app import Datasette
from playwright.sync_api import Browser
from support import STANDIN, Ran, Standin, current_release, drop_weekly_vacancies, open_standin, run_cli
from support_browser import open_chromium, serving
from support_portal import open_portal
from support_releases import BEFORE, REVISED, publish_after

NO_STANDIN = "../shared/standin is absent: it serves the real published figures that this test compares with"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the stand-in where it is absent, and say so."""
    if STANDIN.exists():
        return
    for item in items:
        if item.get_closest_marker("standin"):
            item.add_marker(pytest.mark.skip(reason=NO_STANDIN))


@dataclass(frozen=True)
class Run:
    """A run that is over: what it printed, its data folder and the release that it made."""

    ran: Ran
    data: Path
    release: Path


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The main job on the bundled sample."""
    data = tmp_path_factory.mktemp("sample")
    ran = run_cli("run", "--from", "sample", data=data)
    assert ran.code == 0, ran.err + ran.out
    return Run(ran, data, current_release(data))


@pytest.fixture(scope="session")
def sample_release(sample_run: Run) -> Path:
    """The directory of a release of the bundled sample."""
    return sample_run.release


@pytest.fixture(scope="session")
def portal(sample_release: Path) -> Datasette:
    """The portal of the sample, within the process of the test."""
    return open_portal(sample_release)


@pytest.fixture(scope="session")
def revised_release(sample_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of the sample, after an earlier one with another figure: there are changes to tell of."""
    return publish_after(tmp_path_factory.mktemp("revised") / "releases", sample_release, {REVISED: BEFORE}).folder


@pytest.fixture(scope="module")
def address(revised_release: Path) -> Iterator[str]:
    """Where a server of the revised release answers."""
    with serving(revised_release) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    with open_chromium() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def standin() -> Iterator[Standin]:
    """The stand-in with the tables as they are; a test that gives it faults takes them away again."""
    if not STANDIN.exists():
        pytest.skip(NO_STANDIN)
    with open_standin() as running:
        yield running


@pytest.fixture(scope="session")
def live_run(standin: Standin, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The main job on real published figures, from the stand-in."""
    data = tmp_path_factory.mktemp("live")
    drop_weekly_vacancies(data)
    standin.heal()
    ran = standin.run(data=data)
    assert ran.code == 0, ran.err + ran.out
    return Run(ran, data, current_release(data))
