"""What others see of a page when its address is shared or found: what it is, and its one address."""

import re
from html import unescape

import pytest
from datasette.app import Datasette
from support_portal import ask, fetch

PAGES = (
    *("/", "/gemeente/GM0193", "/regio/province/PV29", "/vergelijk", "/eigen-regio", "/kaart/jobs_count"),
    *("/indicator/jobs_count", "/indicatoren", "/bronnen", "/wijzigingen", "/arbeidsmarkt", "/arbeidsmarkt/AM02"),
    *("/programma", "/programma/g40", "/v1", "/docs", "/docs/methods", "/gemeente/zwolle/werkloosheid"),
)


def meta(page: str, name: str) -> str:
    found = re.findall(rf'<meta (?:name|property)="{name}" content="([^"]*)">', page)
    assert len(found) == 1, (name, found)
    return unescape(found[0])


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_what_it_is_and_where(portal: Datasette, path: str) -> None:
    page = fetch(portal, path).text
    other = re.search(r'<a class="language" href="([^"]+)"', page)
    assert other
    for text, lang, at in ((page, "nl", path), (fetch(portal, unescape(other[1])).text, "en", unescape(other[1]))):
        (canonical,) = re.findall(r'<link rel="canonical" href="([^"]*)">', text)
        assert (
            canonical.endswith(at.partition("?")[0])
            and canonical.startswith("http")
            and meta(text, "og:url") == canonical
        )
        described = meta(text, "description")
        assert len(described) > 40 and described == meta(text, "og:description")
        assert meta(text, "og:title") and " · " not in meta(text, "og:title")
        assert meta(text, "og:locale") == {"nl": "nl_NL", "en": "en_GB"}[lang]


def test_descriptions_tell_pages_apart(portal: Datasette) -> None:
    paths = ("/gemeente/GM0193", "/gemeente/GM0034", "/indicator/jobs_count", "/programma/g40", "/")
    assert len({meta(fetch(portal, path).text, "description") for path in paths}) == len(paths)


def test_a_page_that_does_not_exist_has_no_address_of_its_own(portal: Datasette) -> None:
    page = ask(portal, "/no-such-page").text
    assert 'rel="canonical"' not in page and "og:url" not in page
