"""The seeds of regions through time: nothing of the country is lost, and every member of a group exists.

The numbers of municipalities are those that CBS publishes for 1 January of each year.
"""

import csv
import re
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from support import SHARED

from pipelines.settings import CARDS, DBT_PROJECT, PROJECT

SEEDS = DBT_PROJECT / "seeds"
FACTS = SHARED / "standin" / "files" / "regions"
COUNTS = {
    2010: 431,
    2011: 418,
    2012: 415,
    2013: 408,
    2014: 403,
    2015: 393,
    2016: 390,
    2017: 388,
    2018: 380,
    2019: 355,
    2020: 355,
    2021: 352,
    2022: 345,
    2023: 342,
    2024: 342,
    2025: 342,
    2026: 342,
}
SPLIT = {"GM1671": "Maasdonk", "GM0140": "Littenseradiel", "GM0053": "Winsum", "GM0788": "Haaren"}
SPLIT |= {"GM0051": "Skarsterlân", "GM0055": "Boarnsterhim"}
KNOWN_FROM = "2010-01-01"
# (group, day): members that are known by name; of P10, 32 are claimed.
GROUP_COUNTS = {
    ("G4", "2026-01-01"): 4,
    ("G40", "2022-06-30"): 40,
    ("G40", "2022-07-01"): 41,
    ("M50", "2023-03-31"): 0,
    ("M50", "2023-04-01"): 61,
    ("P10", "2017-01-01"): 15,
    ("P10", "2026-01-01"): 24,
    ("PT01", "2018-12-31"): 6,
    ("PT01", "2019-01-01"): 4,
    ("PT02", "2017-01-01"): 20,
    ("PT02", "2018-01-01"): 21,
    ("PT02", "2020-01-01"): 22,
    ("PT03", "2016-01-01"): 33,
    ("PT03", "2019-01-01"): 32,
    ("PT03", "2022-01-01"): 31,
    ("PT03", "2022-03-24"): 30,
    ("PT04", "2026-01-01"): 6,
    ("PT05", "2016-01-01"): 13,
    ("PT05", "2026-01-01"): 13,
    ("PT06", "2016-01-01"): 9,
    ("PT06", "2026-01-01"): 9,
    ("CO01", "2026-01-01"): 14,
    ("CO02", "2016-01-01"): 10,
    ("CO02", "2026-01-01"): 10,
}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


CHANGES = rows_of(SEEDS / "boundary_changes.csv")
GROUPS = {row["region_code"]: row for row in rows_of(SEEDS / "region_groups.csv")}
MEMBERS = rows_of(SEEDS / "region_group_members.csv")
CROSS_BORDER = rows_of(SEEDS / "cross_border_regions.csv")
SCHEMES = rows_of(SEEDS / "region_schemes.csv")
# Every code since 2010.
EVERY_CODE = {row["code"] for row in rows_of(PROJECT / "pipelines" / "sample" / "municipalities.csv")}
BEGAN = {row["new_code"]: row["changed_on"] for row in CHANGES if row["heir"] == "new"}
ENDED = {row["old_code"]: row["changed_on"] for row in CHANGES}


def existing(day: str) -> set[str]:
    """The municipalities of a day from 2010 on."""
    known = EVERY_CODE | ENDED.keys()
    return {code for code in known if BEGAN.get(code, "") <= day and day < ENDED.get(code, "9999")}


def members(group: str, day: str) -> list[str]:
    return [
        row["municipality_code"]
        for row in MEMBERS
        if row["region_code"] == group and row["valid_from"] <= day <= (row["valid_to"] or "9999")
    ]


def test_there_are_132_changes_each_once_and_in_order() -> None:
    keys = [(row["changed_on"], row["old_code"], row["new_code"]) for row in CHANGES]
    assert len(keys) == len(set(keys)) == 132
    assert keys == sorted(keys)
    for row in CHANGES:
        date.fromisoformat(row["changed_on"])
        assert re.fullmatch(r"GM\d{4}", row["old_code"]) and re.fullmatch(r"GM\d{4}", row["new_code"])


