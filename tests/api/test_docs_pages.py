"""The documentation in the portal: every page of docs/ in both languages, with links and examples that work there."""

import re
from html import unescape
from pathlib import Path

import pytest
import yaml
from datasette.app import Datasette
from support_portal import ask, fetch

from pipelines.settings import PORTAL, PROJECT
from portal.docs_pages import WRITTEN_ADDRESS, docs_paths, read_docs, slug
from portal.pages import page_url

FILES = sorted((PROJECT / "docs").glob("*.md"))
NAMES = sorted({path.name.split(".")[0] for path in FILES})
PAGES = [(name, lang) for name in NAMES for lang in ("nl", "en")]
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```\w*\n.*?^```$", re.MULTILINE | re.DOTALL)


def written(name: str, lang: str) -> tuple[Path, str]:
    """The file that readers of a language get, and the language that it is in."""
    dutch = PROJECT / "docs" / f"{name}.nl.md"
    return (dutch, "nl") if lang == "nl" and dutch.exists() else (PROJECT / "docs" / f"{name}.md", "en")


def article(portal: Datasette, name: str, lang: str) -> str:
    page = fetch(portal, page_url("doc", lang, name=name)).text
    (found,) = re.findall(r'<article class="doc" lang="\w+">.*</article>', page, re.DOTALL)
    return found


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_list_has_every_page_and_every_page_links_to_the_list(portal: Datasette, lang: str) -> None:
    listed = fetch(portal, page_url("docs", lang)).text
    assert [name for name in NAMES if f'href="{page_url("doc", lang, name=name)}"' not in listed] == []
    assert f'href="{page_url("docs", lang)}"' in fetch(portal, page_url("home", lang)).text


@pytest.mark.parametrize(("name", "lang"), PAGES)
def test_a_page_is_its_file_in_the_language_of_its_reader(portal: Datasette, name: str, lang: str) -> None:
    file, language = written(name, lang)
    text = file.read_text(encoding="utf-8")
    shown = article(portal, name, lang)
    assert f'lang="{language}"' in shown.split(">")[0]
    assert ("only-english" in fetch(portal, page_url("doc", lang, name=name)).text) == (language != lang)
    headings = HEADING.findall(FENCE.sub("", text))
    found = re.findall(r'<h\d id="([^"]*)">(.*?)</h\d>', shown)
    assert [anchor for anchor, _ in found] == [slug(heading) for heading in headings]
    assert len(set(found)) == len(found)
    # Nothing of the Markdown is left, and nothing is lost: as many tables, blocks and items as were written.
    prose = unescape(re.sub(r"<(pre|code)\b.*?</\1>", "", shown, flags=re.DOTALL))
    assert not re.search(r"\*\*|```|\]\(|^\||`", prose, re.MULTILINE)
    assert shown.count("<table>") == len(re.findall(r"^\| ?-+", text, re.MULTILINE))
    assert shown.count("<pre ") == len(FENCE.findall(text))
    assert shown.count("<li>") == len(re.findall(r"^(?:- |\d\. )", FENCE.sub("", text), re.MULTILINE))


@pytest.mark.parametrize(("name", "lang"), PAGES)
def test_every_link_of_a_page_leads_to_a_page_and_its_heading(portal: Datasette, name: str, lang: str) -> None:
    for link in re.findall(r'href="([^"]+)"', article(portal, name, lang)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        page = fetch(portal, path or page_url("doc", lang, name=name)).text
        assert not anchor or f'id="{anchor}"' in page, link


@pytest.mark.parametrize(("name", "lang"), PAGES)
def test_examples_have_the_address_of_this_portal(portal: Datasette, name: str, lang: str) -> None:
    shown = article(portal, name, lang)
    assert WRITTEN_ADDRESS not in shown
    # The address that Datasette's own client asks.
    assert shown.count("http://localhost") == written(name, lang)[0].read_text(encoding="utf-8").count(WRITTEN_ADDRESS)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_pages_link_to_every_section_of_the_methods_and_to_no_other(lang: str) -> None:
    texts = yaml.safe_load((PORTAL / "texts" / "common.yml").read_text(encoding="utf-8"))
    sections, titles = texts["methods_sections"], texts["methods_titles"]
    html = read_docs(lang)["methods"].html
    assert sections and sections.keys() == titles.keys()
    assert sorted(words[lang] for words in sections.values()) == sorted(re.findall(r'<h2 id="([^"]+)"', html))
    templates = "".join(path.read_text(encoding="utf-8") for path in (PORTAL / "templates").glob("*.html"))
    used = set(re.findall(r"methods(?:_url)?\(['\"](\w+)['\"]", templates))
    assert used == sections.keys()


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_page_that_does_not_exist_leads_to_the_list(portal: Datasette, lang: str) -> None:
    answer = ask(portal, page_url("doc", lang, name="nothing"))
    assert answer.status_code == 404 and f'href="{page_url("docs", lang)}"' in answer.text


def test_the_sitemap_has_each_page_in_the_languages_that_it_is_written_in() -> None:
    listed = {path for page in docs_paths() for path in page.values()}
    assert listed == {page_url("doc", written(name, lang)[1], name=name) for name, lang in PAGES}
    assert [lang for page in docs_paths() for lang in page].count("nl") == len(
        list(Path(PROJECT / "docs").glob("*.nl.md"))
    )


def test_pages_in_both_languages_come_first() -> None:
    languages = [page.lang for page in read_docs("nl").values()]
    assert languages == sorted(languages, reverse=True) and set(languages) == {"nl", "en"}
