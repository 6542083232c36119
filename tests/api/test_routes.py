"""An address leads to one page: where one page has a word, another has no name."""

import re

import pytest

from portal.pages import PATHS, reserved_words, routes


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
        ("/regio/province/overijssel/banen", "figure"),
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
