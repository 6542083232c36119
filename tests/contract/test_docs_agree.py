"""What the documentation says is what the code has: settings, commands, words, files, pictures."""

import csv
import json
import re
from dataclasses import fields
from pathlib import Path

import click
import pytest
import yaml
from doc_blocks import DOCS as PAGES

from benchmarks.load import ATTACKERS, BEGIN, END, REQUESTS, WAYS
from pipelines.cli import main
from pipelines.commands.patience import REQUEST_SECONDS
from pipelines.commands.server_process import MOST_MEMORY_MB
from pipelines.commands.workers import DRAIN_SECONDS
from pipelines.settings import PORTAL, PROJECT, Settings, variable_of
from portal.pages import PATHS
from portal.serving.lanes import question_lane, stream_lane
from portal.serving.limits import PAGE_CELLS, RESULT_BYTES, STREAM_ROWS
from portal.serving.table_parameters import MOST_FACETS, MOST_PARAMETERS
from tools.attacks import ATTACKS

DOCS = (*PAGES, "CHANGELOG.md")
FOLDERS = ("pipelines", "dbt_project", "schemas", "portal", "datasette", "docs", "tests", "benchmarks", "tools")
MAX_PICTURE_BYTES = 300_000
# At 200 words a minute.
FIVE_MINUTES_OF_WORDS = 1000


def read(doc: str) -> str:
    return (PROJECT / doc).read_text(encoding="utf-8")


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: variable_of(field.name))
def test_every_setting_is_in_the_table_of_settings_with_its_default(field: object) -> None:
    name = variable_of(field.name)
    default = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
    shown = f"`{default}`" if default else "empty"
    assert f"| `{name}` | {shown} |" in read("docs/reference.md")


def test_the_docs_name_no_setting_that_does_not_exist() -> None:
    named = {name for doc in PAGES for name in re.findall(r"REGIOKOMPAS_\w+", read(doc))}
    assert named == {variable_of(f.name) for f in fields(Settings)}


def commands(group: click.Group, before: str = "") -> dict[str, click.Command]:
    """Every command by its name, those of a group below the name of the group."""
    found = {}
    for name, command in group.commands.items():
        is_group = isinstance(command, click.Group)
        found |= commands(command, f"{before}{name} ") if is_group else {f"{before}{name}": command}
    return found


@pytest.mark.parametrize("name", commands(main))
def test_every_command_and_option_is_in_the_table_of_commands(name: str) -> None:
    lines = read("docs/reference.md").splitlines()
    row = next((line for line in lines if line.startswith(f"| `regiokompas {name}`")), "")
    assert row, f"regiokompas {name} is not in the table of commands"
    for parameter in commands(main)[name].params:
        if isinstance(parameter, click.Option):
            assert f"`{parameter.opts[0]}" in row, f"regiokompas {name}: {parameter.opts[0]} is not in its row"


