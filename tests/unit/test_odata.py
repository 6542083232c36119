"""Reading what CBS OData sends: envelopes without parsing their rows, and the match of card and source."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.clients.description import SourceCode, SourceMeasure, check_unit, describe, match, plain, wire_names
from pipelines.clients.jsons import read_json
from pipelines.clients.odata import next_link, read_envelope, read_rows
from pipelines.errors import MismatchError, SourceError
from pipelines.settings import CARDS
from pipelines.sources.card import SourceCard, load_cards
from pipelines.sources.dimensions import Code, Measure

CARD: SourceCard = load_cards(CARDS)["cbs/70072ned"]

# Texts that a careless reader takes for structure.
TRICKY = st.one_of(
    st.text(max_size=8), st.text(alphabet='[]{}",:\\ \n', max_size=8), st.sampled_from(['"value":[', "]}", '"]', "],"])
)
SCALARS = st.one_of(st.none(), st.integers(-999, 999), TRICKY)
ROWS = st.lists(st.dictionaries(TRICKY, SCALARS, max_size=3), max_size=4)
AROUND = st.dictionaries(
    st.sampled_from(["@odata.context", "@odata.count", "@odata.nextLink", "odata.metadata", "odata.nextLink"]), SCALARS
)


@st.composite
def pages(draw: st.DrawFn) -> tuple[bytes, list[dict[str, Any]], dict[str, Any]]:
    """The body of a page with its keys in any order, its rows, and what stands around them."""
    rows, around = draw(ROWS), draw(AROUND)
    keys = draw(st.permutations(["value", *around]))
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " : ")]))
    content = {key: rows if key == "value" else around[key] for key in keys}
    body = json.dumps(content, separators=separators, ensure_ascii=draw(st.booleans()))
    return body.encode("utf-8", "surrogatepass"), rows, around


@given(pages())
def test_rows_are_sliced_out_whatever_stands_in_them(page: tuple[bytes, list[Any], dict[str, Any]]) -> None:
    body, rows, around = page
    found = read_envelope(body)
    assert json.loads(bytes(found.rows)) == rows
    assert {key: value for key, value in found.head.items() if key != "value"} == around


@given(pages(), st.floats(0, 1, exclude_max=True))
@example((b'{"value":[{"a":"]}"}]}', [{"a": "]}"}], {}), 18.5 / 22)
def test_a_torn_page_is_never_taken_for_a_whole_one(page: tuple[bytes, Any, Any], part: float) -> None:
    body = page[0]
    with pytest.raises(ValueError, match="expected"):
        read_envelope(body[: int(len(body) * part)])


@pytest.mark.parametrize(
    "body", [b"", b"<!DOCTYPE html>", b"[]", b"null", b'{"value":null}', b'{"value":{}}', b'{"other":[]}', b"\xff\xfe"]
)
def test_what_is_no_page_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="expected"):
        read_envelope(body)


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="expected a JSON object"):
        read_json(body)


@pytest.mark.parametrize("body", [b"{}", b'{"value":{}}', b'{"value":[1]}', b'{"value":"x"}'])
def test_what_is_no_set_of_rows_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="expected a list of objects under `value`"):
        read_rows(body)


def test_the_next_link_is_found_on_both_ways() -> None:
    assert next_link({"@odata.nextLink": "a"}) == "a"
    assert next_link({"odata.nextLink": "b"}) == "b"
    assert next_link({"@odata.count": 3}) is None


def topic(code: str, title: str = "", unit: str = "aantal", groups: tuple[str, ...] = ()) -> SourceMeasure:
    return SourceMeasure(code, 1, title, unit, 0, groups)


def wanted(code: str = "Banen", title: str = "Totaal aantal banen", **more: Any) -> Measure:
    return Measure.model_validate({"code": code, "title": title, "certainty": "seen"} | more)


def assumed(code: str = "Banen", title: str = "Totaal aantal banen", **more: Any) -> Measure:
    return wanted(code, title, certainty="assumed", **more)


@pytest.mark.parametrize(
    ("measure", "offered"),
    [
        (wanted(), [topic("Banen"), topic("Banen_3")]),
        (wanted(aliases=["M1"]), [topic("M1"), topic("X", "Totaal aantal banen")]),
        (wanted(), [topic("Banen_112"), topic("BanenVanWerknemers_113")]),
        (wanted(), [topic("M7", "totaal  aantal BANEN "), topic("M8", "Totaal aantal banen van werknemers")]),
        (wanted(unit="x 1 000"), [topic("M7", "Totaal aantal banen", "x 1 000"), topic("M8", "Totaal aantal banen")]),
    ],
    ids=["by code", "by alias", "by key without number", "by title", "by title and unit"],
)
def test_the_first_is_the_one_that_is_meant(measure: Measure, offered: list[SourceMeasure]) -> None:
    assert match(CARD, "measure", measure, offered) == offered[0]
    assert match(CARD, "measure", measure, reversed(offered)) == offered[0]


def test_several_that_match_are_refused_by_name() -> None:
    told = r"measure Banen matches 2 of the source: Banen_1 \(aantal\), Banen_9 \(Banen, %\) in Arbeid / Aandeel"
    with pytest.raises(SourceError, match=told) as error:
        twins = [topic("Banen_1"), topic("Banen_9", "Banen", "%", groups=("Arbeid", "Aandeel"))]
        match(CARD, "measure", wanted(), twins)
    assert str(error.value).startswith("cbs/70072ned: ") and "write the whole code" in str(error.value)


def test_none_that_matches_is_refused_with_what_there_is() -> None:
    offered = [topic(f"Inwoners_{i}", "Inwoners") for i in range(30)]
    offered += [topic("TotaalBanen_116", "Totaal  banen", "x 1000", groups=("Arbeid",)), topic("Uitkeringen_2")]
    with pytest.raises(SourceError) as error:
        match(CARD, "measure", wanted(unit="x 1 000"), offered)
    text = str(error.value)
    # What looks most like it comes first, with all that a person needs to decide.
    there = "which has: TotaalBanen_116 (Totaal banen, x 1000) in Arbeid, "
    assert f"measure Banen (Totaal aantal banen, x 1 000) is not in the source, {there}" in text
    assert "and 24 more -> correct the measure on the card, and the indicators that use it" in text


def test_a_code_of_a_dimension_is_told_with_its_title() -> None:
    total = Code.model_validate({"code": "T1", "title": "Totaal", "certainty": "seen"})
    offered = [SourceCode("TG05   ", 0, "Bedrijven  en instellingen", None), SourceCode("TG07   ", 1, "Alle ", None)]
    with pytest.raises(MismatchError, match=r"T1 \(Totaal\) is not .* TG07 \(Alle\)") as error:
        match(CARD, "TypeGefailleerde code", total, offered)
    assert "TG05 (Bedrijven en instellingen)" in str(error.value)


def test_a_category_is_not_matched_without_its_running_number() -> None:
    total = Code.model_validate({"code": "T1", "title": "Totaal", "certainty": "seen"})
    with pytest.raises(SourceError, match="is not in the source"):
        match(CARD, "code", total, [SourceCode("T1_2", 0, "Iets anders", None)])


# What CBS wrote in recorded answers, and what differs in meaning.
SAME = [
    ("x 1 000", "x 1000"),
    ("x 1 000", "x 1.000"),
    ("x 1 000", " X  1 000 "),
    ("1 000 euro", "1000 euro"),
    ("1 000 000 euro", "1.000.000 euro"),
    ("Totaal", "Totaal "),
    ("Uitgesproken faillissementen", "Uitgesproken  faillissementen"),
    ("Bedrijven, instellingen en eenmanszaken", "Bedrijven, Instellingen en  eenmanszaken"),
    ("NV's en BV's", "NV\u2019s en BV\u2019s"),
    ("10 000 tot 15 000 euro", "10.000 tot 15.000 euro"),
]
OTHER = [
    ("x 1 000", "x 100"),
    ("x 1 000", "x 1 0000"),
    ("1 000 euro", "1 euro"),
    ("aantal", "%"),
    ("0 tot 5", "05"),
    ("2 havo", "2havo"),
    ("1.5 km", "15 km"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_texts_are_the_same_whatever_their_case_spaces_and_thousands(one: str, other: str) -> None:
    assert plain(one) == plain(other) == plain(plain(other))
    found = topic("M7", other, other)
    assert match(CARD, "measure", assumed(title=one, unit=one), [topic("M8"), found]) == found
    check_unit(CARD, wanted(unit=one), found)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_texts_of_another_meaning_stay_apart(one: str, other: str) -> None:
    assert plain(one) != plain(other)
    with pytest.raises(MismatchError, match="the card expects"):
        check_unit(CARD, wanted(unit=one), topic("M7", unit=other))


@pytest.mark.parametrize(("unit", "fits"), [("x 1 000", True), (" X  1 000", True), ("", True), ("aantal", False)])
def test_another_unit_is_refused_and_an_empty_one_says_nothing(unit: str, fits: bool) -> None:
    measure, found = wanted(unit="x 1 000"), topic("Banen_1", unit=unit)
    if fits:
        check_unit(CARD, measure, found)
    else:
        with pytest.raises(SourceError, match="Banen_1 has the unit 'aantal'; the card expects 'x 1 000'"):
            check_unit(CARD, measure, found)


def test_other_dimensions_than_those_of_the_card_are_refused() -> None:
    assert wire_names(CARD, ["Perioden", "RegioS"]) == {"RegioS": "RegioS", "Perioden": "Perioden"}
    with pytest.raises(MismatchError, match="has the dimensions Geslacht, Perioden, RegioS; the card expects"):
        wire_names(CARD, ["Perioden", "RegioS", "Geslacht"])
    with pytest.raises(MismatchError, match="has the dimensions RegioS; the card expects"):
        wire_names(CARD, ["RegioS"])


def test_a_dimension_is_found_by_its_other_name() -> None:
    content = CARD.model_dump()
    content["dimensions"]["RegioS"]["aliases"] = ["Regio", "RegionS"]
    card = SourceCard.model_validate(content)
    assert wire_names(card, ["Perioden", "RegionS"]) == {"RegioS": "RegionS", "Perioden": "Perioden"}


def test_an_empty_code_list_is_refused() -> None:
    offered = [topic(f"{m.code}_1" if not m.aliases else m.aliases[0], m.title, m.unit or "") for m in CARD.measures]
    with pytest.raises(SourceError, match="the code list of RegioS is empty"):
        describe(CARD, offered, {"RegioS": [], "Perioden": [PERIOD]}, WIRE)


PERIOD = SourceCode("2015JJ00", 0, "2015", None)
WIRE = {"RegioS": "RegioS", "Perioden": "Perioden"}


def test_what_is_not_there_is_told_and_the_rest_is_kept() -> None:
    regions = [SourceCode("GM0363  ", 0, "Amsterdam", None)]
    described = describe(
        CARD, [topic("TotaleBevolking_1", "Totale bevolking")], {"RegioS": regions, "Perioden": [PERIOD]}, WIRE
    )
    assert [code for code, _ in described.measures.values()] == ["TotaleBevolking"]
    assert {("", m.code) for m in CARD.measures} - described.missing.keys() == {("", "TotaleBevolking")}
    lack = described.missing["", "TotaalAantalBanen"]
    assert lack.kind == "measure" and "Banen" in lack.problem


def test_a_table_without_any_measure_of_the_card_is_refused() -> None:
    with pytest.raises(MismatchError, match="is not in the source"):
        describe(CARD, [topic("Iets_1", "Iets")], {"RegioS": [PERIOD], "Perioden": [PERIOD]}, WIRE)


def test_a_code_that_is_only_believed_is_found_by_title_and_unit() -> None:
    right, other = topic("M7", "Totaal aantal banen", "x 1 000"), topic("M8", "Totaal aantal banen", "%")
    assert match(CARD, "measure", assumed(unit="x 1 000"), [other, right]) == right


def test_a_code_that_is_only_believed_is_not_taken_for_what_it_is_not() -> None:
    with pytest.raises(
        MismatchError, match=r"Banen \(Totaal aantal banen\) is not .* has: Banen \(Vacatures, aantal\)"
    ):
        match(CARD, "measure", assumed(), [topic("Banen", "Vacatures")])


def test_a_code_that_is_only_believed_is_refused_when_two_have_its_title() -> None:
    with pytest.raises(MismatchError, match=r"matches 2 of the source: M7 .*, M8 "):
        match(CARD, "measure", assumed(), [topic("M7", "Totaal aantal banen"), topic("M8", "Totaal aantal banen")])
    believed = assumed(aliases=["M8"])
    both = [topic("M7", "Totaal aantal banen"), topic("M8", "Totaal aantal banen")]
    assert match(CARD, "measure", believed, both) == both[1]
