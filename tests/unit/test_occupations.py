"""The occupational classification is CBS's own, whole and in both languages."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from support import SHARED

from pipelines.settings import DBT_PROJECT

DIGITS = {"class": 2, "segment": 3, "group": 4}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


ROWS = rows_of(DBT_PROJECT / "seeds" / "occupations.csv")


def test_the_classification_is_whole() -> None:
    assert Counter(row["level"] for row in ROWS) == {"class": 13, "segment": 41, "group": 114}
    assert len({row["code"] for row in ROWS}) == len(ROWS)


def test_codes_keep_their_zeros_and_lie_within_their_parent() -> None:
    codes = {row["code"] for row in ROWS}
    for row in ROWS:
        assert row["code"].isdigit() and len(row["code"]) == DIGITS[row["level"]], row
        assert row["parent_code"] == ("" if row["level"] == "class" else row["code"][:-1]), row
        assert row["level"] == "class" or row["parent_code"] in codes, row


def test_segments_and_classes_are_not_empty() -> None:
    parents = {row["parent_code"] for row in ROWS}
    assert {row["code"] for row in ROWS if row["level"] != "group"} == parents - {""}


def test_titles_are_in_both_languages_and_differ_within_a_level() -> None:
    for level in DIGITS:
        for column in ("title_nl", "title_en"):
            titles = [row[column] for row in ROWS if row["level"] == level]
            assert all(title and title == title.strip() for title in titles)
            assert len(set(titles)) == len(titles), (level, column)


def test_one_dutch_title_has_one_english_title() -> None:
    """A segment of one group has the group's title, and so must its translation."""
    pairs = {(row["title_nl"], row["title_en"]) for row in ROWS}
    assert len({dutch for dutch, _ in pairs}) == len({english for _, english in pairs}) == len(pairs)


def test_levels_are_those_of_the_groups_below() -> None:
    levels = {row["code"]: (int(row["lowest_isco_level"]), int(row["highest_isco_level"])) for row in ROWS}
    assert all(1 <= lowest <= highest <= 4 for lowest, highest in levels.values())
    for code, (lowest, highest) in levels.items():
        below = [levels[row["code"]] for row in ROWS if row["parent_code"] == code]
        assert not below or (lowest, highest) == (min(low for low, _ in below), max(high for _, high in below)), code
    # Accountants, bookkeeping clerks, chefs and cooks, cleaners.
    assert [levels[code] for code in ("0411", "0434", "1112", "1121")] == [(4, 4), (2, 2), (2, 3), (1, 1)]


@pytest.mark.standin
def test_levels_are_those_that_cbs_gives_the_unit_groups() -> None:
    """Levels 0 and 7 stand for occupations whose level is not known."""
    found: dict[str, set[str]] = {}
    for row in rows_of(SHARED / "standin" / "files" / "uwv" / "isco2008_brc2014_cbs.csv"):
        if row["ISCO2008niveau"] in ("1", "2", "3", "4"):
            found.setdefault(row["BRC2014beroepsgroep"], set()).add(row["ISCO2008niveau"])
    groups = [row for row in ROWS if row["level"] == "group"]
    assert {r["code"]: (r["lowest_isco_level"], r["highest_isco_level"]) for r in groups} == {
        code: (min(levels), max(levels)) for code, levels in found.items()
    }


@pytest.mark.standin
def test_titles_are_those_of_cbs() -> None:
    source = rows_of(SHARED / "standin" / "files" / "uwv" / "isco2008_brc2014_cbs.csv")
    given = {
        (level, row[f"BRC2014beroeps{dutch}"]): row[f"BRC2014beroeps{dutch}_label"].strip()
        for row in source
        for level, dutch in (("class", "klasse"), ("segment", "segment"), ("group", "groep"))
    }
    assert {(row["level"], row["code"]): row["title_nl"] for row in ROWS} == given


@pytest.mark.standin
def test_every_group_is_where_the_list_of_klasse_segment_groep_has_it() -> None:
    source = rows_of(SHARED / "standin" / "files" / "uwv" / "brc2014_klasse_segment_groep.csv")
    parent = {row["code"]: row["parent_code"] for row in ROWS}
    assert len(source) == 114
    for row in source:
        assert (parent[row["groep"]], parent[row["segment"]]) == (row["segment"], row["klasse"])
