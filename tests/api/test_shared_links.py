"""What others see of a page when its address is shared or found: what it is, its one address, and a picture."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from datasette.app import Datasette
from support_page_kinds import address_of, kinds
from support_portal import ask, fetch

from pipelines.settings import PORTAL
from portal.pages import PATHS

LANGUAGES = ("nl", "en")
PUBLIC = "https://cijfers.voorbeeld.nl"
TRACKED = "utm_source=nieuwsbrief&fbclid=abc"
# Pages with figures of one indicator; each has them as a file too.
DATASETS = ("indicator", "map", "figure", "municipality_figure")
PAGES = [page for page in kinds(embedded=False) if page != "maps"]


@pytest.fixture(scope="module")
def public(sample_release: Path) -> Datasette:
    """The portal of a release that was published for an address of its own."""
    metadata = json.loads((sample_release / "metadata.json").read_text(encoding="utf-8"))
    metadata["contact"]["url"] = f"{PUBLIC}/"
    database = str((sample_release / "regiokompas.db").resolve())
    return Datasette(immutables=[database], metadata=metadata, config_dir=PORTAL)


def page_at(portal: Datasette, path: str) -> tuple[str, str]:
    """The page at an address or where that is moved to, and where it is."""
    answer = ask(portal, path, follow_redirects=True)
    assert answer.status_code == 200, (path, answer.text[:300])
    return answer.text, answer.url.path


def meta(page: str, name: str) -> str:
    found = re.findall(rf'<meta (?:name|property)="{name}" content="([^"]*)">', page)
    assert len(found) == 1, (name, found)
    return unescape(found[0])


def canonical_of(page: str) -> str:
    (found,) = re.findall(r'<link rel="canonical" href="([^"]*)">', page)
    return unescape(found)


def described(page: str) -> dict[str, dict[str, Any]]:
    """The descriptions for search engines, by their types."""
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    content = json.loads(block)
    assert content["@context"] == "https://schema.org"
    return {each["@type"]: each for each in content["@graph"]}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", PAGES)
def test_every_page_says_what_it_is_and_where(portal: Datasette, kind: str, lang: str) -> None:
    page, path = page_at(portal, address_of(kind, lang))
    canonical = canonical_of(page)
    assert urlsplit(canonical).scheme and urlsplit(canonical).path == path and not urlsplit(canonical).query
    assert meta(page, "og:url") == canonical
    assert len(meta(page, "description")) > 40 and meta(page, "description") == meta(page, "og:description")
    assert meta(page, "og:title") and " · " not in meta(page, "og:title")
    assert meta(page, "og:locale") == {"nl": "nl_NL", "en": "en_GB"}[lang]
    assert meta(page, "og:image").startswith(canonical.removesuffix(path)) and meta(page, "twitter:card")


@pytest.mark.parametrize("kind", PAGES)
def test_the_address_of_a_page_is_the_public_one_without_what_follows_readers(public: Datasette, kind: str) -> None:
    for lang in LANGUAGES:
        path = address_of(kind, lang)
        page, _ = page_at(public, f"{path}?{TRACKED}")
        canonical = canonical_of(page)
        assert canonical.startswith(f"{PUBLIC}/") and not urlsplit(canonical).query
        assert meta(page, "og:image").startswith(PUBLIC)
        addresses = re.findall(r'"(?:item|url|contentUrl|target)": "([^"]+)"', page)
        assert addresses and all(address.startswith(PUBLIC) for address in addresses)
        assert not {name for name in ("utm_source", "fbclid") if name in page}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", PAGES)
def test_every_page_is_described_for_search_engines(portal: Datasette, kind: str, lang: str) -> None:
    page, _ = page_at(portal, address_of(kind, lang))
    found, canonical, title = described(page), canonical_of(page), meta(page, "og:title")
    way = found.pop("BreadcrumbList")["itemListElement"]
    ((is_a, about),) = found.items()
    assert about["url"] == canonical and about["name"] and about["inLanguage"] == lang
    assert is_a == {**dict.fromkeys(DATASETS, "Dataset"), "home": "WebSite"}.get(kind, is_a)
    assert (is_a == "Dataset") == (kind in DATASETS)
    assert [step["position"] for step in way] == list(range(1, len(way) + 1))
    assert way[-1]["item"] == canonical and way[-1]["name"] == title and all(step["name"] for step in way)
    assert len(way) == 1 if kind == "home" else len(way) > 1
    for step in way[:-1]:
        page_at(portal, urlsplit(step["item"]).path)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", DATASETS)
def test_a_dataset_says_its_source_licence_and_file_and_that_it_is_invented(
    portal: Datasette, kind: str, lang: str
) -> None:
    about = described(page_at(portal, address_of(kind, lang))[0])["Dataset"]
    assert about["description"].startswith({"nl": "Verzonnen", "en": "Invented"}[lang])
    assert about["license"] and about["isBasedOn"] and about["version"] and about["variableMeasured"]["unitText"]
    for file in about["distribution"]:
        answer = fetch(portal, urlsplit(file["contentUrl"]).path)
        assert answer.headers["content-type"].startswith(file["encodingFormat"])


def test_the_search_of_the_site_is_the_one_that_search_engines_are_told_of(portal: Datasette) -> None:
    for lang in LANGUAGES:
        action = described(fetch(portal, PATHS["home"][lang]).text)["WebSite"]["potentialAction"]
        target = action["target"].replace("{search_term_string}", "zwolle")
        parts = urlsplit(target)
        assert "Zwolle" in page_at(portal, f"{parts.path}?{parts.query}")[0]


def test_the_picture_of_every_kind_of_page_is_there(portal: Datasette) -> None:
    found = {meta(page_at(portal, address_of(kind, lang))[0], "og:image") for kind in PAGES for lang in LANGUAGES}
    # More than one picture of the site: pages with a chart or a map show theirs.
    assert len(found) > 10
    for address in found:
        parts = urlsplit(address)
        answer = ask(portal, f"{parts.path}?{parts.query}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), address
        assert answer.content.startswith(b"\x89PNG")


def test_descriptions_tell_pages_apart(portal: Datasette) -> None:
    paths = ("/gemeente/zwolle", "/gemeente/almere", "/indicator/jobs_count", "/programma/g40", "/")
    assert len({meta(fetch(portal, path).text, "description") for path in paths}) == len(paths)


def test_a_page_that_does_not_exist_has_no_address_of_its_own(portal: Datasette) -> None:
    page = ask(portal, "/no-such-page").text
    assert 'rel="canonical"' not in page and "og:url" not in page and "ld+json" not in page
