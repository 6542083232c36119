"""What a release no longer has of the one before it is counted, and only what nobody gave a reason for is a loss."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from support_releases import INDICATOR, Figures, Key, make_release

from pipelines.publish.gate import Bounds, losses_beyond
from pipelines.publish.losses import Losses, losses
from pipelines.publish.release import Release
from pipelines.settings import Settings

TOWNS = [f"GM{number:04}" for number in range(1, 51)]
PROVINCE = "PV27"
YEARS = ("2024JJ00", "2025JJ00")
KNOWN = ("jobs_count", "crimes_count")
# As they stand in the settings.
BOUNDS = Bounds.of(Settings())
ALL = replace(BOUNDS, share=1, part=1, indicators=99, municipalities=99)


def figures(towns: Iterable[str] = TOWNS, years: Iterable[str] = YEARS, indicators: Iterable[str] = KNOWN) -> Figures:
    """A figure for every town, year and indicator."""
    return {(i, town, year): (10.0, "final") for i in indicators for town in towns for year in years}


def beyond(found: Losses, bounds: Bounds) -> list[str]:
    return [excess.line for excess in losses_beyond(found, bounds)]


def without(found: Figures, *gone: Key) -> Figures:
    return {key: cell for key, cell in found.items() if key not in gone}


class Both:
    """Makes an older and a newer release of figures, and compares them."""

    def __init__(self, folder: Path) -> None:
        self.releases = folder / "releases"

    def make(
        self, name: str, found: Figures, on_boundaries: Figures | None = None, blocked: Iterable[str] = ()
    ) -> Release:
        blocked = set(blocked)
        rows = {i: {**INDICATOR, "state": "blocked" if i in blocked else "active"} for i in (*KNOWN, *blocked)}
        return make_release(self.releases, name, found, on_boundaries=on_boundaries, indicators=rows)

    def lost(self, older: Figures, newer: Figures, blocked: Iterable[str] = ()) -> Losses:
        return losses(self.make("older", older), self.make("newer", newer, blocked=blocked))


@pytest.fixture
def both(tmp_path: Path) -> Both:
    return Both(tmp_path)


def test_a_release_with_the_same_figures_and_more_lost_nothing(both: Both) -> None:
    found = both.lost(figures(years=["2024JJ00"]), {key: (99.0, "provisional") for key in figures()})
    assert (found.figures, found.had, found.share) == (0, 100, 0.0)
    assert (found.by_indicator, found.indicators, found.municipalities) == ({}, (), ())
    assert beyond(found, BOUNDS) == []


@pytest.mark.parametrize("gone", [0, 1, 4, 5, 100])
def test_the_share_of_the_figures_decides_and_the_bound_itself_is_allowed(both: Both, gone: int) -> None:
    whole = figures()
    keys = [key for key in whole if key[2] == "2025JJ00"][:gone]
    found = both.lost(whole, without(whole, *keys))
    assert (found.figures, found.had) == (gone, 200)
    assert bool(beyond(found, BOUNDS)) is (gone / 200 > 0.02)


def test_what_is_said_of_a_share_names_the_older_release_the_numbers_and_the_indicators(both: Both) -> None:
    whole = figures()
    keys = [("jobs_count", town, "2025JJ00") for town in TOWNS[:30]]
    keys += [("crimes_count", town, "2025JJ00") for town in TOWNS[:9]]
    share, _ = beyond(both.lost(whole, without(whole, *keys)), BOUNDS)
    assert share == (
        "39 of 200 figures (19.5%) of older are gone, expected at most 2.0%; most from jobs_count 30, crimes_count 9"
    )


@pytest.mark.parametrize(("gone", "is_told"), [(0, False), (12, False), (13, True), (49, True)])
def test_a_part_of_one_indicator_is_a_loss_of_its_own(both: Both, gone: int, is_told: bool) -> None:
    # Of 5,050 figures less than one percent, as of a source that comes back with half its rows.
    large = {
        ("large_count", f"GM{town:04}", f"{year}JJ00"): (1.0, "final") for town in range(1, 101) for year in range(50)
    }
    small = figures(years=YEARS[:1], indicators=["jobs_count"])
    found = both.lost(large | small, large | without(small, *[*small][:gone]))
    told = beyond(found, BOUNDS)
    assert found.share < BOUNDS.share and len(told) == is_told
    if is_told:
        assert told == [
            f"more than 25% of the figures of an indicator are gone: jobs_count {gone} of 50; expected as many as in"
            " older"
        ]


def test_a_whole_indicator_is_a_loss_of_its_own(both: Both) -> None:
    # Two figures of 202 are less than two percent.
    whole = figures() | figures(towns=TOWNS[:1], indicators=["rare_count"])
    found = both.lost(whole, figures())
    assert (found.figures, found.indicators, found.municipalities) == (2, ("rare_count",), ())
    assert beyond(found, BOUNDS) == ["1 whole indicators are gone: rare_count; expected at most 0 fewer than in older"]


def test_an_indicator_of_which_one_figure_is_left_is_not_gone(both: Both) -> None:
    whole = figures() | figures(towns=TOWNS[:1], indicators=["rare_count"])
    found = both.lost(whole, without(whole, ("rare_count", TOWNS[0], YEARS[0])))
    assert (found.figures, found.indicators) == (1, ())
    (told,) = beyond(found, BOUNDS)
    assert "rare_count 1 of 2" in told


def test_a_whole_municipality_is_a_loss_of_its_own(both: Both) -> None:
    whole = figures(years=YEARS[:1]) | figures(towns=TOWNS[1:])
    found = both.lost(whole, {key: cell for key, cell in whole.items() if key[1] != TOWNS[0]})
    assert (found.figures, found.indicators, found.municipalities) == (2, (), (TOWNS[0],))
    assert beyond(found, BOUNDS) == ["1 whole municipalities are gone: GM0001; expected at most 0 fewer than in older"]


def test_a_region_that_is_no_municipality_counts_by_its_figures_alone(both: Both) -> None:
    whole = figures() | figures(towns=[PROVINCE])
    found = both.lost(whole, figures())
    assert (found.figures, found.municipalities) == (4, ()) and beyond(found, BOUNDS) == []


def test_every_kind_of_loss_is_a_line_of_its_own(both: Both) -> None:
    told = beyond(both.lost(figures(), figures(towns=TOWNS[:40], indicators=["jobs_count"])), BOUNDS)
    assert len(told) == 3 and not any("\n" in line for line in told)
    share, indicators, municipalities = told
    assert "120 of 200 figures (60.0%)" in share
    assert "1 whole indicators are gone: " in indicators and "crimes_count" in indicators
    assert (
        "10 whole municipalities are gone: " in municipalities
        and "GM0041" in municipalities
        and "and 2 more" in municipalities
    )


def test_a_row_that_says_why_it_has_no_number_is_no_loss(both: Both) -> None:
    found = both.lost(figures(), dict.fromkeys(figures(), (None, "suppressed")))
    assert (found.figures, found.indicators, found.municipalities) == (0, (), ())


def test_a_row_that_had_no_number_cannot_be_lost(both: Both) -> None:
    whole = figures() | figures(towns=["GM1999"])
    empty = {key: (None, "missing") for key in whole if key[1] == "GM1999"}
    found = both.lost(whole | empty, figures())
    assert (found.figures, found.had, found.municipalities) == (0, 200, ())


def test_an_indicator_that_is_held_back_is_no_loss_and_neither_is_who_had_nothing_else(both: Both) -> None:
    whole = figures() | figures(towns=["GM1999"], indicators=["crimes_count"])
    found = both.lost(whole, figures(indicators=["jobs_count"]), blocked=["crimes_count"])
    assert (found.figures, found.indicators, found.municipalities) == (0, (), ())
    # The same figures without a word of it are a loss.
    again = losses(Release("older", both.releases / "older"), both.make("silent", figures(indicators=["jobs_count"])))
    assert (again.figures, again.indicators, again.municipalities) == (102, ("crimes_count",), ("GM1999",))


def test_figures_as_published_and_on_boundaries_are_lost_apart(both: Both) -> None:
    older = both.make("older", figures(), on_boundaries=figures())
    newer = both.make("newer", figures(), on_boundaries=figures(indicators=["jobs_count"]))
    found = losses(older, newer)
    assert (found.had, found.figures, found.by_indicator) == (400, 100, {"crimes_count": (100, 200)})
    assert (found.indicators, found.municipalities) == ((), ()), "as published all of it is there"


def test_figures_on_the_boundaries_of_a_newer_year_are_no_loss(tmp_path: Path) -> None:
    both = Both(tmp_path)
    older, newer = (both.make(name, figures(), on_boundaries=figures()) for name in ("older", "newer"))
    on_boundaries = newer.folder / "tables" / "observations_on_boundaries.parquet"
    pl.read_parquet(on_boundaries).with_columns(boundary_year=pl.lit(2027, pl.Int32)).write_parquet(on_boundaries)
    assert losses(older, newer).figures == 0


def test_a_first_release_without_figures_had_nothing_to_lose(both: Both) -> None:
    found = both.lost({}, figures())
    assert (found.had, found.share, beyond(found, BOUNDS)) == (0, 0.0, [])


def test_bounds_are_what_somebody_set_them_to(both: Both) -> None:
    found = both.lost(figures(), figures(towns=TOWNS[:40], indicators=["jobs_count"]))
    assert beyond(found, ALL) == []
    assert len(beyond(found, replace(BOUNDS, share=0.6, part=0.2, indicators=1, municipalities=10))) == 0
    assert len(beyond(found, replace(BOUNDS, share=0.59, part=0.2, indicators=1, municipalities=9))) == 2
    assert len(beyond(found, replace(BOUNDS, share=0.59, part=0.19, indicators=0, municipalities=9))) == 4
