"""A release is served with its own words, and one of a form that the portal does not know is not served at all."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
import yaml
from datasette.app import Datasette
from support_portal import ask, fetch, open_portal, release_of
from support_releases import with_other_words

from pipelines.commands.release_check import ServeError, resolve_release
from pipelines.settings import DBT_PROJECT, PORTAL
from portal.pages import PATHS, page_url, profile_page, profile_tab
from portal.release_form import KNOWN_FORMATS, UnknownFormatError

GONE, WARNED, SCHEME, REGION = (
    "establishments_per_1000_inhabitants_rate",
    "retail_establishments_share_pct",
    "water",
    "WS01",
)
OF_INDICATORS = (
    *("indicators", "indicator_terms", "indicator_sources", "observations_on_boundaries", "baseline", "baseline_peers"),
    *("series_breaks", "known_breaks", "goal_monitor", "cooperation_monitor", "cross_border", "plan_monitor"),
)
# As in a release of another day: other titles, a kind of region without one, an indicator and a warning less.
CHANGES = f"""
update themes set title_nl = 'Bedrijvigheid', title_en = 'Trade' where theme = 'inner_city';
update sub_themes set title_nl = 'Beginnen', title_en = 'Starting' where sub_theme = 'retail';
update building_blocks set title_nl = 'Blok drie', title_en = 'Block three' where building_block = 3;
update region_schemes set title_nl = 'Stad of dorp', title_en = 'Town or village' where scheme = 'municipality';
update periods set title_nl = 'anno ' || year, title_en = 'anno domini ' || year where kind = 'year';
update periods set title_nl = 'kwartaalcijfer ' || year, title_en = 'quarterly ' || year where kind = 'quarter';
update usage_warnings set title_nl = 'Pas op', text_nl = 'Wees hier voorzichtig mee.', title_en = 'Beware',
    text_en = 'Handle with care.' where warning_id = 'break_in_series';
delete from usage_warnings where warning_id = 'rounded';
update indicators set usage_warnings = 'break_in_series;rounded' where indicator_id = '{WARNED}';
update tension_classes set label_nl = 'kurkdroog', label_en = 'bone dry' where class_id = 'very_tight';
update peer_groups set title_nl = 'Als de onze', title_en = 'Like ours' where peer_group = 'similar_economy';
update peer_features set title_nl = 'volkrijkheid', title_en = 'populousness' where feature_group = 'size';
insert into regions (region_code, name, scheme, is_current) values ('{REGION}', 'Salland', '{SCHEME}', 1);
insert into region_membership (scheme, region_code, municipality_code, valid_from, valid_to, source, checked_on)
    select '{SCHEME}', '{REGION}', municipality_code, valid_from, valid_to, source, checked_on
    from region_membership where region_code = 'PV23' and municipality_code = 'GM0193';
