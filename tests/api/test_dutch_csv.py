"""Every CSV for Dutch Excel is in words: a heading for each column, and what a code means in the column beside it."""

import csv
import io
import re

import pytest
from datasette.app import Datasette
from support_page_kinds import address_of, kinds
from support_portal import ask, fetch, release_of

from portal.context import ReleaseContext
from portal.csv_words import CODES, HEADINGS
from portal.pages import PATHS, page_url

# What the files of some kinds of page have to be asked.
ASKED = {
    "compare": "?region=GM0193&region=NL01&indicator=jobs_count",
    "own_region": "?municipality=GM0193&municipality=GM0150",
}
LANGUAGES = ("nl", "en")
TABLE_IN_WORDS = "?region=GM0193&region=NL01&theme=inner_city"


def files(portal: Datasette, lang: str) -> list[str]:
    """The address, without its extension, and the query of every CSV that belongs to a page."""
    moves = page_url("labour_moves", lang, region="regio-zwolle")
    pages = [(address_of(kind, lang), ASKED.get(kind, "")) for kind in kinds(embedded=False)]
    asked = [*pages, (moves, ""), (page_url("compare", lang), TABLE_IN_WORDS)]
    return [
        f"{path.rstrip('/')}{{}}{query}"
        for path, query in asked
        if ask(portal, f"{path.rstrip('/')}.nl.csv{query}", follow_redirects=True).status_code == 200
    ]


def read_csv(portal: Datasette, address: str, delimiter: str) -> tuple[list[str], list[dict[str, str]]]:
    text = ask(portal, address, follow_redirects=True).text.removeprefix("\ufeff")
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    rows = list(reader)
    return list(reader.fieldnames or ()), rows


@pytest.fixture(scope="module")
def release(portal: Datasette) -> ReleaseContext:
    return release_of(portal)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_file_has_headings_and_words_beside_its_codes(
    portal: Datasette, release: ReleaseContext, lang: str
) -> None:
    headings = {column: words[lang] for column, words in release.texts[HEADINGS].items()}
    found = files(portal, lang)
    # Of every kind of page with a file, both languages have one.
    assert len(found) == len(files(portal, "nl")) >= 12
    worded = set()
    for address in found:
        columns, plain = read_csv(portal, address.format(".csv"), ",")
        heads, told = read_csv(portal, address.format(".nl.csv"), ";")
        assert [head for head in heads if re.search(r"[a-z]_[a-z]", head)] == [], address
        assert len(set(heads)) == len(heads) and len(told) == len(plain), address
        # Of the sample there is one release, which changed nothing.
        assert plain or "changes" in address or "wijzigingen" in address
        expected = []
        for column in columns:
            expected.append(headings[column])
            if column in CODES and not (column == "period_code" and "period" in columns):
                expected.append(headings[f"{column}_words"])
                worded.add(column)
        assert heads == expected, address
        for column in worded & set(columns):
            known = release.texts[CODES[column]]
            for row, words in zip(plain, told, strict=True):
                code, said = row[column], words[headings[f"{column}_words"]]
                assert words[headings[column]].lstrip("'") == code.lstrip("'"), address
                expected_words = known[code][lang] if code in known else None
                is_region = code in release.registry.regions
                assert said == (expected_words or (release.registry.regions[code]["name"] if is_region else ""))
    assert worded == set(CODES)


def test_every_heading_is_of_a_column_and_every_column_of_codes_has_two(release: ReleaseContext) -> None:
    headings = set(release.texts[HEADINGS])
    assert {f"{column}_words" for column in CODES} == {each for each in headings if each.endswith("_words")}
    assert set(CODES) <= headings
    assert all(release.texts.get(group) for group in CODES.values())


def test_a_code_without_words_stays_as_it_is(portal: Datasette, release: ReleaseContext) -> None:
    from portal.csv_words import in_words

    rows = [{"period_code": "1890JJ00", "value": 1.5}, {"period_code": None, "value": None}]
    told = in_words(rows, ["period_code", "value"], release, "nl")
    assert told == {"Periodecode": ["1890JJ00", None], "Periode": ["1890JJ00", None], "Cijfer": [1.5, None]}
    assert fetch(portal, "/bronnen.csv").text.startswith("dataset_id,") and "sources" in PATHS
