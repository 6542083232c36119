"""What every kind of page says is for its reader: no ids, no codes of periods, no dates of programs, one language."""

import html
import re

import pytest
from datasette.app import Datasette
from support_page_kinds import address_of, kinds
from support_portal import ask, release_of

from pipelines.publish.queries import load_queries
from pipelines.settings import PORTAL
from portal.pages import DATABASE
from portal.revisions import HISTORY

# Who programs reads ids: on these pages they are what the page is about.
FOR_PROGRAMS = {"api", "doc", "docs"}
QUERIES = load_queries(PORTAL / "queries")
UNSEEN = ("style", "svg", "head", "script", "code", "pre", "datalist")
TAGS = re.compile(rf"<({'|'.join(UNSEEN)})\b.*?</\1>|<[^>]*>", re.DOTALL)
# Ids of indicators, tables and columns; codes of periods; keys of texts that were not filled in; dates of programs.
INTERNAL = re.compile(
    r"\b[a-z]+(?:_[a-z0-9]+)+\b|\b(?:19|20)\d\d(?:JJ|KW|MM|SJ|X0|G4)\d\d\b|\{\w*\}"
    r"|\bNone\b(?! of (?:the|these))|\bnan\b|(?<![\w-])(?:19|20)\d\d-\d\d-\d\d(?![\w-])|\b(?:true|false|null)\b"
)
# The codes by which Eurostat itself names its tables.
OF_EUROSTAT = re.compile(r"\b(?:bd|demo|lfst|nama)_\w+")
ADDRESS = re.compile(r"https?://\S+")
IN_ANOTHER_LANGUAGE = re.compile(r'<(\w+)[^>]* lang="(\w\w)"[^>]*>.*?</\1>', re.DOTALL)
# Short words that one language has and the other has not.
ONLY_IN = {
    "nl": {"het", "een", "van", "niet", "voor", "zijn", "deze", "naar", "naast", "cijfers", "gemeenten", "periode"},
    "en": {"the", "and", "with", "from", "for", "figures", "which", "this", "are", "beside", "municipalities"},
}
# Names that stay as they are: of documents, programmes, sources and what they call something.
NAMES = (
    "Maak Verschil",
    "CSV on the Web",
    "Data Package",
    "Mayors for Economic Growth",
    "Made with Datasette",
    "van drivers",
)


def visible(page: str, lang: str) -> str:
    """The text of a page in its language: without what is marked as being in the other one, or is for programs."""
    body = page.partition("<body")[2].replace("<wbr>", "")
    others = IN_ANOTHER_LANGUAGE.sub(lambda found: found[0] if found[2] == lang else " ", body)
    return html.unescape(TAGS.sub(" ", others))


def kept(text: str, portal: Datasette, *, names: bool) -> str:
    """The text without addresses, the name of the release, and the numbers that publishers give their tables."""
    release = release_of(portal)
    text = ADDRESS.sub(" ", text.replace(release.release_id, " "))
    text = OF_EUROSTAT.sub(" ", text)
    regions = sorted({str(row["name"]) for row in release.registry.regions.values()}, key=len, reverse=True)
    for name in (*NAMES, *regions) if names else ():
        text = text.replace(name, " ")
    return text


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind not in FOR_PROGRAMS])
def test_no_page_has_words_of_programs(portal: Datasette, kind: str, lang: str) -> None:
    page = fetch_page(portal, address_of(kind, lang))
    text = kept(visible(page, lang), portal, names=False)
    if kind == "data":
        # The name of a table stands beside its title, as its file is called.
        text = re.sub(r"[a-z]+(?:_[a-z0-9]+)*(?= \d)|[a-z_]+\.(?:nl\.)?csv", " ", text)
    assert INTERNAL.findall(text) == []


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind not in ("doc", "api")])
def test_a_page_is_in_one_language(portal: Datasette, kind: str, lang: str) -> None:
    text = kept(visible(fetch_page(portal, address_of(kind, lang)), lang), portal, names=True)
    words = set(re.findall(r"[a-zé]+", text.lower()))
    assert words & ONLY_IN[lang], "it has words of its own language"
    assert words & ONLY_IN["en" if lang == "nl" else "nl"] == set()


# What a table of the database is for: whoever takes data along, and whoever checks a source row by row.
OF_TABLES = FOR_PROGRAMS | {"data", "sources"}


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind not in OF_TABLES])
def test_no_page_of_figures_leads_into_the_database(portal: Datasette, kind: str, lang: str) -> None:
    """Only to its files and to ready-made questions; the foot of every page has the tables, for who looks for them."""
    page = fetch_page(portal, address_of(kind, lang)).partition("<main")[2].partition("</main>")[0]
    links = re.findall(rf'href="(/(?:{DATABASE}|{HISTORY})/[^"]*)"', page)
    paths = [link.partition("?")[0] for link in links]
    assert [path for path in paths if not path.endswith(".csv") and path.rpartition("/")[2] not in QUERIES] == []


def fetch_page(portal: Datasette, path: str) -> str:
    """A page, also if it is at another address now."""
    answer = ask(portal, path, follow_redirects=True)
    assert answer.status_code == 200, path
    return str(answer.text)
