"""Releases that are kept: going back to one, and removing old ones; the links of readers never lead to nothing."""

import json
from pathlib import Path

import pytest
from support import Ran, run_cli
from support_releases import make_release

from pipelines.commands.retention import kept_releases, remove, roll_back, superfluous
from pipelines.errors import RegiokompasError
from pipelines.publish.release import current
from pipelines.publish.timeline import moments

FIGURE = ("jobs_count", "GM0193", "2025JJ00")


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    """Four published releases, and two of invented figures between them; the last published one is current."""
    folder = tmp_path / "releases"
    for number, name in enumerate(("a", "sample-a", "b", "c", "sample-b", "d")):
        make_release(folder, name, {FIGURE: (float(number), "final")}, invented=name.startswith("sample"))
    return folder


def names(releases: Path) -> list[str]:
    return [kept.release.release_id for kept in kept_releases(releases)]


def cli(releases: Path, *arguments: str) -> Ran:
    return run_cli("release", *arguments, data=releases.parent)


def now(releases: Path) -> str:
    found = current(releases)
    assert found is not None
    return found.release_id


def test_going_back_is_to_the_release_that_readers_had_before(releases: Path) -> None:
    assert roll_back(releases).release_id == now(releases) == "c"
    # Back from there is to the one before it in time, which is where it came from.
    assert roll_back(releases).release_id == now(releases) == "d"
    assert roll_back(releases, "a").release_id == now(releases) == "a"
    assert [moment.release_id for moment in moments(releases)][-4:] == ["d", "c", "d", "a"]
    recorded = sorted(path.name for path in (releases / "changes").glob("*.json"))
    assert recorded == ["a..b.json", "b..c.json", "c..d.json", "sample-a..sample-b.json"]


def test_a_damaged_release_is_not_gone_back_to(releases: Path) -> None:
    table = releases / "c" / "tables" / "observations.parquet"
    table.write_bytes(table.read_bytes()[:-1])
    told = r"release c is damaged: tables/observations\.parquet has \d+ bytes, expected \d+ -> "
    with pytest.raises(RegiokompasError, match=told):
        roll_back(releases)
    assert now(releases) == "d"


def test_the_first_release_of_its_kind_has_none_before_it(tmp_path: Path) -> None:
    make_release(tmp_path / "releases", "sample-a", {FIGURE: (1.0, "final")}, invented=True)
    make_release(tmp_path / "releases", "a", {FIGURE: (1.0, "final")})
    with pytest.raises(RegiokompasError, match="no earlier release than a is kept -> name one"):
        roll_back(tmp_path / "releases")


@pytest.mark.parametrize(
    ("keep", "named", "gone"),
    [
        (4, (), []),
        (3, (), ["a"]),
        (2, (), ["a", "b"]),
        (1, (), ["sample-a", "a", "b", "c"]),
        (1, ("b",), ["sample-a", "a", "c"]),
    ],
)
def test_the_last_of_each_kind_stay_and_those_that_are_named(
    releases: Path, keep: int, named: tuple[str, ...], gone: list[str]
) -> None:
    found = superfluous(releases, keep, named)
    assert sorted(each.release.release_id for each in found) == sorted(gone)
    before = names(releases)
    for each in found:
        remove(each)
    assert names(releases) == [name for name in before if name not in gone]
    assert now(releases) == "d" and {path.name for path in releases.glob(".*")} == set()
    assert all(link.resolve().is_dir() for link in releases.rglob("*") if link.is_symlink())


def test_what_readers_have_stays_however_old_it_is(releases: Path) -> None:
    roll_back(releases, "a")
    make_release(releases, "sample-c", {FIGURE: (9.0, "final")}, invented=True)
    kept = {each.release.release_id for each in kept_releases(releases)} - {
        each.release.release_id for each in superfluous(releases, 1)
    }
    assert kept == {"a", "sample-c"}


@pytest.mark.parametrize(
    ("keep", "named", "told"), [(0, (), "--keep is 0: "), (2, ("x",), "there is no release x -> ")]
)
def test_a_wrong_wish_removes_nothing(releases: Path, keep: int, named: tuple[str, ...], told: str) -> None:
    with pytest.raises(RegiokompasError, match=told):
        superfluous(releases, keep, named)


def test_the_commands_say_what_there_is_and_what_they_did(releases: Path) -> None:
    listed = cli(releases, "list").out.splitlines()
    assert [line.split()[0] for line in listed[1:]] == names(releases)
    assert [line.split()[0] for line in listed if line.endswith("current")] == ["d"]
    told = cli(releases, "rollback")
    assert told.code == 0 and told.out == "Current  c\nBefore   d; the next run publishes anew\n"
    would = cli(releases, "prune", "--keep", "1", "--named", "b", "--dry-run")
    assert would.code == 0 and "Would go  a" in would.out and "3 releases, " in would.out and len(names(releases)) == 6
    done = cli(releases, "prune", "--keep", "1", "--named", "b")
    assert done.code == 0 and "Removed  a" in done.out and set(names(releases)) == {"c", "b", "sample-b"}
    wrong = cli(releases, "rollback", "z")
    assert wrong.code == 1 and wrong.err.count("\n") == 1 and "there is no release z -> use one of: b, c" in wrong.err


def test_there_is_nothing_to_list_before_the_first_release(tmp_path: Path) -> None:
    told = run_cli("release", "list", data=tmp_path)
    assert told.code == 0 and told.out == "No release is kept -> make one with `regiokompas run`\n"


def test_a_release_from_before_the_timeline_is_listed_last(releases: Path) -> None:
    (releases / "current.csv").unlink()
    assert {kept.current_from for kept in kept_releases(releases)} == {None}
    assert now(releases) == "d" and json.loads((releases / "d" / "release.json").read_text())["release_id"] == "d"
    assert not superfluous(releases, 4) and "not recorded" in cli(releases, "list").out
