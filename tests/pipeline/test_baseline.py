"""The baseline of every region, and the municipalities that one is compared with: worked out again in plain Python."""

import csv
import math
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median, pstdev
from typing import Any

import polars as pl
import pytest

from pipelines.settings import DBT_PROJECT

# Counts, which have no place, and rates and shares, which have.
COUNTS = ["establishments_count", "jobs_count"]
RANKED = ["crimes_per_1000_rate", "working_age_share_pct", "jobs_per_working_age_inhabitant_ratio"]
GROUPS = ["province", "g40"]
ZWOLLE = "GM0193"


class Tables:
    """The tables of a release, read once."""

    def __init__(self, release: Path) -> None:
        self._folder = release / "tables"
        self._read: dict[str, pl.DataFrame] = {}

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in self._read:
            self._read[name] = pl.read_parquet(self._folder / f"{name}.parquet")
        return self._read[name]

    def municipalities(self) -> set[str]:
        current = self["regions"].filter((pl.col("scheme") == "municipality") & pl.col("is_current"))
        return set(current["region_code"])

    def figures(self, indicator_id: str) -> dict[tuple[str, str], float]:
        """The known figures on the boundaries of 2026, by region and period."""
        rows = self["observations_on_boundaries"].filter(
            (pl.col("indicator_id") == indicator_id) & (pl.col("boundary_year") == 2026) & pl.col("value").is_not_null()
        )
        return {(r["region_code"], r["period_code"]): r["value"] for r in rows.iter_rows(named=True)}

    def baseline(self, indicator_id: str) -> list[dict[str, Any]]:
        """The rows of municipalities that have a figure."""
        rows = self["baseline"].filter((pl.col("indicator_id") == indicator_id) & pl.col("gap").is_null())
        return [r for r in rows.iter_rows(named=True) if r["region_code"] in self.municipalities()]

    def groups(self, scheme: str) -> list[set[str]]:
        """The municipalities of 2026 of each region of a scheme."""
        rows = self["region_membership"].filter((pl.col("scheme") == scheme) & pl.col("valid_to").is_null())
        found: dict[str, set[str]] = defaultdict(set)
        for row in rows.iter_rows(named=True):
            found[row["region_code"]].add(row["municipality_code"])
        return list(found.values())


@pytest.fixture(scope="module")
def tables(sample_release: Path) -> Tables:
    return Tables(sample_release)


def places(value: float, others: Iterable[float]) -> tuple[int, int]:
    """One more than how many are higher, and than how many are lower."""
    known = list(others)
    return 1 + sum(other > value for other in known), 1 + sum(other < value for other in known)


def test_every_municipality_has_one_row_of_every_indicator(tables: Tables) -> None:
    baseline = tables["baseline"].select("region_code", "indicator_id")
    assert baseline.is_duplicated().sum() == 0
    pairs = set(baseline.iter_rows())
    indicators = set(tables["indicators"]["indicator_id"])
    assert len(tables.municipalities()) == 342
    assert {(code, name) for code in tables.municipalities() for name in indicators} <= pairs


def test_every_other_region_has_them_too_but_those_of_eurostat_have_not(tables: Tables) -> None:
    counts = tables["baseline"].group_by("region_code").len().join(tables["regions"], on="region_code")
    assert set(counts["len"]) == {tables["indicators"].height}
    schemes = dict(counts.group_by("scheme").len().iter_rows())
    expected = {"municipality": 342, "labour_market_region": 35, "corop": 40, "province": 12, "country": 1, "g40": 1}
    assert {scheme: schemes[scheme] for scheme in expected} == expected
    assert not {"nuts2", "nuts3", "nuts_country"} & schemes.keys()


def test_a_gap_has_no_value_and_a_value_no_gap(tables: Tables) -> None:
    baseline = tables["baseline"]
    assert baseline.filter(pl.col("value").is_null() != pl.col("gap").is_not_null()).is_empty()
    gaps = baseline.filter(pl.col("gap").is_not_null())
    told = ["period_code", "value_status", "boundary_method", "is_behind", "change_1y", "change_5y", "rank_from_high"]
    assert gaps.select(pl.col(told).is_not_null().any()).row(0) == (False,) * len(told)
    assert set(gaps["trend"]) == {"unknown"}
    # CBS has no vacancies by municipality, and the register of Zwolle is not here.
    reasons = set(gaps.filter(pl.col("region_code") == ZWOLLE).select("indicator_id", "gap").iter_rows())
    assert {("open_vacancies_count", "not_published_at_level"), ("support_granted_eur", "missing")} <= reasons


@pytest.mark.parametrize("indicator_id", COUNTS)
def test_the_latest_figure_and_its_change(tables: Tables, indicator_id: str) -> None:
    figures = tables.figures(indicator_id)
    rows = tables.baseline(indicator_id)
    assert len(rows) > 300
    for row in rows:
        code, period = row["region_code"], row["period_code"]
        assert period == max(p for region, p in figures if region == code)
        assert row["value"] == figures[code, period]
        previous = figures.get((code, f"{int(period[:4]) - 1}JJ00"))
        assert row["previous_value"] == previous
        if previous:
            change = 100 * (row["value"] - previous) / previous
            assert row["change_1y"] == pytest.approx(change, abs=0.0051) and row["trend_unit"] == "percent"
        second = figures.get((code, f"{int(period[:4]) - 2}JJ00"))
        assert row["trend"] == three_years(row["value"], previous, second)
        assert row["trend_method"] == (None if row["trend"] == "unknown" else "three_years")


