"""Where a municipality of an own region ended, its heirs take its place: through chains, for their part, and told."""

import csv
import gzip
import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import SHARED

from pipelines.errors import SelectionError
from pipelines.ingest.heirs import Listed, Stay, is_in, with_heirs
from pipelines.ingest.selections import read_selections
from pipelines.reading.existing import boundaries
from pipelines.settings import DBT_PROJECT

KNOWN = boundaries()
NOW = date(KNOWN.newest_year, 1, 1)
CASES = SHARED / "cases"
needs_cases = pytest.mark.skipif(
    not CASES.exists(), reason="../shared/cases is absent: it holds lists with the faults that readers' lists have"
)


def changes() -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / "boundary_changes.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


CHANGES = changes()
SPLITS = [row for row in CHANGES if row["kind"] == "split"]
DAYS = st.none() | st.dates(date(2014, 1, 1), date(2030, 12, 31))


def always(*codes: str) -> list[Stay]:
    """The stays of codes that are listed without days."""
    return with_heirs([Listed(n, code, None, None) for n, code in enumerate(codes, 2)], KNOWN)[0]


def shares(stays: list[Stay], day: date = NOW) -> dict[str, float]:
    return {stay.code: stay.share for stay in stays if (stay.first or date.min) <= day <= (stay.last or date.max)}


def told(*listed: Listed) -> list[str]:
    return [f"line {row.line}: {row.ended} -> {row.heir}" for row in with_heirs(listed, KNOWN)[1]]


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: f"{row['old_code']}-{row['new_code']}")
def test_on_the_day_of_a_change_the_heir_is_there_and_its_predecessor_not(row: dict[str, str]) -> None:
    day = date.fromisoformat(row["changed_on"])
    stays = always(row["old_code"])
    assert shares(stays, day - timedelta(1)) == {row["old_code"]: 1}
    assert shares(stays, day)[row["new_code"]] == float(row["share_of_new"] or 1)
    assert row["old_code"] not in shares(stays, day)
    assert set(shares(stays)) <= {code for code, life in KNOWN.lives.items() if life[1] == date.max}


def test_a_chain_is_walked_to_the_end_and_every_link_told() -> None:
    assert always("GM0265") == [
        Stay("GM0241", date(2015, 1, 1), date(2015, 12, 31), 1),
        Stay("GM0265", None, date(2014, 12, 31), 1),
        Stay("GM1945", date(2016, 1, 1), None, 1),
    ]
    ended = "line 2: GM0265 Millingen aan de Rijn ended on 2014-12-31"
    assert told(Listed(2, "GM0265", None, None)) == [
        f"{ended} -> GM0241 Groesbeek takes its place from 2015-01-01 to 2015-12-31",
        f"{ended} -> GM1945 Berg en Dal takes its place from 2016-01-01 on",
    ]


def test_of_a_divided_municipality_each_heir_is_in_for_what_came_from_it() -> None:
    stays = always("GM0788")
    assert shares(stays, date(2020, 12, 31)) == {"GM0788": 1}
    assert shares(stays) == {
        row["new_code"]: float(row["share_of_new"]) for row in SPLITS if row["old_code"] == "GM0788"
    }
    assert shares(stays)["GM0855"] < 0.01, "no whole Tilburg for a village"
    by_area = {stay.code: stay.area_share for stay in stays if stay.code != "GM0788"}
    assert by_area == {
        row["new_code"]: float(row["area_share_of_new"]) for row in SPLITS if row["old_code"] == "GM0788"
    }
    ended = "line 2: GM0788 Haaren ended on 2020-12-31"
    assert told(Listed(2, "GM0788", None, None)) == [
        f"{ended} -> 6.3% of GM0757 Boxtel takes its place from 2021-01-01 on",
        f"{ended} -> 17.6% of GM0824 Oisterwijk takes its place from 2021-01-01 on",
        f"{ended} -> 0.7% of GM0855 Tilburg takes its place from 2021-01-01 on",
        f"{ended} -> 15.2% of GM0865 Vught takes its place from 2021-01-01 on",
    ]


@pytest.mark.parametrize(
    ("codes", "heir"),
    [(("GM0788", "GM0757"), "GM0757"), (("GM0140", "GM0081"), "GM0080"), (("GM0053", "GM0005"), "GM1966")],
    ids=["it is listed itself", "a merger into it", "a merger into a new one"],
)
def test_an_heir_that_comes_in_as_a_whole_by_any_way_is_whole(codes: tuple[str, str], heir: str) -> None:
    for listed in (codes, codes[::-1]):
        assert shares(always(*listed))[heir] == 1
        assert next(stay for stay in always(*listed) if stay.code == heir).area_share == 1
    divided = Listed(2, codes[0], None, None)
    whole = f"is in the region as a whole from {KNOWN.heirs[codes[0]][0].since} on"
    assert any(heir in line and line.endswith(whole) for line in told(divided, Listed(3, codes[1], None, None)))


