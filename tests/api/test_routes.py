"""An address leads to one page, in the words of its language: where one page has a word, another has no name."""

import re
from pathlib import Path

import pytest
from datasette.app import Datasette
from support import query
from support_page_kinds import address_of, kinds
from support_portal import ask, release_of

from portal.border import border_slugs
from portal.pages import PATHS, SCHEME_WORDS, page_url, reserved_words, routes

# A region in an address of ours: a municipality or a labour market, or a region of another kind.
IN_ADDRESS = re.compile(
    r"/(?:gemeente|municipality|arbeidsmarkt|labour-market)/([^/?.#\"<>\s]+)|/(?:regio|region)/[\w-]+/([^/?.#\"<>\s]+)"
)


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
    listed = query(sample_release, "select scheme, min(region_code) from regions where is_current group by scheme")
    release = release_of(portal)
    words = {scheme: release.region_url(code, lang).split("/")[-2] for scheme, code in listed}
    assert len(set(words.values())) == len(listed) > 12 and not [word for word in words.values() if "_" in word]
    for scheme, code in listed:
        url = release.region_url(code, lang)
        # A region across the border is moved on, to the page of the border.
        found = {url, *(page_url("border", lang, border=slug) for slug in border_slugs(release).values())}
        old = f"{'/regio' if lang == 'nl' else '/en/region'}/{scheme}/{code}"
        for path in {url, old}:
            answer = ask(portal, path)
            assert answer.status_code == 200 or (answer.status_code == 301 and answer.headers["location"] in found)
            assert answer.status_code == 301 or path == url
        moved = ask(portal, f"{old}.zip")
        assert (moved.status_code, moved.headers["location"]) == (301, f"{url}.zip")
        assert ask(portal, f"{url}.zip").status_code == 200


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_page_names_a_region_in_an_address_by_its_own_word(portal: Datasette, lang: str) -> None:
    """In its links, its canonical address, its data for search engines and its picture; the manual shows codes too."""
    known, seen = set(release_of(portal).slugs.regions.values()), set()
    for path in [
        *(address_of(page, lang) for page in kinds() if page != "doc"),
        "/sitemap.xml",
        "/sitemap-human_capital.xml",
    ]:
        answer = ask(portal, path)
        text = ask(portal, answer.headers["location"]).text if answer.status_code in (301, 302) else answer.text
        found = {name for pair in IN_ADDRESS.findall(text) for name in pair if name}
        assert found <= known, f"{path}: {sorted(found - known)[:5]}"
        seen |= found
    assert len(seen) > 400


def test_the_words_of_kinds_are_those_of_kinds_that_there_are(portal: Datasette) -> None:
    assert SCHEME_WORDS.keys() <= release_of(portal).texts["schemes"].keys()