def three_years(now: float, previous: float | None, second: float | None) -> str:
    """What three years of figures say."""
    if previous is None or second is None:
        return "unknown"
    if second < previous < now:
        return "rising"
    if second > previous > now:
        return "falling"
    return "stable" if second == previous == now else "unclear"


def test_no_count_has_a_place_nor_has_a_survey_of_unknown_error(tables: Tables) -> None:
    registry = {row["indicator_id"]: row for row in tables["indicators"].iter_rows(named=True)}
    unplaced = {i for i, row in registry.items() if row["kind"] == "count" or row["interval_kind"] == "unknown"}
    assert {"disability_benefits_count", "unemployment_share_pct"} <= unplaced
    ranked = tables["baseline"].filter(pl.col("rank_from_high").is_not_null())
    assert not unplaced & set(ranked["indicator_id"]) and not unplaced & set(tables["baseline_peers"]["indicator_id"])
    judged = tables["baseline"].filter(pl.col("trend_judgement").is_in(["better", "worse"]))
    assert not {i for i, row in registry.items() if row["kind"] == "count"} & set(judged["indicator_id"])
    assert (
        not {i for i, row in registry.items() if row["is_ranked"]}
        - set(ranked["indicator_id"])
        - set(tables["baseline"].filter(pl.col("gap").is_not_null())["indicator_id"])
    )


def test_a_trend_beyond_chance_is_one_whose_intervals_are_apart(tables: Tables) -> None:
    rows = tables["observations_on_boundaries"].filter(pl.col("lower").is_not_null()).iter_rows(named=True)
    bounds = {(r["indicator_id"], r["region_code"], r["period_code"]): (r["lower"], r["upper"]) for r in rows}
    told = tables["baseline"].filter(pl.col("trend_method") == "interval")
    assert told.height > 300
    for row in told.iter_rows(named=True):
        key = row["indicator_id"], row["region_code"]
        lower, upper = bounds[(*key, row["period_code"])]
        before_lower, before_upper = bounds[(*key, row["previous_period_code"])]
        assert (row["lower"], row["upper"]) == (lower, upper) and lower <= row["value"] <= upper
        apart = "rising" if lower > before_upper else "falling" if upper < before_lower else "unclear"
        assert row["trend"] == apart


def test_nothing_is_compared_across_a_break(tables: Tables) -> None:
    broken = {
        (r["indicator_id"], r["region_code"], int(r["period_code"][:4]))
        for r in tables["series_breaks"].iter_rows(named=True)
    }
    assert ("establishments_per_1000_inhabitants_rate", ZWOLLE, 2016) in broken
    grown = tables.figures("establishments_growth_1y_pct")
    assert grown and not {period for _, period in grown if period == "2016JJ00"}
    grown = tables.figures("establishments_growth_5y_pct")
    assert min(period for _, period in grown) == "2021JJ00"
    last_years = {(i, r): max(y for a, b, y in broken if (a, b) == (i, r)) for i, r, _ in broken}
    for row in tables["baseline"].filter(pl.col("previous_value").is_not_null()).iter_rows(named=True):
        last = last_years.get((row["indicator_id"], row["region_code"]), 0)
        assert int(row["previous_period_code"][:4]) >= last or int(row["period_code"][:4]) < last


@pytest.mark.parametrize("indicator_id", RANKED)
def test_the_place_among_all(tables: Tables, indicator_id: str) -> None:
    figures, municipalities = tables.figures(indicator_id), tables.municipalities()
    for row in tables.baseline(indicator_id):
        others = [v for (code, period), v in figures.items() if period == row["period_code"] and code in municipalities]
        high, low = places(row["value"], others)
        assert (row["rank_from_high"], row["rank_from_low"], row["count_all"]) == (high, low, len(others))
        assert row["percentile_all"] == pytest.approx(100 * (len(others) - high + 1) / len(others), abs=0.051)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("indicator_id", RANKED)
def test_the_place_among_peers(tables: Tables, indicator_id: str, group: str) -> None:
    figures = tables.figures(indicator_id)
    published = tables["baseline_peers"].filter(
        (pl.col("indicator_id") == indicator_id) & (pl.col("peer_group") == group)
    )
    rows = {row["region_code"]: row for row in published.iter_rows(named=True)}
    periods = {row["region_code"]: row["period_code"] for row in tables.baseline(indicator_id)}
    expected = {}
    for members in tables.groups(group):
        for code in members & periods.keys():
            known = [figures[m, periods[code]] for m in members if (m, periods[code]) in figures]
            ranks = places(figures[code, periods[code]], known)
            expected[code] = (*ranks, len(known), min(known), max(known))
            assert rows[code]["median"] == pytest.approx(median(known))
    columns = ("rank_from_high", "rank_from_low", "peers_count", "lowest", "highest")
    assert {c: tuple(r[column] for column in columns) for c, r in rows.items()} == expected