@pytest.mark.parametrize("column", ["share", "area_share"])
def test_of_a_municipality_that_ends_everything_goes_somewhere(column: str) -> None:
    shares: dict[str, Decimal] = defaultdict(Decimal)
    for row in CHANGES:
        assert 0 < Decimal(row[column]) <= 1
        shares[row["old_code"]] += Decimal(row[column])
        assert ENDED[row["old_code"]] == row["changed_on"], f"{row['old_code']} ends on two days"
    assert {old: total for old, total in shares.items() if total != 1} == {}


def test_only_six_municipalities_were_divided_and_their_shares_have_a_source() -> None:
    assert {row["old_code"]: row["old_name"] for row in CHANGES if Decimal(row["share"]) < 1} == SPLIT
    for row in CHANGES:
        assert (row["kind"] == "split") == bool(row["share_source"]) == (row["old_code"] in SPLIT), row


def test_shares_of_area_are_those_of_their_source() -> None:
    found = re.compile(
        r" Area: ([\d.]+) of ([\d.]+) km2, and of the ([\d.]+) km2 of the heir \((?:boundaries of CBS|land by CBS)"
    )
    parts: dict[str, Decimal] = defaultdict(Decimal)
    wholes: dict[str, Decimal] = {}
    for row in CHANGES:
        assert (row["kind"] == "split") == (Decimal(row["area_share"]) < 1) == bool(row["area_share_of_new"]), row
        if row["kind"] == "split":
            told = found.search(row["share_source"])
            assert told is not None, row
            part, old, new = map(Decimal, told.groups())
            assert Decimal(row["area_share"]) == pytest.approx(part / old, abs=Decimal("0.000001"))
            assert Decimal(row["area_share_of_new"]) == pytest.approx(part / new, abs=Decimal("0.000001"))
            parts[row["old_code"]] += part
            wholes[row["old_code"]] = old
    assert parts == wholes and wholes.keys() == SPLIT.keys()


def test_a_rename_is_the_only_change_of_its_new_municipality_that_day() -> None:
    renames = [row for row in CHANGES if row["kind"] == "rename"]
    codes = [("GM0083", "GM1908"), ("GM1921", "GM1940"), ("GM0241", "GM1945")]
    assert [(row["old_code"], row["new_code"]) for row in renames] == codes
    heirs = Counter((row["changed_on"], row["new_code"]) for row in CHANGES)
    assert all(row["heir"] == "new" and heirs[row["changed_on"], row["new_code"]] == 1 for row in renames)


def test_shares_are_those_of_the_inhabitants() -> None:
    def share(old: str, new: str) -> Decimal:
        return next(Decimal(r["share"]) for r in CHANGES if (r["old_code"], r["new_code"]) == (old, new))

    assert share("GM1671", "GM0828") == pytest.approx(Decimal(4629) / (6719 + 4629), abs=Decimal("0.000001"))
    assert share("GM0140", "GM1949") == pytest.approx(Decimal(1940) / 10910, abs=Decimal("0.000001"))
    assert share("GM0140", "GM0080") == pytest.approx(Decimal(3505) / 10910, abs=Decimal("0.000001"))
    assert share("GM0053", "GM1969") == pytest.approx(Decimal(1581) / 13774, abs=Decimal("0.000001"))
    assert share("GM0055", "GM0074") == pytest.approx(Decimal(3441 + 1483 + 1096) / 19510, abs=Decimal("0.000001"))
    assert share("GM0055", "GM1921") == pytest.approx(Decimal(783) / 19510, abs=Decimal("0.000001"))
    assert share("GM0051", "GM0074") == pytest.approx(Decimal(400 + 215) / 27434, abs=Decimal("0.000001"))
    assert share("GM0788", "GM0855") == pytest.approx(Decimal(1465) / 14282, abs=Decimal("0.000001"))


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: f"{row['old_code']}-{row['new_code']}")
def test_the_heir_is_there_and_is_new_only_when_it_was_not(row: dict[str, str]) -> None:
    day = row["changed_on"]
    before = max(previous for previous in (KNOWN_FROM, *(d for d in ENDED.values() if d < day)))
    assert row["old_code"] in existing(before) and row["old_code"] not in existing(day)
    assert row["new_code"] in existing(day)
    assert (row["new_code"] in existing(before)) == (row["heir"] == "existing")


