"""The portal as its readers ask for it, through Datasette's own client on a release of the sample."""

import csv
import gzip
import io
import json
import re
import shutil
import sqlite3
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from datasette.app import Datasette
from support import query
from support_portal import ask, fetch, open_portal, release_of, run_sql, runs_script, towns_linked

from pipelines.publish.queries import load_queries
from pipelines.settings import PORTAL
from portal.context import ReleaseContext
from portal.pages import page_url, question_url

PAGES = ["/", "/en", "/?q=gron", "/regiokompas", "/regiokompas/observations", "/regiokompas/regions/GM0193"]
DATA = ["/regiokompas/regions.json", "/regiokompas/regions.csv", "/downloads/regions.csv", "/regiokompas.db"]
SEEDS = PORTAL.parent / "dbt_project" / "seeds"
QUERIES = load_queries(PORTAL / "queries")


def rows(portal: Datasette, path: str) -> list[dict[str, Any]]:
    answer = ask(portal, path)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(("path", "lang"), [("/", "nl"), ("/en", "en")])
def test_home_says_what_it_is_in_its_language(portal: Datasette, path: str, lang: str) -> None:
    page = ask(portal, path).text
    texts = yaml.safe_load((PORTAL / "texts" / "common.yml").read_text(encoding="utf-8"))
    assert f'<html lang="{lang}"' in page
    assert texts["hero"]["heading"][lang].replace("'", "&#39;") in page
    data = fetch(portal, page_url("data", lang)).text
    assert f'href="{page_url("data", lang)}"' in page
    for key in ("downloads", "cite", "machines"):
        assert texts["sections"][key][lang] in unescape(data)
    assert "/downloads/observations.nl.csv" in data
    assert all(f'href="{question_url(name, lang)}"' in data for name in QUERIES)


def test_every_text_is_there_in_both_languages_and_used() -> None:
    texts = yaml.safe_load((PORTAL / "texts" / "common.yml").read_text(encoding="utf-8"))
    for group, entries in texts.items():
        for key, entry in entries.items():
            assert set(entry) == {"nl", "en"} and all(entry.values()), f"{group}.{key}"
    templates = "\n".join(path.read_text(encoding="utf-8") for path in (PORTAL / "templates").glob("*.html"))
    for group in ("pages", "hero", "region", "sections"):
        unused = [key for key in texts[group] if f'"{key}"' not in templates and f"'{key}'" not in templates]
        assert not unused, f"{group}: {unused}"


@pytest.mark.parametrize("template", sorted((PORTAL / "templates").glob("*.html")), ids=lambda path: path.name)
def test_every_text_that_a_template_asks_for_is_there(portal: Datasette, template: Path) -> None:
    source, texts = template.read_text(encoding="utf-8"), release_of(portal).texts
    asked = set(re.findall(r"""(?:portal\.text|\bt)\(["'](\w+)["'], ["'](\w+)["']""", source))
    if own := re.search(r"""macro t\(key\) %}{{ portal\.text\(["'](\w+)["'], key""", source):
        asked |= {(own[1], key) for key in re.findall(r"""\bt\(["'](\w+)["']\)""", source)}
    assert [f"{group}.{key}" for group, key in sorted(asked) if key not in texts[group]] == []


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("GM0363", "Amsterdam"),
        ("gm0363", "Amsterdam"),
        ("ZWOLLE", "Zwolle"),
        ("fryslan", "Fryslân"),
        ("gravenhage", "&#39;s-Gravenhage"),
        ("Den Haag", "&#39;s-Gravenhage"),
        ("den bosch", "&#39;s-Hertogenbosch"),
        ("Gronin", "Groningen"),
        ("PV29", "Zeeland"),
    ],
)
def test_a_region_is_found_by_name_part_of_it_or_code(portal: Datasette, query: str, name: str) -> None:
    answer = ask(portal, "/", params={"q": query})
    if answer.status_code == 302:
        heading = ask(portal, answer.headers["location"]).text.split("<h1", 1)[1].split("</h1>")[0]
        assert name in heading
    else:
        found = answer.text[answer.text.index('id="found"') : answer.text.index('id="doors"')]
        assert name in found.split("<li>")[1]


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("/?q=gm0193", "/gemeente/zwolle"),
        ("/?q=zwolle", "/gemeente/zwolle"),
        ("/en?q=den bosch", "/en/municipality/s-hertogenbosch"),
        ("/en?q=PV29", "/en/region/province/zeeland"),
        ("/?q=drachten", "/gemeente/smallingerland"),
        ("/en?q=hoek van holland", "/en/municipality/rotterdam"),
        # What a region is called goes before what a place is: Hoorn lies on Terschelling too.
        ("/?q=hoorn", "/gemeente/hoorn"),
    ],
)
def test_who_names_one_region_comes_to_its_profile(portal: Datasette, query: str, address: str) -> None:
    assert ask(portal, query).headers["location"] == address


