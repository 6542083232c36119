"""A name is published only where it is evidently an organisation."""

import csv
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import CardError
from pipelines.reading.recipients import KINDS, MASK, SEED, masked_recipients, named_though_hidden, recipient_words

PARTS = [
    "Stichting",
    "B.V.",
    "J.",
    "A",
    "Jansen",
    "Bakkerij",
    "van",
    "de",
    "dhr.",
    "V.O.F.",
    "/",
    "theater",
    "Zuid",
    ",",
]


def masked(*names: str | None) -> list[tuple[str, str]]:
    return masked_recipients(pl.Series(names, dtype=pl.String)).drop("recipient_key").rows()


def keys(*names: str | None) -> list[str | None]:
    return masked_recipients(pl.Series(names, dtype=pl.String))["recipient_key"].to_list()


@pytest.mark.parametrize(
    "name",
    [
        "Stichting De Brug",
        "STG DE ZIJLEN",
        "St. Afrika Daryeel",
        "Rosa Spier Stichting",
        "Ondernemersvereniging de Vijzel",
        "BIZ Zeedijk",
        "Jansen Beheer B.V.",
        "529 Events BV",
        "B&A Civic B.V.",
        "Stadsherstel Amsterdam N.V.",
        "Coöperatie AVEBE U.A.",
        "Gemeente Haarlem",
        "Universiteit van Amsterdam",
        "Bijlmer Parktheater",
        "Amsterdam Museum",
        "Jeugdsportfonds Amsterdam",
        "De Amsterdamse Montessorischool",
        "Kinderdagverblijf 't Vogeltje B.V.",
        "Organisatie in provincie Noord-Holland / Zuid-Holland",
        # Nobody owns these, so the name in them is not of who gets the money.
        "Ondernemersvereniging P.C. Hooftstraat",
        "Stichting Dr. A.F. Philips",
    ],
)
def test_an_evident_organisation_is_named(name: str) -> None:
    assert masked(name) == [(name, "organisation")]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("natuurlijk persoon", "person"),
        ("natuurlijk persoon of v.o.f.", "person"),
        ("(Particulier)", "person"),
        ("dhr. P. de Vries", "person"),
        ("Mevr. Bakker", "person"),
        ("Sterren van de hemel (mw. Bakker)", "person"),
        ("Stichting De Brug t.a.v. mevrouw Bakker", "person"),
        ("Fam. Bakker", "person"),
        ("Bakker t.h.o.d.n. Bakker Training BV", "person"),
        ("J. Jansen", "person"),
        ("j. jansen", "person"),
        ("J.G. van der Berg", "person"),
        ("Th. Jansen", "person"),
        ("J G de Vries", "person"),
        ("Jansen, J.G.", "person"),
        ("Bakkerij J. Jansen", "person"),
        ("Theater J. Jansen", "person"),
        ("J.G. Jansen Beheer B.V.", "person"),
        ("M. van 't Hof B.V.", "person"),
        ("Huisartsenpraktijk J.G. Jansen", "person"),
        ("Jan Jansen", "unknown"),
        ("Bakkerij Jansen", "unknown"),
        ("Kantoor Jansen", "unknown"),
        ("Taxi Jansen", "unknown"),
        ("V.O.F. Jansen", "unknown"),
        ("Vennootschap onder firma De Hoek B.V.", "unknown"),
        ("Maatschap Bakker & Jansen", "unknown"),
        ("Rijschool Jansen", "unknown"),
        ("Karateschool Jansen", "unknown"),
        ("VVE Dorpsstraat 12", "unknown"),
        ("Vereniging van Eigenaars Dorpsstraat 12", "unknown"),
        ("Stichting De Brug / Jan Jansen", "unknown"),
        ("Jan Jansen / Stichting De Brug", "unknown"),
        ("X", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_who_is_no_evident_organisation_is_not_named(name: str | None, kind: str) -> None:
    assert masked(name) == [(MASK, kind)]


ORGANISATION = "Stichting De Brug"


@pytest.mark.parametrize(
    "rest",
    [
        ";Truus Blokker",
        "|Truus Blokker",
        "\tTruus Blokker",
        "\nTruus Blokker",
        "\r\nTruus Blokker",
        "\x0bTruus Blokker",
        "\u2028Truus Blokker",
        ", 15000, Truus Blokker",
        ", 15.000, Truus Blokker",
        ", 15 000, Truus Blokker",
        ", 15,00, Truus Blokker",
        " 0612345678",
        " NL02ABNA0123456789",
        " 1012 AB",
        " 1-7-2024 Truus Blokker",
        " 2024-07-01 Truus Blokker",
        " 4711 Truus Blokker",
        " en Truus Blokker" * 8,
    ],
)
def test_a_row_that_came_apart_is_no_name(rest: str) -> None:
    assert masked(ORGANISATION) == [(ORGANISATION, "organisation")]
    assert masked(ORGANISATION + rest) == [(MASK, "unknown")]
    assert masked(f'"{ORGANISATION}{rest}') == [(MASK, "unknown")]


@pytest.mark.parametrize(
    "name",
    ["Stichting Herdenking 1945", "529 Events BV", "Vereniging 50 jaar, Zuid", "Studio 100 B.V.", "BIZ 2024-2028"],
)
def test_a_year_and_a_number_may_stand_in_a_name(name: str) -> None:
    assert masked(name) == [(name, "organisation")]


WAYS = ["{f}. {s}", "{f} {s}", "{s}, {f}.", "{s} {f}", "{S} {F}.", "{f}.{s}", "({s}, {f})"]
SURNAMES = ["Blokker", "van Puffelen", "de Wit-Zwart", "Müller", "O'Neill", "Bloembergen"]


@pytest.mark.parametrize("surname", SURNAMES)
def test_all_ways_of_writing_a_name_have_one_key(surname: str) -> None:
    names = [way.format(f="T", F="T", s=surname, S=surname.upper()) for way in WAYS]
    assert len(set(keys(*names))) == 1
    assert len(set(keys(*(f"Theater {name}" for name in names)))) == 1
    assert keys(names[0]) != keys(f"{names[0]} Stichting") and keys("", None, " ") == [None] * 3


@given(
    surname=st.sampled_from(SURNAMES),
    way=st.sampled_from(WAYS),
    parted=st.sampled_from([";", "|", "\t", "\n", "\r", " \n "]),
    before=st.sampled_from(["", '"', "Theater ", "Stichting De Brug", "B.V. "]),
    after=st.sampled_from(["", '"', " 2024", " Stichting", " B.V."]),
    first=st.booleans(),
)
def test_no_person_gets_out_of_a_row_that_came_apart(
    surname: str, way: str, parted: str, before: str, after: str, first: bool
) -> None:
    person = way.format(f="T", F="T", s=surname, S=surname.upper())
    cell = f"{before}{person}{parted}{after}x" if first else f"{before}x{parted}{person}{after}"
    assert masked(cell)[0][0] == MASK


def test_what_must_not_be_published_is_found_as_it_stands() -> None:
    assert named_though_hidden([MASK, ORGANISATION, "T. Blokker", "Truus Blokker"]) == ["T. Blokker", "Truus Blokker"]


def test_rows_keep_their_order_and_spaces_are_tidied() -> None:
    assert masked("Gemeente  Ede ", "Jan Jansen", None, "Gemeente Ede", "Jan Jansen") == [
        ("Gemeente Ede", "organisation"),
        (MASK, "unknown"),
        (MASK, "unknown"),
        ("Gemeente Ede", "organisation"),
        (MASK, "unknown"),
    ]
    assert masked() == []


@given(
    st.lists(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PARTS), max_size=6).map(" ".join)), max_size=5)
)
def test_masking_twice_changes_nothing(names: list[str]) -> None:
    once = masked(*names)
    assert [name for name, _ in masked(*(name for name, _ in once))] == [name for name, _ in once]
    assert all((name == MASK) != (kind == "organisation") for name, kind in once)


