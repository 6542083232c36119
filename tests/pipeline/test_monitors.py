"""The monitors say what observations_on_boundaries and the raw rows say, and nothing is silently missing."""

import csv
from datetime import date
from pathlib import Path

import duckdb
import pytest
from conftest import Run
from support import query

from pipelines.settings import CARDS, DBT_PROJECT
from pipelines.sources.card import load_cards

SEEDS = DBT_PROJECT / "seeds"
# Members on 1 January 2016 and 2026, as the regions tell it themselves.
MEMBERS = {
    "PT01": (6, 4),
    "PT02": (20, 22),
    "PT03": (33, 30),
    "PT04": (6, 6),
    "PT05": (13, 13),
    "PT06": (9, 9),
    "CO01": (14, 14),
    "CO02": (10, 10),
}
# Vianen, a member of U10, went into Vijfheerenlanden in 2019, which is larger and of which it is no known part.
APPROXIMATE = {"CO02"}
# Achtkarspelen, Tytsjerksteradiel and Dantumadiel; Noardeast-Fryslân is what the other three of 2016 became in 2019.
NORTHEAST_FRYSLAN = ("GM0059", "GM0737", "GM1891", "GM1970")
# Both joined Regio Zwolle after 2016: Hoogeveen and Nunspeet.
JOINED_ZWOLLE_LATER = {"GM0118", "GM0302"}


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def yearly(release: Path, indicator: str, *regions: str) -> dict[int, float | None]:
    """The sum over the regions in each year; none in a year in which one of them has no figure."""
    found: dict[int, list[float | None]] = {}
    sql = "select year, value from observations_on_boundaries where period_code = year || 'JJ00' and indicator_id = ?"
    places = ", ".join("?" * len(regions))
    for year, value in query(release, f"{sql} and region_code in ({places})", indicator, *regions):
        found.setdefault(year, []).append(value)
    known = {year: [value for value in values if value is not None] for year, values in found.items()}
    return {year: sum(values) if len(values) == len(regions) else None for year, values in known.items()}


def rest(country: dict[int, float | None], region: dict[int, float | None]) -> dict[int, float | None]:
    """The country without the region."""
    both = {year: (country.get(year), value) for year, value in region.items()}
    return {year: None if whole is None or part is None else whole - part for year, (whole, part) in both.items()}


def ratio(above: dict[int, float | None], below: dict[int, float | None], factor: float) -> dict[int, float | None]:
    both = {year: (value, below.get(year)) for year, value in above.items()}
    return {year: None if n is None or not d else factor * n / d for year, (n, d) in both.items()}


def indices(
    region: dict[int, float | None], others: dict[int, float | None]
) -> tuple[int | None, dict[int, float | None], dict[int, float | None]]:
    """The first year since 2016 in which both are known, and both with that year as 100."""
    base = next((year for year in sorted(region) if year >= 2016 and region[year] and others.get(year)), None)

    def per_hundred(series: dict[int, float | None]) -> dict[int, float | None]:
        start = series[base] if base else None
        return {y: None if v is None or not start else 100 * v / start for y, v in series.items()}

    return base, per_hundred(region), per_hundred(others)


def monitored(release: Path, region: str, indicator: str) -> dict[int, tuple[object, ...]]:
    sql = (
        "select year, value, rest_of_country_value, base_year, region_index, rest_of_country_index"
        " from cooperation_monitor where region_code = ? and indicator_id = ?"
    )
    return {row[0]: row[1:] for row in query(release, sql, region, indicator)}


def compare(
    found: dict[int, tuple[object, ...]], region: dict[int, float | None], others: dict[int, float | None], step: float
) -> None:
    """The rows are these two series and their indices, rounded to this step and to a tenth."""
    base, region_index, rest_index = indices(region, others)
    assert found and base is not None
    for year, (value, rest_value, base_year, index, index_of_rest) in found.items():
        assert value == pytest.approx(region[year], abs=step / 2 + 1e-9), year
        assert rest_value == pytest.approx(others[year], abs=step / 2 + 1e-9), year
        assert base_year == base
        assert index == pytest.approx(region_index[year], abs=0.0501), year
        assert index_of_rest == pytest.approx(rest_index[year], abs=0.0501), year
    assert any(value is not None for value, *_ in found.values())


