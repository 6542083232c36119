"""The portal needs a release and its own folders, and nothing else of the checkout."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.imported import imports_of
from pipelines.settings import PROJECT

MODULES = sorted([*(PROJECT / "portal").rglob("*.py"), *(PROJECT / "datasette" / "plugins").glob("*.py")])
FILES = sorted(p for p in (PROJECT / "datasette").rglob("*") if p.suffix in (".html", ".js", ".yml", ".json"))
OTHERS = {"pipelines", "schemas", "dbt", "dagster", "duckdb"}
PAGES = (
    *(
        "/",
        "/en/indicators",
        "/indicator/jobs_growth_5y_pct",
        "/kaart/jobs_count",
        "/gemeente/zwolle",
        "/gemeente/zwolle/banen",
        "/gemeente/zwolle/banen.svg",
        "/regio/g40/g40",
    ),
    *("/en/compare?region=GM0193&indicator=establishments_count&boundary_year=2020", "/vergelijk.csv?region=GM0193"),
    *("/eigen-regio?municipality=GM0193&municipality=GM0150", "/arbeidsmarkt/regio-zwolle", "/bronnen", "/wijzigingen"),
    *("/gemeente/zwolle.zip", "/downloads/regions.csv", "/v1/regions?limit=2", "/v1", "/atom.xml", "/catalogue.ttl"),
    *("/regiokompas", "/regiokompas/regions/GM0193", "/regiokompas/next_to_peers", "/sitemap.xml", "/nothing"),
)
# Answers these pages and prints each file that was opened meanwhile, and each module that was loaded.
SERVE = """
import asyncio, json, sys
from pathlib import Path

opened = set()
sys.addaudithook(lambda event, about: opened.add(str(about[0])) if event == "open" else None)
home, release, *pages = sys.argv[1:]
sys.path.insert(0, home)
from datasette.app import Datasette

metadata = json.loads(Path(release, "metadata.json").read_text())
portal = Datasette(
    immutables=[f"{release}/regiokompas.db"], metadata=metadata, config_dir=Path(home, "datasette"), cors=True
)
answers = {page: asyncio.run(portal.client.get(page)).status_code for page in pages}
print(json.dumps({"answers": answers, "opened": sorted(opened), "modules": sorted(sys.modules)}))
"""


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PROJECT).as_posix())
def test_no_module_of_the_portal_loads_what_makes_a_release(path: Path) -> None:
    assert not OTHERS & {module.split(".")[0] for module, _ in imports_of(path)}


@pytest.mark.parametrize("path", [*MODULES, *FILES], ids=lambda p: p.relative_to(PROJECT).as_posix())
def test_no_file_of_the_portal_names_the_dbt_project(path: Path) -> None:
    assert not re.search(r"dbt_project|seeds/|\bseeds?\b", path.read_text(encoding="utf-8"))


def test_the_portal_answers_without_the_rest_of_the_checkout(sample_release: Path, tmp_path: Path) -> None:
    for name in ("portal", "datasette"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-P", "-c", SERVE, str(tmp_path), str(sample_release), *PAGES]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["answers"] == {page: 404 if page == "/nothing" else 200 for page in PAGES}
    assert not OTHERS & {module.split(".")[0] for module in told["modules"]}
    # The sources of the editable install and the packages of the environment may lie in the checkout.
    inside = {Path(path) for path in told["opened"] if Path(path).is_relative_to(PROJECT)}
    foreign = {p for p in inside if not p.is_relative_to(sample_release) and ".venv" not in p.parts}
    assert not foreign
    assert any(path.startswith(str(tmp_path / "datasette" / "texts")) for path in told["opened"])