def test_who_names_several_regions_chooses(portal: Datasette) -> None:
    page = ask(portal, "/en?q=utrecht").text
    found = page[page.index('id="found"') : page.index('id="doors"')].split("<li>")[1:]
    assert 'href="/en/municipality/utrecht"' in found[0] and len(found) > 2
    assert any('href="/en/region/province/utrecht"' in line for line in found)


@pytest.mark.parametrize(
    ("typed", "municipalities"),
    [
        # Three municipalities have a Nes.
        ("nes", {"GM0060", "GM0074", "GM1970"}),
        ("hoek van", {"GM0599"}),
        ("alphen", {"GM0484", "GM0668", "GM1723"}),
    ],
)
def test_who_names_a_place_of_several_municipalities_chooses(
    portal: Datasette, typed: str, municipalities: set[str]
) -> None:
    page = fetch(portal, f"/en?q={typed}").text
    found = page[page.index('id="found"') : page.index('id="doors"')]
    assert municipalities <= set(towns_linked(portal, found))


def test_a_municipality_that_is_found_by_a_place_says_so(portal: Datasette) -> None:
    for home, words in (("/", "hier ligt Hoek van Holland"), ("/en", "includes Hoek van Holland")):
        page = fetch(portal, f"{home}?q=hoek van").text
        assert f"GM0599: {words}" in page
    assert "GM0599: includes" not in fetch(portal, "/en?q=rotterd").text


@pytest.mark.parametrize("query", ["nergenshuizen", '"', "'; drop table regions --", "* OR", "%", "NEAR(", "<script>"])
def test_a_strange_question_is_answered_kindly(portal: Datasette, query: str) -> None:
    answer = ask(portal, "/en", params={"q": query})
    assert answer.status_code == 200
    assert "<script>" not in answer.text


@pytest.mark.parametrize(("home", "lang"), [("/", "nl"), ("/en", "en")])
def test_home_tells_the_release_and_leads_to_what_it_changed_and_its_sources(
    portal: Datasette, sample_release: Path, home: str, lang: str
) -> None:
    page = ask(portal, home).text
    news = page[page.index('id="news"') :]
    assert sample_release.name in news
    assert {"nl": "Dit is de eerste release", "en": "This is the first release"}[lang] in news
    assert f'href="{page_url("changes", lang)}"' in news and f'href="{page_url("sources", lang)}"' in news
    assert 'href="/atom.xml"' in page


def test_home_counts_the_sources_that_are_not_current_and_their_page_names_them(
    sample_release: Path, tmp_path: Path
) -> None:
    database = tmp_path / "regiokompas.db"
    shutil.copyfile(sample_release / "regiokompas.db", database)
    with closing(sqlite3.connect(database)) as connection, connection:
        kept = "state = 'kept', reason_nl = 'Het CBS antwoordt niet.', reason_en = 'CBS does not answer.'"
        connection.execute(f"update sources set {kept} where dataset_id = 'cbs/81575NED'")
    with closing(sqlite3.connect(database)) as connection:
        current = "state in ('current', 'archived')"
        (count,) = connection.execute(f"select count(*) from sources where not {current}").fetchone()
    older = open_portal(sample_release, database)
    said = "1 source is not up to date" if count == 1 else f"{count} sources are not up to date"
    assert count and f'href="/en/sources">{said}</a>' in fetch(older, "/en").text
    page = fetch(older, "/en/sources").text
    assert "81575NED" in page and "CBS does not answer." in page


