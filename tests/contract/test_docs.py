"""Every block of commands in the READMEs, CONTRIBUTING and docs/ is run; one that no runner here knows fails."""

import csv
import io
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from doc_blocks import DOCS, Block, Place, append, blocks, link_data, recipe_of, running
from support import (
    ALL_OF_THEM,
    DEAD,
    Ran,
    copy_data,
    copy_project,
    current_release,
    digests,
    drop_weekly_vacancies,
    new_data,
    plan_of,
    query,
    run_cli,
    selection_of,
    write_contracts,
)
from support_releases import make_refused

from pipelines.orchestration.alerts import message
from pipelines.settings import CARDS, PROJECT, SAMPLE_LANDING, Settings
from pipelines.sources.card import load_cards
from portal.revisions import HISTORY

ADDRESS = "http://127.0.0.1:8001"
CHROMIUM = Path("/usr/bin/chromium")


BLOCKS = [block for doc in DOCS for block in blocks(doc)]
ROWS = [block for block in BLOCKS if block.language == "csv" and not (block.is_selection or block.is_plan)]
CARDS_SHOWN = [block for block in BLOCKS if block.language == "yaml"]


@pytest.fixture
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    return Place(tmp_path, request)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_every_block_does_what_it_says(block: Block, place: Place) -> None:
    runners = {
        "sh": run_shell,
        "sql": run_sql,
        "python": run_python,
        "r": run_r,
        "json": run_json,
        "csv": run_row,
        "yaml": run_card,
    }
    if block.language == "text":
        return
    assert block.language in runners, f"{block}: no runner knows this language"
    runners[block.language](block, place)


def run_shell(block: Block, place: Place) -> None:
    for command in block.commands:
        runner = next((run for start, run in SHELL.items() if command.startswith(start)), None)
        assert runner, f"{block}: no runner knows `{command}`"
        runner(command, place)


def run_sql(block: Block, place: Place) -> None:
    answer = requests.get(f"{place.get('served')}/regiokompas.json", {"sql": block.text, "_shape": "array"}, timeout=30)
    assert answer.status_code == 200 and answer.json(), answer.text


def run_python(block: Block, place: Place) -> None:
    link_data(place, "sample_run")
    run_program([sys.executable, "-c"], block, place)


def run_r(block: Block, place: Place) -> None:
    if not shutil.which("Rscript") and not os.environ.get("CI"):
        pytest.skip("Rscript is absent; on Debian: apt-get install r-base-core")
    run_program(["Rscript", "-e"], block, place)


