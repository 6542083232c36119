"""The page of one figure: for every indicator, in regions of every kind, in both languages, with all that it offers."""

import asyncio
import csv
import html
import io
import itertools
import re
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from datasette.app import Datasette
from support_charts import charts_in, outside, parsed
from support_portal import ask, fetch, open_portal, release_of, runs_script
from support_releases import REVISED

from portal.pages import PATHS, reserved_words
from portal.slugs import Slugs

ZWOLLE = "/gemeente/zwolle/vestigingen-per-1000-inwoners"
ENGLISH = "/en/municipality/zwolle/establishments-per-1000-inhabitants"
PLACES = "select indicator_id, region_code, scheme from observations_on_boundaries join regions using (region_code)"
HAS_FIGURE = f"{PLACES} where value is not null and is_over and is_current group by 1, 2 order by 1, 3, 2"
# Ids of indicators, codes of periods, keys of texts that are not there.
INTERNAL = re.compile(
    r"\b[a-z]+(?:_[a-z0-9]+)+\b|\b(?:19|20)\d\d(?:JJ|KW|MM|SJ|X0)\d\d\b|\bNone\b(?! of the)|\bnan\b|\{\w+\}"
)
ADDRESS = re.compile(r"https?://\S+")
TAGS = re.compile(r"<(?:style|svg|head|select|code)\b.*?</(?:style|svg|head|select|code)>|<[^>]*>", re.DOTALL)


def sampled(release: Path) -> list[tuple[str, str]]:
    """Each indicator with one region of every kind that has a figure of it, each time another one."""
    with closing(sqlite3.connect(release / "regiokompas.db")) as db:
        rows = db.execute(HAS_FIGURE).fetchall()
    by_kind: dict[tuple[str, str], list[str]] = defaultdict(list)
    for indicator, region, scheme in rows:
        by_kind[indicator, scheme].append(region)
    numbered = enumerate(by_kind.items())
    return [(indicator, found[number % len(found)]) for number, ((indicator, _), found) in numbered]


def visible(page: str) -> str:
    return html.unescape(TAGS.sub(" ", page.partition("<main")[2].partition("</main>")[0]))


def of_meta(page: str, name: str) -> str:
    found = re.search(rf'<meta (?:name|property)="{name}" content="([^"]*)"', page)
    assert found, name
    return html.unescape(found[1])


def test_every_indicator_has_its_page_in_regions_of_every_kind(portal: Datasette, sample_release: Path) -> None:
    release = release_of(portal)
    figures = sampled(sample_release)
    assert {indicator for indicator, _ in figures} <= set(release.registry.indicators)
    assert len(figures) > 500 and len({release.registry.regions[code]["scheme"] for _, code in figures}) > 10

    async def read_all() -> list[tuple[str, str, str, Any]]:
        answers = []
        for number, (indicator, code) in enumerate(figures):
            lang = ("nl", "en")[number % 2]
            url = release.figure_url(code, indicator, lang)
            answers.append((indicator, code, lang, await portal.client.get(url)))
        return answers

    faults = []
    for indicator, code, lang, answer in asyncio.run(read_all()):
        where, page, about = f"{indicator} {code} {lang}", answer.text, release.registry.indicators[indicator]
        if answer.status_code != 200:
            faults.append(f"{where}: {answer.status_code}")
            continue
        text = visible(page)
        for source in release.registry.sources_of(indicator):
            # The name of a table is what the source calls it.
            text = text.replace(source["table_id"], "")
        wrong = INTERNAL.findall(ADDRESS.sub("", text.replace(release.release_id, "")))
        faults += [f"{where}: {word}" for word in wrong]
        faults += [f"{where}: {told}" for svg in charts_in(page) for told in outside(svg)]
        canonical = re.search(r'<link rel="canonical" href="([^"]*)"', page)
        url = release.figure_url(code, indicator, lang)
        sentence = of_meta(page, "description")
        kept = {
            "canonical": canonical is not None and canonical[1].endswith(url),
            "og": of_meta(page, "og:image").endswith(f"{url}.png") and of_meta(page, "og:url").endswith(url),
            "title": about[f"title_{lang}"] in of_meta(page, "og:title"),
            "sentence": sentence.endswith(".") and sentence == of_meta(page, "og:description"),
            "source": all(html.escape(s["homepage_url"]) in page for s in _shown_sources(release, indicator)),
            "licence": re.search(r"licen[ct]", text) is not None,
            "heading": page.count("<h1") == 1 and f'<html lang="{lang}"' in page,
            "script": not runs_script(page) and "style=" not in page,
            "count": about["is_ranked"] or (" andere " not in sentence and " other " not in sentence),
            "rows": "/regiokompas/observations" not in page,
        }
        faults += [f"{where}: {name}" for name, holds in kept.items() if not holds]
    assert not faults, "\n".join(faults)


