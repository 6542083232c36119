"""The baseline of every region, and the municipalities that one is compared with: worked out again in plain Python."""

import bisect
import csv
import json
import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

import polars as pl
import pytest

from pipelines.sample.serve_ogc import DRAWN
from pipelines.settings import DBT_PROJECT

# Counts, which have no place, and rates and shares, which have.
COUNTS = ["establishments_count", "jobs_count"]
RANKED = ["crimes_per_1000_rate", "working_age_share_pct", "jobs_per_working_age_inhabitant_ratio"]
# The groups that are a region of which a municipality is a member, with the scheme of those regions.
SCHEMES = {"all": "country", "province": "province", "g40": "g40", "m50": "m50", "p10": "p10"}
KINDS = ["economy", "population"]
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

    def groups(self, scheme: str) -> dict[str, set[str]]:
        """The municipalities of 2026 of each region of a scheme."""
        rows = self["region_membership"].filter((pl.col("scheme") == scheme) & pl.col("valid_to").is_null())
        found: dict[str, set[str]] = defaultdict(set)
        for row in rows.iter_rows(named=True):
            found[row["region_code"]].add(row["municipality_code"])
        return found

    def features(self, kind: str) -> dict[str, dict[tuple[str, str], float]]:
        """The z-scores that count for a kind of similarity, by municipality, group and feature."""
        counted = set(self["peer_features"].filter(pl.col(f"is_in_{kind}"))["feature"])
        found: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
        for row in self["municipality_features"].iter_rows(named=True):
            if row["feature"] in counted:
                found[row["region_code"]][row["feature_group"], row["feature"]] = row["z_score"]
        return found

    def max_distance(self, kind: str) -> float:
        """The greatest distance at which municipalities are similar."""
        (distance,) = self["peer_groups"].filter(pl.col("similarity_kind") == kind)["max_distance"]
        return float(distance)


@pytest.fixture(scope="module")
def tables(sample_release: Path) -> Tables:
    return Tables(sample_release)


def places(value: float, others: Iterable[float]) -> tuple[int, int]:
    """One more than how many are higher, and than how many are lower."""
    known = list(others)
    return 1 + sum(other > value for other in known), 1 + sum(other < value for other in known)


def percentile(rank: int, count: int) -> Any:
    """The part of a group at a place or after it, or None of a small group."""
    return pytest.approx(100 * (count - rank + 1) / count, abs=0.051) if count >= 10 else None


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
        assert row["percentile_all"] == percentile(high, len(others))


def peer_groups(tables: Tables) -> dict[tuple[str, str], tuple[set[str], set[str]]]:
    """Every group of peers by kind and code: who is in it, and who is compared in it."""
    found = {}
    for group, scheme in SCHEMES.items():
        for code, members in tables.groups(scheme).items():
            found[group, code] = (members, members)
    people = tables["municipality_features"].filter(pl.col("feature") == "population_count")
    for code, low, high in size_classes():
        members = set(people.filter((pl.col("value") >= low) & (pl.col("value") < high))["region_code"])
        found["size_class", code] = (members, members)
    for row in tables["similar_municipalities"].iter_rows(named=True):
        own = row["region_code"]
        members, _ = found.setdefault((f"similar_{row['similarity_kind']}", own), ({own}, {own}))
        members.add(row["peer_code"])
    for own, others in with_a_line_in_common().items():
        found["neighbours", own] = ({own, *others}, {own})
    found["merged", "merged"] = (merged(tables), merged(tables))
    return found


def with_a_line_in_common() -> dict[str, set[str]]:
    """The neighbours on the map that the sample is made of: those with two points next to each other in common."""
    lines: dict[frozenset[tuple[float, float]], set[str]] = defaultdict(set)
    for feature in json.loads(DRAWN.read_text(encoding="utf-8"))["features"]:
        shape = feature["geometry"]
        for polygon in shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]:
            for ring in polygon:
                for (x1, y1), (x2, y2) in pairwise(ring):
                    lines[frozenset({(x1, y1), (x2, y2)})].add(feature["id"])
    beside: dict[str, set[str]] = defaultdict(set)
    for codes in lines.values():
        for code in codes if len(codes) > 1 else ():
            beside[code] |= codes - {code}
    return beside


def merged(tables: Tables) -> set[str]:
    """The municipalities of today that a merger since 2015 led to, whatever they were called in between."""
    since = pl.col("changed_on").is_between(date(2015, 1, 1), date(2026, 1, 1))
    changes = tables["boundary_changes"].filter(since).to_dicts()
    after = {row["old_code"]: row for row in changes}
    found = {row["new_code"] for row in changes if row["kind"] == "merger"}
    while ended := found & after.keys():
        found -= ended
        found |= {after[code]["new_code"] for code in ended if after[code]["kind"] != "split"}
    return found


