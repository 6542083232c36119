"""Whatever is put into an address of our own pages, it is answered, and never by a fault of the server."""

import re
from html import unescape
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from datasette.app import Datasette
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support_page_kinds import PARTS, PARTS_OF, address_of, kinds
from support_portal import ask

from portal.pages import PATHS

FEW = settings(
    max_examples=30, derandomize=True, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
EXTENSIONS = ("", "", ".csv", ".nl.csv", ".xlsx", ".json", ".zip", ".bib", ".ris", ".svg", ".png", "/", "/kort", ".")
HREF, FIELD, CHOICE = (
    re.compile(pattern) for pattern in (r'href="([^"]*)"', r'\bname="([^"]+)"', r'<option value="([^"]*)"')
)
ODD = st.sampled_from(
    ["", "0", "-1", "1e9", "9" * 30, "'", "\0", "%", "../..", "GM0193", "zwolle", "é", "\ud800", "<b>"]
)
TEXT = ODD | st.text(max_size=12)


@pytest.fixture(scope="module")
def asked_for(portal: Datasette) -> dict[str, list[str]]:
    """What the links and forms of every kind of page ask for: the values by their name in an address."""
    found: dict[str, set[str]] = {}
    for page in kinds():
        answer = ask(portal, address_of(page, "nl"), follow_redirects=True)
        for link in HREF.findall(answer.text):
            for name, value in parse_qsl(urlsplit(unescape(link)).query, keep_blank_values=True):
                found.setdefault(name, set()).add(value)
        for name in FIELD.findall(answer.text):
            found.setdefault(name, set()).update(map(unescape, CHOICE.findall(answer.text)))
    assert {"region", "indicator", "group", "sort", "q", "asOf"} <= found.keys()
    return {name: sorted(values) for name, values in sorted(found.items())}


@pytest.mark.parametrize("page", PATHS)
def test_nothing_in_an_address_of_a_page_is_a_fault(
    portal: Datasette, asked_for: dict[str, list[str]], page: str
) -> None:
    known = {name: st.sampled_from(values or [""]) for name, values in asked_for.items()}
    pairs = st.sampled_from(sorted(known)).flatmap(lambda name: st.tuples(st.just(name), known[name] | TEXT))
    parts = {name: st.just(part) | TEXT for name, part in (PARTS | PARTS_OF.get(page, {})).items()}

    @given(
        lang=st.sampled_from(["nl", "en"]),
        parts=st.fixed_dictionaries(parts),
        extension=st.sampled_from(EXTENSIONS),
        pairs=st.lists(pairs | st.tuples(TEXT, TEXT), max_size=4),
    )
    @FEW
    def is_answered(lang: str, parts: dict[str, str], extension: str, pairs: list[tuple[str, str]]) -> None:
        quoted = {name: quote(part, safe="", errors="surrogatepass") for name, part in parts.items()}
        path = PATHS[page][lang].format(**quoted) + extension
        address = f"{path}?{urlencode(pairs, errors='surrogatepass')}"
        assert ask(portal, address).status_code < 500, address

    is_answered()
