"""The cards for CBS ask for the tables that are wanted, no more of them than is used, and say what is only believed."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from pipelines.clients.description import plain
from pipelines.settings import CARDS, DBT_PROJECT
from pipelines.sources.access import Protocol, server_of
from pipelines.sources.card import Cadence, Shape, SourceCard, load_cards
from pipelines.sources.dimensions import TOTAL, Certainty, Code, Dimension

ALL = load_cards(CARDS)
# A workbook that a person fetches is no table of StatLine, and no part of it can be asked for.
CBS = {card.table: card for card in ALL.values() if card.publisher == "cbs" and not card.layout}
FIGURES = {table: card for table, card in CBS.items() if card.measures}
BOUNDARY_YEARS = {table: card for table, card in CBS.items() if card.shape is Shape.REGIONS}
NEW = {
    "establishments by sector and region": "81578NED",
    "establishments by size and legal form": "81644NED",
    "openings of establishments": "83631NED",
    "closures of establishments": "83635NED",
    "bankruptcies": "82522NED",
    "jobs by sector": "83582NED",
    "self-employed": "86163NED",
    "use of ICT": "86119NED",
    "proximity of facilities": "80305ned",
    "GDP": "85924NED",
    "economic growth": "85926NED",
    "labour participation": "86276NED",
    "level of education": "85525NED",
    "benefits of all kinds": "80794ned",
    "unemployment benefits": "85554NED",
    "social assistance": "82015NED",
    "reintegration": "85588NED",
    "young people": "86223NED",
    "vacancies": "83599NED",
    "income": "86161NED",
    "poverty": "86131NED",
    "low income": "83841NED",
    "employment by size of business": "85316NED",
    "consumer prices": "86141NED",
    "lifelong development": "85315NED",
    "decay and safety of neighbourhoods": "85146NED",
    "research and development": "84985NED",
    "innovation": "85011NED",
    "land use": "70262ned",
    "graduates of secondary vocational education": "85356NED",
}
# The ids as CBS publishes them: a wrong one would give a boundary year of another year.
DIVISION_TABLES = {
    2010: "80397ned",
    2011: "81008ned",
    2012: "81498ned",
    2013: "82000NED",
    2014: "82496NED",
    2015: "82949NED",
    2016: "83287NED",
    2017: "83553NED",
    2018: "83859NED",
    2019: "84378NED",
    2020: "84721NED",
    2021: "84929NED",
    2022: "85067NED",
    2023: "85385NED",
    2024: "85755NED",
    2025: "86059NED",
    2026: "86247NED",
}
ASKED_WHOLE = {
    ("70072ned", "RegioS"): "17 of its 313 topics by `$select`: 24,000 wide rows with every region and year",
    ("70072ned", "Perioden"): "as above",
    ("83648NED", "RegioS"): "one code of 76 and 2 measures: about 15,000 rows",
    ("83648NED", "Perioden"): "as above",
    ("83583NED", "Perioden"): "national: 6 sizes and 15 years",
    ("83841NED", "Perioden"): "national: 52 rows",
}
# So few may always be asked for whole, as most tables of the whole country are.
FEW_ROWS = 5000
# What CBS calls a measure on v4: M000200, D001908, 3000795_2.
CODE_OF_V4 = re.compile(r"[A-Z]?[0-9]{6,7}(_[0-9])?")
ROWS = list(csv.DictReader((DBT_PROJECT / "seeds" / "indicators.csv").open(encoding="utf-8", newline="")))
CBS_ROWS = [row for row in ROWS if row["dataset_id"].removeprefix("cbs/") in CBS]


def codes_of(card: SourceCard) -> list[Code]:
    return [*card.measures, *(code for dimension in card.dimensions.values() for code in dimension.codes)]


def limits(dimension: Dimension) -> bool:
    if dimension.role == "region":
        return bool(dimension.levels)
    return bool(dimension.kinds or dimension.since or dimension.codes)


@pytest.mark.parametrize("table", NEW.values(), ids=NEW.keys())
def test_there_is_a_card_with_figures_that_an_indicator_uses(table: str) -> None:
    assert FIGURES[table].homepage.endswith(f"/{table}")
    assert any(row["dataset_id"] == f"cbs/{table}" for row in ROWS)


def test_every_boundary_year_since_2010_is_there_once_and_is_asked_for_once() -> None:
    assert {card.region_boundary_year: table for table, card in BOUNDARY_YEARS.items()} == DIVISION_TABLES
    assert len(BOUNDARY_YEARS) == len(DIVISION_TABLES)
    for year, table in DIVISION_TABLES.items():
        assert CBS[table].cadence is Cadence.ONCE
        assert {CBS[table].title.nl, CBS[table].title.en} == {
            f"Gebieden in Nederland {year}",
            f"Regions of the Netherlands {year}",
        }


def test_a_table_whose_title_names_a_division_keeps_all_of_its_figures_on_it() -> None:
    named = {
        table: found[1]
        for table, card in FIGURES.items()
        if (found := re.search(r"\((?:indeling )?(20\d\d)\)", card.title.nl))
    }
    assert named.keys() == {"86131NED", "86161NED", "86163NED", "86223NED", "86276NED"}
    assert {t: str(card.region_boundary_year) for t, card in FIGURES.items() if card.region_boundary_year} == named


@pytest.mark.parametrize("card", FIGURES.values(), ids=FIGURES.keys())
def test_a_card_asks_for_a_part_of_each_dimension(card: SourceCard) -> None:
    for name, dimension in card.dimensions.items():
        if dimension.role == "category":
            assert dimension.codes, f"{name} is asked for whole"
        elif (card.table, name) not in ASKED_WHOLE and card.rows.max > FEW_ROWS:
            assert limits(dimension), f"{name} is asked for whole"


def test_what_is_asked_for_whole_is_so_for_a_reason() -> None:
    for table, name in ASKED_WHOLE:
        assert CBS[table].dimensions[name].is_whole, f"{table} {name} is limited now: take it off the list"


@pytest.mark.parametrize("card", FIGURES.values(), ids=FIGURES.keys())
def test_what_is_only_believed_can_be_found_by_title_and_unit(card: SourceCard) -> None:
    for group in (card.measures, *(d.codes for d in card.dimensions.values())):
        believed = [code for code in group if code.certainty is Certainty.ASSUMED]
        titles = Counter(plain(code.title) for code in group)
        for code in believed:
            assert titles[plain(code.title)] == 1, f"{code.title} stands there twice"
    for measure in card.measures:
        # A rate per so many inhabitants has no unit in the older tables.
        assert measure.unit or measure.certainty is not Certainty.ASSUMED


@pytest.mark.parametrize("card", FIGURES.values(), ids=FIGURES.keys())
def test_a_card_that_knows_measures_by_topic_keys_alone_asks_v3_first(card: SourceCard) -> None:
    """On v4 only titles would find those, and nobody saw the titles there."""
    known = [m for m in card.measures if m.certainty is not Certainty.ASSUMED]
    on_v4 = [any(CODE_OF_V4.fullmatch(name) for name in (m.code, *m.aliases)) for m in known]
    assert (card.access[0].protocol is Protocol.CBS_ODATA3) == (not all(on_v4))
    # The other host of CBS has no v4.
    if all(server_of(access) is access.protocol for access in card.access):
        assert {Protocol.CBS_ODATA3, Protocol.CBS_ODATA4} <= {access.protocol for access in card.access}


@pytest.mark.parametrize("card", FIGURES.values(), ids=FIGURES.keys())
def test_no_spelling_stands_for_two_measures_of_a_table(card: SourceCard) -> None:
    spellings = [(m.code, name) for m in card.measures for name in (m.code, *m.aliases)]
    # A name without its running number takes in every topic of that name, but for those that are named whole.
    stems = [(code, re.sub(r"(?<=[a-zA-Z])_[0-9]+$", "", name)) for code, name in spellings]
    for code, name in spellings:
        assert {other for other, stem in stems if stem == name} <= {code}, f"{name} is another measure's too"


@pytest.mark.parametrize("card", FIGURES.values(), ids=FIGURES.keys())
def test_codes_are_texts_that_the_source_can_have_sent(card: SourceCard) -> None:
    for code in codes_of(card):
        assert re.fullmatch(r"[A-Za-z0-9_.]+", code.code), f"{code.code} would not survive in dims"


def test_a_sector_has_one_code_in_every_table() -> None:
    found: dict[str, set[str]] = {}
    for card in FIGURES.values():
        for code in card.dimensions.get("BedrijfstakkenBranchesSBI2008", Dimension(role="category")).codes:
            found.setdefault(code.code, set()).add(code.title.removeprefix("A-U "))
    assert all(len(titles) == 1 for titles in found.values()), found
    letters = {next(iter(titles))[:2] for titles in found.values()}
    assert {f"{letter} " for letter in "ABCDEFGHIJKLMNOPQRS"} <= letters


@pytest.mark.parametrize("row", CBS_ROWS, ids=[row["indicator_id"] for row in CBS_ROWS])
def test_an_indicator_selects_what_its_card_asks_for(row: dict[str, str]) -> None:
    card = ALL[row["dataset_id"]]
    measure = {m.code: m for m in card.measures}[row["measure_code"]]
    kept = {
        name: {TOTAL} if d.is_added_up else {c.code for c in d.codes}
        for name, d in card.dimensions.items()
        if d.role == "category"
    }
    parts = dict(part.split("=") for part in row["dims"].split(";") if part)
    assert row["dims"] == ";".join(f"{name}={parts[name]}" for name in sorted(kept))
    assert all(parts[name] in codes for name, codes in kept.items())
    assert float(row["multiplier"]) == {"x 1 000": 1000, "1 000 euro": 1000}.get(measure.unit or "", 1)
    assert float(row["min_value"]) < float(row["max_value"])


@pytest.mark.parametrize("row", CBS_ROWS, ids=[row["indicator_id"] for row in CBS_ROWS])
def test_a_definition_names_the_table_when_it_is_not_the_key_figures(row: dict[str, str]) -> None:
    table = row["dataset_id"].removeprefix("cbs/")
    if table in NEW.values():
        assert f"CBS-tabel {table}" in row["definition_nl"] and f"CBS table {table}" in row["definition_en"]


@pytest.mark.parametrize(
    "path", sorted(set(CARDS.glob("cbs*.yml")) - {CARDS / "cbs_files.yml"}), ids=lambda path: path.name
)
def test_a_file_shares_what_is_the_same_for_all_of_cbs(path: Path) -> None:
    defaults = yaml.safe_load(path.read_text(encoding="utf-8"))["defaults"]
    assert defaults["access"] == [{"protocol": "cbs_odata4"}, {"protocol": "cbs_odata3"}]
    assert (defaults["publisher"], defaults["licence"], defaults["attribution"]) == ("cbs", "CC BY 4.0", "Bron: CBS")


def test_bounds_let_a_short_answer_through() -> None:
    for table, card in FIGURES.items():
        region = card.dimensions.get("RegioS")
        if region and "GM" in region.levels and table in NEW.values():
            # Five periods of 342 municipalities, and of what is asked for only one series known.
            assert card.rows.min <= 342 * 5, table
            assert card.rows.max >= 342 * 5 * len(card.measures), table
