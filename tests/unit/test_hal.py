"""HAL: every page once, in order, and none that contradicts another."""

from collections.abc import Iterator
from typing import Any

import pytest
from support_http import Memory, Site, hasty, open_site, register_card

from pipelines.clients import hal
from pipelines.clients.pages import State
from pipelines.errors import NotThereError, SourceError
from pipelines.sources.access import HalAccess
from pipelines.sources.card import SourceCard

FIRST = "/subsidies/register?_format=json&_pageSize=2&_count=true"


def page(number: int | None, rows: int, following: str | None, total: int | None = None) -> dict[str, Any]:
    links: dict[str, Any] = {"self": {"href": "here"}}
    if following:
        links["next"] = {"href": following}
    about = {key: value for key, value in (("number", number), ("size", 2), ("totalElements", total)) if value}
    records = [{"_links": {}, "dossiernummer": f"{number}-{i}", "bedragVerleend": i * 100} for i in range(rows)]
    return {"_links": links, "_embedded": {"register": records}, "page": about}


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as running:
        yield running


def asked() -> tuple[SourceCard, HalAccess]:
    card = register_card(
        {"protocol": "hal", "path": "subsidies/register", "embedded": "register", "page_size": 2}, format="json"
    )
    access = card.access[0]
    assert isinstance(access, HalAccess)
    return card, access


def fetch(site: Site) -> Memory:
    card, access = asked()
    store = Memory()
    assert hal.fetch(hasty(), site.url, card, access, store) == State("")
    store.rows = [record["dossiernummer"] for body in store.bodies.values() for record in hal.records(body, access)]  # type: ignore[attr-defined] # for the tests below
    return store


def test_a_probe_asks_nothing(site: Site) -> None:
    assert hal.probe(hasty(), site.url, *asked()) == State("")
    assert site.asked == []


def test_pages_are_followed_to_the_last(site: Site) -> None:
    site.put(FIRST, page(1, 2, f"{site.url}/p2", 5))
    # A relative address is one too.
    site.put("/p2", page(2, 2, "/p3", 5))
    site.put("/p3", page(3, 1, None, 5))
    store = fetch(site)
    assert site.asked == [FIRST, "/p2", "/p3"]
    assert list(store.kept) == ["records/00000", "records/00001", "records/00002"]
    assert store.rows == ["1-0", "1-1", "2-0", "2-1", "3-0"]  # type: ignore[attr-defined] # see fetch


def test_a_page_of_nothing_but_links_keeps_its_records_clean(site: Site) -> None:
    site.put(FIRST, page(1, 1, None))
    access = HalAccess(protocol="hal", path="a", embedded="register")  # type: ignore[arg-type] # pydantic reads the text
    assert hal.records(fetch(site).bodies["records/00000"], access) == [{"dossiernummer": "1-0", "bedragVerleend": 0}]


def test_an_empty_collection_is_a_whole_answer(site: Site) -> None:
    site.put(FIRST, page(1, 0, None, 0))
    assert list(fetch(site).kept) == ["records/00000"]


@pytest.mark.parametrize(
    ("pages", "problem"),
    [
        ([page(1, 2, FIRST)], "leads back to a page already read"),
        ([page(1, 2, "/p2"), page(2, 2, "/p2")], "leads back to a page already read"),
        ([page(1, 2, "/p2"), page(2, 0, "/p3")], "an empty page in the middle"),
        ([page(1, 2, "/p2"), page(3, 2, None)], "page 2 has the number 3, expected 2"),
        ([page(1, 2, "/p2", 5), page(2, 2, None, 5)], "4 rows on all pages, expected 5"),
        ([page(1, 2, "/p2", 5), page(2, 2, None, 4)], "changed from 5 to 4"),
    ],
)
def test_pages_that_do_not_fit_together_are_refused(site: Site, pages: list[dict[str, Any]], problem: str) -> None:
    for number, content in enumerate(pages, start=1):
        site.put(FIRST if number == 1 else f"/p{number}", content)
    with pytest.raises(SourceError, match=problem):
        fetch(site)


@pytest.mark.parametrize(
    "content",
    [
        {"_links": {}},
        {"_links": {}, "_embedded": {"other": []}},
        {"_links": {}, "_embedded": {"register": {}}},
        {"_links": {}, "_embedded": {"register": [1]}},
        {"_embedded": {"register": []}},
        {"_links": {"next": {"href": 3}}, "_embedded": {"register": []}},
        {"_links": {}, "_embedded": {"register": []}, "page": {"number": "one"}},
        {"_links": {}, "_embedded": {"register": []}, "page": [1]},
        [],
    ],
)
def test_what_is_no_page_of_the_collection_is_refused(site: Site, content: Any) -> None:
    site.put(FIRST, content)
    with pytest.raises(SourceError, match=r"expected .*\(tried 2 times\)"):
        fetch(site)


def test_an_unknown_collection_is_not_there(site: Site) -> None:
    with pytest.raises(NotThereError):
        fetch(site)