def test_an_heir_of_parts_alone_is_their_sum_and_never_more_than_itself() -> None:
    heirs = dict(KNOWN.heirs)
    heirs["GM0788"] = [heir for heir in heirs["GM0788"] if heir.code == "GM0757"]
    (part,) = heirs["GM0788"]
    for many, sum_of_parts in ((2, 2 * part.share_of_it), (20, 1)):
        others = {f"GM90{n:02}": heirs["GM0788"] for n in range(many)}
        names = {**KNOWN.names, **dict.fromkeys(others, "X")}
        lives = {**KNOWN.lives, **dict.fromkeys(others, KNOWN.lives["GM0788"])}
        known = type(KNOWN)(KNOWN.known_from, KNOWN.newest_year, lives, others, names)
        stays, _ = with_heirs([Listed(n, code, None, None) for n, code in enumerate(others)], known)
        assert shares(stays) == {"GM0757": pytest.approx(sum_of_parts)}


def test_days_of_the_line_hold_for_the_heirs_too() -> None:
    listed = Listed(2, "GM0003", date(2020, 7, 1), date(2024, 12, 31))
    assert with_heirs([listed], KNOWN)[0] == [
        Stay("GM0003", date(2020, 7, 1), date(2020, 12, 31), 1),
        Stay("GM1979", date(2021, 1, 1), date(2024, 12, 31), 1),
    ]
    assert told(listed)[0].endswith("GM1979 Eemsdelta takes its place from 2021-01-01 to 2024-12-31")
    # From after the end on only the heir was ever meant; until the end nobody takes a place.
    assert with_heirs([Listed(2, "GM0003", date(2026, 1, 1), None)], KNOWN)[0] == [
        Stay("GM1979", date(2026, 1, 1), None, 1)
    ]
    until = Listed(2, "GM0457", None, date(2022, 3, 23))
    assert with_heirs([until], KNOWN) == ([Stay("GM0457", None, date(2022, 3, 23), 1)], [])


@given(st.lists(st.sampled_from(sorted(KNOWN.lives)), min_size=1, max_size=8, unique=True), st.data())
def test_on_any_day_each_municipality_is_in_once_while_it_lives_and_nobody_is_lost(
    codes: list[str], data: st.DataObject
) -> None:
    listed = []
    for n, code in enumerate(codes, 2):
        first, last = data.draw(DAYS), data.draw(DAYS)
        if first and last and first > last:
            first, last = last, first
        listed.append(Listed(n, code, first, last))
    stays, _ = with_heirs(listed, KNOWN)
    day = data.draw(st.dates(date(2014, 1, 1), date(2030, 12, 31)))
    there = [stay for stay in stays if (stay.first or date.min) <= day <= (stay.last or date.max)]
    assert len({stay.code for stay in there}) == len(there)
    assert all(0 < stay.share <= 1 and day <= KNOWN.lives[stay.code][1] for stay in there)
    meant = [row for row in listed if (row.first or date.min) <= day <= (row.last or date.max)]
    assert is_in(stays, day) == bool(meant)
    for row in meant:
        if day <= KNOWN.lives[row.code][1]:
            assert shares(there, day)[row.code] == 1


def test_the_part_of_the_heir_is_what_its_source_says() -> None:
    for row in CHANGES:
        assert bool(row["share_of_new"]) == (row["kind"] == "split"), row
    for row in SPLITS:
        _, _, source = row["share_source"].partition("Of the heir: ")
        part, _, whole, *_ = source.split()
        assert float(row["share_of_new"]) == pytest.approx(int(part) / int(whole), abs=5e-7), row
        assert float(row["share_of_new"]) < float(row["share"]), "an heir is larger than its part"


def test_the_inhabitants_of_the_heirs_are_those_that_cbs_published() -> None:
    """The territory of an heir on 1 January 2015: itself, and what it got by its change and by those before."""
    table = SHARED / "standin" / "tables" / "70072ned.json.gz"
    if not table.exists():
        pytest.skip("../shared/standin is absent: it serves the published inhabitants of 1 January 2015")
    rows = json.loads(gzip.decompress(table.read_bytes()))["rows"]
    people = {row[0].strip(): int(row[2]) for row in rows if row[2].strip()}

    def inhabitants(code: str, until: str) -> float:
        return people.get(code, 0) + sum(
            float(row["share"]) * inhabitants(row["old_code"], row["changed_on"])
            for row in CHANGES
            if row["new_code"] == code and "2015-01-01" < row["changed_on"] <= until
        )

    for row in SPLITS:
        source = row["share_source"].partition("Of the heir: ")[2].split()
        assert round(inhabitants(row["new_code"], row["changed_on"])) == int(source[2]), row
        if row["old_code"] in people:
            assert round(float(row["share"]) * people[row["old_code"]]) == int(source[0]), row


@needs_cases
def test_a_list_of_2020_has_all_its_members(tmp_path: Path) -> None:
    shutil.copy(CASES / "selection-of-2020.csv", tmp_path)
    found = read_selections(tmp_path)
    assert {m.municipality_code for m in found.members if m.valid_to is None} == {
        *("GM0037", "GM0047", "GM0765", "GM1979")
    }
    assert [row.line for row in found.replaced["selection-of-2020.csv"]] == [2, 3, 4]


@needs_cases
def test_days_with_slashes_are_refused_with_their_line(tmp_path: Path) -> None:
    shutil.copy(CASES / "selection-slash-days.csv", tmp_path)
    with pytest.raises(SelectionError, match=r"selection selection-slash-days.csv line 2: valid_from is '1/7/2026'"):
        read_selections(tmp_path)
