"""Every name that a source gives a region leads to one code, and to the right one."""

import csv
import re
import unicodedata
from collections import defaultdict
from pathlib import Path

import pytest
from support import SHARED

from pipelines.sample.boundaries import municipalities
from pipelines.settings import DBT_PROJECT, PROJECT

FILES = SHARED / "standin" / "files"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def folded(name: str) -> str:
    """A name as names are compared: no capitals, no accents, single spaces."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


ROWS = rows_of(DBT_PROJECT / "seeds" / "region_names.csv")
MUNICIPALITIES = rows_of(PROJECT / "pipelines" / "sample" / "municipalities.csv")
REGIONS = rows_of(PROJECT / "pipelines" / "sample" / "regions.csv")
SCHEMES = {
    "municipality": "GM",
    "uwv_municipality": "GM",
    "labour_market_region": "AM",
    "province": "PV",
    "corop": "CR",
    "nuts3": "CR",
}
CODES: dict[tuple[str, str], str] = {(row["name_list"], folded(row["name"])): row["region_code"] for row in ROWS}


def code(name_list: str, name: str) -> str | None:
    return CODES.get((name_list, folded(name)))


def test_a_name_of_a_list_folds_to_nothing_else() -> None:
    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in ROWS:
        found[row["name_list"], folded(row["name"])].append((row["name"], row["region_code"]))
    assert {name: rows for name, rows in found.items() if len(rows) > 1} == {}


def test_codes_are_those_of_the_kind_of_region_of_the_list() -> None:
    known = {row["code"] for row in [*MUNICIPALITIES, *REGIONS]}
    for row in ROWS:
        # UWV puts the total of the country among the labour-market regions.
        kind = "NL" if row["name"] == "Nederland" else SCHEMES[row["name_list"]]
        assert re.fullmatch(kind + r"(\d\d|\d{4})", row["region_code"]), row
        assert row["region_code"] in known, row
        assert row["name"] == " ".join(row["name"].split()), row


def test_notes_are_in_both_languages() -> None:
    for note in {row["note"] for row in ROWS} - {""}:
        dutch, english = note.split(" / ")
        assert dutch.strip() and english.strip(), note


def test_every_name_of_cbs_is_there() -> None:
    changes = rows_of(DBT_PROJECT / "seeds" / "boundary_changes.csv")
    # Sources that name municipalities begin in 2015; Menaldumadeel had another code before.
    gone = {row["old_code"] for row in changes if row["changed_on"] <= "2015-01-01"}
    named = [row for row in MUNICIPALITIES if row["code"] not in gone]
    assert len(named) > 393
    for row in named:
        assert code("municipality", row["name"]) == row["code"]
    for row in REGIONS:
        name_list = next((name for name, prefix in SCHEMES.items() if prefix == row["code"][:2]), None)
        if name_list and row["code"] != "AM31":
            assert code(name_list, row["name"]) == row["code"]
            assert code(name_list, row["name_2016"] or row["name"]) == row["code"]


def test_every_municipality_of_2019_to_2023_has_a_name_in_the_list_of_uwv() -> None:
    there = {row["region_code"] for row in ROWS if row["name_list"] == "uwv_municipality"}
    wanted = {m.code for m in municipalities().values() if (m.last_year or 2019) >= 2019}
    # UWV still wrote these names after the merger of 2021, so they count as the new municipality.
    assert wanted - there == {code("municipality", name) for name in ("Appingedam", "Delfzijl", "Loppersum")}
    assert there < wanted


@pytest.mark.parametrize("name_list", ["municipality", "uwv_municipality"])
def test_bergen_alone_is_nowhere(name_list: str) -> None:
    assert code(name_list, "Bergen") is None
    assert (code(name_list, "Bergen (NH.)"), code(name_list, "Bergen (L.)")) == ("GM0373", "GM0893")


@pytest.mark.parametrize(
    ("name_list", "name", "expected"),
    [
        ("municipality", "Den Haag", "GM0518"),
        ("municipality", "'s-Gravenhage", "GM0518"),
        ("municipality", "\u2019s-Hertogenbosch", "GM0796"),
        ("municipality", "DEN  BOSCH", "GM0796"),
        ("municipality", "Nuenen c.a.", "GM0820"),
        ("municipality", "Sudwest-Fryslan", "GM1900"),
        ("municipality", "Súdwest-Fryslân", "GM1900"),
        ("municipality", "Hengelo", "GM0164"),
        ("municipality", "Utrecht", "GM0344"),
        ("municipality", "De Friese Meren", "GM1921"),
        ("municipality", "De Fryske Marren", "GM1940"),
        ("uwv_municipality", "s Gravenhage", "GM0518"),
        ("uwv_municipality", "Vijfheerenlanden (Leerdam/Zederik)", "GM1961"),
        ("uwv_municipality", "West Betuwe (Lingewaal)", "GM1960"),
        ("uwv_municipality", "Land van Cuijk", "GM1982"),
        ("uwv_municipality", "Haaren", "GM0788"),
        ("labour_market_region", "IJsselvechtstreek", "AM36"),
        ("labour_market_region", "Regio Zwolle", "AM36"),
        ("labour_market_region", "Food Valley", "AM38"),
        ("labour_market_region", "FoodValley", "AM38"),
        ("province", "Utrecht", "PV26"),
        ("province", "Friesland", "PV21"),
        ("province", "Fryslan", "PV21"),
    ],
)
def test_a_name_leads_to_its_code(name_list: str, name: str, expected: str) -> None:
    assert code(name_list, name) == expected


@pytest.mark.standin
def test_uwv_names_of_2021_lead_where_they_led() -> None:
    """All but Haaren: its area went to four municipalities, so it cannot be counted under one of them."""
    given = {row["GM_UWV"]: row["GM_Code"] for row in rows_of(FILES / "uwv" / "gemeentenaam_uwv_naar_cbs_2021.csv")}
    assert len(given) == 360
    assert {name for name, wanted in given.items() if code("uwv_municipality", name) != wanted} == {"Haaren"}


@pytest.mark.standin
def test_names_of_municipalities_through_the_years() -> None:
    rows = [row for row in rows_of(FILES / "regions" / "gemeenten_per_jaar_2010_2026.csv") if row["jaar"] >= "2015"]
    assert {row["jaar"] for row in rows} == {str(year) for year in range(2015, 2027)}
    for row in rows:
        assert code("municipality", row["gemeentenaam"]) == row["gemeentecode"]


@pytest.mark.standin
def test_names_of_labour_market_regions_of_both_vintages() -> None:
    of_2016 = rows_of(FILES / "regions" / "arbeidsmarktregio_gemeente_2016.csv")
    of_2026 = rows_of(FILES / "regions" / "gemeente_2026_crosswalk.csv")
    pairs = {(row["arbeidsmarktregio_2016"], row["am_code_2016"]) for row in of_2016}
    pairs |= {(row["arbeidsmarktregio_naam"], row["arbeidsmarktregio_code"]) for row in of_2026}
    wrong = {(name, wanted) for name, wanted in pairs if code("labour_market_region", name) != wanted}
    assert wrong == {("Food Valley", "AM31")}, "a name of both vintages leads to the newest code"
