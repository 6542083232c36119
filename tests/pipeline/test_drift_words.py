"""What counts as a change in how a source words its table: never a way of writing, always another group or unit."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support_tables import Table, serving, topic

from pipelines.indicators.registry import read_indicators
from pipelines.ingest.drift import Change, drift, reasons_to_hold_back
from pipelines.ingest.refresh import refresh
from pipelines.landing.store import Landing
from pipelines.settings import CARDS
from pipelines.sources.card import SourceCard, load_cards
from schemas.wire import check_raw

pytestmark = pytest.mark.standin
ALL = load_cards(CARDS)
INDICATORS = read_indicators()


def between(
    folder: Path, one: Callable[[Table], object], other: Callable[[Table], object], card: SourceCard
) -> list[Change]:
    """What drifted between two ways in which the key figures describe themselves."""
    landing = Landing(folder / "landing")
    for number, change in enumerate((one, other)):
        day = f"2026-11-2{number}T02:00:00"
        with serving(folder / f"tables{number}", {card.table: change}, day) as changed:
            refresh(card, changed.origin(), landing, folder / f"raw{number}", check_raw)
    return drift(card, landing, invented=False)


def told_as(topic_title: str, unit: str, code_title: str) -> Callable[[Table], object]:
    def change(table: Table) -> None:
        topic(table, "TotaalAantalBanen_112").update(Title=topic_title, Unit=unit)
        topic(table, "Land_248").update(Title=topic_title, Unit=unit)
        table["codes"]["RegioS"][0]["Title"] = code_title

    return change


@pytest.mark.parametrize("unit", ["x 1000", "x 1.000", "X  1 000 "])
def test_other_capitals_spaces_and_thousands_are_no_change(tmp_path: Path, unit: str) -> None:
    before = told_as("Totaal aantal banen", "x 1 000", "Nederland")
    after = told_as("Totaal  Aantal banen ", unit, "NEDERLAND ")
    # The card gives the unit of the jobs and none of the land, so both ways to compare are taken.
    assert between(tmp_path, before, after, ALL["cbs/70072ned"]) == []


def test_another_unit_is_a_change_where_the_card_gives_none(tmp_path: Path) -> None:
    before, after = told_as("Banen", "x 1 000", "Nederland"), told_as("Banen", "x 1 000 000", "Nederland")
    found = between(tmp_path, before, after, ALL["cbs/70072ned"])
    assert ("Land", "unit", "x 1 000", "x 1 000 000") in {
        (c.code, c.kind, c.before, c.after) for c in found if c.is_blocking
    }


def grouped(students: str, graduates: str, others: str = "Onderwijs") -> Callable[[Table], object]:
    """The key figures of today, with two topics called mbo, each in a group."""

    def change(table: Table) -> None:
        keys = {"BeroepsbegeleidendeLeerweg_105": students, "MiddelbaarBeroepsonderwijs_109": graduates}
        groups = {group: 900 + i for i, group in enumerate((students, graduates, others))}
        for key, name in zip(keys, ("MiddelbaarBeroepsonderwijs_105", "MiddelbaarBeroepsonderwijs_110"), strict=True):
            topic(table, key).update(Key=name, Title="Mbo", ParentID=groups[keys[key]])
            table["columns"][table["columns"].index(key)] = name
        topic(table, "TotaalAantalBanen_112")["ParentID"] = groups[others]
        table["dataproperties"] += [
            {"ID": number, "ParentID": None, "Type": "TopicGroup", "Key": "", "Title": group}
            for group, number in groups.items()
        ]

    return change


def test_a_measure_that_moved_to_another_group_blocks_where_only_groups_tell_it_apart(tmp_path: Path) -> None:
    """The numbers of topics run on when CBS inserts some, and then the whole key of one is that of another."""
    before, after = grouped("Studenten", "Gediplomeerden"), grouped("Gediplomeerden", "Studenten", "Arbeidsmarkt")
    (found,) = [c for c in between(tmp_path, before, after, ALL["cbs/70072ned"]) if c.is_blocking]
    # The jobs moved as well, and no other topic has their title.
    assert (found.code, found.kind, found.change) == ("MiddelbaarBeroepsonderwijs", "measure", "renamed")
    assert found.before == "MiddelbaarBeroepsonderwijs_110 (Mbo) in Gediplomeerden"
    assert found.after == "MiddelbaarBeroepsonderwijs_110 (Mbo) in Studenten"
    rows = [row for row in INDICATORS if row.measure_code == "MiddelbaarBeroepsonderwijs"]
    assert list(reasons_to_hold_back(rows, [found])) == ["graduates_mbo_count"]


def test_a_group_that_stands_on_the_card_is_the_one_that_is_looked_for(tmp_path: Path) -> None:
    content = ALL["cbs/70072ned"].model_dump()
    mbo = next(m for m in content["measures"] if m["code"] == "MiddelbaarBeroepsonderwijs")
    mbo |= {"aliases": ["MiddelbaarBeroepsonderwijs_105", "MiddelbaarBeroepsonderwijs_110"], "group": "gediplomeerden"}
    before, after = grouped("Studenten", "Gediplomeerden"), grouped("Gediplomeerden", "Studenten", "Arbeidsmarkt")
    assert not [c for c in between(tmp_path, before, after, SourceCard.model_validate(content)) if c.is_blocking]