def test_regions_are_followed_on_the_territory_of_the_members_of_2016(sample_run: Run) -> None:
    sql = "select distinct region_code, members_then, members_now, territory from cooperation_monitor"
    found = {region: (then, now, territory) for region, then, now, territory in query(sample_run.release, sql)}
    territories = {region: "approximate" if region in APPROXIMATE else "exact" for region in MEMBERS}
    assert found == {region: (*members, territories[region]) for region, members in MEMBERS.items()}


def test_a_count_is_the_sum_of_what_became_of_the_members(sample_run: Run) -> None:
    release = sample_run.release
    region = yearly(release, "population_count", *NORTHEAST_FRYSLAN)
    others = rest(yearly(release, "population_count", "NL01"), region)
    compare(monitored(release, "PT01", "population_count"), region, others, 1)


def test_who_joined_later_does_not_count(sample_run: Run) -> None:
    release = sample_run.release
    sql = "select municipality_code from region_membership where region_code = 'PT02' and valid_to is null"
    now = {code for (code,) in query(release, sql)}
    assert now > JOINED_ZWOLLE_LATER
    region = yearly(release, "jobs_count", *(now - JOINED_ZWOLLE_LATER))
    others = rest(yearly(release, "jobs_count", "NL01"), region)
    compare(monitored(release, "PT02", "jobs_count"), region, others, 100)


def test_a_ratio_is_made_of_sums_and_not_of_ratios(sample_run: Run) -> None:
    release = sample_run.release
    above = yearly(release, "establishments_all_levels_count", *NORTHEAST_FRYSLAN)
    below = yearly(release, "population_count", *NORTHEAST_FRYSLAN)
    region = ratio(above, below, 1000)
    country = [yearly(release, name, "NL01") for name in ("establishments_all_levels_count", "population_count")]
    others = ratio(rest(country[0], above), rest(country[1], below), 1000)
    compare(monitored(release, "PT01", "establishments_per_1000_inhabitants_rate"), region, others, 0.1)


def test_a_region_is_laid_beside_similar_municipalities_that_took_no_part(sample_run: Run) -> None:
    release = sample_run.release
    sql = "select municipality_code from region_membership where scheme = 'proeftuin'"
    took_part = {code for (code,) in query(release, sql)}
    lists: dict[str, list[str]] = {}
    sql = (
        "select region_code, peer_code from similar_municipalities"
        " where similarity_kind = 'economy' order by similarity_rank"
    )
    for code, peer in query(release, sql):
        lists.setdefault(code, []).append(peer)
    expected = {
        (member, peer)
        for member in NORTHEAST_FRYSLAN
        for peer in [code for code in lists[member] if code not in took_part][:3]
    }
    sql = "select municipality_code, peer_code from cooperation_peers where region_code = 'PT01'"
    assert set(query(release, sql)) == expected and expected
    similar = {peer for _, peer in expected}
    yearly_sums = yearly(release, "population_count", *similar)
    known = {year: value for year, value in yearly_sums.items() if value is not None}
    assert len(known) > 5
    sql = (
        "select year, similar_value, similar_index, similar_count, base_year from cooperation_monitor"
        " where region_code = 'PT01' and indicator_id = 'population_count'"
    )
    for year, value, index, count, base in query(release, sql):
        assert count == len(similar) and (value is None) == (year not in known)
        if year in known:
            assert value == pytest.approx(known[year], abs=0.51)
            assert index == pytest.approx(100 * known[year] / known[base], abs=0.0501)


def test_a_year_is_before_or_after_the_pilots_began(sample_run: Run) -> None:
    sql = "select phase, min(year), max(year) from cooperation_monitor group by phase"
    spans = {phase: (first, last) for phase, first, last in query(sample_run.release, sql)}
    assert spans["after"][0] == 2016 and spans["before"][1] == 2015
    # At least five years before the pilots, of what "before" is about.
    sql = "select count(distinct year) from cooperation_monitor where indicator_id = ? and phase = 'before'"
    assert query(sample_run.release, sql, "establishments_count") == [(6,)]