def _shown_sources(release: Any, indicator: str) -> list[dict[str, Any]]:
    return [source for source in release.registry.sources_of(indicator) if source["shape"] != "subsidies"]


def test_slugs_of_the_release_are_unique_and_lead_back(portal: Datasette) -> None:
    release = release_of(portal)
    slugs: Slugs = release.slugs
    for lang in ("nl", "en"):
        assert len(set(slugs.indicators[lang].values())) == len(release.registry.indicators)
        for indicator, slug in slugs.indicators[lang].items():
            assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug), slug
            assert slugs.indicator_id(slug, lang) == indicator
    seen = set()
    for code, region in release.registry.regions.items():
        slug = slugs.regions[code]
        assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug), slug
        assert slugs.region_code(region["scheme"], slug) == code
        assert slugs.region_code(region["scheme"], code.lower()) in (code, slugs.region_code(region["scheme"], code))
        seen.add((region["scheme"], slug))
    assert len(seen) == len(release.registry.regions)


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/gemeente/GM0193/establishments_per_1000_inhabitants_rate", ZWOLLE),
        ("/gemeente/gm0193/Establishments_Per_1000_Inhabitants_Rate", ZWOLLE),
        ("/gemeente/Zwolle/vestigingen-per-1000-inwoners/", ZWOLLE),
        ("/gemeente/zwolle/establishments-per-1000-inhabitants", ZWOLLE),
        ("/regio/municipality/zwolle/vestigingen-per-1000-inwoners", ZWOLLE),
        ("/en/municipality/193/vestigingen-per-1000-inwoners", ENGLISH),
        ("/gemeente/den-haag/banen", "/gemeente/s-gravenhage/banen"),
        ("/regio/provincie/pv23/banen", "/regio/provincie/overijssel-pv/banen"),
        ("/gemeente/GM0193/jobs_count.svg", "/gemeente/zwolle/banen.svg"),
        ("/gemeente/GM0193/jobs_count.nl.csv?group=g40", "/gemeente/zwolle/banen.nl.csv?group=g40"),
        ("/embed/gemeente/GM0193/jobs_count", "/embed/gemeente/zwolle/banen"),
        # Who ended has no figures: its profile says what became of it.
        ("/gemeente/haaren/banen", "/gemeente/haaren"),
        ("/en/municipality/GM0788/jobs_count", "/en/municipality/haaren"),
    ],
)
def test_every_other_address_is_permanently_moved_to_the_one(portal: Datasette, path: str, to: str) -> None:
    answer = ask(portal, path)
    if to.startswith("/regio/provincie"):
        to = re.sub("overijssel-pv", release_of(portal).slugs.regions["PV23"], to)
    assert (answer.status_code, answer.headers.get("location")) == (301, to)
    assert ask(portal, to).status_code == 200


@pytest.mark.parametrize(
    ("path", "said", "link"),
    [
        ("/gemeente/nergens/banen", "Geen gemeente of regio gevonden voor “nergens”", "/indicator/jobs_count"),
        ("/gemeente/zwolle/geluk", "Er is geen indicator “geluk”", "/gemeente/zwolle"),
        ("/en/region/g40/g40/bankruptcies-declared", "This region has no figure", "/en/indicator/bankruptcies_count"),
        ("/embed/gemeente/zwolle/geluk", "Er is geen indicator “geluk”", "/indicatoren"),
    ],
)
def test_what_is_not_there_is_our_own_page_that_leads_on(portal: Datasette, path: str, said: str, link: str) -> None:
    answer = ask(portal, path)
    assert answer.status_code == 404
    assert said in html.unescape(answer.text) and f'href="{link}"' in answer.text


@pytest.mark.parametrize(
    "path", ["/vergelijk?region=GM0193", "/eigen-regio?municipality=GM0193", ZWOLLE, "/kaart/jobs_count"]
)
def test_a_link_that_was_shared_elsewhere_is_the_same_page(portal: Datasette, path: str) -> None:
    added = f"{path}{'&' if '?' in path else '?'}utm_source=nieuws&fbclid=IwAR0"
    assert ask(portal, added).status_code == 200
    assert ask(portal, added).text == ask(portal, path).text


@pytest.mark.parametrize(
    ("path", "address"),
    [
        (ZWOLLE, "/kaart/establishments_per_1000_inhabitants_rate?regio=zwolle"),
        (ENGLISH, "/en/map/establishments_per_1000_inhabitants_rate?region=zwolle"),
        (
            "/regio/provincie/overijssel/vestigingen-per-1000-inwoners",
            "/kaart/establishments_per_1000_inhabitants_rate?niveau=provincie&regio=overijssel",
        ),
        ("/regio/land/nederland/vestigingen-per-1000-inwoners", "/kaart/establishments_per_1000_inhabitants_rate"),
    ],
)
def test_a_figure_leads_to_its_region_on_the_map(portal: Datasette, path: str, address: str) -> None:
    assert f'href="{html.escape(address)}"' in fetch(portal, path).text
    assert fetch(portal, address).text.count('class="outlined"') == (address != address.partition("?")[0])


