"""A release is compared with the one that readers had before it, figure by figure, once and for good."""

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from support import digests
from support_releases import INDICATOR, Figures, make_release

from pipelines.errors import RegiokompasError
from pipelines.publish.causes import CAUSE
from pipelines.publish.release import Release, publish
from pipelines.publish.revisions import record_changes, recorded
from pipelines.settings import PORTAL
from portal.revisions import changes_of, history_of, line_of_changes, revised_figures, revisions_of_indicator

ZWOLLE, ALMERE = ("jobs_count", "GM0193", "2025JJ00"), ("jobs_count", "GM0034", "2025JJ00")
NEW, GONE = ("jobs_count", "GM0193", "2026JJ00"), ("jobs_count", "GM0193", "2019JJ00")


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    return tmp_path / "releases"


def again(releases: Path, release: Release) -> None:
    """Make a release current that was published before."""
    publish(release.folder, releases, release.release_id, lambda made: record_changes(releases, made))


def test_every_kind_of_change_is_told_apart(releases: Path) -> None:
    make_release(releases, "a", {ZWOLLE: (10, "provisional"), ALMERE: (5, "provisional"), GONE: (1, "final")})
    newer = make_release(
        releases, "b", {ZWOLLE: (12, "final"), ALMERE: (5, "final"), NEW: (None, "suppressed")}, landed="sha-2"
    )
    changes = changes_of(newer.folder)
    assert changes is not None and (changes.older, changes.newer) == ("a", "b")
    found = {(r["region_code"], r["period_code"]): r for r in changes.figures().collect().to_dicts()}
    assert {key: row["change"] for key, row in found.items()} == {
        ("GM0193", "2025JJ00"): "value_changed",
        ("GM0034", "2025JJ00"): "status_changed",
        ("GM0193", "2026JJ00"): "added",
        ("GM0193", "2019JJ00"): "removed",
    }
    zwolle = found["GM0193", "2025JJ00"]
    assert (zwolle["value_before"], zwolle["value_after"], zwolle["difference"]) == (10, 12, 2)
    assert (zwolle["status_before"], zwolle["status_after"]) == ("provisional", "final")
    assert zwolle["cause"] == "became_final"
    assert found["GM0193", "2026JJ00"]["status_after"] == "suppressed"
    assert [changes.count(kind) for kind in ("value_changed", "status_changed", "added", "removed")] == [1, 1, 1, 1]


def test_a_figure_that_becomes_empty_has_changed_and_an_empty_one_that_stays_so_has_not(releases: Path) -> None:
    make_release(releases, "a", {ZWOLLE: (0, "final"), ALMERE: (None, "missing")})
    newer = make_release(releases, "b", {ZWOLLE: (None, "final"), ALMERE: (None, "missing")})
    changes = changes_of(newer.folder)
    assert changes is not None
    (row,) = changes.figures().collect().to_dicts()
    assert (row["change"], row["value_before"], row["value_after"]) == ("value_changed", 0, None)


def test_figures_on_boundaries_have_a_key_of_their_own(releases: Path) -> None:
    make_release(releases, "a", {ZWOLLE: (10, "final")}, on_boundaries={ZWOLLE: (10, "final")})
    newer = make_release(releases, "b", {ZWOLLE: (10, "final")}, on_boundaries={ZWOLLE: (11, "estimated")})
    changes = changes_of(newer.folder)
    assert changes is not None
    assert [row["boundary_year"] for row in changes.figures().collect().to_dicts()] == [2026]
    assert history_of(newer.folder, *ZWOLLE) == []
    assert [row["value_before"] for row in history_of(newer.folder, *ZWOLLE, boundary_year=2026)] == [10]


def test_what_became_of_indicators_sources_and_the_code_is_told(releases: Path) -> None:
    make_release(releases, "a", {}, indicators={"jobs_count": INDICATOR, "old_count": INDICATOR})
    told = {"jobs_count": {**INDICATOR, "definition_nl": "Anders"}, "new_count": INDICATOR}
    newer = make_release(releases, "b", {}, indicators=told, source={"newest_period": "2026JJ00"}, code="code-2")
    changes = changes_of(newer.folder)
    assert changes is not None and changes.summary["code_changed"]
    indicators = changes.summary["indicators"]
    assert [row["indicator_id"] for row in indicators["added"]] == ["new_count"]
    assert [row["indicator_id"] for row in indicators["removed"]] == ["old_count"]
    assert indicators["changed"] == [
        {"indicator_id": "jobs_count", "column": "definition_nl", "before": "Aantal banen", "after": "Anders"}
    ]
    (source,) = changes.summary["sources"]
    assert (source["newest_period_before"], source["newest_period_after"]) == ("2025JJ00", "2026JJ00")
    (revision,) = revisions_of_indicator(newer.folder, "jobs_count")
    assert revision["release_id"] == "b" and [text["after"] for text in revision["texts"]] == ["Anders"]


