"""Counts that a source hides: what the release has of them is two sums that the true one lies between, everywhere."""

import csv
import io
from collections import defaultdict
from pathlib import Path

from support import query

from pipelines.landing.store import Landing
from pipelines.settings import SAMPLE_LANDING

Bounds = tuple[float, float]
HIDDEN = {"-1": (1, 4)}
BOTH = ("hbo_graduates_at_least_count", "hbo_graduates_at_most_count")


def landed_rows() -> list[dict[str, str]]:
    landing = Landing(SAMPLE_LANDING)
    snapshot = landing.current("duo/hbo_graduates", invented=True)
    assert snapshot
    (file,) = snapshot.below("files")
    return list(csv.DictReader(io.StringIO(landing.get(file.sha256).decode("utf-8-sig")), delimiter=";"))


def published(release: Path, table: str) -> dict[tuple[str, str], Bounds]:
    """Both bounds by region and period; each of them is known."""
    low, high = BOTH
    rows = query(
        release,
        f"select region_code, period_code, a.value, b.value from {table} a join {table} b"
        f" using (region_code, period_code) where a.indicator_id = '{low}' and b.indicator_id = '{high}'",
    )
    (counted,) = query(release, f"select count(*), count(value) from {table} where indicator_id in {BOTH}")
    assert counted == (2 * len(rows), 2 * len(rows))
    return {(region, period): (least, most) for region, period, least, most in rows}


def test_the_bounds_of_every_municipality_are_the_sums_of_its_rows(sample_release: Path) -> None:
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in landed_rows():
        count = row["AANTAL_GEDIPLOMEERDEN"]
        for region in (row["GEMEENTENUMMER"], "NL01"):
            for end in (0, 1):
                sums[region, f"{row['DIPLOMAJAAR']}JJ00"][end] += HIDDEN.get(count, (int(count),) * 2)[end]
    found = published(sample_release, "observations")
    assert {key: bounds for key, bounds in found.items() if bounds != (0, 0)} == {k: tuple(v) for k, v in sums.items()}
    # By hand: 50 + 38 + 28 + 21 + 16 + 12 + 9 + 7 + 5 + 10 = 196 are written, and one is hidden.
    assert found["GM0014", "2025JJ00"] == (197, 200)
    # 25 + 19 + 14 + 11 + 8 + 6 + 5 + 12, and nothing is hidden.
    assert found["GM0200", "2025JJ00"] == (100, 100)
    # There is no row of Laren, and so nobody.
    assert found["GM0417", "2025JJ00"] == (0, 0)
    places = {region for region, _ in found if region.startswith("GM")}
    assert {(place, period) for place in places for period in ("2024JJ00", "2025JJ00")} < found.keys()
    assert len(places) == 342


def test_the_bounds_of_a_region_are_the_sums_of_those_of_its_municipalities(sample_release: Path) -> None:
    found = published(sample_release, "observations_on_boundaries")
    members: dict[str, set[str]] = defaultdict(set)
    for region, municipality in query(
        sample_release,
        "select region_code, municipality_code from region_membership"
        " where scheme in ('province', 'corop', 'labour_market_region') and valid_to is null",
    ):
        members[region].add(municipality)
    assert len(members) == 12 + 40 + 35
    for region, own in {**members, "NL01": {m for p, ms in members.items() if p.startswith("PV") for m in ms}}.items():
        for period in ("2024JJ00", "2025JJ00"):
            parts = [found[municipality, period] for municipality in own]
            assert found[region, period] == (sum(low for low, _ in parts), sum(high for _, high in parts)), region
    # What is hidden counts as one at least and as four at most.
    assert all(low <= high <= 4 * low for low, high in found.values())
    assert any(low < high for low, high in found.values()) and any(0 < low == high for low, high in found.values())