@pytest.mark.parametrize("path", [ZWOLLE, ENGLISH])
def test_the_page_says_what_the_release_says(portal: Datasette, path: str, sample_release: Path) -> None:
    page = fetch(portal, path).text
    with closing(sqlite3.connect(sample_release / "regiokompas.db")) as db:
        value, low, count = db.execute(
            "select value, rank_from_low, count_all from baseline where region_code = 'GM0193'"
            " and indicator_id = 'establishments_per_1000_inhabitants_rate'"
        ).fetchone()
    number = f"{value:.1f}" if path == ENGLISH else f"{value:.1f}".replace(".", ",")
    sentence = of_meta(page, "description")
    assert number in sentence and str(low - 1) in sentence and str(count - 1) in sentence
    assert f"<strong>{number}</strong>" in page


def test_a_reader_chooses_the_group_to_compare_with(portal: Datasette) -> None:
    def bands(page: str) -> list[str]:
        return re.findall(r'<path class="band" d="([^"]*)"', page)

    own, g40 = fetch(portal, ZWOLLE).text, fetch(portal, f"{ZWOLLE}?group=g40").text
    assert bands(own) and bands(g40) and bands(own) != bands(g40)
    assert '<option value="g40" selected>' in g40 and f'href="{ZWOLLE}.svg?group=g40"' in g40
    assert f'class="language" href="{ENGLISH}?group=g40"' in g40
    for group in ("all", "province", "size_class", "similar_population"):
        assert bands(fetch(portal, f"{ZWOLLE}?group={group}").text)
    unknown = ask(portal, f"{ZWOLLE}?group=p10")
    assert unknown.status_code == 400 and 'role="alert"' in unknown.text