def test_a_figure_can_be_followed_through_every_release(releases: Path) -> None:
    for name, value in (("a", 10), ("b", 11), ("c", 11), ("d", 13)):
        release = make_release(releases, name, {ZWOLLE: (value, "final")})
    history = history_of(release.folder, *ZWOLLE)
    assert [(row["release_id"], row["value_before"], row["value_after"]) for row in history] == [
        ("d", 11, 13),
        ("b", 10, 11),
    ]
    assert [changes.newer for changes in line_of_changes(release.folder)] == ["d", "c", "b"]
    # A process that serves an older release does not know of newer ones.
    assert [row["release_id"] for row in history_of(releases / "c", *ZWOLLE)] == ["b"]


def test_a_figure_that_changed_alike_on_boundaries_is_one_revision(releases: Path) -> None:
    figures = {ZWOLLE: (10.0, "final"), ALMERE: (5.0, "final")}
    make_release(releases, "a", figures, on_boundaries=figures)
    newer = make_release(
        releases,
        "b",
        {**figures, ZWOLLE: (11, "final")},
        on_boundaries={ZWOLLE: (11, "final"), ALMERE: (6, "estimated")},
    )
    found = revised_figures(newer.folder, "jobs_count", most=9)
    assert [(row["region_code"], row["boundary_year"], row["value_after"]) for row in found] == [
        ("GM0034", 2026, 6),
        ("GM0193", None, 11),
    ]
    assert [row["release_before"] for row in found] == ["a", "a"]
    (revision,) = revisions_of_indicator(newer.folder, "jobs_count")
    assert revision["value_changed"] == 1


def test_revisions_of_an_indicator_that_is_on_boundaries_only_are_counted_there(releases: Path) -> None:
    make_release(releases, "a", {}, on_boundaries={ZWOLLE: (10, "final")})
    newer = make_release(releases, "b", {}, on_boundaries={ZWOLLE: (11, "final")})
    (revision,) = revisions_of_indicator(newer.folder, "jobs_count")
    assert (revision["value_changed"], revision["added"]) == (1, 0)


def test_the_newest_revisions_come_first_and_no_more_than_asked(releases: Path) -> None:
    for name, one, other in (("a", 10, 5), ("b", 11, 5), ("c", 12, 50), ("d", 12, 50)):
        release = make_release(releases, name, {ZWOLLE: (one, "final"), ALMERE: (other, "final")})
    found = [(row["release_id"], row["region_code"]) for row in revised_figures(release.folder, "jobs_count", most=9)]
    assert found == [("c", "GM0034"), ("c", "GM0193"), ("b", "GM0193")]
    assert len(revised_figures(release.folder, "jobs_count", most=2)) == 2
    of_one = revised_figures(release.folder, "jobs_count", "GM0193", most=9)
    assert [(row["value_before"], row["value_after"]) for row in of_one] == [(11, 12), (10, 11)]
    assert revised_figures(release.folder, "other_count", most=9) == []


def test_the_first_release_has_no_changes(releases: Path) -> None:
    first = make_release(releases, "a", {ZWOLLE: (10, "final")})
    assert changes_of(first.folder) is None and recorded(releases, first) is None
    assert history_of(first.folder, *ZWOLLE) == []


def test_invented_figures_are_never_compared_with_published_ones(releases: Path) -> None:
    make_release(releases, "real-1", {ZWOLLE: (10, "final")})
    sample = make_release(releases, "sample-1", {ZWOLLE: (99, "final")}, invented=True)
    assert changes_of(sample.folder) is None
    real = make_release(releases, "real-2", {ZWOLLE: (11, "final")})
    changes = changes_of(real.folder)
    assert changes is not None and changes.older == "real-1"
    second = make_release(releases, "sample-2", {ZWOLLE: (98, "final")}, invented=True)
    changes = changes_of(second.folder)
    assert changes is not None and changes.older == "sample-1"


@pytest.mark.parametrize("kind", [True, False])
def test_a_release_that_does_not_say_its_kind_is_compared_with_neither(releases: Path, kind: bool) -> None:
    older = make_release(releases, "older-form", {ZWOLLE: (10, "final")}, invented=kind)
    (older.folder / "release.json").write_text('{"release_id": "older-form", "files": {}}', encoding="utf-8")
    newer = make_release(releases, "newer", {ZWOLLE: (11, "final")}, invented=kind)
    assert changes_of(newer.folder) is None


def test_what_was_recorded_stands_and_going_back_records_nothing(releases: Path) -> None:
    first = make_release(releases, "a", {ZWOLLE: (10, "final")})
    second = make_release(releases, "b", {ZWOLLE: (11, "final")})
    before = digests(releases / "changes")
    again(releases, first)
    again(releases, second)
    again(releases, first)
    assert (releases / "current").resolve() == first.folder
    # The link that remembers the last release points elsewhere; the records are the same.
    records = {name for name in before if name.startswith("a..b")}
    after = digests(releases / "changes")
    assert {name: after[name] for name in records} == {name: before[name] for name in records}
    assert {name for name in after if ".." in name} == records
    assert changes_of(first.folder) is None
    third = make_release(releases, "c", {ZWOLLE: (12, "final")})
    changes = changes_of(third.folder)
    assert changes is not None and changes.older == "a"