def test_no_index_crosses_a_break(sample_run: Run) -> None:
    """Establishments are counted otherwise since 2015: the years before have their own base, the last of them."""
    release = sample_run.release
    region = yearly(release, "establishments_count", *NORTHEAST_FRYSLAN)
    others = rest(yearly(release, "establishments_count", "NL01"), region)
    found = monitored(release, "PT01", "establishments_count")
    compare({year: row for year, row in found.items() if year >= 2015}, region, others, 5)
    before = {year: row for year, row in found.items() if year < 2015}
    assert before.keys() == {2010, 2011, 2012, 2013, 2014}
    for year, (value, rest_value, base_year, index, index_of_rest) in before.items():
        # Two islands have no figure in the first year of the sample, so that the country has none either.
        assert (value, rest_value, base_year) == (region[year], others[year], 2014)
        assert (rest_value is None) == (year == 2010)
        assert index == pytest.approx(100 * (region[year] or 0) / (region[2014] or 1), abs=0.0501)
        if rest_value is not None:
            assert index_of_rest == pytest.approx(100 * (others[year] or 0) / (others[2014] or 1), abs=0.0501)


def test_only_what_is_made_of_counts_is_followed(sample_run: Run) -> None:
    formulas = {row["indicator_id"]: (row["kind"], row["formula"], row["numerator"]) for row in seed("indicators")}
    for (indicator,) in query(sample_run.release, "select distinct indicator_id from cooperation_monitor"):
        kind, formula, numerator = formulas[indicator]
        assert kind == "count" or (formula in ("ratio", "published") and numerator), indicator


def test_every_goal_has_a_row_for_every_municipality_and_region(sample_run: Run) -> None:
    release = sample_run.release
    goals = {row["goal_id"] for row in seed("goals")}
    sql = (
        "select region_code from regions where is_current and scheme in"
        " ('municipality', 'labour_market_region', 'province', 'country', 'g4', 'g40', 'm50', 'p10')"
    )
    regions = {code for (code,) in query(release, sql)}
    assert len(regions) == 342 + 35 + 12 + 1 + 4
    rows = query(release, "select goal_id, region_code from goal_monitor")
    assert set(rows) == {(goal, region) for goal in goals for region in regions}
    assert len(rows) == len(set(rows))


def test_a_figure_of_a_larger_region_is_that_of_the_nearest_that_has_one(sample_run: Run) -> None:
    release = sample_run.release
    levels = ["labour_market_region", "corop", "province", "country"]
    schemes = dict(query(release, "select region_code, scheme from regions"))
    around: dict[str, dict[str, str]] = {}
    for code, municipality in query(
        release, "select region_code, municipality_code from region_membership where valid_to is null"
    ):
        around.setdefault(municipality, {})[schemes[code]] = code
    have = {
        (indicator, region)
        for indicator, region in query(release, "select indicator_id, region_code from baseline where gap is null")
    }
    borrowed = set()
    sql = "select indicator_id, region_code, figure_region_code from goal_monitor where indicator_id is not null"
    for indicator, region, figure_region in query(release, sql):
        if (indicator, region) in have:
            assert figure_region == region
        elif schemes[region] == "municipality":
            larger = [around[region].get(level) for level in levels]
            assert figure_region == next((code for code in larger if (indicator, code) in have), None)
            borrowed.add(schemes.get(figure_region))
        else:
            assert figure_region == ("NL01" if (indicator, "NL01") in have else None)
    assert borrowed >= {"corop", "province", "country"}


def test_a_goal_without_a_figure_says_why(sample_run: Run) -> None:
    without = {row["goal_id"] for row in seed("goals") if not row["indicator_id"] and not row["closed_source"]}
    closed = {row["goal_id"] for row in seed("goals") if row["closed_source"]}
    assert without and closed
    found = query(sample_run.release, "select goal_id, region_code, value, value_status, gap from goal_monitor")
    assert {goal for goal, *_, gap in found if gap == "no_indicator"} == without
    assert {goal for goal, *_, gap in found if gap == "no_open_source"} == closed
    for goal, region, value, status, gap in found:
        assert (value is None) == (gap is not None) == (status in ("missing", "suppressed", "not_applicable")), (
            goal,
            region,
        )


