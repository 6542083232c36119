"""What docs/adding.md promises: each step is taken in a copy of the project, where a contributor's tests then pass.

Where a step has several places, leaving one out must fail those tests.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from datasette.app import Datasette
from doc_blocks import Block, append, blocks
from support import copy_project
from support_portal import ask, fetch

from pipelines.indicators.wide_marts import write_contracts
from pipelines.publish.queries import load_queries
from pipelines.settings import CARDS, PORTAL, PROJECT
from pipelines.sources.card import load_cards

BLOCKS = [block for block in blocks("docs/adding.md") if block.language in ("csv", "yaml")]
SEEDS = "dbt_project/seeds"
# A row as docs/adding.md asks for, of every seed that it names in the table of words.
WORDS = {
    "period_kinds": "T1,0,99,two_months,0,0,twee maanden ({n}),two months ({n})",
    "region_schemes": "polder,PO[0-9]{2},false,30,Polder,Polder",
    "region_remainders": "GM0990,,Verzonnen restgemeente,Invented remainder",
    "region_names": "corop,Verzonnen streek,CR40,verzonnen voor een test / invented for a test",
    "recipient_words": "verzonnenvereniging,word,organisation,false,invented for a test",
    "uwv_occupations": "Verzonnen beroepen samen,total,,invented for a test",
    "support_schemes": "NL01,Verzonnen regeling,true,Steunt ondernemers.,Supports entrepreneurs.,2026-11-24",
    "subsidy_registers": "GM0150,none,false,,,2026-11,Geen register gevonden.,No register was found.",
}
QUESTION = """-- ---
-- title_nl: Hoeveel gemeenten zijn er?
-- title_en: How many municipalities are there?
-- description_nl: Van nu.
-- description_en: Those of today.
-- ---
select count(*) as municipalities_count, (select notice from release) as notice
from regions
where scheme = 'municipality' and is_current
"""
CHECK = '''

@check
def no_region_is_called_x(frames: Frames, table: str = "regions") -> pl.LazyFrame:
    """No region is called X."""
    return frames[table].filter(pl.col("name") == "X")
'''
CASES = """

def _named(name: str) -> Frames:
    return {"regions": pl.LazyFrame({"name": [name]})}


PASSING.append(("no_region_is_called_x", {}, _named("Y")))
FAILING.append(("no_region_is_called_x", {}, _named("X"), "name X"))
"""
PLUGIN = '''"""A page that a test adds."""

from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.pages import render, routes


async def page(request: Request, datasette: Datasette) -> Response:
    """Answers the page."""
    return await render(datasette, request, "added.html", "added", {})


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Puts it at its addresses."""
    return routes("added", page)