@pytest.mark.parametrize(("year", "count"), COUNTS.items())
def test_as_many_municipalities_as_there_were(year: int, count: int) -> None:
    assert len(existing(f"{year}-01-01")) == count


def test_changes_followed_to_the_end_reach_the_342_of_now() -> None:
    heirs: dict[str, set[str]] = defaultdict(set)
    for row in CHANGES:
        heirs[row["old_code"]].add(row["new_code"])

    def now(code: str, steps: int = 0) -> set[str]:
        assert steps < 10, f"{code}: its heirs go round"
        return set().union(*(now(heir, steps + 1) for heir in heirs[code])) if code in heirs else {code}

    reached = set().union(*(now(code) for code in existing(KNOWN_FROM)))
    assert reached == existing("2026-01-01") and len(reached) == 342


@pytest.mark.parametrize(("year", "next_year"), list(pairwise(COUNTS)))
def test_the_municipalities_of_a_year_are_those_before_less_who_ended_with_who_began(year: int, next_year: int) -> None:
    first, last = f"{year}-01-01", f"{next_year}-01-01"
    ended = {code for code, day in ENDED.items() if first < day <= last}
    began = {code for code, day in BEGAN.items() if first < day <= last}
    assert ended <= existing(first) and not began & existing(first)
    assert existing(last) == (existing(first) - ended) | began
    assert len(existing(last)) == COUNTS[year] - len(ended) + len(began)


@pytest.mark.parametrize("year", COUNTS)
@pytest.mark.parametrize("column", ["share", "area_share"])
def test_nothing_of_the_country_is_lost_or_counted_twice_on_the_way_to_now(year: int, column: str) -> None:
    heirs: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    for row in CHANGES:
        heirs[row["old_code"]].append((row["new_code"], Decimal(row[column])))

    def carried(code: str, amount: Decimal) -> Counter[str]:
        if code not in heirs:
            return Counter({code: amount})  # type: ignore[dict-item] # amounts are fractions
        parts: Counter[str] = Counter()
        for heir, share in heirs[code]:
            parts.update(carried(heir, amount * share))
        return parts

    then = {code: Decimal(1000 + number) for number, code in enumerate(sorted(existing(f"{year}-01-01")))}
    now: Counter[str] = Counter()
    for code, amount in then.items():
        now.update(carried(code, amount))
    assert now.keys() == existing("2026-01-01")
    assert sum(now.values()) == sum(then.values())


def test_the_first_known_day_is_that_of_the_models() -> None:
    variables = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    assert variables["boundaries_known_from"] == KNOWN_FROM


@pytest.mark.parametrize(("group", "day", "count"), [(*key, count) for key, count in GROUP_COUNTS.items()])
def test_a_group_has_as_many_members_as_are_known(group: str, day: str, count: int) -> None:
    found = members(group, day)
    assert len(found) == len(set(found)) == count


def test_every_group_has_a_scheme_and_a_text_in_both_languages() -> None:
    patterns = {row["scheme"]: row["pattern"] for row in SCHEMES}
    for code, row in GROUPS.items():
        assert re.fullmatch(patterns[row["scheme"]], code)
        assert row["note_nl"].endswith(".") and row["note_en"].endswith(".") and row["note_nl"] != row["note_en"]
        date.fromisoformat(row["checked_on"])
    claimed = {code: int(row["claimed_count"]) for code, row in GROUPS.items()}
    assert claimed.items() >= {"G4": 4, "G40": 41, "M50": 61, "P10": 32, "CO01": 14, "CO02": 10}.items()
    assert [claimed[f"PT0{number}"] for number in range(1, 7)] == [6, 20, 33, 6, 13, 9]
    assert {row["region_code"] for row in MEMBERS} == GROUPS.keys() - {"EM01"}