def test_the_picture_stands_alone(portal: Datasette) -> None:
    answer = fetch(portal, f"{ZWOLLE}.svg")
    root, release = ElementTree.fromstring(answer.text), release_of(portal)
    words = " ".join("".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text"))
    for told in ("Vestigingen per 1.000 inwoners, Zwolle", "165,1", "2025", "CBS", "CC BY 4.0", release.release_id):
        assert told in words, told
    assert dict(release.notice_parts)["nl"] in words
    assert "var(" not in answer.text and "@" not in answer.text and "href" not in answer.text
    assert answer.headers["content-type"].startswith("image/svg+xml")


def test_the_picture_as_png_has_its_words_in_it(portal: Datasette) -> None:
    answer = fetch(portal, f"{ZWOLLE}.png")
    assert answer.content.startswith(b"\x89PNG") and answer.headers["content-type"] == "image/png"
    width = int.from_bytes(answer.content[16:20], "big")
    assert width == 1200
    tag = answer.headers["etag"]
    assert ask(portal, f"{ZWOLLE}.png", headers={"If-None-Match": tag}).status_code == 304


def test_the_files_have_the_figures_of_the_page(portal: Datasette) -> None:
    rows = list(csv.DictReader(io.StringIO(fetch(portal, f"{ZWOLLE}.csv?group=g40").text, newline="")))
    own = [row for row in rows if row["region_code"] == "GM0193"]
    assert {row["region_code"] for row in rows} > {"GM0193", "NL01", "GM0363"} - {"GM0363"}
    assert own and all(row["licence"] and row["attribution"] and row["release_id"] for row in own)
    assert len({row["region_code"] for row in rows}) == 42
    dutch = fetch(portal, f"{ZWOLLE}.nl.csv").text
    assert ";165,1;" in dutch


@pytest.mark.parametrize(("lang", "group"), [("nl", "g40"), ("en", "all")])
@pytest.mark.parametrize("region", ["GM0193", "NL01", "PV23"])
@pytest.mark.parametrize(
    "indicator", ["jobs_count", "establishments_per_1000_inhabitants_rate", "crimes_per_1000_rate"]
)
def test_the_workbook_has_the_figures_of_the_file(
    portal: Datasette, region: str, indicator: str, lang: str, group: str
) -> None:
    release = release_of(portal)
    address = release.figure_url(region, indicator, lang)
    rows = list(csv.DictReader(io.StringIO(fetch(portal, f"{address}.csv?group={group}").text, newline="")))
    book = openpyxl.load_workbook(io.BytesIO(fetch(portal, f"{address}.xlsx?group={group}").content))
    overview, *beside, explained = [list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets]
    name = release.registry.regions[region]["name"]
    own = {row["period"]: (row["value"], row["value_status"]) for row in rows if row["region_code"] == region}
    head = next(row for row in overview if name in row)
    told = [dict(zip(head, row, strict=True)) for row in overview[overview.index(head) + 1 :]]
    period = {"nl": "Periode", "en": "Period"}[lang]
    assert {row[period]: (_number(row[name]), row["Status"]) for row in told} == {
        when: (float(value) if value else None, release.text("statuses", status, lang))
        for when, (value, status) in own.items()
    }
    assert len(beside) == (len({row["region_code"] for row in rows} - {region, "NL01"}) > 0)
    for sheet in beside:
        head = next(row for row in sheet if row[1] == "Code")
        cells = {
            (row[1], when): _number(value)
            for row in sheet[sheet.index(head) + 1 :]
            for when, value in zip(head[2:], row[2:], strict=True)
            if value is not None
        }
        assert cells == {(row["region_code"], row["period"]): float(row["value"]) for row in rows if row["value"]}
    assert release.registry.indicators[indicator][f"title_{lang}"] in {cell for row in explained for cell in row}


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def test_the_citation_names_source_release_and_address(portal: Datasette) -> None:
    bib, ris, release = fetch(portal, f"{ZWOLLE}.bib").text, fetch(portal, f"{ZWOLLE}.ris").text, release_of(portal)
    for text in (bib, ris, visible(fetch(portal, ZWOLLE).text)):
        assert release.release_id in text and "CBS" in text and text.count(ZWOLLE) >= 1, text
    assert bib.startswith("@misc{regiokompas-zwolle-vestigingen-per-1000-inwoners-") and bib.count("{") == bib.count(
        "}"
    )
    assert ris.startswith("TY  - DATA\r\n") and ris.endswith("ER  - \r\n")


def test_only_the_page_to_embed_may_stand_within_others(portal: Datasette) -> None:
    embed = fetch(portal, f"/embed{ZWOLLE}")
    assert "frame-ancestors *" in embed.headers["content-security-policy"]
    assert "<script" not in embed.text and "<form" not in embed.text and "noindex" in embed.text
    assert "Bron: CBS" in embed.text and dict(release_of(portal).notice_parts)["nl"] in embed.text
    others = [ZWOLLE, "/", "/gemeente/zwolle", f"{ZWOLLE}.csv", "/regiokompas", "/embed/gemeente/nergens/banen"]
    for path in others:
        assert "frame-ancestors *" not in ask(portal, path).headers["content-security-policy"], path
    assert [page for page in PATHS if "embed" in page] == ["municipality_embed", "embed"]


def test_what_the_figure_was_is_told(revised_release: Path) -> None:
    indicator, region, _ = REVISED
    portal = open_portal(revised_release)
    address = release_of(portal).figure_url(region, indicator, "nl")
    page = fetch(portal, address).text
    told = page.partition('id="revisions"')[2].partition("</section>")[0]
    assert '<table class="labelled changed">' in told and "2026" in visible(f"<main{told}</main>")
    other = fetch(portal, ZWOLLE).text
    assert "is geen cijfer uit deze reeks veranderd" in other


def test_the_first_release_says_that_there_was_none_before(portal: Datasette) -> None:
    assert "Dit is de eerste release" in fetch(portal, ZWOLLE).text


def test_the_target_of_a_goal_is_drawn(portal: Datasette) -> None:
    url = release_of(portal).figure_url("NL01", "sme_employment_share_pct", "nl")
    page = fetch(portal, url).text
    assert page.count(">Streefwaarde 70,0</text>") == 2 and 'class="target"' in page


def test_a_chart_has_a_title_a_description_and_a_table(portal: Datasette) -> None:
    page = fetch(portal, ENGLISH).text
    for svg in charts_in(page):
        root = parsed(svg)
        assert root.get("aria-label")
        if "large" in root.get("class", ""):
            assert root.findtext("{http://www.w3.org/2000/svg}title") == "Establishments per 1,000 inhabitants, Zwolle"
            described = root.findtext("{http://www.w3.org/2000/svg}desc") or ""
            assert "165.1 in 2025" in described and "Provisional or estimated: 2024, 2025." in described
    assert page.count('<svg class="chart large') == 2 and '<table class="series">' in page


def test_no_indicator_has_the_word_of_another_page_as_its_name(portal: Datasette) -> None:
    slugs = release_of(portal).slugs
    for page, lang in itertools.product(("municipality_figure", "figure"), ("nl", "en")):
        parts = PATHS[page][lang].split("/")
        taken = reserved_words(parts, parts.index("{indicator}"))
        assert taken and not set(taken) & set(slugs.indicators[lang].values())