@pytest.mark.parametrize("doc", DOCS)
def test_every_make_target_that_is_named_exists(doc: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", read(doc))) <= targets


def test_every_page_is_in_the_table_of_pages_with_its_addresses() -> None:
    rows = re.findall(r"\| `(/[^`]*)` \| `(/[^`]*)` \|$", read("docs/using.md"), re.MULTILINE)
    assert rows == [(paths["nl"], paths["en"]) for paths in PATHS.values()]


def test_the_limits_of_open_sql_are_those_of_the_portal() -> None:
    limits = json.loads((PORTAL / "settings.json").read_text(encoding="utf-8"))
    seconds, rows = limits["sql_time_limit_ms"] / 1000, limits["max_returned_rows"]
    assert f"may take {seconds:g} seconds and have {rows:,} rows" in read("docs/using.md")


def test_the_limits_of_questions_are_those_of_the_portal() -> None:
    told = " ".join(read("docs/publishing-and-serving.md").split())
    questions, streams = question_lane(), stream_lane()
    for sentence in (
        f"{questions.places} questions and {streams.places} stream at a time",
        f"when {questions.waiting} others wait, or has waited for {questions.patience} seconds",
        f"| an answer | {questions.seconds} seconds, {RESULT_BYTES // 1_000_000} MB read from the database |",
        f"| a page of HTML | {PAGE_CELLS:,} cells |",
        f"| {streams.seconds} seconds, {STREAM_ROWS:,} rows;",
        f"| parameters | {MOST_PARAMETERS}, of which {MOST_FACETS} facets;",
        f"not arrived whole within {REQUEST_SECONDS:g} seconds is closed",
        f"and have {DRAIN_SECONDS} seconds for what they",
        f"grows over `--memory` ({MOST_MEMORY_MB:,} MB)",
    ):
        assert sentence in told, sentence


def test_what_the_portal_is_attacked_with_is_told_and_was_measured() -> None:
    told = read("docs/reliability.md")
    table = told.split("| attack | asks for |")[1].split("\n\n")[0]
    assert re.findall(r"^\| ([^|]+) \| [^-]", table, re.MULTILINE) == list(ATTACKS)
    assert f"No process passes {MOST_MEMORY_MB} MB" in told and f"made by {ATTACKERS} clients at once" in told
    measured = told.split(BEGIN)[1].split(END)[0]
    for way in WAYS:
        quiet, under_attack = (rows_below(measured, f"### By `{way}`, {which}") for which in ("quiet", "under attack"))
        assert list(dict.fromkeys(row[0] for row in quiet)) == list(REQUESTS)
        assert {row[0].removesuffix(", hung up") for row in under_attack} == {"none", *ATTACKS}
        # The memory of the worst of them; visitors were all answered.
        assert max(int(row[-1]) for row in under_attack) < MOST_MEMORY_MB
        assert {row[-2] for row in under_attack} == {"0"}


def rows_below(text: str, heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without those of its own heading."""
    lines = text.split(f"{heading}\n\n")[1].partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_status_is_explained_in_both_languages() -> None:
    statuses = yaml.safe_load((PORTAL / "texts" / "common.yml").read_text(encoding="utf-8"))["statuses"]
    for status, words in statuses.items():
        assert f"\n| `{status}` | " in read("docs/methods.md")
        assert f"\n| {words['nl']} | `{status}` | " in read("docs/methods.nl.md")


@pytest.mark.parametrize(
    ("doc", "heading", "yes"),
    [("methods", "| group of features |", "yes"), ("methods.nl", "| groep kenmerken |", "ja")],
)
def test_what_similar_municipalities_share_is_that_of_the_seed(doc: str, heading: str, yes: str) -> None:
    text = read(f"docs/{doc}.md")
    table = text[text.index(heading) :].partition("\n\n")[0].splitlines()[2:]
    told = [tuple(cell.strip() == yes for cell in row.strip("|").split("|")[2:]) for row in table]
    with (PROJECT / "dbt_project" / "seeds" / "peer_features.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    of_groups = {r["feature_group"]: (r["is_in_economy"] == "true", r["is_in_population"] == "true") for r in rows}
    assert told == list(of_groups.values())
    assert len({(r["feature_group"], r["is_in_economy"], r["is_in_population"]) for r in rows}) == len(of_groups)


def test_the_numbers_by_which_municipalities_are_compared_are_those_of_the_methods() -> None:
    """The methods write them as words, within their reason."""
    chosen = yaml.safe_load(read("dbt_project/dbt_project.yml"))["vars"]
    english, dutch = (" ".join(read(f"docs/{doc}.md").split()) for doc in ("methods", "methods.nl"))
    assert (chosen["max_peers"], chosen["max_peer_distance"], chosen["min_percentile_size"]) == (10, 1.0, 10)
    assert "the ten nearest, but none at a distance of more than 1" in english and "fewer than ten has none" in english
    assert "de tien die het dichtst bij zijn, maar geen op een afstand van meer dan 1" in dutch
    assert "Een groep van minder dan tien heeft er geen" in dutch


def test_every_table_of_a_release_is_explained(sample_release: Path) -> None:
    table = read("docs/publishing-and-serving.md").split("| table | one row is |")[1].split("\n\n")[0]
    tables = {path.stem for path in (sample_release / "tables").glob("*.parquet")}
    assert set(re.findall(r"`(\w+)`", table)) == tables


@pytest.mark.parametrize("doc", DOCS)
def test_every_file_that_is_named_or_linked_exists(doc: str) -> None:
    text = read(doc)
    linked = {link.split("#")[0] for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text)} - {""}
    named = {name for name in re.findall(r"`([\w./]+)`", text) if name.split("/")[0] in FOLDERS and "/" in name}
    missing = [name for name in sorted(named) if not (PROJECT / name).exists()]
    missing += [link for link in sorted(linked) if not (PROJECT / doc).parent.joinpath(link).exists()]
    assert not missing, f"{doc}: {missing}"


def anchors(doc: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", read(doc), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("doc", DOCS)
def test_every_anchor_exists(doc: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", read(doc))
    pages = [(str(Path(doc).parent / file) if file else doc, anchor) for file, anchor in links]
    missing = [(file, anchor) for file, anchor in pages if anchor not in anchors(file)]
    assert not missing, f"{doc}: {missing}"


def test_every_folder_has_a_line() -> None:
    shown = read("CONTRIBUTING.md")
    of_pipelines = {path.name for path in (PROJECT / "pipelines").iterdir() if path.is_dir() and path.name[0] != "_"}
    told = re.findall(r"^\| `([\w/]+)/` \| ", shown, re.MULTILINE)
    assert len(told) == len(set(told))
    assert of_pipelines | set(FOLDERS) - {"pipelines"} <= set(told)
    places = [PROJECT, PROJECT / "pipelines"]
    assert [name for name in told if not any((place / name).is_dir() for place in places)] == []
    modules = [f"pipelines/{name}.py" for name in ("definitions", "cli", "settings", "errors")]
    assert [name for name in modules if f"`{name}`" not in shown] == []


@pytest.mark.parametrize("doc", ["README.md", "README.nl.md"])
def test_the_picture_is_there_and_light(doc: str) -> None:
    picture = PROJECT / re.findall(r"!\[[^\]]+\]\(([^)]+)\)", read(doc))[0]
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG") and len(content) < MAX_PICTURE_BYTES


@pytest.mark.parametrize("doc", ["README.md", "README.nl.md"])
def test_a_readme_is_read_in_five_minutes_and_links_to_every_page(doc: str) -> None:
    text = read(doc)
    assert len(text.split()) <= FIVE_MINUTES_OF_WORDS
    linked = {link.split("#")[0].split(".")[0] for link in re.findall(r"\]\((docs/[^)]+\.md[^)]*)\)", text)}
    assert {path.split(".")[0] for path in PAGES if path.startswith("docs/")} == linked