def test_every_member_exists_on_every_day_of_its_membership() -> None:
    for row in MEMBERS:
        code, first, last = row["municipality_code"], row["valid_from"], row["valid_to"] or "2026-12-31"
        assert row["source"].endswith(".") and date.fromisoformat(row["checked_on"])
        assert date.fromisoformat(first) <= date.fromisoformat(last), row
        assert first >= KNOWN_FROM, row
        assert code in existing(first) and code in existing(last), row


def test_the_heir_of_a_member_that_ends_is_a_member_that_day() -> None:
    for row in MEMBERS:
        if row["valid_to"]:
            ended = ENDED[row["municipality_code"]]
            assert (date.fromisoformat(ended) - date.fromisoformat(row["valid_to"])).days == 1
            heirs = {change["new_code"] for change in CHANGES if change["old_code"] == row["municipality_code"]}
            assert heirs <= set(members(row["region_code"], ended)), row


def test_a_member_is_in_a_group_once_a_day() -> None:
    spans: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in MEMBERS:
        spans[row["region_code"], row["municipality_code"]].append((row["valid_from"], row["valid_to"] or "9999"))
    for key, found in spans.items():
        assert all(one[1] < next_one[0] for one, next_one in pairwise(sorted(found))), key


def test_a_code_is_of_one_kind() -> None:
    codes = [
        *("NL", "NL01", "NL34", "BE32A", "FRE11", "LD01", "PV27", "CR23", "AM31", "OWN-KUST", "OWN-G4"),
        *GROUPS,
        *existing("2026-01-01"),
        *(row["region_code"] for row in CROSS_BORDER),
    ]
    for code in codes:
        kinds = [row["scheme"] for row in SCHEMES if re.fullmatch(row["pattern"], code)]
        assert len(kinds) == 1, f"{code} is {kinds}"
    orders = [int(row["level_order"]) for row in SCHEMES]
    assert orders == sorted(set(orders))


def test_every_region_across_the_border_is_asked_of_eurostat() -> None:
    cards = yaml.safe_load((CARDS / "eurostat.yml").read_text(encoding="utf-8"))["cards"]
    asked = {card["table"]: {geo for access in card["access"] for geo in access["query"]["geo"]} for card in cards}
    wanted = {row["region_code"] for row in CROSS_BORDER}
    assert len(wanted) == len(CROSS_BORDER) == 10
    # The business demography has nothing of Belgium, so nothing of it is asked there.
    french_and_dutch = {row["region_code"] for row in CROSS_BORDER if row["country"] != "BE"}
    around = {code[:4] for code in wanted} | {row["country"] for row in CROSS_BORDER}
    enterprises = {table: french_and_dutch for table in ("bd_size_r3", "bd_hgnace_r")}
    asks = {
        "demo_r_pjanaggr3": wanted,
        "nama_10r_3gdp": wanted,
        "lfst_r_lfu3rt": around,
        "lfst_r_lfe2ecomm": around,
    } | enterprises
    assert asks.keys() == asked.keys()
    for table, has in asks.items():
        assert has <= asked[table], f"{table} does not ask {sorted(has - asked[table])}"
    assert not {geo for table in enterprises for geo in asked[table] if geo.startswith("BE")}
    assert "NL415" not in asked["bd_size_r3"]
    for row in CROSS_BORDER:
        assert row["region_code"].startswith(row["country"])
        assert (row["region_group"] == "neighbour") == (row["country"] == "NL")
        assert bool(row["note_nl"]) == bool(row["note_en"]) == (row["region_code"] == "FRE11")