def test_releases_stay_as_they_are(releases: Path) -> None:
    first = make_release(releases, "a", {ZWOLLE: (10, "final")})
    before = digests(first.folder)
    make_release(releases, "b", {ZWOLLE: (11, "final")})
    assert digests(first.folder) == before


def test_the_same_two_releases_give_the_same_bytes(tmp_path: Path) -> None:
    found = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        for name, value in (("a", 10), ("b", 11)):
            make_release(folder / "releases", name, {ZWOLLE: (value, "final"), ALMERE: (value, "final")})
        found.append({n: d for n, d in digests(folder / "releases" / "changes").items() if n.startswith("a..b")})
    assert len(found[0]) == 2 and found[0] == found[1]


def test_a_release_that_lost_a_table_is_named_and_nothing_is_switched(releases: Path) -> None:
    first = make_release(releases, "a", {ZWOLLE: (10, "final")})
    (first.folder / "tables" / "sources.parquet").unlink()
    with pytest.raises(RegiokompasError, match=r"release a has no sources in .*, so it cannot be compared"):
        make_release(releases, "b", {ZWOLLE: (11, "final")})
    assert (releases / "current").resolve() == first.folder


REDEFINED = {**INDICATOR, "definition_nl": "Aantal banen van werknemers"}
OTHER = {"jobs_share_pct": INDICATOR}
# The cause, what is different in the newer release, and whether the figure is on the boundaries of a year.
CAUSES: list[tuple[str, dict[str, Any], bool]] = [
    ("correction", {"code": "code-2"}, False),
    ("correction", {"code": "code-2"}, True),
    ("source_revised", {"landed": "sha-2"}, False),
    ("source_revised", {"landed": "sha-2"}, True),
    ("boundaries", {"heirs": {"GM0001": "GM0193"}}, True),
    # The territory of a figure as published is that of its source.
    ("correction", {"heirs": {"GM0001": "GM0193"}}, False),
    ("definition", {"indicators": {"jobs_count": REDEFINED}}, False),
    ("definition", {"indicators": {"jobs_count": REDEFINED}, "landed": "sha-2"}, True),
    ("correction", {"indicators": {"jobs_count": {**INDICATOR, "title_nl": "Werk"}}}, False),
]


@pytest.mark.parametrize(("cause", "difference", "on_boundaries"), CAUSES)
def test_why_a_figure_changed_is_told(
    releases: Path, cause: str, difference: dict[str, Any], on_boundaries: bool
) -> None:
    def figures(value: float) -> dict[str, Any]:
        found: Figures = {ZWOLLE: (value, "provisional")}
        return {"figures": {}, "on_boundaries": found} if on_boundaries else {"figures": found}

    make_release(releases, "a", **figures(10))
    changes = changes_of(make_release(releases, "b", **figures(12), **difference).folder)
    assert changes is not None
    assert [row["cause"] for row in changes.figures().collect().to_dicts()] == [cause]


def test_what_is_computed_from_a_redefined_indicator_has_that_cause(releases: Path) -> None:
    share, terms = ("jobs_share_pct", "GM0193", "2025JJ00"), {"jobs_share_pct": "jobs_count"}
    known = {"jobs_count": INDICATOR, **OTHER}
    make_release(releases, "a", {share: (10, "final")}, indicators=known, terms=terms)
    redefined = {**known, "jobs_count": REDEFINED}
    newer = make_release(releases, "b", {share: (12, "final")}, indicators=redefined, terms=terms)
    changes = changes_of(newer.folder)
    assert changes is not None and changes.figures().collect()["cause"].to_list() == ["definition"]


def test_that_a_source_was_fetched_again_is_no_change(releases: Path) -> None:
    make_release(releases, "a", {ZWOLLE: (10, "provisional")})
    changes = changes_of(make_release(releases, "b", {ZWOLLE: (10, "provisional")}, landed="sha-2").folder)
    assert changes is not None and changes.figures().collect().is_empty()


def test_every_cause_is_tested_and_has_words() -> None:
    told = set(re.findall(r"(?:then|else) '(\w+)'", CAUSE))
    words = yaml.safe_load((PORTAL / "texts" / "changes.yml").read_text(encoding="utf-8"))
    assert words["changes_causes"].keys() | words["changes_kinds"].keys() >= told
    assert told - {cause for cause, _, _ in CAUSES} == {"added", "removed", "became_final"}


def test_changes_from_before_the_cause_was_recorded_have_none(releases: Path) -> None:
    make_release(releases, "a", {ZWOLLE: (10, "final")})
    changes = changes_of(make_release(releases, "b", {ZWOLLE: (12, "final")}).folder)
    assert changes is not None
    pl.read_parquet(changes.path).drop("cause").write_parquet(changes.path)
    assert changes.figures().collect()["cause"].to_list() == [None]