insert into observations_on_boundaries (indicator_id, region_code, period_code, boundary_year, value,
        value_status, boundary_method, parts_count, is_over)
    select indicator_id, '{REGION}', period_code, boundary_year, value, value_status, boundary_method,
        parts_count, is_over
    from observations_on_boundaries where region_code = 'GM0193';
{"".join(f"delete from {table} where indicator_id = '{GONE}';" for table in OF_INDICATORS)}
"""
CODES = {"municipality": "GM0193", "province": "PV23", "g40": "G40", SCHEME: REGION}
INDICATORS = ("jobs_count", WARNED, "jobs_growth_5y_pct", "unused_potential_count", "support_granted_eur", GONE)


@pytest.fixture(scope="module")
def older(sample_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Datasette:
    """The portal of today on a release with other words."""
    folder = tmp_path_factory.mktemp("older") / sample_release.name
    return open_portal(with_other_words(sample_release, folder, CHANGES))


def paths() -> Iterator[str]:
    """Every kind of page in both languages, with its files: of kinds of region, kinds of indicator, tables, the API."""
    for page, by_language in PATHS.items():
        for lang, path in by_language.items():
            # Those of a region follow below.
            if page in ("municipality", "region", "docs", "doc") or "{region}" in path:
                continue
            others = [{"group": "g40", "cooperation": "PT02", "border": "EM01"}]
            parts = [{"indicator": each} for each in INDICATORS] if "{indicator}" in path else others
            yield from (page_url(page, lang, **each) for each in parts)
            if page not in ("home", "maps", "indicators", "programmes", "cooperations", "borders", "data", "api"):
                yield from (
                    f"{page_url(page, lang, **each)}{ending}" for each in parts for ending in (".csv", ".nl.csv")
                )
    for lang in ("nl", "en"):
        market = page_url("labour_market", lang, region="AM36")
        yield from (f"{market}{ending}" for ending in ("", ".csv", ".nl.csv"))
        yield from (f"{page_url('labour_moves', lang, region='AM36')}{ending}" for ending in (".csv", ".nl.csv"))
        for scheme, code in CODES.items():
            parts = {"scheme": scheme, "region": code, "theme": "inner_city"}
            profile = page_url(profile_page(scheme), lang, **parts)
            yield from (f"{profile}{ending}" for ending in ("", ".zip", ".xlsx"))
            yield from (page_url(profile_tab(kind, scheme), lang, **parts) for kind in ("theme", "baseline", "brief"))
        yield page_url("municipality_similar", lang, region="GM0193")
        regions = "&".join(f"region={code}" for code in CODES.values())
        for indicator in INDICATORS:
            yield f"{page_url('compare', lang)}?{regions}&indicator={indicator}"
        yield f"{page_url('compare', lang)}?region=GM0193&indicator=establishments_count&boundary_year=2020"
        yield from (
            f"{page_url('compare', lang)}{ending}?{regions}&theme=inner_city" for ending in ("", ".xlsx", ".csv")
        )
        yield f"{page_url('programme', lang, group='g40')}.xlsx"
        yield f"{page_url('own_region', lang)}?municipality=GM0193&municipality=GM0150"
        yield f"{page_url('indicator', lang, indicator='jobs_count')}?region=Salland"
        yield f"{page_url('home', lang)}?q=sal"
    yield from (
        f"/regiokompas{path}" for path in ("", "/regions", f"/regions/{REGION}", "/periods", "/indicator_terms.json")
    )
    yield from ("/v1/openapi.json", "/v1/regions", f"/v1/regions/{REGION}", "/v1/sources", "/v1/observations?limit=5")
    yield from ("/sitemap.xml", "/robots.txt", "/catalogue.ttl", "/atom.xml", "/-/search", "/nothing")


def test_no_kind_of_page_breaks_on_a_release_with_other_words(older: Datasette) -> None:
    asked = list(dict.fromkeys(paths()))
    found = {path: ask(older, path).status_code for path in asked}
    assert not {path: status for path, status in found.items() if status >= 500}
    absent = {path for path, status in found.items() if status == 404}
    assert {path for path in absent if GONE not in path} == {"/nothing"}
    assert any(GONE in path for path in absent)
    assert sum(status in (200, 302) for status in found.values()) > 100


def test_every_figure_of_a_release_with_other_words_has_its_page(older: Datasette) -> None:
    release, found = release_of(older), {}
    for code, indicator, lang in product(CODES.values(), INDICATORS, ("nl", "en")):
        if indicator != GONE:
            url = release.figure_url(code, indicator, lang)
            embed = release.figure_url(code, indicator, lang, is_embedded=True)
            found |= {path: ask(older, path).status_code for path in (url, f"{url}.csv", f"{url}.svg", embed)}
    assert set(found.values()) == {200, 404}
    assert sum(status == 200 for status in found.values()) > 100
    # Who has no page has no file either.
    assert not [p for p, status in found.items() if p + ".csv" in found and status != found[p + ".csv"]]
    assert ask(older, f"/gemeente/zwolle/{GONE}").status_code == 404
    assert "anno 20" in fetch(older, release.figure_url(REGION, "jobs_count", "nl")).text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            f"/indicator/{WARNED}",
            ["Bedrijvigheid", "Beginnen", "Blok drie", "Pas op", "Wees hier voorzichtig mee.", "rounded"],
        ),
        (f"/en/indicator/{WARNED}", ["Trade", "Starting", "Block three", "Beware", "Handle with care."]),
        ("/indicatoren", ["Bedrijvigheid", "Beginnen"]),
        ("/en/indicators", ["Trade"]),
        ("/gemeente/zwolle", ["Stad of dorp", "anno 20", "Bedrijvigheid", "Blok drie", SCHEME]),
        ("/gemeente/zwolle/thema/bedrijvigheid", ["anno 20", "Bedrijvigheid", "Als de onze", "Beginnen"]),
        ("/gemeente/zwolle/nulmeting", ["Blok drie", "anno 20"]),
        ("/gemeente/zwolle/kort", ["anno 20"]),
        ("/en/municipality/zwolle/similar", ["Like ours", "populousness"]),
        (f"/en/region/{SCHEME}/salland", ["Salland", SCHEME, "anno domini 20"]),
        ("/kaart/jobs_count", ["anno 20"]),
        ("/en/compare?region=GM0193&indicator=jobs_count", ["anno domini 20", "Town or village"]),
        ("/eigen-regio?municipality=GM0193&municipality=GM0150", ["anno 20"]),
        ("/arbeidsmarkt/regio-zwolle", ["kurkdroog", "kwartaalcijfer"]),
        ("/en/labour-market", ["bone dry", "quarterly"]),
    ],
)
def test_pages_show_the_words_of_the_release(older: Datasette, path: str, words: list[str]) -> None:
    text = fetch(older, path).text
    assert not [word for word in words if word not in text]
    assert not [
        word for word in ("zeer krap", "very tight", "Breuk in de reeks.", "Break in the series.") if word in text
    ]


def test_what_is_not_there_is_not_listed(older: Datasette) -> None:
    assert f'/{GONE}"' not in fetch(older, "/indicatoren").text
    assert f'/{GONE}"' not in fetch(older, "/indicator/establishments_all_levels_count").text
    led = ask(older, "/kaart")
    assert led.status_code == 302 and ask(older, led.headers["location"]).status_code == 200


def test_the_portal_reads_the_form_that_is_published() -> None:
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["vars"]["release_format"] in KNOWN_FORMATS


def test_a_release_tells_its_form_in_its_file_and_in_its_database(portal: Datasette, sample_release: Path) -> None:
    told = json.loads((sample_release / "release.json").read_text(encoding="utf-8"))["release_format"]
    assert fetch(portal, "/regiokompas/release.json?_shape=array").json()[0]["release_format"] == told
    assert fetch(portal, "/v1/releases").json()["items"][0]["releaseFormat"] == told


OTHERS = {
    "update release set release_format = 999": r"has the form 999 \(release_format\)",
    "alter table release drop column release_format": r"does not say which form it has",
}


@pytest.mark.parametrize("change", OTHERS)
def test_a_release_of_an_unknown_form_is_refused_in_one_line(sample_release: Path, tmp_path: Path, change: str) -> None:
    release = with_other_words(sample_release, tmp_path / sample_release.name, change)
    with pytest.raises(UnknownFormatError, match=OTHERS[change]):
        asyncio.run(open_portal(release).invoke_startup())
    command = [
        sys.executable,
        "-P",
        "-m",
        "datasette",
        "serve",
        str(PORTAL),
        "--immutable",
        f"{release}/regiokompas.db",
    ]
    ran = subprocess.run([*command, "--get", "/"], capture_output=True, text=True, check=False)
    assert ran.returncode == 1 and ran.stdout == ""
    lines = [line for line in ran.stderr.splitlines() if line.strip()]
    assert len(lines) == 1 and re.search(OTHERS[change], lines[0]), ran.stderr
    known = ", ".join(map(str, sorted(KNOWN_FORMATS)))
    assert sample_release.name in lines[0] and f"this portal reads the form {known} ->" in lines[0]


@pytest.mark.parametrize("told", [{"release_format": 999}, {}])
def test_it_is_refused_before_anything_starts(sample_release: Path, tmp_path: Path, told: dict[str, int]) -> None:
    release = with_other_words(sample_release, tmp_path / "release", "")
    (release / "release.json").unlink()
    (release / "release.json").write_text(json.dumps({"release_id": "an-older-one", **told}), encoding="utf-8")
    with pytest.raises(ServeError, match=r"release an-older-one .*\(release_format\).* -> ") as refused:
        resolve_release(release)
    assert "\n" not in str(refused.value)
