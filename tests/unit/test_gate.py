"""What moved between two releases is seen, refused, kept beside its report, and published when somebody says why."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support import Ran, run_cli
from support_releases import INDICATOR, Figures, Key, make_release

from pipelines.errors import RegiokompasError
from pipelines.publish.gate import Bounds, judge
from pipelines.publish.refused import REFUSED, accept, find_refused, refused_releases, submit
from pipelines.publish.release import Release, current
from pipelines.settings import Settings

BOUNDS = Bounds.of(Settings())
# As many as it takes for a sum to be one of all municipalities.
TOWNS = [f"GM{number:04}" for number in range(1, 321)]
YEARS = ("2023JJ00", "2024JJ00")
INDICATORS: dict[str, dict[str, Any]] = {
    "jobs_count": {**INDICATOR, "kind": "count", "state": "active"},
    "open_share_pct": {**INDICATOR, "kind": "share", "state": "active"},
}


def figures(jobs: float = 1000.0, share: float = 20.0, status: str = "final") -> Figures:
    """Jobs of every town and of the country they make up, and a share of every town."""
    found: Figures = {("jobs_count", town, year): (jobs, status) for town in TOWNS for year in YEARS}
    found |= {("jobs_count", "NL01", year): (jobs * len(TOWNS), status) for year in YEARS}
    return found | {("open_share_pct", town, year): (share, status) for town in TOWNS for year in YEARS}


def made(releases: Path, name: str, found: Figures) -> Release:
    return make_release(releases, name, found, indicators=INDICATORS)


def built(folder: Path, name: str, found: Figures) -> Path:
    """A built release that was not submitted yet, with an account of its rows."""
    release = made(folder / f"workshop-{name}" / "releases", name, found).folder
    (release / "release.json").unlink()
    return release


def submitted(releases: Path, name: str, found: Figures, reason: str = "", bounds: Bounds = BOUNDS) -> Release:
    folder = built(releases.parent, name, found)
    facts = {"is_invented": False, "rows": {"observations": len(found)}}
    return submit(folder, releases, name, facts, {}, bounds, reason)


def rules(older: Release, newer: Release, bounds: Bounds = BOUNDS) -> list[str]:
    return [excess.rule for excess in judge(older, newer, bounds).findings]


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    """One published release, of figures that are settled."""
    folder = tmp_path / "releases"
    submitted(folder, "a", figures())
    return folder


def with_moved(keys: list[Key], by: float, start: Figures) -> Figures:
    return start | {key: ((start[key][0] or 0) * by, start[key][1]) for key in keys}


@pytest.mark.parametrize(("moved", "is_told"), [(0, False), (4, False), (64, False), (65, True), (640, True)])
def test_settled_figures_lie_still(releases: Path, moved: int, is_told: bool) -> None:
    keys = [key for key in figures() if key[0] == "open_share_pct"][:moved]
    newer = made(releases, "b", with_moved(keys, 1.1, figures()))
    loose = replace(BOUNDS, share_moved=1)
    assert rules(Release("a", releases / "a"), newer, loose) == (["part_moved"] if is_told else [])


def test_many_settled_figures_of_several_indicators_are_told_together(releases: Path) -> None:
    keys = [key for key in figures() if key[1] in TOWNS[:20]]
    newer = made(releases, "b", with_moved(keys, 1.0001, figures()))
    (found,) = judge(Release("a", releases / "a"), newer, BOUNDS).findings
    assert found.rule == "settled_moved"
    assert found.line.startswith(
        "6.2% of the settled figures of a are another number, expected at most 2.0%; most from "
    )


@pytest.mark.parametrize("status", ["provisional", "revised_provisional", "estimated"])
def test_what_was_provisional_is_there_to_be_revised(tmp_path: Path, status: str) -> None:
    releases = tmp_path / "releases"
    older, newer = made(releases, "a", figures(status=status)), made(releases, "b", figures(jobs=1200, share=22))
    assert rules(older, newer) == []


def test_a_settled_figure_that_becomes_empty_has_moved(releases: Path) -> None:
    empty = {key: (None, "suppressed") for key in figures() if key[0] == "open_share_pct"}
    newer = made(releases, "b", figures() | empty)
    assert rules(Release("a", releases / "a"), newer) == ["settled_moved", "part_moved"]


@pytest.mark.parametrize(
    ("key", "was", "became", "is_told"),
    [
        (("jobs_count", "GM0001", "2024JJ00"), 1000.0, 1900.0, False),
        (("jobs_count", "GM0001", "2024JJ00"), 1000.0, 2100.0, True),
        (("jobs_count", "GM0001", "2024JJ00"), 1000.0, 400.0, True),
        (("jobs_count", "GM0001", "2024JJ00"), 3.0, 9.0, False),
        (("open_share_pct", "GM0001", "2024JJ00"), 20.0, 0.2, True),
        (("open_share_pct", "GM0001", "2024JJ00"), -20.0, 20.0, True),
    ],
)
def test_a_revision_larger_than_half_is_told_but_not_of_a_count_of_a_few(
    tmp_path: Path, key: Key, was: float, became: float, is_told: bool
) -> None:
    releases = tmp_path / "releases"
    older = made(releases, "a", figures(status="provisional") | {key: (was, "provisional")})
    newer = made(releases, "b", figures(status="provisional") | {key: (became, "final")})
    found = judge(older, newer, BOUNDS).findings
    assert [excess.rule for excess in found] == (["revised_most"] if is_told else [])
    if is_told:
        assert f"{key[0]} GM0001 2024JJ00 {was:g} became {became:g}" in found[0].line


def test_a_revision_is_held_against_the_largest_that_the_indicator_ever_had(tmp_path: Path) -> None:
    releases, key = tmp_path / "releases", ("open_share_pct", "GM0001", "2024JJ00")
    for name, value in (("a", 10.0), ("b", 40.0), ("c", 41.0)):
        made(releases, name, figures(status="provisional") | {key: (value, "provisional")})
    older = Release("c", releases / "c")

    def told(value: float) -> list[str]:
        newer = made(tmp_path / f"of-{value}" / "releases", "d", figures() | {key: (value, "provisional")})
        return rules(older, newer)

    # It became four times as much once.
    assert told(160.0) == [] and told(170.0) == ["revised_most"]


def test_the_municipalities_together_stay_the_country(releases: Path) -> None:
    twice = {key: (1100.0, "final") for key in figures() if key[0] == "jobs_count" and key[1] in TOWNS[:100]}
    newer = made(releases, "b", figures() | {key: cell for key, cell in twice.items() if key[2] == "2024JJ00"})
    loose = replace(BOUNDS, share_moved=1, part_moved=1)
    (found,) = judge(Release("a", releases / "a"), newer, loose).findings
    assert (found.rule, found.subjects) == ("sum_parted", ("jobs_count",))
    assert "jobs_count 2024JJ00 330,000 against 320,000" in found.line


def test_a_new_period_is_held_against_how_far_apart_they_ever_were(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    apart = {("jobs_count", "NL01", year): (330_000.0, "final") for year in YEARS}
    older = made(releases, "a", figures() | apart)

    def told(country: float) -> list[str]:
        new = {("jobs_count", town, "2025JJ00"): (1000.0, "final") for town in TOWNS}
        new[("jobs_count", "NL01", "2025JJ00")] = (country, "final")
        return rules(older, made(tmp_path / f"of-{country}" / "releases", "b", figures() | apart | new))

    assert told(330_000.0) == [] and told(320_000.0) == [] and told(340_000.0) == ["sum_parted"]


def test_of_half_of_the_municipalities_there_is_no_sum(tmp_path: Path) -> None:
    half = {key: cell for key, cell in figures().items() if key[1] == "NL01" or key[1] in TOWNS[:160]}
    releases = tmp_path / "releases"
    older = made(releases, "a", half)
    assert rules(older, made(releases, "b", half | {("jobs_count", "NL01", "2024JJ00"): (320_001.0, "final")})) == []


def with_table(release: Release, name: str, column: str, rows: int) -> Release:
    """A release that has another table too, of so many rows."""
    path = release.folder / "tables" / f"{name}.parquet"
    pl.DataFrame({column: [f"GM{number:04}" for number in range(rows)]}).write_parquet(path)
    return release


@pytest.mark.parametrize(
    ("column", "has", "is_told"),
    [
        ("region_code", 90, False),
        ("region_code", 89, True),
        ("municipality_code", 0, True),
        # What is computed from figures, and what is wrong with sources, is counted elsewhere.
        ("indicator_id", 0, False),
        ("jobs_count", 0, False),
        ("dataset_id", 0, False),
    ],
)
def test_a_table_of_regions_keeps_its_rows(releases: Path, column: str, has: int, is_told: bool) -> None:
    older = with_table(Release("a", releases / "a"), "subsidies", column, 100)
    newer = with_table(made(releases, "b", figures()), "subsidies", column, has)
    found = judge(older, newer, BOUNDS).findings
    assert [excess.rule for excess in found] == (["table_shrunk"] if is_told else [])
    if is_told:
        assert found[0].subjects == ("subsidies",) and f"subsidies {has:,} of 100 rows" in found[0].line


TENFOLD = {key: (200.0, "final") for key in figures() if key[0] == "open_share_pct"}


def test_a_refused_release_stays_beside_its_report_and_readers_keep_what_they_had(releases: Path) -> None:
    with pytest.raises(RegiokompasError) as refused:
        submitted(releases, "b", figures() | TENFOLD)
    lines = str(refused.value).splitlines()
    assert len(lines) == 3
    for line in lines:
        assert line.startswith("release b: ") and line.endswith("-> regiokompas release show")
    assert current(releases) == Release("a", releases / "a") and not (releases / "b").exists()
    (held,) = refused_releases(releases)
    assert held == find_refused(releases) and (held.older, len(held.lines)) == ("a", 3)
    assert pl.read_parquet(held.release.folder / "tables" / "observations.parquet").height == len(figures())
    with pytest.raises(RegiokompasError):
        submitted(releases, "b", figures() | TENFOLD)
    assert len(refused_releases(releases)) == 1, "the same release is kept once"


@pytest.mark.parametrize("way", ["at once", "later"])
def test_what_is_accepted_is_published_with_the_reason(releases: Path, way: str) -> None:
    if way == "at once":
        done = submitted(releases, "b", figures() | TENFOLD, "  the share is\n of all now ")
    else:
        with pytest.raises(RegiokompasError):
            submitted(releases, "b", figures() | TENFOLD)
        done = accept(releases, None, BOUNDS, "  the share is\n of all now ")
    assert current(releases) == done == Release("b", releases / "b")
    kept = json.loads((done.folder / "release.json").read_text(encoding="utf-8"))["accepted"]
    assert (kept["reason"], kept["older"], kept["figures"]) == ("the share is of all now", "a", 0)
    assert [found["rule"] for found in kept["moved"]] == ["settled_moved", "part_moved", "revised_most"]
    assert all(found["subjects"] == ["open_share_pct"] for found in kept["moved"])
    assert refused_releases(releases) == [] and list((releases / REFUSED).glob("*")) == []
    summary = json.loads((releases / "changes" / "a..b.json").read_text(encoding="utf-8"))
    assert summary["accepted"] == kept


def test_a_reason_for_what_needs_none_is_not_kept(releases: Path) -> None:
    done = submitted(releases, "b", figures(), "just in case")
    assert "accepted" not in json.loads((done.folder / "release.json").read_text(encoding="utf-8"))


def damaged(releases: Path) -> None:
    table = releases / REFUSED / "b" / "tables" / "observations.parquet"
    table.write_bytes(table.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("name", "reason", "before", "told"),
    [
        (None, " \n", None, 'release b is accepted without a reason -> give --because "why"'),
        ("z", "why", None, "no release z was refused -> use one of: b"),
        ("b", "why", damaged, "release b is damaged: a file is not as its release.json lists it -> run again"),
    ],
)
def test_what_cannot_be_accepted_is_not(
    releases: Path, name: str | None, reason: str, before: Callable[[Path], None] | None, told: str
) -> None:
    with pytest.raises(RegiokompasError):
        submitted(releases, "b", figures() | TENFOLD)
    if before:
        before(releases)
    with pytest.raises(RegiokompasError, match=told.split(":")[0]):
        accept(releases, name, BOUNDS, reason)
    assert current(releases) == Release("a", releases / "a") and len(refused_releases(releases)) == 1


def cli(releases: Path, *arguments: str) -> Ran:
    return run_cli("release", *arguments, data=releases.parent)


def test_the_commands_show_accept_and_remove_what_was_refused(releases: Path) -> None:
    assert "Current  " in cli(releases, "show").out and "641 rows" not in cli(releases, "show", "a").out
    for name in ("b", "c"):
        with pytest.raises(RegiokompasError):
            submitted(releases, name, figures() | TENFOLD)
    listed = cli(releases, "list").out
    assert {line.split()[0] for line in listed.splitlines() if line.endswith("refused")} == {"b", "c"}
    told = cli(releases, "show", "b")
    assert told.code == 0 and "part_moved" not in told.out
    assert "- more than 10% of the settled figures of an indicator are another number than in a" in told.out
    assert 'If right regiokompas release accept b --because "why"' in told.out
    wrong = cli(releases, "show", "z")
    assert (wrong.code, wrong.err.count("\n")) == (1, 1) and "there is no release z -> use one of: a, " in wrong.err
    done = cli(releases, "accept", "b", "--because", "the share is of all now")
    assert (done.code, done.out) == (0, "Current  b\n")
    assert "Accepted the share is of all now (beside a)" in cli(releases, "show", "b").out
    assert "refused" in cli(releases, "list").out
    nothing = cli(releases, "accept")
    assert nothing.code == 2 and "--because" in nothing.err
    gone = cli(releases, "prune", "--keep", "1")
    assert gone.code == 0 and "Removed  a" in gone.out, gone.out + gone.err
    assert [each.release.release_id for each in refused_releases(releases)] == ["c"], "the last one of a kind stays"
