"""Eurostat: cells at their right place, flags as they were sent, and refusals in its own words."""

import copy
import json
from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_http import BASE, Answer, Memory, Site, hasty, open_site

from pipelines.clients import eurostat
from pipelines.clients.jsonstat import read_cube
from pipelines.clients.pages import State
from pipelines.errors import MismatchError, NotThereError, SourceError
from pipelines.settings import CARDS
from pipelines.sources.access import EurostatAccess
from pipelines.sources.card import SourceCard, load_cards

# An answer of nama_10_gdp that was recorded: GDP of Germany and France in 2022 and 2023, in million euro.
GDP: dict[str, Any] = {
    "version": "2.0",
    "class": "dataset",
    "label": "Gross domestic product (GDP) and main components",
    "source": "ESTAT",
    "updated": "2026-02-06T23:00:00+0100",
    "value": {"0": 3989390.0, "1": 4219310.0, "2": 2653997.2, "3": 2833826.4},
    "id": ["freq", "unit", "na_item", "geo", "time"],
    "size": [1, 1, 1, 2, 2],
    "dimension": {
        "freq": {"category": {"index": {"A": 0}, "label": {"A": "Annual"}}},
        "unit": {"category": {"index": {"CP_MEUR": 0}, "label": {"CP_MEUR": "Current prices, million euro"}}},
        "na_item": {"category": {"index": {"B1GQ": 0}, "label": {"B1GQ": "Gross domestic product at market prices"}}},
        "geo": {"category": {"index": {"DE": 0, "FR": 1}, "label": {"DE": "Germany", "FR": "France"}}},
        "time": {"category": {"index": {"2022": 0, "2023": 1}, "label": {"2022": "2022", "2023": "2023"}}},
    },
}


def card_for(**more: Any) -> SourceCard:
    return SourceCard.model_validate(
        {
            **BASE,
            "publisher": "eurostat",
            "access": [
                {
                    "protocol": "eurostat",
                    "dataset": "nama_10_gdp",
                    "query": {"geo": ["DE", "FR"], "unit": ["CP_MEUR"], "sinceTimePeriod": ["2022"]},
                }
            ],
            "dimensions": {
                "unit": {"role": "measure"},
                "na_item": {"role": "category"},
                "geo": {"role": "region"},
                "time": {"role": "period"},
            },
            "measures": [
                {"code": "gdp", "title": "GDP", "unit": "mln euro", "certainty": "seen", "aliases": ["CP_MEUR"]}
            ],
            **more,
        }
    )


CARD = card_for()


def changed(change: Callable[[dict[str, Any]], Any]) -> bytes:
    content = copy.deepcopy(GDP)
    change(content)
    return json.dumps(content).encode()


def rows(body: bytes, card: SourceCard = CARD) -> list[tuple[Any, ...]]:
    return eurostat.statistics_rows(card, read_cube(body)).rows()


def test_a_recorded_answer_becomes_rows_in_the_codes_of_the_card() -> None:
    assert rows(json.dumps(GDP).encode()) == [
        ("gdp", "DE", "2022JJ00", "na_item=B1GQ", 3989390.0, "None"),
        ("gdp", "DE", "2023JJ00", "na_item=B1GQ", 4219310.0, "None"),
        ("gdp", "FR", "2022JJ00", "na_item=B1GQ", 2653997.2, "None"),
        ("gdp", "FR", "2023JJ00", "na_item=B1GQ", 2833826.4, "None"),
    ]


@pytest.mark.parametrize(
    ("value", "status", "expected"),
    [
        ([1, 2.5, None, 0], None, [(1.0, "None"), (2.5, "None"), (None, ":"), (0.0, "None")]),
        ({"1": 2}, {"1": "p", "2": "c"}, [(None, ":"), (2.0, "p"), (None, "c"), (None, ":")]),
        ({}, {"0": ":", "1": "|C", "2": "d|C", "3": "bep"}, [(None, ":"), (None, "|C"), (None, "|C"), (None, "bep")]),
        ([1, 2, 3, 4], ["e", None, "", "bp"], [(1.0, "e"), (2.0, "None"), (3.0, "None"), (4.0, "bp")]),
        ([1, None, 3, 4], "p", [(1.0, "p"), (None, "p"), (3.0, "p"), (4.0, "p")]),
        ({"3": None, "0": -0.5}, {}, [(-0.5, "None"), (None, ":"), (None, ":"), (None, ":")]),
    ],
)
def test_flags_are_kept_and_what_is_not_there_is_missing(value: Any, status: Any, expected: list[Any]) -> None:
    body = changed(lambda content: content.update(value=value, **({"status": status} if status is not None else {})))
    assert [row[4:] for row in rows(body)] == expected