@pytest.mark.parametrize("path", [*PAGES, *DATA, "/nope", "/-/threads"])
def test_every_answer_says_that_the_sample_is_invented(portal: Datasette, path: str) -> None:
    answer = ask(portal, path)
    assert answer.headers["x-regiokompas-notice"].startswith("Verzonnen voorbeeldcijfers")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-regiokompas-release"]
    if answer.headers["content-type"].startswith("text/html"):
        assert "Verzonnen voorbeeldcijfers, geen echte gegevens" in answer.text
        assert "Invented sample figures, not real data" in answer.text


def test_published_figures_carry_no_notice(sample_release: Path, tmp_path: Path) -> None:
    database = tmp_path / "regiokompas.db"
    shutil.copy(sample_release / "regiokompas.db", database)
    with closing(sqlite3.connect(database)) as connection, connection:
        notice = connection.execute("select notice from release").fetchone()[0]
        connection.execute("update release set is_invented = 0, notice = null")
    metadata = (sample_release / "metadata.json").read_text(encoding="utf-8")
    (tmp_path / "metadata.json").write_text(metadata.replace(notice, ""), encoding="utf-8")
    published = open_portal(tmp_path, database)
    for path in ("/", "/regiokompas", "/nope"):
        answer = ask(published, path)
        assert "x-regiokompas-notice" not in answer.headers
        assert "Verzonnen" not in answer.text
    assert "notice" not in ask(published, "/regiokompas/regions.json").json()


def test_json_carries_the_notice_around_the_rows_and_in_them(portal: Datasette) -> None:
    for path in ("observations.json?_size=1", "observations.json?_size=1&_shape=objects", "not_final.json"):
        assert "Invented" in ask(portal, f"/regiokompas/{path}").json()["notice"]
    assert "Invented" in rows(portal, "/regiokompas/observations.json?_size=1&_shape=array")[0]["notice"]


@pytest.mark.parametrize(
    "asked",
    [
        "?sql=select+1+as+one,+'=1'+as+text",
        "?sql=select+*+from+regions+limit+3",
        "/observations.csv?_size=2&_col=value",
        "/observations.csv?_size=2",
        "/not_final.csv",
    ],
)
def test_every_row_of_csv_says_that_it_is_invented(portal: Datasette, asked: str) -> None:
    path = f"/regiokompas{'' if asked.startswith('/') else '.csv'}{asked}"
    found = list(csv.DictReader(io.StringIO(fetch(portal, path).text)))
    assert found and all("Invented" in row["notice"] and None not in row for row in found)


def test_csv_without_headings_has_the_columns_that_were_asked_for(portal: Datasette) -> None:
    assert fetch(portal, "/regiokompas.csv?sql=select+1,2&_header=off").text.strip() == "1,2"


@pytest.mark.parametrize("name", QUERIES)
def test_no_reader_of_a_question_has_to_know_a_code(portal: Datasette, name: str) -> None:
    page = fetch(portal, f"/regiokompas/{name}").text
    for parameter, default in QUERIES[name].get("defaults", {}).items():
        field = re.search(rf'name="{parameter}"[^>]* list="(\w+)"', page)
        # A year is no code, and what programmes there are its description says.
        if parameter in ("boundary_year", "programme"):
            assert field is None
            continue
        assert field, parameter
        choices = re.findall(r'<option value="([^"]+)">([^<]+)<', page.partition(f'<datalist id="{field[1]}">')[2])
        assert str(default) in dict(choices) and dict(choices)[str(default)] != str(default)


