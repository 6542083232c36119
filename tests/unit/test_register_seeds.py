"""The lists that people keep about registers: of what there is, what was reviewed, and where."""

import csv
import json
from collections.abc import Iterator
from datetime import date

import pytest
from support import SHARED

from pipelines.reading.files.table_file import read_table
from pipelines.reading.registers import register_rows
from pipelines.sample.boundaries import in_year
from pipelines.settings import CARDS, DBT_PROJECT
from pipelines.sources.card import load_cards

FILES = {
    "amsterdam/subsidies_2016": "municipal/amsterdam-subsidies-2016.json",
    "rijk/subsidies_2015": "national/subsidiesministeries2015.csv",
}
# There is no file here of what the state paid since 2017. These names are in what others published of the source's file
# of 2017 to 2024, or in tables of budgets on rijksfinancien.nl: economic affairs of 2020, social affairs of 2023.
SINCE_2017 = {
    "Besluit Borgstelling MKB",
    "Bevorderen Ondernemerschap",
    "Bijdrage aan ROM's",
    "Cofinanciering EFRO incl. Interreg",
    "Cofinanciering EFRO, inclusief INTERREG",
    "EUROSTARS",
    "Eurostars",
    "INTERREG Incidentele Subsidies",
    "MIT R&D Samenwerkingsprojecten",
    "MKB Idee",
    "MKB Innovatiestimulering Topsectoren",
    "MKB werkplaatsen",
    "MKB-Innovatiestimulering Topsectoren (MIT)",
    "MKB-innovatiestimulering topsectoren",
    "Regeling seed capital technostarters",
    "Regeling subsidie financiering vaste lasten MKB COVID-19",
    "SEED Business Angels",
    "Startup-beleid",
    "Stimuleringregeling LLO in MKB",
    "Stimuleringsregeling LLO in MKB",
    "Vroegefasefinanciering",
}


def seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


SCHEMES, INVENTORY, WORDS = seed("support_schemes"), seed("subsidy_registers"), seed("recipient_words")
REGISTERS = {card.dataset_id: card for card in load_cards(CARDS).values() if card.subsidy_register}


def test_a_scheme_is_reviewed_once_and_with_a_reason_in_both_languages() -> None:
    keys = [(row["region_code"], row["scheme"]) for row in SCHEMES]
    assert len(set(keys)) == len(keys)
    for row in SCHEMES:
        assert row["region_code"] in {c.subsidy_register.region for c in REGISTERS.values() if c.subsidy_register}
        assert row["is_support"] in ("true", "false")
        assert row["reason_nl"].endswith(".") and row["reason_en"].endswith("."), row["scheme"]
        assert row["reason_nl"] != row["reason_en"]
        date.fromisoformat(row["reviewed_on"])


def granted() -> Iterator[tuple[str, set[str | None]]]:
    for dataset_id, file in FILES.items():
        card = REGISTERS[dataset_id]
        assert card.layout
        body = (SHARED / "standin" / "files" / file).read_bytes()
        rows = register_rows(
            card, read_table(dataset_id, f"https://x/{file}", body, card.layout).frame, f"https://x/{file}"
        )
        yield rows["region_code"][0], set(rows["scheme"])


@pytest.mark.standin
def test_a_reviewed_scheme_stands_in_its_register() -> None:
    there = dict(granted())
    there["NL01"] |= SINCE_2017
    for row in SCHEMES:
        assert row["scheme"] in there[row["region_code"]], row["scheme"]


def test_every_name_of_a_scheme_of_the_state_since_2017_is_reviewed() -> None:
    assert {row["scheme"] for row in SCHEMES if row["region_code"] == "NL01"} >= SINCE_2017


@pytest.mark.standin
def test_every_scheme_that_amsterdam_puts_under_economy_is_reviewed() -> None:
    file = SHARED / "standin" / "files" / FILES["amsterdam/subsidies_2016"]
    economy = {row["Regeling"].strip() for row in json.loads(file.read_text("utf-8")) if row["Thema"] == "Economie"}
    reviewed = {row["scheme"]: row["is_support"] for row in SCHEMES if row["region_code"] == "GM0363"}
    assert len(economy) == 5 and {reviewed.get(scheme) for scheme in economy} == {"true"}
    assert any(answer == "false" for answer in reviewed.values())


def test_the_best_known_scheme_for_small_businesses_counts() -> None:
    """It goes by several names, of which each is known."""
    names = ("(mit)", "mit r&d", "innovatiestimulering")
    found = [row for row in SCHEMES if any(name in row["scheme"].casefold() for name in names)]
    assert len(found) == 5 and {row["is_support"] for row in found} == {"true"}


def test_a_municipality_stands_once_in_the_inventory_and_exists() -> None:
    known = {municipality.code for municipality in in_year(2026)}
    codes = [row["region_code"] for row in INVENTORY]
    assert len(set(codes)) == len(codes) and set(codes) <= known


@pytest.mark.parametrize("row", INVENTORY, ids=lambda row: row["region_code"])
def test_a_row_of_the_inventory_says_one_thing(row: dict[str, str]) -> None:
    assert row["form"] in {"none", "pdf", "html", "dashboard", "xlsx", "csv", "api"}
    assert row["is_machine_readable"] in ("true", "false")
    assert row["form"] not in ("none", "pdf", "html") or row["is_machine_readable"] == "false"
    assert row["form"] != "none" or not row["page_url"] + row["years"]
    assert not row["page_url"] or row["page_url"].startswith("https://")
    assert row["note_nl"] and row["note_en"] and row["note_nl"] != row["note_en"]
    date.fromisoformat(f"{row['checked_on']}-01")


def test_every_municipal_card_has_a_register_that_can_be_read() -> None:
    readable = {row["region_code"] for row in INVENTORY if row["is_machine_readable"] == "true"}
    of_cards = {card.subsidy_register.region for card in REGISTERS.values() if card.subsidy_register}
    assert of_cards - {"NL01"} <= readable


def test_a_word_stands_once() -> None:
    words = [(row["word"].casefold(), row["match"]) for row in WORDS]
    assert len(set(words)) == len(words)
