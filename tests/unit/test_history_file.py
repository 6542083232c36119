"""What changed, as a database beside the releases: in whatever order releases come, go back and are removed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support_releases import Figures, make_release

from pipelines.commands.retention import kept_releases, remove, roll_back, superfluous
from pipelines.errors import RegiokompasError
from pipelines.publish.release import current
from pipelines.publish.revisions import line_of
from portal.revisions import COLUMNS, history_file, is_history_whole, list_changes

KEYS = [("jobs_count", town, period) for town in ("GM0193", "GM0363") for period in ("2024JJ00", "2025JJ00")]
CELLS = st.tuples(st.sampled_from([1.0, 2.0, None]), st.sampled_from(["final", "provisional"]))
RELEASES = st.dictionaries(st.sampled_from(KEYS), CELLS, min_size=1)
STEPS = st.one_of(
    st.tuples(st.just("publish"), RELEASES, RELEASES),
    st.tuples(st.just("invented"), RELEASES, RELEASES),
    st.just(("roll back",)),
    st.just(("prune",)),
)
Told = dict[tuple[Any, ...], tuple[float | None, str]]


def rows_of(folder: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(history_file(folder))) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute("select * from revisions order by release_id, change_number")]


def keyed(published: Figures, on_boundaries: Figures) -> Told:
    return {(*key, None): cell for key, cell in published.items()} | {
        (*key, 2026): cell for key, cell in on_boundaries.items()
    }


def replayed(first: Told, line: list[str], rows: list[dict[str, Any]]) -> Told:
    """What the figures are, from those of the first release and every change of the ones after it."""
    told = dict(first)
    for release_id in line:
        for row in [row for row in rows if row["release_id"] == release_id]:
            key = tuple(row[name] for name in ("indicator_id", "region_code", "period_code", "boundary_year"))
            assert told.get(key, (None, None)) == (row["value_before"], row["status_before"])
            if row["change"] == "removed":
                del told[key]
            else:
                told[key] = (row["value_after"], row["status_after"])
    return told


def take(steps: list[Any], releases: Path) -> Iterator[dict[str, Told]]:
    """Take the steps, and give after each what every release that was ever published said."""
    said: dict[str, Told] = {}
    numbers = count()
    for what, *figures in steps:
        if what in ("publish", "invented"):
            name = f"{'sample-' if what == 'invented' else ''}{next(numbers):02}"
            make_release(releases, name, figures[0], on_boundaries=figures[1], invented=what == "invented")
            said[name] = keyed(*figures)
        elif what == "roll back" and said:
            try:
                roll_back(releases)
            except RegiokompasError as error:
                assert "no earlier release" in str(error)
        elif what == "prune" and said:
            for kept in superfluous(releases, 1):
                remove(kept)
        yield said


@settings(max_examples=15)
@given(st.lists(STEPS, min_size=1, max_size=7))
def test_the_changes_lead_from_the_first_release_to_the_one_that_readers_have(steps: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        releases = Path(folder) / "releases"
        for said in take(steps, releases):
            served = current(releases)
            if served is None:
                continue
            rows, line = rows_of(served.folder), line_of(releases, served)
            assert {row["release_id"] for row in rows} <= {*line[:-1]}
            assert replayed(said[line[-1]], line[-2::-1], rows) == said[served.release_id]
            # It says what the API says.
            names = [column.name for column in COLUMNS]
            listed = list_changes(served.folder, {}, None, 1000)
            assert rows == [{name: row[name] for name in names} for row in listed]
            kept = {each.release.release_id for each in kept_releases(releases)}
            assert {path.name for path in (releases / "history").iterdir()} == kept


FIGURES: Figures = {KEYS[0]: (1.0, "provisional"), KEYS[2]: (5.0, "final")}


def test_when_something_was_fetched_is_no_change(tmp_path: Path) -> None:
    make_release(tmp_path / "releases", "a", FIGURES, landed="sha-1", source={"source_modified": "2026-01-01"})
    later = make_release(tmp_path / "releases", "b", FIGURES, landed="sha-2", source={"source_modified": "2026-02-02"})
    assert rows_of(later.folder) == []


def test_it_is_the_same_to_the_byte_when_it_is_made_again(tmp_path: Path) -> None:
    make_release(tmp_path / "releases", "a", FIGURES)
    second = make_release(tmp_path / "releases", "b", {**FIGURES, KEYS[0]: (2.0, "final")})
    file = history_file(second.folder)
    before = file.read_bytes()
    file.unlink()
    roll_back(tmp_path / "releases", "b")
    assert file.read_bytes() == before and len(rows_of(second.folder)) == 1


@pytest.mark.parametrize("content", [None, b"", b"SQLite format 3\x00", b"x" * 5000])
def test_what_cannot_be_read_is_not_served_and_made_again(tmp_path: Path, content: bytes | None) -> None:
    made = make_release(tmp_path / "releases", "a", FIGURES)
    file = history_file(made.folder)
    assert is_history_whole(made.folder)
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    assert not is_history_whole(made.folder)
    roll_back(tmp_path / "releases", "a")
    assert is_history_whole(made.folder)
