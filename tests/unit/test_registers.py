"""Registers of subsidies: amounts as they stand, a status only from what the register says, no names of persons."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import SHARED

from pipelines.errors import CardError, RegiokompasError, SourceError
from pipelines.reading.files.table_file import read_records, read_table
from pipelines.reading.recipients import MASK
from pipelines.reading.registers import AMOUNTS, register_rows
from pipelines.reading.shapes import SUBSIDIES
from pipelines.settings import CARDS
from pipelines.sources.card import SourceCard, load_cards
from schemas.registers import check_subsidies
from schemas.wire import WireError

REGISTERS = {card.dataset_id: card for card in load_cards(CARDS).values() if card.subsidy_register}
AMSTERDAM, RIJK = "amsterdam/subsidies_2016", "rijk/subsidies_2015"
FILES = SHARED / "standin" / "files"
URL = "https://x/register-2024.csv"
COLUMNS = {
    "Wie": {"to": "recipient"},
    "Regeling": {"to": "scheme"},
    "Jaar": {"to": "year"},
    "Gevraagd": {"to": "amount_requested_eur", "reads": "dutch_number", "is_optional": True},
    "Verleend": {"to": "amount_granted_eur", "reads": "dutch_number", "is_optional": True},
    "Vastgesteld": {"to": "amount_settled_eur", "reads": "number", "is_optional": True},
    "Stand": {"to": "status", "is_optional": True},
}
ROW = {"Wie": "Stichting De Brug", "Regeling": "Straatfeest", "Jaar": "2024"}


def card(columns: dict[str, Any] = COLUMNS, marks: dict[str, str] | None = None, **register: Any) -> SourceCard:
    """The card of Zaanstad with other columns and another `register`."""
    content = REGISTERS["zaanstad/subsidies"].model_dump(mode="json", by_alias=True)
    content["layout"] = {"format": "csv", "columns": columns, "marks": marks or {}}
    content["register"] = {"region": "GM0479", "grantor": "Gemeente Zaanstad"} | register
    return SourceCard.model_validate(content)


def rows(*cells: dict[str, str], url: str = URL, **asked: Any) -> pl.DataFrame:
    used = card(**asked)
    assert used.layout
    records = [ROW | row for row in cells]
    return register_rows(used, read_records(used.dataset_id, url, records, used.layout).frame, url)


@pytest.mark.parametrize(
    ("amounts", "status"),
    [
        ({"Gevraagd": "€ 15.000"}, "requested"),
        ({"Gevraagd": "€ 15.000", "Verleend": "10.358,50"}, "granted"),
        ({"Gevraagd": "€ 15.000", "Verleend": "0"}, "zero_granted"),
        ({"Verleend": "-250,50"}, "granted"),
        ({"Verleend": "100", "Vastgesteld": "80.5"}, "settled"),
        ({"Verleend": "100", "Vastgesteld": "0"}, "settled"),
        ({"Verleend": "0", "Vastgesteld": "0"}, "settled"),
        ({"Gevraagd": "", "Verleend": "", "Vastgesteld": ""}, None),
    ],
)
def test_the_amounts_say_the_status(amounts: dict[str, str], status: str | None) -> None:
    assert rows(amounts)["status"].to_list() == [status]


def test_zero_and_missing_are_two_things_and_amounts_stay_apart() -> None:
    found = rows(
        {"Gevraagd": "€ 15.000", "Verleend": "0", "Vastgesteld": ""},
        {"Gevraagd": "", "Verleend": "1.234,56", "Vastgesteld": "1000.5"},
        {"Gevraagd": "-1", "Verleend": " ", "Vastgesteld": "-2"},
    )
    assert found.select(AMOUNTS).rows() == [(15000.0, 0.0, None), (None, 1234.56, 1000.5), (-1.0, None, -2.0)]
    assert found["row_number"].to_list() == [1, 2, 3]
    assert {name: found.schema[name] for name in found.columns} == {
        name: kind for name, kind in SUBSIDIES.items() if name not in ("dataset_id", "landed_sha256")
    }


def test_an_amount_that_no_column_holds_is_missing() -> None:
    found = rows({"Verleend": "5"})
    assert found.select(AMOUNTS).row(0) == (None, 5.0, None)


def test_words_of_the_register_go_before_the_amounts() -> None:
    words = {"Geweigerd": "refused", "Vastgesteld": "settled", "Teruggevorderd": "reclaimed"}
    found = rows(
        {"Stand": "geweigerd ", "Verleend": "0"},
        {"Stand": "Vastgesteld", "Verleend": "5"},
        {"Stand": "TERUGGEVORDERD", "Verleend": "-5"},
        {"Stand": "", "Verleend": "5"},
        status=words,
    )
    assert found["status"].to_list() == ["refused", "settled", "reclaimed", "granted"]


def test_thousands_become_euros() -> None:
    found = rows({"Gevraagd": "", "Verleend": "1,0050", "Vastgesteld": "-12.3"}, amounts="thousand_euro")
    assert found.select(AMOUNTS).row(0) == (None, 1005.0, -12300.0)


@given(st.lists(st.one_of(st.none(), st.integers(-(10**11), 10**11)), min_size=1, max_size=20))
def test_every_amount_is_the_one_of_its_row(cents: list[int | None]) -> None:
    cells = [{"Vastgesteld": "" if c is None else f"{c / 100:.2f}"} for c in cents]
    assert rows(*cells)["amount_settled_eur"].to_list() == [
        None if c is None else float(f"{c / 100:.2f}") for c in cents
    ]


def test_texts_are_tidied_and_the_grantor_comes_from_the_card_or_a_column() -> None:
    found = rows({"Regeling": " Straat\u00a0 feest\n", "Verleend": "1"}, {"Regeling": " ", "Verleend": "1"})
    assert found["scheme"].to_list() == ["Straat feest", None]
    assert set(found["grantor"]) == {"Gemeente Zaanstad"} and set(found["region_code"]) == {"GM0479"}
    columns = COLUMNS | {"Overheid": {"to": "grantor"}}
    by_column = rows({"Overheid": "Ministerie X", "Verleend": "1"}, columns=columns, region="NL01", grantor=None)
    assert by_column.select("region_code", "grantor").row(0) == ("NL01", "Ministerie X")


def test_no_name_of_a_person_gets_through() -> None:
    found = rows({"Wie": "J. Jansen", "Verleend": "1"}, {"Wie": "", "Verleend": "1"}, {"Verleend": "1"})
    assert found.select("recipient", "recipient_kind").rows() == [
        (MASK, "person"),
        (MASK, "unknown"),
        ("Stichting De Brug", "organisation"),
    ]


@pytest.mark.parametrize(
    ("cells", "asked", "told"),
    [
        ({"Verleend": "1,234.5"}, {}, ["'Verleend'", "'1,234.5'", "row 2", "-> correct `reads`"]),
        ({"Verleend": "onbekend"}, {}, ["'Verleend'", "'onbekend'", "row 2"]),
        ({"Verleend": "-"}, {}, ["'Verleend'", "'-'", "the mark -", "under `marks`"]),
        ({"Vastgesteld": "1.000,00"}, {}, ["'Vastgesteld'", "'1.000,00'"]),
        ({"Jaar": "2024-2025"}, {}, ["'Jaar'", "'2024-2025'", "row 2", "not a year"]),
        ({"Jaar": "24"}, {}, ["'Jaar'", "'24'"]),
        (
            {"Stand": "In behandeling"},
            {"status": {"Verleend": "granted"}},
            ["'Stand'", "'In behandeling'", "words Verleend"],
        ),
        (
            {"Overheid": ""},
            {"columns": COLUMNS | {"Overheid": {"to": "grantor"}}, "grantor": None},
            ["'Overheid'", "''", "row 1", "no grantor is named"],
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    cells: dict[str, str], asked: dict[str, Any], told: list[str]
) -> None:
    with pytest.raises(SourceError) as error:
        rows({}, cells, **asked)
    text = str(error.value)
    assert text.startswith(f"zaanstad/subsidies at {URL}: ") and " -> " in text
    assert all(part in text for part in told), text


def test_a_mark_that_the_layout_explains_is_missing() -> None:
    assert rows({"Verleend": "-"}, marks={"-": "blank"})["amount_granted_eur"].to_list() == [None]


@pytest.mark.parametrize(
    ("url", "register", "year"),
    [
        ("https://x/2001/subsidieregister-2015-excel", {"has_year_in_name": True}, 2015),
        ("https://x/Subsidieregister_Arnhem_2024.xlsx?v=2020", {"has_year_in_name": True}, 2024),
        ("https://x/register", {"year": 2023}, 2023),
    ],
)
def test_the_year_can_come_from_the_file(url: str, register: dict[str, Any], year: int) -> None:
    columns = {name: column for name, column in COLUMNS.items() if name != "Jaar"}
    used = card(columns=columns, **register)
    frame = pl.DataFrame({"Wie": ["Stichting A"], "Regeling": ["B"], "Verleend": ["1"]})
    assert register_rows(used, frame, url)["year"].to_list() == [year]


@pytest.mark.parametrize(
    ("url", "register", "told"),
    [
        ("https://x/register", {"has_year_in_name": True}, "no years, expected one"),
        ("https://x/register-2023-2024.csv", {"has_year_in_name": True}, "2 years, expected one"),
        ("https://x/register-20245.csv", {"has_year_in_name": True}, "no years"),
        (URL, {}, "no year -> give a column"),
    ],
)
def test_a_register_without_a_year_is_refused(url: str, register: dict[str, Any], told: str) -> None:
    columns = {name: column for name, column in COLUMNS.items() if name != "Jaar"}
    frame = pl.DataFrame({"Wie": ["Stichting A"], "Regeling": ["B"], "Verleend": ["1"]})
    with pytest.raises(RegiokompasError, match=told):
        register_rows(card(columns=columns, **register), frame, url)


def test_a_blank_year_is_missing() -> None:
    assert rows({"Jaar": "", "Verleend": "1"}, {"Verleend": "1"})["year"].to_list() == [None, 2024]


@pytest.mark.parametrize(
    ("columns", "register", "told"),
    [
        (COLUMNS | {"Verleend": {"to": "amount_granted_eur"}}, {}, "'Verleend' is an amount"),
        (COLUMNS, {"grantor": None}, "no grantor -> give"),
    ],
)
def test_a_card_that_does_not_say_how_is_refused(columns: dict[str, Any], register: dict[str, Any], told: str) -> None:
    with pytest.raises(CardError, match=told):
        rows({"Verleend": "1"}, columns=columns, **register)


# What was paid under each scheme; who was paid is beside it.
BY_SCHEME = {"rijk/financial_instruments"}


def test_every_card_of_a_register_says_who_when_and_how_much() -> None:
    assert {"amsterdam/subsidies", AMSTERDAM, "den_haag/subsidies", "utrecht/subsidies", RIJK} < REGISTERS.keys()
    for dataset_id, found in REGISTERS.items():
        assert found.layout and found.subsidy_register
        fields = {column.to for column in found.layout.columns.values()}
        assert "amount_granted_eur" in fields and ("recipient" in fields) != (dataset_id in BY_SCHEME), dataset_id
        assert "grantor" in fields or found.subsidy_register.grantor, dataset_id
        register = found.subsidy_register
        assert ("year" in fields) != bool(register.year or register.has_year_in_name), dataset_id


GOOD: dict[str, Any] = {
    **{
        "dataset_id": "den_haag/subsidies",
        "row_number": 1,
        "region_code": "GM0518",
        "grantor": "Gemeente",
        "year": 2024,
    },
    **{"scheme": "A", "theme": None, "recipient": "Stichting A", "recipient_kind": "organisation", "status": "granted"},
    **dict.fromkeys(AMOUNTS),
    **{"amount_granted_eur": -5.0, "landed_sha256": "0" * 64},
}


def written(folder: Path, *changes: dict[str, Any]) -> Path:
    frame = pl.DataFrame([GOOD | {"row_number": i} | c for i, c in enumerate(changes, start=1)], schema=SUBSIDIES)
    frame.write_parquet(folder / "subsidies.parquet")
    return folder


def test_rows_of_the_shape_pass(tmp_path: Path) -> None:
    no_amount = {"status": None, "amount_granted_eur": None, "year": None, "scheme": None}
    check_subsidies(written(tmp_path, {}, no_amount, {"recipient": MASK, "recipient_kind": "person"}))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"region_code": "CR01"}, ["row 2", "region_code", "'CR01'"]),
        ({"year": 1015}, ["row 2", "year", "1015"]),
        ({"status": "verleend"}, ["row 2", "status", "'verleend'"]),
        ({"recipient_kind": "firm"}, ["row 2", "recipient_kind", "'firm'"]),
        ({"grantor": ""}, ["row 2", "grantor"]),
        ({"landed_sha256": "x"}, ["row 2", "landed_sha256"]),
        ({"row_number": 1}, ["row 1", "shares its number"]),
        ({"status": None}, ["row 2", "has an amount and no status"]),
        ({"status": "granted", "amount_granted_eur": 0.0}, ["row 2", "a status that its amounts contradict"]),
        ({"status": "zero_granted", "amount_granted_eur": 5.0}, ["row 2", "a status that its amounts contradict"]),
        ({"recipient": "J. Jansen", "recipient_kind": "person"}, ["row 2", "names one that is not"]),
        ({"recipient": "Bakkerij Jansen", "recipient_kind": "unknown"}, ["row 2", "names one that is not"]),
        ({"recipient": "J. Jansen", "recipient_kind": "firm"}, ["row 2", "recipient_kind"]),
    ],
)
def test_the_check_names_the_row_and_repeats_no_name(tmp_path: Path, change: dict[str, Any], told: list[str]) -> None:
    with pytest.raises(WireError) as error:
        check_subsidies(written(tmp_path, {}, change))
    text = str(error.value)
    assert text.startswith("den_haag/subsidies: ") and all(part in text for part in told), text
    assert error.value.rows.height >= 1, "no failing row to show"
    assert "Jansen" not in text + str(error.value.rows.rows())


def published(dataset_id: str, file: str) -> pl.DataFrame:
    layout = REGISTERS[dataset_id].layout
    assert layout
    url = f"https://x/{file}"
    return register_rows(
        REGISTERS[dataset_id], read_table(dataset_id, url, (FILES / file).read_bytes(), layout).frame, url
    )


@pytest.mark.standin
def test_amsterdam_2016_to_the_euro() -> None:
    found = published(AMSTERDAM, "municipal/amsterdam-subsidies-2016.json")
    sent = json.loads((FILES / "municipal/amsterdam-subsidies-2016.json").read_text(encoding="utf-8"))
    assert found.height == len(sent) == 2691
    assert found["amount_granted_eur"].sum() == 427_419_075
    assert found["status"].value_counts().sort("status").rows() == [("granted", 2237), ("zero_granted", 454)]
    assert found["amount_requested_eur"].null_count() == 0 and found["amount_settled_eur"].null_count() == 2691
    assert found.filter(theme="Economie").height == 26
    # Four hundred grants and more to private persons, by the register's own word for them.
    particulier = [i for i, row in enumerate(sent) if row["Naam"] == "(Particulier)"]
    assert set(found[particulier].select("recipient", "recipient_kind").rows()) == {(MASK, "person")}


@pytest.mark.standin
def test_the_ministries_2015() -> None:
    found = published(RIJK, "national/subsidiesministeries2015.csv")
    assert found.height == 25_163
    assert found.filter(pl.col("scheme").str.contains("MIT", literal=True)).height == 643
    assert found.filter(scheme="Bevorderen ondernemerschap").height == 33
    assert found.filter(grantor="Ministerie van Economische Zaken").height == 11_580
    assert found.filter(pl.col("amount_granted_eur") < 0)["status"].unique().to_list() == ["granted"]
    # Of one row the ministry gives no amount, so nothing is known of how far it is.
    assert found.filter(pl.col("status").is_null())["amount_granted_eur"].to_list() == [None]


@pytest.mark.standin
def test_the_ministries_name_nobody_who_may_be_a_person() -> None:
    found = published(RIJK, "national/subsidiesministeries2015.csv")
    shown = found.filter(pl.col("recipient") != MASK)
    assert shown["recipient_kind"].unique().to_list() == ["organisation"]
    names = shown["recipient"].unique()
    # Whoever has initials and is named is a foundation, an association or a public body.
    initials = names.filter(names.str.contains(r"(^|[ (])[A-Z]\.( ?[A-Z]\.)* ?[A-Z][a-z]+"))
    nobodys = r"(?i)\b(stichting|stg|st\.|vereniging|gemeente|universiteit|u\.?a)"
    assert initials.filter(~initials.str.contains(nobodys)).to_list() == []
    for part in ("huisarts", "maatschap ", "vof", "dhr", "mw.", "zeevishandel", "l.a. van der", "zorgboerderij"):
        alone = names.filter(names.str.to_lowercase().str.contains(part, literal=True))
        legal = r"(?i)\b(b\.?v|n\.?v|st|stg|stichting|vereniging|u\.?a)\b|co.?perati|genootschap|centrum"
        assert alone.filter(~alone.str.contains(legal)).to_list() == [], part
