"""An address leads to one page, in the words of its language: where one page has a word, another has no name."""

import re
from pathlib import Path

import pytest
from datasette.app import Datasette
from support import query
from support_portal import ask, release_of

from portal.border import border_slugs
from portal.pages import PATHS, SCHEME_WORDS, page_url, region_url, reserved_words, routes


def pages_at(path: str) -> list[str]:
    return [page for page in PATHS if any(re.search(pattern, path) for pattern, _ in routes(page, None))]


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/gemeente/zwolle/kort", "municipality_brief"),
        ("/gemeente/zwolle/kort/", "municipality_brief"),
        ("/gemeente/zwolle/kortingen", "municipality_figure"),
        ("/gemeente/zwolle/nulmeting", "municipality_baseline"),
        ("/gemeente/zwolle/vergelijkbaar", "municipality_similar"),
        ("/en/municipality/zwolle/kort", "municipality_figure"),
        ("/en/region/province/overijssel/brief", "region_brief"),
        ("/regio/provincie/overijssel/banen", "figure"),
        ("/embed/gemeente/zwolle/kort", "municipality_embed"),
        ("/gemeente/zwolle/thema/kort", "municipality_theme"),
    ],
)
def test_a_word_of_a_page_is_not_the_name_of_something(path: str, page: str) -> None:
    assert pages_at(path) == [page]


def test_every_address_belongs_to_one_page() -> None:
    """With a name in each part; the words of pages are not names."""
    for page, paths in PATHS.items():
        for path in paths.values():
            assert pages_at(re.sub(r"\{\w+\}", "een-naam", path)) == [page]


def test_the_reserved_words_are_those_of_addresses_of_the_same_form() -> None:
    parts = PATHS["municipality_figure"]["nl"].split("/")
    assert reserved_words(parts, parts.index("{indicator}")) == ["kort", "nulmeting", "vergelijkbaar"]
    assert reserved_words(parts, parts.index("{region}")) == []


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_kind_of_region_has_an_address_in_its_language_and_its_old_one_leads_there(
    portal: Datasette, sample_release: Path, lang: str
) -> None:
    kinds = query(sample_release, "select scheme, min(region_code) from regions where is_current group by scheme")
    words = {scheme: region_url(scheme, code, lang).split("/")[-2] for scheme, code in kinds}
    assert len(set(words.values())) == len(kinds) > 12 and not [word for word in words.values() if "_" in word]
    for scheme, code in kinds:
        url = region_url(scheme, code, lang)
        # A region across the border is moved on, to the page of the border.
        found = {url, *(page_url("border", lang, border=slug) for slug in border_slugs(release_of(portal)).values())}
        old = f"{'/regio' if lang == 'nl' else '/en/region'}/{scheme}/{code}"
        for path in {url, old}:
            answer = ask(portal, path)
            assert answer.status_code == 200 or (answer.status_code == 301 and answer.headers["location"] in found)
            assert answer.status_code == 301 or path == url
        assert ask(portal, f"{old}.zip").status_code == ask(portal, f"{url}.zip").status_code == 200


def test_the_words_of_kinds_are_those_of_kinds_that_there_are(portal: Datasette) -> None:
    assert SCHEME_WORDS.keys() <= release_of(portal).texts["schemes"].keys()