def test_every_flag_has_a_meaning_in_the_seed() -> None:
    seed = (CARDS.parents[1] / "dbt_project" / "seeds" / "value_status.csv").read_text(encoding="utf-8")
    known = {line.split(",")[0] for line in seed.splitlines()}
    assert {"None", ":", "p", "e", "b", "c", "u", "d", "n", "s", "z", "bp", "be", "ep", "bdep", "|C"} <= known


@pytest.mark.parametrize(
    ("time", "code"),
    [
        ("2022", "2022JJ00"),
        ("2022-Q1", "2022KW01"),
        ("2022-S2", "2022HJ02"),
        ("2022-01", "2022MM01"),
        ("2022-12", "2022MM12"),
        ("2022-13", None),
        ("2022-W05", None),
        ("2022Q1", None),
        ("2022-01-01", None),
        ("", None),
    ],
)
def test_periods_are_written_as_cbs_does(time: str, code: str | None) -> None:
    assert eurostat.period_code(time) == code


@given(
    sizes=st.lists(st.integers(1, 4), min_size=3, max_size=3),
    order=st.permutations(["unit", "geo", "time"]),
    as_list=st.booleans(),
    indexed=st.booleans(),
)
def test_every_cell_stands_at_its_place(sizes: list[int], order: list[str], as_list: bool, indexed: bool) -> None:
    codes = {
        name: [f"{2000 + i}" if name == "time" else f"{name}{i}" for i in range(size)]
        for name, size in zip(order, sizes, strict=True)
    }
    cells = list(product(*codes.values()))
    dimension = {
        name: {"category": {"index": {code: i for i, code in reversed(list(enumerate(of)))} if indexed else of}}
        for name, of in codes.items()
    }
    value = list(range(len(cells))) if as_list else {str(i): i for i in reversed(range(len(cells)))}
    body = json.dumps({"id": order, "size": sizes, "dimension": dimension, "value": value}).encode()
    card = card_for(
        dimensions={"unit": {"role": "measure"}, "geo": {"role": "region"}, "time": {"role": "period"}},
        measures=[{"code": code, "title": code, "unit": "x", "certainty": "seen"} for code in codes["unit"]],
    )
    expected = []
    for i, cell in enumerate(cells):
        at = dict(zip(order, cell, strict=True))
        expected.append((at["unit"], at["geo"], f"{at['time']}JJ00", "", float(i), "None"))
    assert rows(body, card) == expected