def test_own_pages_allow_no_script_but_that_of_the_portal(portal: Datasette) -> None:
    policy = ask(portal, "/").headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in policy and "unsafe" not in policy
    page = ask(portal, "/?q=gron").text
    assert not runs_script(page) and "style=" not in page
    assert "'unsafe-inline'" in ask(portal, "/regiokompas/regions").headers["content-security-policy"]


@pytest.mark.parametrize("path", [*PAGES, "/regiokompas/where_from", "/nope"])
def test_no_page_asks_anything_outside(portal: Datasette, path: str) -> None:
    page = ask(portal, path).text
    asked = re.findall(r'(?:src|action)="([^"]+)"|<link[^>]+rel="(?:stylesheet|icon)"[^>]*href="([^"]+)"', page)
    assert asked and all(a.startswith("/") and not a.startswith("//") for pair in asked for a in pair if a)


@pytest.mark.parametrize("name", QUERIES)
def test_a_question_is_answered_within_the_limits(portal: Datasette, name: str) -> None:
    answer = ask(portal, f"/regiokompas/{name}.json?_shape=objects").json()
    assert answer["rows"], name
    assert "notice" in answer["rows"][0]


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("name", QUERIES)
def test_a_question_is_in_the_language_of_who_asks_it(portal: Datasette, name: str, lang: str) -> None:
    other = "en" if lang == "nl" else "nl"
    page = unescape(fetch(portal, question_url(name, lang)).text)
    texts = release_of(portal).texts
    assert f'<html lang="{lang}"' in page
    assert f"<h1>{QUERIES[name][f'title_{lang}']}</h1>" in page and QUERIES[name][f"title_{other}"] not in page
    assert QUERIES[name][f"description_{lang}"] in page and QUERIES[name][f"description_{other}"] not in page
    for item in ("compare", "maps", "indicators", "labour_markets", "sources", "data"):
        assert f">{texts['menu'][item][lang]}</a>" in page and page_url(item, lang) in page
        assert f'href="{page_url(item, other)}"' not in page
    for parameter in QUERIES[name]["params"]:
        assert f">{texts['question_parameters'][parameter][lang]}</label>" in page
    if QUERIES[name]["params"]:
        # What is asked for next is in the same language, and so is the same question in the other one.
        assert ('name="_lang" value="en"' in page) == (lang == "en")
        parameter = QUERIES[name]["params"][0]
        asked = fetch(portal, question_url(name, lang, **{parameter: QUERIES[name]["defaults"][parameter]})).text
        twin = question_url(name, other, **{parameter: QUERIES[name]["defaults"][parameter]})
        assert f'<a class="language" href="{twin.replace("&", "&amp;")}" lang="{other}"' in asked


def test_themes_and_kinds_of_region_have_the_names_of_the_seeds(portal: Datasette) -> None:
    seed = (SEEDS / "themes.csv").read_text(encoding="utf-8")
    page = fetch(portal, "/indicatoren").text
    assert [row["title_nl"] for row in csv.DictReader(io.StringIO(seed)) if f">{row['title_nl']}<" not in page] == []
    assert "Labour market region" in ask(portal, "/en/region/labour-market-region/flevoland").text


def test_labour_market_regions_add_up_to_all_municipalities(portal: Datasette) -> None:
    sums = rows(portal, "/regiokompas/labour_market_regions.json?_shape=array")
    each = rows(portal, "/regiokompas/establishments_latest.json?_shape=array")
    assert sum(row["total"] for row in sums) == sum(row["establishments"] or 0 for row in each)
    assert sum(row["municipalities"] for row in sums) == 342


def test_a_rate_is_not_summed(portal: Datasette) -> None:
    assert rows(portal, "/regiokompas/labour_market_regions.json?_shape=array&indicator=crimes_per_1000_rate") == []