def words_of_organisations() -> list[str]:
    with SEED.open(encoding="utf-8", newline="") as file:
        return [row["word"] for row in csv.DictReader(file) if row["kind"] == "organisation"]


def letters(text: str) -> str:
    plain = pl.Series([text]).str.normalize("NFKD").str.to_lowercase()[0]
    return "".join(letter for letter in plain if letter.isalnum())


@given(st.text(max_size=60))
def test_no_name_without_a_word_of_organisations_is_published(name: str) -> None:
    has_one = any(letters(word) in letters(name) for word in words_of_organisations())
    assert has_one or masked(name)[0][0] == MASK


@pytest.mark.parametrize("before", ["", "Bakkerij ", "Theater ", "Restaurant de "])
@given(
    initials=st.lists(st.sampled_from("ABCDEFGHJKLMNPRSTVW"), min_size=1, max_size=4),
    particle=st.sampled_from(["", "van ", "de ", "van der ", "ten "]),
    surname=st.sampled_from(["Jansen", "Vries", "Berg", "Öztürk", "Smit-Bakker", "d'Hondt"]),
    after=st.sampled_from(["", " B.V.", " Beheer BV", " en Zonen B.V.", ", museum", " N.V. (Noord)"]),
)
def test_initials_with_a_surname_are_never_published(
    before: str, initials: list[str], particle: str, surname: str, after: str
) -> None:
    for form in (
        ".".join(initials) + ". ",
        ". ".join(initials) + ". ",
        " ".join(initials) + " ",
        ".".join(initials) + ".",
    ):
        # Initials can spell a word that hides as well, such as that of owners of a building.
        ((name, kind),) = masked(before + form + particle + surname + after)
        assert name == MASK and kind in ("person", "unknown")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("school,middle,organisation,false,", "'middle' in match"),
        ("school,suffix,firm,false,", "'firm' in kind"),
        ("school,suffix,organisation,perhaps,", "'perhaps' in is_above_name"),
    ],
)
def test_a_row_of_the_seed_that_says_nothing_is_refused(tmp_path: Path, row: str, told: str) -> None:
    seed = tmp_path / "recipient_words.csv"
    seed.write_text(f"word,match,kind,is_above_name,note\n{row}\n", encoding="utf-8")
    with pytest.raises(CardError, match=told):
        recipient_words(seed)


def test_without_words_nobody_is_named(tmp_path: Path) -> None:
    seed = tmp_path / "recipient_words.csv"
    seed.write_text("word,match,kind,is_above_name,note\n", encoding="utf-8")
    names = pl.Series(["Stichting De Brug", "J. Jansen", ""])
    frame = masked_recipients(names, recipient_words(seed))
    assert frame["recipient"].to_list() == [MASK] * 3
    assert set(frame["recipient_kind"]) < set(KINDS)