def test_only_what_the_card_keeps_becomes_rows_and_dims_are_sorted() -> None:
    def more(content: dict[str, Any]) -> None:
        content["id"] = ["unit", "sex", "age", "geo", "time"]
        content["size"] = [2, 2, 1, 1, 2]
        content["value"] = [float(i) for i in range(8)]
        content["dimension"] = {
            "unit": {"category": {"index": ["PC", "CP_MEUR"]}},
            "sex": {"category": {"index": {"F": 1, "T": 0}}},
            "age": {"category": {"index": ["Y15-74"]}},
            "geo": {"category": {"label": {"NL34": "Zeeland"}}},
            "time": {"category": {"index": ["2022-Q4", "2023"]}},
        }

    card = card_for(
        dimensions={
            "unit": {"role": "measure"},
            "sex": {
                "role": "category",
                "codes": [{"code": "both", "title": "Total", "certainty": "seen", "aliases": ["T"]}],
            },
            "age": {"role": "category"},
            "geo": {"role": "region"},
            "time": {"role": "period", "kinds": ["JJ"]},
        }
    )
    assert rows(changed(more), card) == [("gdp", "NL34", "2023JJ00", "age=Y15-74;sex=both", 5.0, "None")]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda c: c.update(size=[1, 1, 1, 2, 3]), "dimension time has 2 codes, `size` says 3"),
        (lambda c: c.update(size=[1, 1, 1, 2]), "expected a JSON-stat dataset"),
        (lambda c: c.update(id=["geo", "geo", "na_item", "geo", "time"]), "is listed twice"),
        (lambda c: c.pop("value"), "expected a list or an object of values"),
        (lambda c: c.update(value=[1, 2, 3]), "expected 4 values, found 3"),
        (lambda c: c.update(value={"4": 1}), "a position of its own below 4"),
        (lambda c: c.update(value={"-1": 1}), "a position of its own below 4"),
        (lambda c: c.update(value={"1": 1, "01": 2}), "a position of its own below 4"),
        (lambda c: c.update(value={"x": 1}), "the values cannot be read"),
        (lambda c: c.update(value=["1", 2, 3, 4]), "expected a list or an object of values"),
        (lambda c: c.update(value=[True, 2, 3, 4]), "expected a list or an object of values"),
        (lambda c: c.update(value=[float("nan"), 2, 3, 4]), "NaN is not a JSON value"),
        (lambda c: c.update(status={"0": 1}), "expected a list or an object of status"),
        (lambda c: c["dimension"]["geo"]["category"].update(index={"DE": 0, "FR": 2}), "does not count from 0 up"),
        (lambda c: c["dimension"]["geo"].pop("category"), "dimension geo has no `category`"),
        (lambda c: c["dimension"]["geo"]["category"].update(index=["DE", "DE"]), "each once"),
    ],
)
def test_a_cube_that_contradicts_itself_is_refused(change: Callable[[dict[str, Any]], Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_cube(changed(change))


def week(content: dict[str, Any]) -> None:
    content["dimension"]["time"]["category"].update(index=["2022-W01", "2023"], label={})


def other_dimension(content: dict[str, Any]) -> None:
    content["id"][2] = "item"
    content["dimension"]["item"] = content["dimension"]["na_item"]


def other_unit(content: dict[str, Any]) -> None:
    content["dimension"]["unit"]["category"].update(index=["PC"], label={"PC": "Per cent"})


def two_frequencies(content: dict[str, Any]) -> None:
    content["size"] = [2, 1, 1, 2, 1]
    content["dimension"]["freq"]["category"].update(index=["A", "Q"], label={})
    content["dimension"]["time"]["category"].update(index=["2022"])


def a_code_without_label(content: dict[str, Any]) -> None:
    content["dimension"]["time"]["category"].update(label={"2022": "2022"})


def nothing(content: dict[str, Any]) -> None:
    pass


NO_MEASURE = card_for(
    dimensions={
        name: {"role": "category"} if name == "unit" else d for name, d in CARD.model_dump()["dimensions"].items()
    }
)
TWO_MEASURES = card_for(
    measures=[{"code": code, "title": code, "unit": "x", "certainty": "seen"} for code in ("CP_MEUR", "PC")]
)


@pytest.mark.parametrize(
    ("card", "change", "problem"),
    [
        (CARD, week, "period '2022-W01'"),
        (CARD, other_dimension, "has the dimensions geo, item, time, unit; the card expects"),
        (CARD, other_unit, r"measure gdp \(GDP, mln euro\) is not"),
        (CARD, two_frequencies, "mixes the frequencies A, Q"),
        (NO_MEASURE, nothing, "no dimension with the role measure"),
        (TWO_MEASURES, nothing, "measure PC"),
    ],
)
def test_what_is_not_on_the_card_is_refused(
    card: SourceCard, change: Callable[[dict[str, Any]], None], problem: str
) -> None:
    with pytest.raises(MismatchError, match=problem):
        rows(changed(change), card)


def test_a_code_that_the_list_of_codes_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="dimension time has the code '2023', which its list of labels lacks"):
        rows(changed(a_code_without_label), CARD)


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as running:
        yield running


PATH = "/nama_10_gdp?format=JSON&lang=EN&geo=DE&geo=FR&unit=CP_MEUR"
PREPARED = {"label": "ASYNCHRONOUS_RESPONSE. Your request will be treated asynchronously. Please try again later."}
SOAP = b"""<?xml version="1.0"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><S:Fault>
<faultcode>413</faultcode><faultstring>EXTRACTION_TOO_BIG: The requested extraction is too big,
estimated 7113220 cells, 5000000 cells at most</faultstring></S:Fault></S:Body></S:Envelope>"""
TOO_BIG = {"status": 413, "id": 413, "label": "EXTRACTION_TOO_BIG: The requested extraction is too big"}


def access() -> EurostatAccess:
    found = CARD.access[0]
    assert isinstance(found, EurostatAccess)
    return found


def test_the_query_repeats_a_parameter_for_each_value(site: Site) -> None:
    site.put("/nama_10_gdp", GDP)
    store = Memory()
    state = eurostat.fetch(hasty(), site.url, CARD, access(), store)
    assert site.asked == [f"{PATH}&sinceTimePeriod=2022"]
    assert state == State("2026-02-06T23:00:00+01:00")
    assert list(store.kept) == ["data/00000"]


def test_a_probe_asks_for_the_latest_period_and_tells_the_same_state(site: Site) -> None:
    site.put("/nama_10_gdp", GDP)
    assert eurostat.probe(hasty(), site.url, CARD, access()) == State("2026-02-06T23:00:00+01:00")
    assert site.asked == [f"{PATH}&lastTimePeriod=1"]


@pytest.mark.parametrize("status", [200, 413])
@pytest.mark.parametrize(
    "said", [{"error": [PREPARED]}, {"error": PREPARED}, {"warning": PREPARED}, {"warning": [PREPARED]}]
)
def test_an_answer_that_is_being_prepared_is_asked_for_again(site: Site, status: int, said: dict[str, Any]) -> None:
    prepared = Answer(json.dumps(said).encode(), status)
    site.put("/nama_10_gdp", prepared, GDP)
    assert eurostat.fetch(hasty(), site.url, CARD, access(), Memory()).modified
    site.put("/nama_10_gdp", prepared)
    with pytest.raises(SourceError, match=r"Eurostat says: ASYNCHRONOUS_RESPONSE.*\(tried 2 times\)"):
        eurostat.fetch(hasty(), site.url, CARD, access(), Memory())


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(json.dumps({"error": [TOO_BIG]}).encode(), 413), "HTTP 413, Eurostat says: EXTRACTION_TOO_BIG"),
        (Answer(json.dumps({"error": [{"label": "100 No results found"}]}).encode(), 400), "HTTP 400, Eurostat says"),
        (Answer(json.dumps({"error": {"label": "broken"}}).encode()), "expected a dataset, Eurostat says: broken"),
        (
            Answer(SOAP, 413),
            r"HTTP 413, Eurostat says: EXTRACTION_TOO_BIG: .* 5000000 cells at most.* -> correct `query`",
        ),
        (Answer(b"<html>Request Entity Too Large</html>", 413), "HTTP 413, expected 200; the answer begins with"),
    ],
)
def test_a_refusal_is_told_in_its_own_words_and_not_repeated(site: Site, answer: Answer, problem: str) -> None:
    site.put("/nama_10_gdp", answer)
    with pytest.raises(SourceError, match=problem):
        eurostat.fetch(hasty(), site.url, CARD, access(), Memory())
    assert len(site.asked) == 1


