"""The statuses of figures have one order, and every one of them has its words wherever a reader meets it."""

import csv
import re
from pathlib import Path

import pytest
import yaml

from pipelines.settings import DBT_PROJECT, PROJECT
from portal.regroup import STATUSES, worst_status

FIGURES = ("final", "unstated", "revised_provisional", "provisional", "estimated")


def _seeded() -> set[str]:
    found = set()
    for name, columns in (
        ("value_status", ("status_of_number", "status_of_null")),
        ("period_status", ("value_status",)),
    ):
        with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            found |= {row[column] for row in csv.DictReader(file) for column in columns}
    return found - {"period", "refused"}


def test_every_status_that_a_seed_gives_has_its_place_in_the_order() -> None:
    assert _seeded() | {"unstated"} == set(STATUSES)


@pytest.mark.parametrize("surer", range(len(FIGURES)))
def test_of_figures_together_the_least_certain_decides(surer: int) -> None:
    assert STATUSES[: len(FIGURES)] == FIGURES
    for less_sure in FIGURES[surer:]:
        assert worst_status([FIGURES[surer], less_sure]) == less_sure


def test_only_what_a_source_calls_definitive_is_final() -> None:
    with (DBT_PROJECT / "seeds" / "period_status.csv").open(encoding="utf-8", newline="") as file:
        assert [row["period_status"] for row in csv.DictReader(file) if row["value_status"] == "final"] == [
            "Definitief"
        ]
    models = (DBT_PROJECT / "models").rglob("*.sql")
    # As the start of a comparison of two statuses it makes nothing final.
    given = [p.name for p in models if re.search(r"(then|else) 'final'|'final' as", p.read_text(encoding="utf-8"))]
    assert given == []


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_words_for_every_reader(status: str) -> None:
    texts = yaml.safe_load((PROJECT / "datasette" / "texts" / "common.yml").read_text(encoding="utf-8"))
    assert set(texts["statuses"][status]) == {"nl", "en"}
    for file in ("docs/methods.md", "docs/methods.nl.md", "dbt_project/models/docs/columns.md"):
        assert re.search(rf"\b{status}\b", Path(PROJECT / file).read_text(encoding="utf-8")), file


@pytest.mark.parametrize("file", sorted((DBT_PROJECT / "models" / "marts").rglob("*.yml")), ids=lambda p: p.stem)
def test_every_list_of_statuses_in_a_contract_is_whole(file: Path) -> None:
    lists = re.findall(r"values: \[(final,[^\]]*)\]", file.read_text(encoding="utf-8"))
    assert all(set(re.split(r",\s*", found)) == set(STATUSES) for found in lists)