'''
TEMPLATE = """{% extends "base.html" %}
{% block title %}{{ portal.text("added", "heading", lang) }}{% endblock %}
{% block content %}<h1>{{ portal.text("added", "heading", lang) }}</h1>{% endblock %}
"""
TEXTS = "added:\n  heading: {nl: Erbij gezet, en: Put beside it}\n"
ASKED = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from support_portal import fetch, open_portal
portal = open_portal(Path(sys.argv[1]))
for path in sys.argv[2:]:
    print(fetch(portal, path).text)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what a contributor has, with its tests and pages."""
    copy = copy_project(tmp_path / "project")
    for name in ("tests", "docs"):
        shutil.copytree(PROJECT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "README.nl.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", ".gitattributes"):
        shutil.copy2(PROJECT / name, copy / name)
    return copy


def python(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # As in CI: there Hypothesis does not give up on a slow machine.
    surroundings = {**os.environ, "PYTHONPATH": str(project), "CI": "true"}
    return subprocess.run([sys.executable, *arguments], cwd=project, env=surroundings, capture_output=True, text=True)


def pytest_in(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python(project, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *arguments)


def assert_passes(project: Path, *arguments: str) -> None:
    done = pytest_in(project, *arguments)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]


def assert_fails(project: Path, told: str, *arguments: str) -> None:
    done = pytest_in(project, *arguments)
    assert done.returncode == 1 and told in done.stdout, done.stdout[-5000:] + done.stderr[-2000:]


def insert(path: Path, before: str, text: str) -> None:
    content = path.read_text(encoding="utf-8")
    assert content.count(before) == 1, f"{path.name}: {content.count(before)} times {before!r}"
    path.write_text(content.replace(before, text + before), encoding="utf-8")


def add_row_of_table(page: Path, last: str, row: str) -> None:
    """Put a row below the last row of a table, which begins like that."""
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    (at,) = [number for number, line in enumerate(lines) if line.startswith(last)]
    page.write_text("".join([*lines[: at + 1], row + "\n", *lines[at + 1 :]]), encoding="utf-8")


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "csv"], ids=str)
def test_an_indicator_is_a_row(project: Path, block: Block) -> None:
    append(project / SEEDS / "indicators.csv", block.text)
    for card in (block for block in BLOCKS if block.language == "yaml"):
        append(project / "pipelines" / "cards" / "cbs.yml", card.text)
    theme = block.row["theme"]
    assert_fails(project, f"[{theme}]", "tests/contract/test_wide_marts.py", "-k", f"equals_the_seed and {theme}")
    assert [path.stem for path in write_contracts(project / "dbt_project")] == [theme]
    assert_passes(project, "tests/contract/test_registry.py", "tests/contract/test_wide_marts.py")
    if block.row["formula"] == "published":
        assert_passes(project, "tests/unit/test_cbs_cards.py", "-k", block.row["indicator_id"])


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "yaml"], ids=str)
def test_a_table_is_a_card(project: Path, block: Block) -> None:
    (card,) = yaml.safe_load(block.text)
    assert f"cbs/{card['table']}" not in load_cards(CARDS), "the docs add a table that is there already"
    append(project / "pipelines" / "cards" / "cbs.yml", block.text)
    assert_passes(project, "tests/unit/test_cbs_cards.py", "tests/unit/test_card.py")


def test_a_word_or_code_of_a_source_is_a_row(project: Path) -> None:
    steps = (PROJECT / "docs" / "adding.md").read_text(encoding="utf-8")
    table = steps.split("| for | add a row to |")[1].split("\n## ")[0]
    assert re.findall(r"`dbt_project/seeds/(\w+)\.csv`", table) == list(WORDS)
    for seed, row in WORDS.items():
        append(project / SEEDS / f"{seed}.csv", row + "\n")
    names = ("periods", "recipients", "region_names", "register_seeds", "remainders", "occupations", "labour_seeds")
    assert_passes(project, "tests/contract/test_region_seeds.py", *(f"tests/unit/test_{name}.py" for name in names))


def test_a_question_is_a_file_and_part_of_the_next_release(tmp_path: Path, sample_release: Path) -> None:
    folder = shutil.copytree(PORTAL / "queries", tmp_path / "queries")
    (folder / "99_municipalities_count.sql").write_text(QUESTION, encoding="utf-8")
    metadata = json.loads((sample_release / "metadata.json").read_text(encoding="utf-8"))
    path = "/regiokompas/municipalities_count.json?_shape=array"

    def open_with(words: dict[str, object]) -> Datasette:
        return Datasette(immutables=[str(sample_release / "regiokompas.db")], metadata=words, config_dir=PORTAL)

    assert ask(open_with(metadata), path).status_code == 404
    metadata["databases"]["regiokompas"]["queries"] = load_queries(folder)
    (row,) = fetch(open_with(metadata), path).json()
    assert row["municipalities_count"] == 342 and "notice" in row


def test_a_page_is_its_addresses_a_plugin_a_template_texts_and_a_row(project: Path, sample_release: Path) -> None:
    insert(
        project / "portal" / "pages.py",
        '    "docs": {"nl"',
        '    "added": {"nl": "/erbij", "en": "/en/added"},\n',
    )
    for path, text in {"plugins/added.py": PLUGIN, "templates/added.html": TEMPLATE, "texts/added.yml": TEXTS}.items():
        (project / "datasette" / path).write_text(text, encoding="utf-8")
    insert(project / "datasette" / "plugins" / "standards.py", '"docs")', '"added", ')
    guard = ("tests/contract/test_docs_agree.py", "-k", "every_page")
    assert_fails(project, "/en/added", *guard)
    add_row_of_table(project / "docs" / "using.md", "| what the API offers", "| a page | `/erbij` | `/en/added` |")
    assert_passes(project, *guard)
    done = python(project, "-c", ASKED, str(sample_release), "/erbij", "/en/added", "/sitemap.xml")
    assert done.returncode == 0, done.stderr
    assert "<h1>Erbij gezet</h1>" in done.stdout and "<h1>Put beside it</h1>" in done.stdout
    assert "/en/added</loc>" in done.stdout


def test_a_check_is_a_function_and_its_cases(project: Path) -> None:
    append(project / "schemas" / "checks.py", CHECK)
    guard = ("tests/unit/test_schemas.py", "-k", "check or right or wrong")
    assert_fails(project, "no_region_is_called_x", *guard)
    insert(
        project / "tests" / "unit" / "test_schemas.py",
        '\n\n@pytest.mark.parametrize(("name", "parameters", "frames"), P',
        CASES,
    )
    assert_passes(project, *guard)


def test_a_setting_is_a_field_and_a_row(project: Path) -> None:
    settings = project / "pipelines" / "settings.py"
    written = settings.read_text(encoding="utf-8")
    (field,) = re.findall(r"^    contact: .*?(?=^    \w+: )", written, re.MULTILINE | re.DOTALL)
    insert(settings, field, field.replace("contact", "contact_again", 1).replace("_CONTACT", "_CONTACT_AGAIN"))
    guard = ("tests/contract/test_docs_agree.py", "-k", "setting")
    assert_fails(project, "REGIOKOMPAS_CONTACT_AGAIN", *guard)
    row = "| `REGIOKOMPAS_CONTACT_AGAIN` | empty | another one |"
    add_row_of_table(project / "docs" / "reference.md", "| `REGIOKOMPAS_CONTACT` ", row)
    assert_passes(project, *guard)


def test_a_page_of_the_documentation_is_a_file(project: Path, sample_release: Path) -> None:
    (project / "docs" / "added.md").write_text("# An added page\n\nWhat it says.\n", encoding="utf-8")
    done = python(project, "-c", ASKED, str(sample_release), "/docs", "/docs/added", "/en/docs/added")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(">An added page</h1>") == 2 and 'href="/docs/added"' in done.stdout