def test_neighbours_are_those_with_a_line_in_common(tables: Tables) -> None:
    expected = {(code, other) for code, others in with_a_line_in_common().items() for other in others}
    assert set(tables["neighbours"].select("region_code", "neighbour_code").iter_rows()) == expected
    islands = {"GM0060", "GM0088", "GM0093", "GM0096", "GM0448"}
    assert tables.municipalities() - {code for code, _ in expected} == islands
    around_zwolle = {"GM0148", "GM0166", "GM0177", "GM0180", "GM0244", "GM0246", "GM1773", "GM1896"}
    assert with_a_line_in_common()[ZWOLLE] == around_zwolle


def middle(ordered: list[float]) -> float:
    """The median of figures in order."""
    half, odd = divmod(len(ordered), 2)
    return ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2


def test_every_municipality_is_set_beside_the_others_of_every_group(tables: Tables) -> None:
    """The rank is among all of the group; median, lowest and highest are those of the others; alone there is no row."""
    municipalities, groups = tables.municipalities(), peer_groups(tables)
    published: dict[str, dict[tuple[str, ...], dict[str, Any]]] = defaultdict(dict)
    for row in tables["baseline_peers"].iter_rows(named=True):
        key = (row["peer_group"], row["peer_group_code"], row["region_code"])
        published[row["indicator_id"]][key] = row
    ranked = tables["baseline"].filter(pl.col("rank_from_high").is_not_null())
    latest: dict[str, dict[str, str]] = defaultdict(dict)
    for indicator_id, code, period in ranked.select("indicator_id", "region_code", "period_code").iter_rows():
        if code in municipalities:
            latest[indicator_id][code] = period
    assert published.keys() <= latest.keys() and len(published) > 20
    for indicator_id, periods in latest.items():
        figures, rows = tables.figures(indicator_id), published[indicator_id]
        expected = set()
        for (group, group_code), (members, compared) in groups.items():
            for period in {periods[code] for code in compared if code in periods}:
                known = sorted(figures[code, period] for code in members if (code, period) in figures)
                for code in compared:
                    if periods.get(code) != period or len(known) < 2:
                        continue
                    expected.add((group, group_code, code))
                    row, own = rows[group, group_code, code], figures[code, period]
                    before = bisect.bisect_left(known, own)
                    others = known[:before] + known[before + 1 :]
                    assert row["period_code"] == period
                    ranks = places(own, known)
                    assert (row["rank_from_high"], row["rank_from_low"]) == ranks and row["peers_count"] == len(known)
                    assert row["percentile"] == percentile(ranks[0], len(known))
                    assert row["median"] == pytest.approx(middle(others), abs=1e-6)
                    assert [row["lowest"], row["highest"]] == [others[0], others[-1]]
        assert rows.keys() == expected


def test_a_municipality_is_in_its_groups(tables: Tables) -> None:
    rows = tables["baseline_peers"].filter(
        (pl.col("region_code") == ZWOLLE) & (pl.col("indicator_id") == "crimes_per_1000_rate")
    )
    groups = {row["peer_group"]: row for row in rows.iter_rows(named=True)}
    similar = {"similar_economy", "similar_population"}
    assert groups.keys() == {"all", "province", "size_class", "g40", "neighbours", *similar}
    assert groups["all"]["peers_count"] == 342 and groups["g40"]["peers_count"] == 41
    # Overijssel has 25 municipalities, and a municipality is compared with ten others.
    assert groups["province"]["peers_count"] == 25 and groups["province"]["peer_group_code"] == "PV23"
    assert groups["similar_economy"]["peers_count"] == groups["similar_population"]["peers_count"] == 11
    assert groups["neighbours"]["peers_count"] == 9 and groups["neighbours"]["peer_group_code"] == ZWOLLE
    assert "GM0363" in merged(tables) and len(merged(tables)) == 31
    known = set(tables["peer_groups"]["peer_group"])
    assert set(tables["baseline_peers"]["peer_group"]) == known


def test_there_is_no_percentile_under_ten(tables: Tables) -> None:
    peers, baseline = tables["baseline_peers"], tables["baseline"]
    assert peers.filter((pl.col("peers_count") < 10) != pl.col("percentile").is_null()).is_empty()
    assert peers.filter(pl.col("peers_count") < 10).height and peers["peers_count"].min() == 2
    ranked = baseline.filter(pl.col("rank_from_high").is_not_null())
    assert ranked.filter((pl.col("count_all") < 10) != pl.col("percentile_all").is_null()).is_empty()
    assert ranked.filter(pl.col("count_all") < 10).height


