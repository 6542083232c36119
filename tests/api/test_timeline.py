"""The order in which readers had releases, and what is known of when, whatever the clock of the machine said."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_releases import make_refused, make_release

from pipelines.commands.retention import kept_releases, roll_back, superfluous
from pipelines.publish import timeline
from pipelines.publish.refused import find_refused, refused_releases
from pipelines.publish.release import publish
from pipelines.publish.timeline import moments
from portal import timeline as of_readers
from portal.release_form import read_timeline
from portal.timeline import NoReleaseError, first_moment, release_on

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
FIGURE = ("jobs_count", "GM0193", "2025JJ00")
RIGHT, BEHIND, AHEAD = "2026-10-0{}", "2020-01-0{}", "2036-01-0{}"


def write_lines(*days: str) -> str:
    """A timeline of releases a, b, c and so on, each from a day at noon."""
    lines = [f"{day}T12:00:00Z,{chr(ord('a') + place)},false" for place, day in enumerate(days)]
    return "\n".join(["current_from,release_id,is_invented", *lines, ""])


def believed(text: str) -> str:
    return "".join(moment.release_id for moment in read_timeline(text, NOW) if moment.current_from)


@pytest.mark.parametrize(
    ("days", "right"),
    [
        (("2026-10-01", "2026-10-02", "2026-10-02"), "abc"),
        (("2026-10-01", "2020-01-01", "2026-11-01"), "ac"),
        (("2026-10-01", "2036-01-01", "2026-11-01"), "ac"),
        # It was ahead by a month, which is past by now.
        (("2026-10-01", "2026-11-15", "2026-10-16", "2026-10-17", "2026-11-20"), "acde"),
        # One of two is wrong: a clock that loses its battery begins again long ago.
        (("2026-10-01", "2020-01-01"), "a"),
        (("2020-01-01", "2020-01-02", "2026-10-01"), "abc"),
        (("2036-01-01", "2026-10-01"), "b"),
        (("2036-01-01",), ""),
        ((), ""),
    ],
)
def test_moments_that_contradict_the_order_are_not_believed(days: tuple[str, ...], right: str) -> None:
    told = read_timeline(write_lines(*days), NOW)
    assert "".join(moment.release_id for moment in told) == "abcdefgh"[: len(days)]
    assert believed(write_lines(*days)) == right


@given(st.lists(st.integers(0, 20), max_size=9))
def test_as_few_moments_as_possible_are_taken_for_wrong(days: list[int]) -> None:
    told = read_timeline(write_lines(*(f"{date(2026, 10, 1) + timedelta(days=day)}" for day in days)), NOW)
    kept = [moment.current_from for moment in told if moment.current_from]
    assert kept == sorted(kept)
    in_order = [found for count in range(len(days) + 1) for found in combinations(days, count) if _rises(found)]
    assert len(kept) == max(map(len, in_order))


def _rises(days: tuple[int, ...]) -> bool:
    return list(days) == sorted(days)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[datetime]:
    """The clock of the machine, which a test sets."""

    class Clock(datetime):
        at = NOW

        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return cls.at

    for module in (timeline, of_readers):
        monkeypatch.setattr(module, "datetime", Clock)
    return Clock


def set_clock(clock: type[datetime], text: str) -> None:
    clock.at = datetime.fromisoformat(f"{text}T12:00:00+00:00")  # type: ignore[attr-defined]


@pytest.mark.parametrize("wrong", [BEHIND, AHEAD])
def test_a_clock_that_was_wrong_for_a_while_changes_no_order_and_leads_nobody_to_another_release(
    tmp_path: Path, clock: type[datetime], wrong: str
) -> None:
    releases = tmp_path / "releases"
    for place, (name, day) in enumerate(
        [("a", "2026-10-01"), ("b", "2026-10-05"), ("c", wrong.format(3)), ("d", "2026-11-02")]
    ):
        set_clock(clock, day)
        latest = make_release(releases, name, {FIGURE: (float(place), "final")})
    set_clock(clock, "2026-11-30")
    assert [moment.release_id for moment in moments(releases)] == ["a", "b", "c", "d"]
    assert [kept.release.release_id for kept in kept_releases(releases)] == ["d", "c", "b", "a"]
    assert [kept.release.release_id for kept in superfluous(releases, 2)] == ["b", "a"]
    assert sorted(path.stem for path in (releases / "changes").glob("*.json")) == ["a..b", "b..c", "c..d"]
    assert first_moment(latest.folder) == "2026-10-01T12:00:00Z"
    for name in "abcd":
        for added in ("metadata.json", "regiokompas.db"):
            (releases / name / added).touch()
    told = {day: _release_on(latest.folder, day) for day in ("2020-01-04", "2026-09-30", "2026-10-04", "2026-11-02")}
    assert told["2020-01-04"] == told["2026-09-30"].replace("2026-09-30", "2020-01-04")
    assert told["2026-09-30"].startswith("No release was current on 2026-09-30; the first is of 2026-10-01")
    assert told["2026-10-04"].startswith("Release a, ") and told["2026-11-02"].startswith("Release d, ")
    for unknown in ("2026-10-05", "2026-10-20", "2026-11-01"):
        expected = f"Which release was current on {unknown} is not known: the clock was wrong when c became it."
        assert _release_on(latest.folder, unknown) == expected
    for name in "abcd":
        for added in ("metadata.json", "regiokompas.db"):
            (releases / name / added).unlink()
    assert roll_back(releases).release_id == "c"


def _release_on(folder: Path, day: str) -> str:
    """What is said of a day; these releases cannot be served, which the last of all reasons says."""
    with pytest.raises(NoReleaseError) as told:
        release_on(folder, date.fromisoformat(day))
    return str(told.value)


def test_the_release_that_readers_have_is_told_again_when_the_clock_is_right(
    tmp_path: Path, clock: type[datetime]
) -> None:
    releases = tmp_path / "releases"
    make_release(releases, "a", {FIGURE: (1.0, "final")})
    set_clock(clock, "2020-01-01")
    second = make_release(releases, "b", {FIGURE: (2.0, "final")})
    # It is not told again as long as the clock is wrong.
    publish(second.folder, releases, "b")
    for day in ("2026-12-01", "2026-12-02"):
        set_clock(clock, day)
        publish(second.folder, releases, "b")
    told = [(moment.release_id, moment.current_from) for moment in moments(releases)]
    assert told == [("a", "2026-11-30T12:00:00Z"), ("b", None), ("b", "2026-12-01T12:00:00Z")]


def test_the_newest_of_refused_releases_is_the_last_whatever_the_clock_said(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    report = releases / "refused" / f"{make_refused(releases)}.json"
    told = report.read_text(encoding="utf-8")
    report.write_text(re.sub(r'"refused_at": "\d+', '"refused_at": "2036', told), encoding="utf-8")
    second = make_refused(releases, "2026-11-30-again")
    assert [held.refused_at[:4] for held in refused_releases(releases)][1] == "2036"
    assert find_refused(releases).release.release_id == second != report.stem
    assert [kept.release.release_id for kept in superfluous(releases, 1)] == [report.stem]