def test_every_region_of_eurostat_has_a_name_in_the_sample() -> None:
    cards = yaml.safe_load((CARDS / "eurostat.yml").read_text(encoding="utf-8"))["cards"]
    asked = {geo for card in cards for access in card["access"] for geo in access["query"]["geo"]}
    labels = {row["code"]: row["label"] for row in rows_of(PROJECT / "pipelines" / "sample" / "nuts.csv")}
    assert labels.keys() == asked and not {code for code, label in labels.items() if code in label.split()}


@pytest.mark.standin
def test_changes_are_those_of_the_list_of_changes() -> None:
    facts = {(r["datum"], r["oude_code"], r["nieuwe_code"]) for r in rows_of(FACTS / "herindelingen_2015_2026.csv")}
    changes = {(row["changed_on"], row["old_code"], row["new_code"]) for row in CHANGES}
    assert {change for change in changes if change[0] >= "2015-01-01"} == facts


@pytest.mark.standin
def test_changes_before_2015_are_those_of_the_older_list() -> None:
    """That list has one heir for each, also for those that were divided: the largest of them."""
    lines = (FACTS / "gm_changes_before_2018.csv").read_text(encoding="latin-1").splitlines()[1:]
    listed = {
        (f"{int(year)}-{int(month):02}-{int(day):02}", old, new)
        for end, _, old, new, *_ in (line.split(";") for line in lines)
        for day, month, year in [end.split("-")]
    }
    early = [row for row in CHANGES if row["changed_on"] < "2015-01-01"]
    largest = {
        max((Decimal(r["share"]), r["old_code"], r["new_code"]) for r in early if r["old_code"] == code)[1:]
        for code in {row["old_code"] for row in early}
    }
    found = {(ENDED[old], old, new) for old, new in largest}
    assert found == {change for change in listed if KNOWN_FROM < change[0] < "2015-01-01"}


@pytest.mark.standin
def test_municipalities_of_every_year_are_those_of_the_lists() -> None:
    facts: dict[int, set[str]] = defaultdict(set)
    for row in rows_of(FACTS / "gemeenten_per_jaar_2010_2026.csv"):
        facts[int(row["jaar"])].add(row["gemeentecode"])
    for year, count in COUNTS.items():
        assert len(facts[year]) == count
        assert existing(f"{year}-01-01") == facts[year], year
    for row in MEMBERS:
        first, last = int(row["valid_from"][:4]), int((row["valid_to"] or "2026")[:4])
        assert all(row["municipality_code"] in facts[year] for year in range(first, last + 1)), row


@pytest.mark.standin
def test_members_are_those_of_the_lists() -> None:
    names = {
        "G4": ["G4"],
        "G40": ["G40"],
        "M50": ["M50"],
        "P10": ["P10", "P10_later"],
        "PT01": ["Noordoost Fryslan 2016 (6)", "Noordoost Fryslan 2019 (4)"],
        "PT02": ["Regio Zwolle 2020 (22)"],
        "PT03": ["MRA 2016 (33)"],
        "PT04": ["Drechtsteden (6)"],
        "PT05": ["Zeeland (13)"],
        "PT06": ["Stedelijk Gebied Eindhoven (9)"],
    }
    facts: dict[str, set[str]] = defaultdict(set)
    for row in rows_of(FACTS / "bestuurlijke_groepen.csv"):
        facts[row["groep"]].add(row["gemeentecode"])
    for group, lists in names.items():
        found = {row["municipality_code"] for row in MEMBERS if row["region_code"] == group}
        assert found == set().union(*(facts[name] for name in lists)), group
    twente = {
        row["gemeentecode"]
        for row in rows_of(FACTS / "arbeidsmarktregio_gemeente_2026.csv")
        if row["arbeidsmarktregio_2026"] == "Twente"
    }
    assert set(members("CO01", "2026-01-01")) == twente
