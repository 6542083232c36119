"""A wheel, installed where no checkout is: it has all that a run and the portal need, and is never written in."""

import os
import socket
import subprocess
import sys
import sysconfig
import time
import tomllib
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from conftest import Run
from support import current_release, digests
from support_dagster_ui import open_and_end, press_ctrl_c

from pipelines.settings import PROJECT

# The folders that are no packages are installed in one of their own.
FOLDERS = {
    "pipelines": "pipelines",
    "schemas": "schemas",
    "portal": "portal",
    "dbt_project": "regiokompas_project/dbt_project",
    "datasette": "regiokompas_project/datasette",
    "docs": "regiokompas_project/docs",
}
# What Python and a dbt that somebody starts by hand leave behind, which Git ignores too; and pictures of the READMEs.
LEFT_BEHIND = ("__pycache__", "screenshots", "target", "logs", ".user.yml")
PAGES = (
    "/",
    "/en",
    "/gemeente/zwolle",
    "/en/labour-market/flevoland",
    "/en/sources",
    "/en/docs/using",
    "/v1/regions",
    "/regiokompas",
)


@dataclass(frozen=True)
class Installed:
    """An environment of its own with our wheel in it, and an empty folder to work in."""

    bin: Path
    site: Path
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        ours = ("REGIOKOMPAS_", "DAGSTER_", "PYTHON")
        return {name: value for name, value in os.environ.items() if not name.startswith(ours)}

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.bin / "regiokompas"), *args]
        return subprocess.run(command, cwd=self.home, env=self.environment, capture_output=True, text=True, check=False)

    def files(self) -> dict[str, dict[str, str]]:
        return {name: files_of(self.site / place) for name, place in FOLDERS.items()}


def files_of(folder: Path) -> dict[str, str]:
    return {path: sha for path, sha in digests(folder).items() if not {*path.split("/")} & {*LEFT_BEHIND}}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """What `pip install .` makes, but that it borrows the libraries of the environment of the tests."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheels = folder / "wheels"
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "-w", wheels, PROJECT], check=True
    )
    venv.create(folder / "venv")
    bin_folder = folder / "venv" / "bin"
    place = ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.check_output([bin_folder / "python", *place], text=True).strip())
    # Only that folder itself: the path to a checkout that it may hold is not followed.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    (bin_folder / "dbt").symlink_to(Path(sys.executable).parent / "dbt")
    (wheel,) = wheels.glob("*.whl")
    subprocess.run([*pip, "--python", bin_folder / "python", "install", "--no-deps", "--no-index", wheel], check=True)
    (folder / "home").mkdir()
    return Installed(bin_folder, site, folder / "home")


@pytest.fixture(scope="module")
def ran(installed: Installed) -> subprocess.CompletedProcess[str]:
    """The main job on the sample, from an empty folder."""
    return installed.run("run", "--from", "sample")


@contextmanager
def serving(installed: Installed) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [installed.bin / "regiokompas", "serve", "--port", port]
    with subprocess.Popen(command, cwd=installed.home, env=installed.environment) as server:
        try:
            until = time.monotonic() + 120
            while time.monotonic() < until and server.poll() is None:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", int(port))) == 0:
                        break
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def test_every_file_of_the_project_is_installed(installed: Installed) -> None:
    assert installed.files() == {name: files_of(PROJECT / name) for name in FOLDERS}


def test_our_portal_does_not_hide_the_library_of_that_name(installed: Installed) -> None:
    imported = [installed.bin / "python", "-c", "import datasette; print(datasette.__file__)"]
    found = subprocess.check_output(imported, cwd=installed.home, env=installed.environment, text=True)
    assert Path(found).parent.parent == Path(sysconfig.get_path("purelib"))
    assert not (installed.site / "datasette").exists()


def test_the_version_is_that_of_the_project(installed: Installed) -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert installed.run("--version").stdout.strip() == f"regiokompas, version {project['version']}"


def test_a_source_is_added_in_a_checkout_only(installed: Installed) -> None:
    refused = installed.run("new-source", "cbs", "80072ned")
    assert refused.returncode == 1 and len(refused.stderr.splitlines()) == 1
    assert "this is an installed copy -> use a checkout" in refused.stderr


def test_a_run_publishes_what_a_run_of_the_checkout_does_and_writes_only_data(
    installed: Installed, ran: subprocess.CompletedProcess[str], sample_run: Run
) -> None:
    assert ran.returncode == 0, ran.stderr + ran.stdout
    assert digests(current_release(installed.home / "data")) == digests(sample_run.release)
    assert [path.name for path in installed.home.iterdir()] == ["data"]


def test_its_pages_answer(installed: Installed, ran: subprocess.CompletedProcess[str]) -> None:
    assert ran.returncode == 0, ran.stderr
    with serving(installed) as address:
        codes = {page: requests.get(address + page, timeout=60).status_code for page in PAGES}
        home = requests.get(f"{address}/en", timeout=60).text
        style = home.split('rel="stylesheet" href="')[1].split('"')[0]
        assert requests.get(address + style, timeout=60).headers["content-type"].startswith("text/css")
    assert set(codes.values()) == {200}, codes


def test_its_dagster_ui_has_our_code(installed: Installed, tmp_path: Path) -> None:
    command = [installed.bin / "regiokompas"]
    ui = open_and_end(command, installed.home, installed.environment, tmp_path / "log", press_ctrl_c)
    assert ui.code == 0 and ui.assets > 100, ui.told


def test_none_wrote_where_the_project_is(installed: Installed, ran: subprocess.CompletedProcess[str]) -> None:
    """So it runs from what nobody may write in; a test as root could not tell by permissions."""
    assert ran.returncode == 0
    assert installed.files() == {name: files_of(PROJECT / name) for name in FOLDERS}