def test_a_municipality_is_in_its_groups(tables: Tables) -> None:
    rows = tables["baseline_peers"].filter(
        (pl.col("region_code") == ZWOLLE) & (pl.col("indicator_id") == "working_age_share_pct")
    )
    groups = {row["peer_group"]: row for row in rows.iter_rows(named=True)}
    assert groups.keys() == {"all", "province", "size_class", "similar", "g40"}
    assert groups["all"]["peers_count"] == 342 and groups["g40"]["peers_count"] == 41
    # Overijssel has 25 municipalities, and a municipality is compared with ten others.
    assert groups["province"]["peers_count"] == 25 and groups["province"]["peer_group_code"] == "PV23"
    assert groups["similar"]["peers_count"] == 11
    figures = tables.figures("population_count")
    period = max(period for code, period in figures if code == ZWOLLE)
    people = {code: figures[code, period] for code in tables.municipalities()}
    low, high = next(c for c in size_classes() if c[0] <= people[ZWOLLE] < c[1])
    assert groups["size_class"]["peers_count"] == sum(low <= count < high for count in people.values())


def size_classes() -> list[tuple[float, float]]:
    """The classes of CBS, from and to, in inhabitants."""
    bounds = [0, 5_000, 10_000, 20_000, 50_000, 100_000, 150_000, 250_000, math.inf]
    return list(pairwise(bounds))


def test_the_size_classes_are_those_of_cbs() -> None:
    with (DBT_PROJECT / "seeds" / "size_classes.csv").open(encoding="utf-8", newline="") as file:
        rows = [(float(r["min_inhabitants"]), float(r["max_inhabitants"] or "inf")) for r in csv.DictReader(file)]
    assert rows == size_classes()


def test_features_are_standardised_over_all_municipalities(tables: Tables) -> None:
    for (feature,), rows in tables["municipality_features"].group_by("feature"):
        values = rows["value"].to_list()
        assert len(values) >= 0.9 * 342 and rows["period_code"].n_unique() == 1
        if feature in ("population_count", "population_density_rate"):
            values = [math.log(value) for value in values]
        mean, deviation = fmean(values), pstdev(values)
        for value, z_score in zip(values, rows["z_score"], strict=True):
            assert z_score == pytest.approx((value - mean) / deviation, abs=2e-6)


def test_features_are_what_the_figures_say(tables: Tables) -> None:
    rows = tables["municipality_features"].filter(pl.col("region_code") == ZWOLLE)
    found = {row["feature"]: (row["value"], row["period_code"]) for row in rows.iter_rows(named=True)}
    for feature in ("population_count", "population_density_rate", "higher_education_pct"):
        value, period = found[feature]
        assert value == tables.figures(feature)[ZWOLLE, period]
    value, period = found["establishments_agriculture_share_pct"]
    farms = tables.figures("establishments_agriculture_count")[ZWOLLE, period]
    assert value == pytest.approx(100 * farms / tables.figures("establishments_all_levels_count")[ZWOLLE, period])


def distance(own: dict[tuple[str, str], float], peer: dict[tuple[str, str], float]) -> float:
    """The root of the mean over groups of the mean squared difference; infinite with fewer than two groups."""
    squares = defaultdict(list)
    for group, feature in own.keys() & peer.keys():
        squares[group].append((own[group, feature] - peer[group, feature]) ** 2)
    return math.sqrt(fmean(fmean(group) for group in squares.values())) if len(squares) >= 2 else math.inf


@pytest.mark.parametrize("code", [ZWOLLE, "GM0363", "GM0060"])
def test_the_most_similar_are_the_nearest(tables: Tables, code: str) -> None:
    features: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    for row in tables["municipality_features"].iter_rows(named=True):
        features[row["region_code"]][row["feature_group"], row["feature"]] = row["z_score"]
    nearest = sorted((round(distance(features[code], f), 6), c) for c, f in features.items() if c != code)[:10]
    rows = tables["similar_municipalities"].filter(pl.col("region_code") == code).sort("similarity_rank")
    assert rows["similarity_rank"].to_list() == list(range(1, 11))
    assert list(zip(rows["distance"], rows["peer_code"], strict=True)) == nearest
    for row in rows.iter_rows(named=True):
        assert row["features_count"] == len(features[code].keys() & features[row["peer_code"]].keys())


def test_a_distance_is_the_same_both_ways(tables: Tables) -> None:
    rows = tables["similar_municipalities"].select("region_code", "peer_code", "distance")
    distances = {(own, peer): value for own, peer, value in rows.iter_rows()}
    both = [pair for pair in distances if pair[::-1] in distances]
    assert len(distances) == 3420 and both
    assert all(distances[own, peer] == distances[peer, own] for own, peer in both)
    assert all(own != peer for own, peer in distances)