def without(dimension: str, *codes: str) -> dict[str, Any]:
    """The answer when the dataset does not have some codes of a query: they are not in it."""
    answer = copy.deepcopy(GDP)
    at = answer["id"].index(dimension)
    kept = [code for code in answer["dimension"][dimension]["category"]["index"] if code not in codes]
    answer["dimension"][dimension]["category"] = {"index": {code: i for i, code in enumerate(kept)}}
    answer["size"][at] = len(kept)
    cells = prod(answer["size"])
    answer["value"] = {str(i): float(i) for i in range(cells)}
    return answer


def test_regions_that_a_dataset_lacks_leave_the_others(site: Site) -> None:
    site.put("/nama_10_gdp", without("geo", "DE"))
    store = Memory()
    eurostat.fetch(hasty(), site.url, CARD, access(), store)
    ((_, body),) = store.kept.values()
    assert {row[1] for row in rows(body)} == {"FR"}


@pytest.mark.parametrize(("dimension", "codes"), [("geo", ("DE", "FR")), ("time", ("2022", "2023"))])
def test_a_dataset_that_has_nothing_of_the_query_is_refused_at_once(
    site: Site, dimension: str, codes: tuple[str, ...]
) -> None:
    site.put("/nama_10_gdp", without(dimension, *codes))
    with pytest.raises(MismatchError, match=f"none of what `query` asks for: no {dimension} -> correct `query`"):
        eurostat.fetch(hasty(), site.url, CARD, access(), Memory())
    assert len(site.asked) == 1


def test_a_code_of_the_card_that_a_dataset_lacks_is_told_by_name() -> None:
    wanted = {"B1GQ": "GDP", "P3": "Consumption"}
    codes = [{"code": code, "title": title, "certainty": "seen"} for code, title in wanted.items()]
    item = {"role": "category", "codes": codes}
    card = card_for(dimensions={**CARD.model_dump()["dimensions"], "na_item": item})
    with pytest.raises(MismatchError, match=r"na_item code P3 \(Consumption\) is not .* B1GQ \(Gross domestic product"):
        rows(json.dumps(GDP).encode(), card)


def test_an_unknown_dataset_is_not_there(site: Site) -> None:
    site.put("/nama_10_gdp", Answer(b'{"error":[{"status":404,"id":100,"label":"ERR_NOT_FOUND_4: no such"}]}', 404))
    with pytest.raises(NotThereError, match="ERR_NOT_FOUND_4"):
        eurostat.probe(hasty(), site.url, CARD, access())


def test_a_query_asks_for_every_code_that_its_card_lists_and_for_no_other() -> None:
    cards = [card for card in load_cards(CARDS).values() if card.publisher == "eurostat"]
    assert cards
    for card in cards:
        query = card.access[0].query  # type: ignore[union-attr] # a way of Eurostat
        assert len(query["geo"]) == len(set(query["geo"]))
        for name, dimension in card.dimensions.items():
            listed = card.measures if dimension.role == "measure" else dimension.codes
            if listed:
                assert {code.code for code in listed} == set(query[name]), f"{card.dataset_id} {name}"
