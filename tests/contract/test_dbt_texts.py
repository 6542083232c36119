"""Every column of every dbt model, source and seed is described in Dutch and English."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.settings import DBT_PROJECT

BLOCKS = dict(
    re.findall(
        r"{% docs (\w+) %}(.+?){% enddocs %}",
        "".join(path.read_text(encoding="utf-8") for path in sorted((DBT_PROJECT / "models" / "docs").glob("*.md"))),
        flags=re.DOTALL,
    )
)
DOC = re.compile(r"^{{ doc\('(\w+)'\) }}$")


def described() -> Iterator[dict[str, Any]]:
    for folder in ("models", "seeds"):
        for path in sorted((DBT_PROJECT / folder).rglob("*.yml")):
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            yield from content.get(folder, [])
            for source in content.get("sources", []):
                yield from source["tables"]


RELATIONS = list(described())


class EachKeyOnce(yaml.SafeLoader):
    """Refuses what YAML lets through: of a key that is there twice only the last counts."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"a key is there twice: {node.start_mark}"
        return super().construct_mapping(node, deep)


@pytest.mark.parametrize("path", sorted(DBT_PROJECT.rglob("*.yml")), ids=lambda path: path.stem)
def test_no_key_is_there_twice_so_that_no_test_is_lost(path: Path) -> None:
    yaml.load(path.read_text(encoding="utf-8"), EachKeyOnce)


# The Netherlands writes 1.000 and 1,000 is English; a space belongs to neither, and breaks over lines.
_SPACED = re.compile(r"\d \d{3}\b")


@pytest.mark.parametrize("path", sorted((DBT_PROJECT / "seeds").glob("*.csv")), ids=lambda path: path.stem)
def test_thousands_are_written_as_each_language_does(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        texts = [(name, text) for row in csv.DictReader(file) for name, text in row.items() if text]
    published = [(name, text) for name, text in texts if name.endswith(("_nl", "_en"))]
    assert not [text for _, text in published if _SPACED.search(text)]
    assert not [text for name, text in published if name.endswith("_nl") and re.search(r"\d,000\b", text)]
    assert not [text for name, text in published if name.endswith("_en") and re.search(r"\d\.000\b", text)]


def test_every_sql_model_is_described() -> None:
    written = {path.stem for path in (DBT_PROJECT / "models").rglob("*.sql")}
    assert written <= {relation["name"] for relation in RELATIONS}


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation["name"])
def test_every_relation_and_column_has_both_languages(relation: dict[str, Any]) -> None:
    assert relation["description"] and relation["config"]["meta"]["nl"]
    for column in relation["columns"]:
        block = DOC.match(column["description"])
        if block:
            assert {block[1], f"{block[1]}_nl"} <= BLOCKS.keys(), f"{column['name']}: no doc block in both languages"
        else:
            assert column["config"]["meta"]["nl"], f"{column['name']}: no Dutch description"


def test_every_block_is_used() -> None:
    used = {block[1] for r in RELATIONS for c in r["columns"] if (block := DOC.match(c["description"]))}
    assert used | {f"{name}_nl" for name in used} == BLOCKS.keys()


@pytest.mark.parametrize("path", sorted((DBT_PROJECT / "seeds").glob("*.csv")), ids=lambda path: path.stem)
def test_seed_has_the_described_columns(path: Any) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    relation = next(r for r in RELATIONS if r["name"] == path.stem)
    assert header == [column["name"] for column in relation["columns"]]
