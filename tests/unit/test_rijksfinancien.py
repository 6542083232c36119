"""What ministries paid: every year that is listed, each whole, and of the year that was asked for."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support_http import Memory, Site, hasty, open_site, register_card

from pipelines.clients import rijksfinancien
from pipelines.clients.pages import State
from pipelines.errors import NotThereError, SourceError
from pipelines.sources.access import RijksfinancienAccess
from pipelines.sources.card import SourceCard

YEARS = "/v2/financiele_instrumenten/available_years"
Answer = dict[str, Any]


def of_year(year: int) -> str:
    return f"/financiele_instrumenten?year%5B%5D={year}"


def part(name: Any, year: int | str, amount: Any, **below: list[Answer]) -> Answer:
    return {"naam": name, "realisatie": {str(year): amount}, **below}


def paid(year: int) -> Answer:
    """Two chapters; the first with two articles, one of which pays under two schemes."""
    business = part("Bedrijvenbeleid", year, 1500, regelingen=[part("MIT", year, 2000), part("Eurostars", year, -500)])
    climate = part("Klimaat", year, 0.75, regelingen=[part(None, year, 0.75)])
    work = part("Arbeidsmarkt", year, 40, regelingen=[part("SLIM", year, 40)])
    chapters = [
        part("Economische Zaken", year, 1500.75, artikelen=[business, climate]),
        part("Sociale Zaken", year, 40, artikelen=[work]),
    ]
    return {"beleid": part("Totaal", year, 1540.75, hoofdstukken=chapters), "ontvangers": [], "instrumenten": []}


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as running:
        yield running


def asked(since: int = 2017) -> tuple[SourceCard, RijksfinancienAccess]:
    card = register_card({"protocol": "rijksfinancien", "since": since}, format="json")
    access = card.access[0]
    assert isinstance(access, RijksfinancienAccess)
    return card, access


def fetch(site: Site, since: int = 2017) -> Memory:
    card, access = asked(since)
    store = Memory()
    assert rijksfinancien.fetch(hasty(), site.url, card, access, store) == State("")
    return store


def test_a_probe_asks_nothing(site: Site) -> None:
    assert rijksfinancien.probe(hasty(), site.url, *asked()) == State("")
    assert site.asked == []


@pytest.mark.parametrize("listed", [{"2016": "2016", "2018": "2018", "2017": "2017"}, ["2018", 2017, 2016]])
def test_the_list_is_asked_first_and_then_each_year_from_that_of_the_card_on(site: Site, listed: Any) -> None:
    site.put(YEARS, listed)
    for year in (2017, 2018):
        site.put(of_year(year), paid(year))
    store = fetch(site)
    assert site.asked == [YEARS, of_year(2017), of_year(2018)]
    assert list(store.bodies) == ["available", "years/2017", "years/2018"]


def test_each_scheme_is_a_record_with_where_it_is_in_the_budget(site: Site) -> None:
    site.put(YEARS, ["2024"])
    site.put(of_year(2024), paid(2024))
    rows = rijksfinancien.records(fetch(site).bodies["years/2024"], asked()[1])
    assert [tuple(row.values()) for row in rows] == [
        ("2024", "Economische Zaken", "Bedrijvenbeleid", "MIT", 2000),
        ("2024", "Economische Zaken", "Bedrijvenbeleid", "Eurostars", -500),
        ("2024", "Economische Zaken", "Klimaat", "", 0.75),
        ("2024", "Sociale Zaken", "Arbeidsmarkt", "SLIM", 40),
    ]
    assert {tuple(row) for row in rows} == {("jaar", "hoofdstuk", "artikel", "regeling", "realisatie")}


def _schemes(answer: Answer) -> list[Answer]:
    found: list[Answer] = answer["beleid"]["hoofdstukken"][0]["artikelen"][0]["regelingen"]
    return found


def _of_other_year(answer: Answer) -> None:
    answer |= paid(2023)


FAULTS: list[tuple[Callable[[Answer], Any], str]] = [
    (lambda answer: _schemes(answer).pop(), "`regelingen` of 'Bedrijvenbeleid' to add up to 1500, found 2000"),
    (lambda answer: _schemes(answer).append(_schemes(answer)[0]), "to add up to 1500, found 3500"),
    (lambda answer: answer["beleid"]["hoofdstukken"].pop(), "`hoofdstukken` of 'Totaal' to add up to 1540.75"),
    (lambda answer: answer["beleid"]["hoofdstukken"][0]["artikelen"].pop(), "`artikelen` of 'Economische Zaken'"),
    (lambda answer: answer["beleid"].update(hoofdstukken=[], realisatie={"2024": 0}), "schemes of 2024, found none"),
    (_of_other_year, "the amounts of 2024, found those of 2023"),
    (lambda answer: answer["beleid"]["realisatie"].update({"2023": 1}), "the total of one year under `realisatie`"),
    (lambda answer: _schemes(answer)[0].update(realisatie={"2023": 2000}), "an amount of 2024 under `realisatie`"),
    (lambda answer: _schemes(answer)[0].update(realisatie={"2024": "veel"}), "found {'2024': 'veel'}"),
    (lambda answer: _schemes(answer)[0].update(realisatie={"2024": True}), "found {'2024': True}"),
    (lambda answer: _schemes(answer)[0].pop("realisatie"), "found None"),
    (lambda answer: answer["beleid"].pop("hoofdstukken"), "a list of objects under `hoofdstukken`"),
    (lambda answer: _schemes(answer).insert(0, "MIT"), "a list of objects under `regelingen`"),
    (lambda answer: answer.pop("beleid"), "expected `beleid`"),
]


@pytest.mark.parametrize(("spoil", "told"), FAULTS, ids=[told for _, told in FAULTS])
def test_an_answer_that_is_not_whole_or_of_another_year_is_refused(
    site: Site, spoil: Callable[[Answer], Any], told: str
) -> None:
    answer = copy.deepcopy(paid(2024))
    spoil(answer)
    site.put(YEARS, ["2024"])
    site.put(of_year(2024), answer)
    with pytest.raises(SourceError) as error:
        fetch(site)
    assert told in str(error.value)


@pytest.mark.parametrize("listed", [[], {}, ["2024-1"], ["jaar"], [None], 2024, "2024"])
def test_what_is_no_list_of_years_is_refused(site: Site, listed: Any) -> None:
    site.put(YEARS, listed)
    with pytest.raises(SourceError, match="expected a list of years"):
        fetch(site)


def test_a_list_without_the_years_of_the_card_is_refused(site: Site) -> None:
    site.put(YEARS, ["2017", "2018"])
    with pytest.raises(SourceError, match="no year from 2020 on, found 2017, 2018 -> correct `since` on the card"):
        fetch(site, since=2020)


def test_a_year_that_is_listed_and_not_there_is_told(site: Site) -> None:
    site.put(YEARS, ["2023", "2024"])
    site.put(of_year(2023), paid(2023))
    with pytest.raises(NotThereError, match="year%5B%5D=2024"):
        fetch(site)