def test_a_chosen_parameter_wins_over_the_default(portal: Datasette) -> None:
    chosen = rows(portal, "/regiokompas/next_to_peers.json?_shape=array&region=GM0935")
    assert {row["province"] for row in chosen} == {"Limburg"}


def test_downloads_are_whole_and_of_the_right_type(portal: Datasette) -> None:
    answer = ask(portal, "/downloads/regions.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert 'filename="regions.csv"' in answer.headers["content-disposition"]
    count = run_sql(portal, "select count(*) as n from regions").json()["rows"][0]["n"]
    assert len(list(csv.DictReader(io.StringIO(answer.text)))) == count
    assert ask(portal, "/downloads/regions.nl.csv").content.startswith("\ufeff".encode())
    parquet = ask(portal, "/downloads/regions.parquet")
    assert parquet.headers["content-type"] == "application/vnd.apache.parquet"
    assert parquet.content[:4] == b"PAR1"
    again = ask(portal, "/downloads/regions.csv", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["observations_on_boundaries.csv", "regions.nl.csv"])
def test_a_file_that_is_kept_packed_is_the_same_however_it_is_sent(
    portal: Datasette, sample_release: Path, name: str
) -> None:
    packed = (sample_release / "tables" / f"{name}.gz").read_bytes()
    plain = ask(portal, f"/downloads/{name}", headers={"Accept-Encoding": "identity"})
    small = ask(portal, f"/downloads/{name}", headers={"Accept-Encoding": "gzip"})
    kept = ask(portal, f"/tables/{name}.gz", headers={"Accept-Encoding": "gzip"})
    # What a client reads has been unpacked on its way, and it keeps the file under its own name.
    assert plain.content == small.content == gzip.decompress(packed)
    assert small.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["vary"] and "Accept-Encoding" in small.headers["vary"]
    assert plain.headers["etag"] != small.headers["etag"]
    assert kept.content == packed and "content-encoding" not in kept.headers
    assert f'filename="{name}"' in small.headers["content-disposition"]


@pytest.mark.parametrize("filters", ["", "?_sort_desc=region_code", "?region_code=GM0193"])
def test_a_facet_counts_the_rows_that_are_shown(portal: Datasette, sample_release: Path, filters: str) -> None:
    where = "where region_code = 'GM0193'" if "GM0193" in filters else ""
    for table, about in ask(portal, "/-/metadata.json").json()["databases"]["regiokompas"]["tables"].items():
        columns = [name for name in about.get("columns", {})]
        if filters and "region_code" not in columns:
            continue
        facets = ask(portal, f"/regiokompas/{table}.json{filters}").json()["facet_results"]
        assert set(facets) == set(about.get("facets", [])), table
        for column, told in facets.items():
            counted = f"select {column}, count(*) from {table} {where} group by 1 order by 2 desc, 1"
            wanted = [row for row in query(sample_release, counted) if row[0] is not None]
            assert [(r["value"], r["count"]) for r in told["results"]] == wanted[:20], (table, column)
            assert told["truncated"] == (len(wanted) > 20)


@pytest.mark.parametrize("path", ["/downloads/nothing.csv", "/downloads/..%2frelease.json", "/downloads/regions.db"])
def test_only_the_files_of_the_release_are_downloads(portal: Datasette, path: str) -> None:
    assert ask(portal, path).status_code in (302, 404)


def test_a_table_page_links_its_whole_files_before_datasettes_csv(portal: Datasette) -> None:
    page = ask(portal, "/regiokompas/observations").text
    assert 0 < page.index("/downloads/observations.csv") < page.index("/regiokompas/observations.csv")


@pytest.mark.parametrize(
    "path", ["/-/threads", "/-/databases", "/-/databases.json", "/-/versions", "/-/plugins.json", "/-/permissions"]
)
def test_pages_about_the_machine_are_hidden(portal: Datasette, path: str) -> None:
    assert ask(portal, path).status_code == 404


def test_sql_does_not_tell_where_the_files_are(portal: Datasette, sample_release: Path) -> None:
    answer = run_sql(portal, "select * from pragma_database_list")
    assert str(sample_release.resolve().parent) not in answer.text


@pytest.mark.parametrize(
    "sql",
    [
        "select length(hex(zeroblob(450000000)))",
        "select printf('%.*c', 900000000, 'x')",
        "select randomblob(200000000)",
        "select json_group_array(a.indicator_id || a.notice) from observations a, observations b",
        "select group_concat(a.indicator_id || a.notice) from observations a, observations b",
        "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c",
        "attach database '/etc/passwd' as x",
        "delete from observations",
    ],
)
def test_sql_that_is_too_heavy_or_writes_is_refused(portal: Datasette, sql: str) -> None:
    answer = run_sql(portal, sql)
    assert answer.status_code == 400, answer.text[:200]
    assert ask(portal, "/regiokompas/observations?_search=x&_facet=year").status_code == 200


def test_the_publisher_is_named_as_it_writes_itself(portal: Datasette) -> None:
    page = ask(portal, "/gemeente/zwolle/thema/midden-en-kleinbedrijf").text
    assert "CBS 81575NED" in page and "cbs 81575NED" not in page
    assert "<h2>Gemeente Den Haag " in ask(portal, "/bronnen").text
    assert "<h2>City of The Hague " in ask(portal, "/en/sources").text


def test_every_publisher_state_and_cadence_has_words(portal: Datasette) -> None:
    texts = release_of(portal).texts
    for column, group in (("publisher", "publishers"), ("state", "states"), ("cadence", "cadences")):
        rows = ask(
            portal, "/regiokompas.json", params={"sql": f"select distinct {column} from sources", "_shape": "arrays"}
        )
        found = {row[0] for row in rows.json()["rows"]}
        assert found and found <= texts[group].keys(), column


@pytest.mark.parametrize(
    ("path", "told"),
    [("/bronnen", ["augustus 2026", "16 mei 2023"]), ("/en/sources", ["August 2026", "16 May 2023"])],
)
def test_periods_are_written_as_people_write_them(portal: Datasette, path: str, told: list[str]) -> None:
    page = ask(portal, path).text
    assert all(words in page for words in told)
    assert not re.search(r">\s*(\d{4}(MM|KW|JJ)\d\d|20\d{6})\s*<", page)


def test_a_source_says_why_it_is_not_current_in_the_language_of_the_page(portal: Datasette) -> None:
    dutch, english = ask(portal, "/bronnen").text, ask(portal, "/en/sources").text
    assert "UWV heeft na 16 mei 2023 geen week meer gepubliceerd" in dutch
    assert "UWV has published no week after 16 May 2023" in english
    assert "UWV has published" not in dutch and "UWV heeft na" not in english


def test_descriptions_show_no_marks_of_their_markup(portal: Datasette) -> None:
    for path in ("/regiokompas", "/regiokompas/observations", "/regiokompas/sme_support", "/regiokompas/sources"):
        assert "`" not in ask(portal, path).text.split("</head>")[1].split("<script")[0]


def test_a_row_page_explains_every_column(portal: Datasette) -> None:
    page = ask(portal, "/regiokompas/regions/GM0193").text
    columns = json.loads(ask(portal, "/-/metadata.json").text)["databases"]["regiokompas"]["tables"]["regions"][
        "columns"
    ]
    for name, description in columns.items():
        assert f'<th scope="row">{name}</th>' in page
        assert description.replace("'", "&#39;") in page


def test_a_mistyped_address_leaves_no_trace_in_the_log_and_a_fault_does(
    portal: Datasette, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(portal, "/regiokompas/nope").status_code == 404
    assert ask(portal, "/nope").status_code == 404
    assert capfd.readouterr() == ("", "")
    monkeypatch.setattr(ReleaseContext, "find_regions", None)
    assert ask(portal, "/", params={"q": "Zwolle"}).status_code == 500
    assert "TypeError" in "".join(capfd.readouterr())