def test_the_newest_figure_stands_beside_that_of_the_country_and_of_five_years_before(sample_run: Run) -> None:
    release = sample_run.release
    indicators = {row["goal_id"]: row["indicator_id"] for row in seed("goals")}
    sql = (
        "select goal_id, figure_region_code, period_code, year, value, national_value, desired, target_value,"
        " distance_to_target, from_period, change, change_unit, progress from goal_monitor where value is not null"
    )
    figures = {
        (indicator, region, period): value
        for indicator, region, period, value in query(
            release, "select indicator_id, region_code, period_code, value from observations_on_boundaries"
        )
        if value is not None
    }
    bounds = {
        row[:3]: row[3:]
        for row in query(
            release,
            "select indicator_id, region_code, period_code, lower, upper from observations_on_boundaries"
            " where lower is not null",
        )
    }
    breaks = {
        (indicator, region): int(period[:4])
        for indicator, region, period in query(
            release, "select indicator_id, region_code, max(period_code) from series_breaks group by 1, 2"
        )
    }
    decimals = dict(query(release, "select indicator_id, decimals from indicators"))
    seen = set()
    for goal, region, period, year, value, national, desired, target, distance, since, change, unit, progress in query(
        release, sql
    ):
        indicator = indicators[goal]
        assert value == figures[indicator, region, period]
        assert national == figures.get((indicator, "NL01", period))
        years = range(max(year - 5, breaks.get((indicator, region), 0)), year)
        earlier = [f"{y}{period[4:]}" for y in years if (indicator, region, f"{y}{period[4:]}") in figures]
        assert since == (earlier[0] if earlier else None)
        before = figures[indicator, region, since] if since else None
        now, then = (None if v is None else round(v, decimals[indicator]) for v in (value, before))
        if desired == "near":
            far, moved = -abs(value - target), None if then is None else abs(then - target) - abs(now - target)
        else:
            sign = 1 if desired in ("at_least", "rise") else -1
            far = None if target is None else sign * (value - target)
            moved = None if then is None else sign * (now - then)
        assert distance == (None if far is None else pytest.approx(far, abs=0.51 / 10 ** decimals[indicator]))
        if since and change is not None:
            expected = 100 * (value / before - 1) if unit == "percent" else value - before
            assert change == pytest.approx(expected, abs=0.0051)
        apart = True
        if since and (indicator, region, since) in bounds and (indicator, region, period) in bounds:
            (low, high), (old_low, old_high) = bounds[indicator, region, period], bounds[indicator, region, since]
            apart = low > old_high or high < old_low
        words = {None: "unknown", 0: "unchanged"}
        moved_word = words.get(moved) or ("unclear" if not apart else "closer" if moved > 0 else "further")
        assert progress == ("reached" if distance is not None and distance >= 0 else moved_word)
        seen.add(progress)
    assert seen >= {"closer", "further", "unclear"}


def test_every_listed_region_has_a_row_for_the_newest_period_of_every_indicator(sample_run: Run) -> None:
    release = sample_run.release
    listed = {row["region_code"]: row["country"] for row in seed("cross_border_regions")}
    newest = query(
        release,
        "select o.indicator_id, max(o.period_code) from observations_on_boundaries as o"
        " join regions using (region_code) join indicators as i using (indicator_id)"
        " where regions.scheme in ('nuts3', 'nuts2', 'nuts_country') and o.value is not null"
        " and i.unit_en not like 'euro%' group by 1",
    )
    assert newest
    expected = {(region, indicator, period) for region in listed for indicator, period in newest}
    rows = query(
        release,
        "select region_code, indicator_id, period_code, country, value, ratio_to_country, gap, figure_region_code"
        " from cross_border",
    )
    assert {row[:3] for row in rows} >= expected
    assert {row[1] for row in rows} == {indicator for indicator, _ in newest}
    of_nuts2 = {
        indicator for (indicator,) in query(release, "select indicator_id from indicators where lowest_level = 'nuts2'")
    }
    sql = "select value from observations_on_boundaries where region_code = ? and indicator_id = ? and period_code = ?"
    for region, indicator, period, country, value, share, gap, figure_region in rows:
        assert listed[region] == country and (value is None) == (gap is not None) == (figure_region is None)
        if figure_region:
            assert figure_region == (region[:4] if indicator in of_nuts2 else region)
            assert query(release, sql, figure_region, indicator, period) == [(value,)]
        national = [whole for (whole,) in query(release, sql, country, indicator, period) if whole]
        known = value is not None and national
        assert share == (pytest.approx(value / national[0], abs=0.00005001) if known else None)