def run_program(interpreter: list[str], block: Block, place: Place) -> None:
    text = block.text.replace(ADDRESS, place.get("served")) if ADDRESS in block.text else block.text
    done = subprocess.run([*interpreter, text], cwd=place.folder, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.strip(), done.stderr


def run_json(block: Block, place: Place) -> None:
    """An alert has the fields of a message; an answer of the API to a mistake is what that mistake is answered with."""
    shown = json.loads(block.text)
    if "alerts" in shown:
        assert shown.keys() == message(Settings(data=place.folder), []).keys()
        return
    (error,) = shown["errors"]
    value = re.findall(r"is '([^']*)'", error["detail"])
    address = f"{place.get('served')}/v1/observations"
    answer = requests.get(address, {error["location"]["name"]: value}, timeout=30)
    assert answer.json() == {**shown, "type": shown["type"].replace(ADDRESS, place.get("served"))}


def run_row(block: Block, place: Place) -> None:
    """With the row in a copy of the project, the figure must be in the new release, long and wide."""
    if block.is_selection:
        run_selection(block, place)
        return
    if block.is_plan:
        run_plan(block, place)
        return
    added: Added = place.get("added")
    figures_of(block.row, added.data)
    wide = f"dbt_project/models/marts/{block.row['theme']}/{block.row['theme']}.yml"
    columns = yaml.safe_load((added.project / wide).read_text(encoding="utf-8"))
    assert block.row["indicator_id"] in {c["name"] for c in columns["models"][0]["columns"]}


def run_selection(block: Block, place: Place) -> None:
    """With the file where the page says, the region that the page names must be in the run."""
    (code,) = re.findall(r"`(OWN-[A-Z0-9-]+)`", (PROJECT / block.doc).read_text(encoding="utf-8"))
    file, text = selection_of(block.doc)
    data = place.get("own_run").data
    assert text == block.text == (data / "selections" / file).read_text(encoding="utf-8")
    (shown,) = re.findall(r"My region|Mijn regio", block.text)
    release = current_release(data)
    regions = "select r.name, count(*) from regions as r join region_membership as m using (region_code)"
    assert query(release, f"{regions} where region_code = ? and m.scheme = 'own'", code) == [(shown, 3)]
    sums = """
        select o.value = (
            select sum(part.value) from observations_on_boundaries as part
            join region_membership as m on m.municipality_code = part.region_code and m.region_code = o.region_code
            where part.indicator_id = o.indicator_id and part.period_code = o.period_code
        ) from observations_on_boundaries as o where o.region_code = ? and o.indicator_id = 'population_count'
    """
    assert {row[0] for row in query(release, sums, code)} == {1}


def run_plan(block: Block, place: Place) -> None:
    """With the file where the page says, each of its targets must be in the run, judged."""
    file, text = plan_of(block.doc)
    data = place.get("own_run").data
    assert text == block.text == (data / "plans" / file).read_text(encoding="utf-8")
    rows = query(
        current_release(data),
        "select indicator_id, target_year, title_nl, progress from plan_monitor where region_code = ?",
        Path(file).stem,
    )
    wanted = list(csv.DictReader(io.StringIO(text), delimiter=";" if ";" in text else ","))
    assert {row[:3] for row in rows} == {(w["indicator_id"], int(w["target_year"]), w["title_nl"]) for w in wanted}
    assert len(rows) == len(wanted) and "cannot_be_said" not in {row[3] for row in rows}


def figures_of(row: dict[str, str], data: Path) -> None:
    with closing(sqlite3.connect(current_release(data) / "regiokompas.db")) as db:
        name = row["indicator_id"]
        figures = "select count(value), max(value) from {} where indicator_id = ?"
        published = db.execute(figures.format("observations"), [name]).fetchone()[0]
        assert bool(published) == (row["formula"] == "published")
        long = db.execute(figures.format("observations_on_boundaries"), [name]).fetchone()
        wide = db.execute(f'select count("{name}"), max("{name}") from {row["theme"]}').fetchone()
    assert long == wide and long[0] > 0 and long[1] <= float(row["max_value"])


def run_card(block: Block, place: Place) -> None:
    """The card must be read as it stands, and its table must be a source of the release that has it."""
    shutil.copytree(CARDS, place.folder / "cards")
    append(place.folder / "cards" / "cbs.yml", block.text)
    added = load_cards(place.folder / "cards").keys() - load_cards(CARDS).keys()
    with closing(sqlite3.connect(current_release(place.get("added").data) / "regiokompas.db")) as db:
        states = dict(db.execute("select dataset_id, state from sources"))
    # The stand-in's copy of the table is of 2020, so its next figures are late.
    assert added and all(states[dataset_id] in ("current", "stale") for dataset_id in added)


@dataclass(frozen=True)
class Added:
    """A copy of the project to which something was added, and the data folder of a run of it."""

    project: Path
    data: Path


@pytest.fixture(scope="module")
def added(standin: Any, live_run: Any, tmp_path_factory: pytest.TempPathFactory) -> Added:
    """After a live run: a run with the card of the docs, their indicators and their command."""
    folder = tmp_path_factory.mktemp("added")
    project, data = copy_project(folder / "project"), copy_data(live_run.data, folder / "data")
    append(project / "pipelines" / "cards" / "cbs.yml", CARDS_SHOWN[0].text)
    for block in ROWS:
        append(project / "dbt_project" / "seeds" / "indicators.csv", block.text)
    write_contracts(project)
    (new,) = load_cards(project / "pipelines" / "cards").keys() - load_cards(CARDS).keys()
    standin.heal()
    ran = standin.run("--select", new, data=data, project=project)
    assert ran.code == 0, ran.err + ran.out
    return Added(project, data)


def run_make(command: str, place: Place) -> None:
    """Do what the recipe of the target says, with the session's release where it needs one."""
    target = shlex.split(command)[1]
    recipe = recipe_of(target)
    if target == "run":
        assert recipe == ["regiokompas run --from sample"]
        ran: Ran = place.get("sample_run").ran
        assert "passed, 0 failed" in ran.out and place.get("sample_release").name in ran.out
    elif target == "serve":
        assert recipe == ["regiokompas serve --port 8001"]
        assert "Regiokompas" in requests.get(place.get("served"), timeout=30).text
    elif target == "dev":
        assert recipe == ["regiokompas dev --port 3000"]
        with running("dev", place.folder, "/server_info") as address:
            assert "dagster_version" in requests.get(f"{address}/server_info", timeout=30).json()
    elif target == "sample":
        done = subprocess.run([*shlex.split(recipe[0].replace("python", sys.executable, 1)), place.folder / "landing"])
        assert done.returncode == 0 and digests(place.folder / "landing") == digests(SAMPLE_LANDING)
    elif target == "contracts":
        # `added` gave it, after the rows of the README and before a run that would refuse without it.
        assert recipe == ["python -m pipelines.indicators.wide_marts"] and place.get("added")
    elif target == "spark":
        # This session runs it as well.
        (program,) = recipe
        assert program.startswith("python -m pytest ") and (PROJECT / program.split()[-1]).exists()
    elif target == "screenshots":
        assert recipe == ["python tools/make_pictures.py"]
        make_pictures(place)
    else:
        # These two would start this very test again, or take minutes; the machine that checks every change runs both.
        assert target in ("test", "lint") and recipe
        assert f"make {target}" in (PROJECT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def run_regiokompas(command: str, place: Place) -> None:
    _, verb, *arguments = shlex.split(command)
    if verb == "status":
        ran = run_cli(verb, *arguments, data=place.get("sample_run").data)
        told = arguments[0] if arguments else place.get("sample_release").name
        assert ran.code == 0 and told in ran.out, ran.err + ran.out
        return
    if verb == "doctor":
        run_doctor(arguments, place)
        return
    if verb == "new-source":
        run_new_source(arguments, place)
        return
    if verb == "release":
        run_release(arguments, place)
        return
    assert verb == "run" and arguments[0] == "--from"
    if arguments == ["--from", "live"]:
        assert place.get("live_run").ran.code == 0
    elif arguments[1] == "live" and arguments[-1] not in load_cards(CARDS) and "*" not in arguments[-1]:
        assert current_release(place.get("added").data)
    elif arguments[1] == "live":
        standin = place.get("standin")
        standin.heal()
        ran = standin.run(*arguments[2:], data=copy_data(place.get("live_run").data, place.folder / "live"))
        assert ran.code == 0, ran.err + ran.out
    else:
        run_elsewhere(place.folder / arguments[1], place)


def run_release(arguments: list[str], place: Place) -> None:
    """Of a data folder in which a release was refused, and is not yet accepted."""
    data = place.folder / arguments[0]
    refused = make_refused(data / "releases")
    ran = run_cli("release", *arguments, data=data)
    assert ran.code == 0 and refused in ran.out, ran.err + ran.out


def run_elsewhere(landing: Path, place: Place) -> None:
    """A copied landing gives the same release to the byte, without any source."""
    live = place.get("live_run")
    data = new_data(live.data, place.folder / "elsewhere")
    ran = run_cli("run", "--from", str(landing), data=data, **DEAD)
    assert ran.code == 0, ran.err + ran.out
    assert digests(current_release(data)) == digests(live.release)


def run_doctor(arguments: list[str], place: Place) -> None:
    """The stand-in has only some of the sources: those must be whole."""
    standin = place.get("standin")
    standin.heal()
    drop_weekly_vacancies(place.folder)
    ran = run_cli("doctor", *arguments, *ALL_OF_THEM, data=place.folder, **standin.environment)
    assert ran.code == 0 and "sources are complete" in ran.out, ran.err + ran.out


def run_new_source(arguments: list[str], place: Place) -> None:
    """In a copy of the project; the card must choose what the card in the docs chooses."""
    standin = place.get("standin")
    standin.heal()
    project = copy_project(place.folder / "project")
    ran = run_cli("new-source", *arguments, data=place.folder / "data", project=project, **standin.environment)
    assert ran.code == 0, ran.err + ran.out
    made = load_cards(project / "pipelines" / "cards")["/".join(arguments)]
    (shown,) = yaml.safe_load(CARDS_SHOWN[0].text)
    assert [m.code for m in made.measures] == [m["code"] for m in shown["measures"]]
    chosen = {name: [c["code"] for c in d.get("codes", ())] for name, d in shown["dimensions"].items()}
    assert {name: [c.code for c in d.codes] for name, d in made.dimensions.items()} == chosen


def run_venv_python(command: str, place: Place) -> None:
    arguments = shlex.split(command)[1:]
    assert arguments[:2] == ["-m", "pytest"]
    # This session runs them already; that they are found is what is left to see.
    done = subprocess.run([sys.executable, *arguments, "--collect-only", "-q"], cwd=PROJECT, capture_output=True)
    assert done.returncode == 0, done.stdout


def make_pictures(place: Place) -> None:
    """Every picture that is committed can be made again."""
    if not CHROMIUM.exists() and not os.environ.get("CI"):
        pytest.skip("chromium is absent; on Debian: apt-get install chromium")
    surroundings = {**os.environ, "REGIOKOMPAS_DATA": str(place.get("sample_run").data)}
    made, kept = place.folder / "pictures", PROJECT / "docs"
    done = subprocess.run([sys.executable, "tools/make_pictures.py", made], cwd=PROJECT, env=surroundings)
    names = {path.relative_to(made) for path in made.rglob("*.png")}
    assert done.returncode == 0 and names == {path.relative_to(kept) for path in kept.rglob("*.png")}


def run_curl(command: str, place: Place) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is absent; on Debian: apt-get install curl")
    # Of the first release nothing has changed.
    portal = "address" if f"{ADDRESS}/{HISTORY}" in command else "served"
    asked = shlex.split(command.replace(ADDRESS, place.get(portal)))
    done = subprocess.run([asked[0], "-sSf", *asked[1:]], cwd=place.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    if "-o" in asked or "-O" in asked:
        name = asked[asked.index("-o") + 1] if "-o" in asked else asked[-1].rsplit("/", 1)[1]
        assert (place.folder / name).stat().st_size > 1000
    elif done.stdout.startswith(("{", "[")):
        answer = json.loads(done.stdout)
        assert answer.get("items", answer) if isinstance(answer, dict) else answer
    else:
        assert len(list(csv.reader(io.StringIO(done.stdout)))) > 1


def run_copy(command: str, place: Place) -> None:
    link_data(place, "live_run")
    assert subprocess.run(shlex.split(command), cwd=place.folder).returncode == 0


SHELL = {
    "make ": run_make,
    "curl ": run_curl,
    "cp ": run_copy,
    ".venv/bin/regiokompas ": run_regiokompas,
    ".venv/bin/python ": run_venv_python,
}


@pytest.fixture(scope="module")
def served(sample_run: Any) -> Iterator[str]:
    with running("serve", sample_run.data, "/") as address:
        yield address