def size_classes() -> list[tuple[str, float, float]]:
    """The size classes: code, from and to, in inhabitants."""
    with (DBT_PROJECT / "seeds" / "size_classes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(r["size_class"], float(r["min_inhabitants"]), float(r["max_inhabitants"] or "inf")) for r in rows]


def test_the_size_classes_are_those_of_cbs() -> None:
    bounds = [0, 5_000, 10_000, 20_000, 50_000, 100_000, 150_000, 250_000, math.inf]
    assert [(low, high) for _, low, high in size_classes()] == list(pairwise(bounds))


def quantile(values: list[float], part: float) -> float:
    """The figure at a part of the way through the figures in order, between two of them in proportion."""
    ordered = sorted(values)
    at, between = divmod(part * (len(ordered) - 1), 1)
    low, high = ordered[int(at)], ordered[min(int(at) + 1, len(ordered) - 1)]
    return low + between * (high - low)


def test_features_are_clipped_and_standardised_over_all_municipalities(tables: Tables) -> None:
    logarithms = set(tables["peer_features"].filter("is_logarithm")["feature"])
    assert set(tables["municipality_features"]["feature"]) == set(tables["peer_features"]["feature"])
    for (feature,), rows in tables["municipality_features"].group_by("feature"):
        values = rows["value"].to_list()
        assert len(values) >= 0.9 * 342 and rows["period_code"].n_unique() == 1
        if feature in logarithms:
            values = [math.log(value) for value in values]
        low, high = quantile(values, 0.01), quantile(values, 0.99)
        clipped = [min(max(value, low), high) for value in values]
        mean, deviation = fmean(clipped), pstdev(clipped)
        for value, z_score in zip(clipped, rows["z_score"], strict=True):
            # Both are rounded to six decimals, the value before it is divided by the deviation.
            assert z_score == pytest.approx((value - mean) / deviation, abs=1e-6 + 1e-6 / deviation)
        assert rows.filter(pl.col("z_score") == pl.col("z_score").max()).height >= 4


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


@pytest.mark.parametrize("kind", KINDS)
def test_the_most_similar_are_the_nearest_within_the_greatest_distance(tables: Tables, kind: str) -> None:
    features, limit = tables.features(kind), tables.max_distance(kind)
    published = defaultdict(list)
    rows = tables["similar_municipalities"].filter(pl.col("similarity_kind") == kind)
    for row in rows.sort("similarity_rank").iter_rows(named=True):
        published[row["region_code"]].append(row)
    counts = set()
    for own, known in features.items():
        apart = ((round(distance(known, peer), 6), code) for code, peer in features.items() if code != own)
        nearest = sorted(pair for pair in apart if pair[0] <= limit)[:10]
        found = published[own]
        assert [row["similarity_rank"] for row in found] == list(range(1, len(nearest) + 1))
        assert [(row["distance"], row["peer_code"]) for row in found] == nearest
        counts.add(len(nearest))
        for row in found:
            explained(row, known, features[row["peer_code"]])
            assert row["is_mutual"] == (own in {back["peer_code"] for back in published[row["peer_code"]]})
    # Far from all others there are fewer.
    assert max(counts) == 10 and min(counts) < 10


def explained(row: dict[str, Any], own: dict[tuple[str, str], float], peer: dict[tuple[str, str], float]) -> None:
    """Holds what a row says of the features against the features themselves."""
    shared = own.keys() & peer.keys()
    by_difference = sorted((round(abs(own[key] - peer[key]), 6), key[1]) for key in shared)
    assert row["features_count"] == len(shared) >= 4
    names = [name for _, name in by_difference]
    assert [row["most_alike_1"], row["most_alike_2"]] == names[:2]
    assert [row["most_different_2"], row["most_different_1"]] == names[-2:]


@pytest.mark.parametrize("kind", KINDS)
def test_the_greatest_distance_is_half_of_what_two_arbitrary_municipalities_differ(tables: Tables, kind: str) -> None:
    features = list(tables.features(kind).values())
    squares = [distance(own, peer) ** 2 for at, own in enumerate(features) for peer in features[:at]]
    assert fmean(squares) == pytest.approx(2, rel=0.02)
    assert tables.max_distance(kind) ** 2 == 2 / 2


def test_every_kind_of_similarity_has_two_groups_of_features_and_a_group_of_peers(tables: Tables) -> None:
    features, groups = tables["peer_features"], tables["peer_groups"]
    assert features.filter(~pl.any_horizontal(*(f"is_in_{kind}" for kind in KINDS))).is_empty()
    for kind in KINDS:
        assert features.filter(f"is_in_{kind}")["feature_group"].n_unique() >= 2
        assert groups.filter(pl.col("similarity_kind") == kind)["peer_group"].to_list() == [f"similar_{kind}"]
    assert groups.filter(pl.col("similarity_kind").is_null())["max_distance"].null_count() == groups.height - 2


def test_a_distance_is_the_same_both_ways(tables: Tables) -> None:
    rows = tables["similar_municipalities"].select("similarity_kind", "region_code", "peer_code", "distance")
    distances = {(kind, own, peer): value for kind, own, peer, value in rows.iter_rows()}
    both = [(kind, own, peer) for kind, own, peer in distances if (kind, peer, own) in distances]
    assert both and all(distances[kind, own, peer] == distances[kind, peer, own] for kind, own, peer in both)
    assert all(own != peer for _, own, peer in distances)