def test_across_the_border_there_is_unemployment_and_purchasing_power_and_every_region_has_a_name(
    sample_run: Run,
) -> None:
    release = sample_run.release
    listed = {row["region_code"] for row in seed("cross_border_regions")}
    known = "select distinct region_code from cross_border where indicator_id = ? and value is not null"
    everywhere = ("population_count", "gdp_per_inhabitant_pps", "unemployment_rate_pct", "works_abroad_share_pct")
    for indicator in (f"eurostat_{name}" for name in everywhere):
        assert {code for (code,) in query(release, known, indicator)} == listed, indicator
    dutch_and_french = {code for code in listed if not code.startswith("BE")}
    enterprises = query(release, known, "eurostat_enterprises_count")
    assert {code for (code,) in enterprises} == dutch_and_french
    names = dict(query(release, "select region_code, name from regions where scheme like 'nuts%'"))
    assert names.keys() >= listed and not {code for code, name in names.items() if code in name}
    assert dict(query(release, "select region_code, region_name from cross_border")).items() <= names.items()


def test_every_card_has_its_health(sample_run: Run) -> None:
    release = sample_run.release
    found = query(release, "select dataset_id, newest_period, age_days, expected_next, is_overdue from source_health")
    assert {row[0] for row in found} == load_cards(CARDS).keys()
    ((landed,),) = query(release, "select substr(newest_landed_at, 1, 10) from release")
    for _, period, age, expected, overdue in found:
        assert overdue == bool(expected and expected < landed)
        if period.endswith("JJ00"):
            assert age == (date.fromisoformat(landed) - date(int(period[:4]), 12, 31)).days


@pytest.mark.parametrize("dataset_id", ["cbs/81575NED", "cbs/86163NED", "uwv/ww_municipality"])
def test_coverage_is_what_the_raw_rows_have_of_the_municipalities_of_now(sample_run: Run, dataset_id: str) -> None:
    release = sample_run.release
    current = {code for (code,) in query(release, "select region_code from municipality_tiles")}
    raw = sample_run.data / "raw" / "invented" / dataset_id.replace("/", "__") / "observations.parquet"
    ((period,),) = query(release, "select newest_period from sources where dataset_id = ?", dataset_id)
    rows = duckdb.sql(
        f"select distinct region_code from read_parquet('{raw}') where period_code = '{period}' and value is not null"
    )
    covered = {code for (code,) in rows.fetchall()} & current
    sql = "select municipalities_count, municipalities_expected from source_health where dataset_id = ?"
    assert query(release, sql, dataset_id) == [(len(covered), 342)]


def test_region_tables_are_judged_by_their_own_year_and_other_sources_not_by_municipalities(sample_run: Run) -> None:
    sql = "select dataset_id, municipalities_count, municipalities_expected from source_health"
    found = {name: counts for name, *counts in query(sample_run.release, sql)}
    # What CBS says of the number of municipalities on 1 January 2015, 2016 and 2026.
    assert found["cbs/82949NED"] == [393, 393] and found["cbs/83287NED"] == [390, 390]
    assert found["cbs/86247NED"] == [342, 342] and found["pdok/gemeente_gegeneraliseerd_2016"] == [390, 390]
    assert found["eurostat/demo_r_pjanaggr3"] == found["amsterdam/subsidies"] == [None, None]
