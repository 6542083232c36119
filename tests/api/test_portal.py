"""The portal as its readers ask for it, through Datasette's own client on a release of the sample."""

import csv
import io
import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from datasette.app import Datasette
from support_portal import PLAIN, ask, open_portal

from pipelines.publish.queries import load_queries
from pipelines.serve import PORTAL

PAGES = ["/", "/en", "/?q=zwolle", "/regiokompas", "/regiokompas/observations", "/regiokompas/regions/GM0193"]
DATA = ["/regiokompas/regions.json", "/regiokompas/regions.csv", "/downloads/regions.csv", "/regiokompas.db"]
SEEDS = PORTAL.parent / "dbt_project" / "seeds"
QUERIES = load_queries(PORTAL / "queries")


@pytest.fixture(scope="module")
def portal(sample_release: Path) -> Datasette:
    return open_portal(sample_release.resolve() / "regiokompas.db", sample_release)


def rows(portal: Datasette, path: str) -> list[dict[str, Any]]:
    answer = ask(portal, path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def run_sql(portal: Datasette, sql: str) -> Any:
    return ask(portal, "/regiokompas.json", params={"sql": sql, "_shape": "objects"})


@pytest.mark.parametrize(("path", "lang"), [("/", "nl"), ("/en", "en")])
def test_home_says_what_it_is_in_its_language(portal: Datasette, path: str, lang: str) -> None:
    page = ask(portal, path).text
    texts = yaml.safe_load((PORTAL / "texts" / "common.yml").read_text(encoding="utf-8"))
    assert f'<html lang="{lang}">' in page
    for group, key in [("hero", "heading"), ("sections", "sources"), ("sections", "cite")]:
        assert texts[group][key][lang].replace("'", "&#39;") in page
    assert "/downloads/observations.nl.csv" in page
    assert all(f'href="/regiokompas/{name}"' in page for name in QUERIES)


def test_every_text_is_there_in_both_languages_and_used() -> None:
    texts = yaml.safe_load((PORTAL / "texts" / "common.yml").read_text(encoding="utf-8"))
    for group, entries in texts.items():
        for key, entry in entries.items():
            assert set(entry) == {"nl", "en"} and all(entry.values()), f"{group}.{key}"
    templates = "\n".join(path.read_text(encoding="utf-8") for path in (PORTAL / "templates").glob("*.html"))
    for group in ("pages", "hero", "region", "sections"):
        unused = [key for key in texts[group] if f'"{key}"' not in templates and f"'{key}'" not in templates]
        assert not unused, f"{group}: {unused}"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("GM0363", "Amsterdam"),
        ("gm0363", "Amsterdam"),
        ("ZWOLLE", "Zwolle"),
        ("fryslan", "Súdwest-Fryslân"),
        ("gravenhage", "&#39;s-Gravenhage"),
        ("Den Haag", "&#39;s-Gravenhage"),
        ("den bosch", "&#39;s-Hertogenbosch"),
        ("Gronin", "Groningen"),
        ("PV29", "Zeeland"),
    ],
)
def test_a_region_is_found_by_name_part_of_it_or_code(portal: Datasette, query: str, name: str) -> None:
    page = ask(portal, "/", params={"q": query}).text
    found = page[page.index('id="region"') : page.index('id="themes"')]
    assert name in found


@pytest.mark.parametrize("query", ["nergenshuizen", '"', "'; drop table regions --", "* OR", "%", "NEAR(", "<script>"])
def test_a_strange_question_is_answered_kindly(portal: Datasette, query: str) -> None:
    answer = ask(portal, "/en", params={"q": query})
    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_a_region_shows_its_newest_figures_and_links_to_the_rows(portal: Datasette) -> None:
    newest = run_sql(
        portal,
        "select value, year from observations where indicator_id = 'establishments_count' "
        "and region_code = 'GM0363' and value is not null order by year desc limit 1",
    ).json()["rows"][0]
    for path, number in [("/", f"{newest['value']:,.0f}".replace(",", ".")), ("/en", f"{newest['value']:,.0f}")]:
        page = ask(portal, path, params={"q": "GM0363"}).text
        assert f"<strong>{number}</strong>" in page
    link = re.search(
        r'href="(/regiokompas/observations\?region_code=GM0363&amp;indicator_id=establishments_count&[^"]+)"', page
    )
    assert link is not None
    linked = rows(portal, link[1].replace("&amp;", "&").replace("observations?", "observations.json?_shape=array&"))
    assert linked[0]["year"] == newest["year"]


@pytest.mark.parametrize("path", [*PAGES, *DATA, "/nope", "/-/threads"])
def test_every_answer_says_that_the_sample_is_invented(portal: Datasette, path: str) -> None:
    answer = ask(portal, path, headers=PLAIN if path == "/regiokompas.db" else None)
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
        connection.execute("update release set invented = 0, notice = null")
    metadata = (sample_release / "metadata.json").read_text(encoding="utf-8")
    (tmp_path / "metadata.json").write_text(metadata.replace(notice, ""), encoding="utf-8")
    published = open_portal(database, tmp_path)
    for path in ("/", "/regiokompas", "/nope"):
        answer = ask(published, path)
        assert "x-regiokompas-notice" not in answer.headers
        assert "Verzonnen" not in answer.text
    assert "notice" not in ask(published, "/regiokompas/regions.json").json()


def test_json_carries_the_notice_around_the_rows_and_in_them(portal: Datasette) -> None:
    for path in ("observations.json?_size=1", "observations.json?_size=1&_shape=objects", "not_final.json"):
        assert "Invented" in ask(portal, f"/regiokompas/{path}").json()["notice"]
    assert "Invented" in rows(portal, "/regiokompas/observations.json?_size=1&_shape=array")[0]["notice"]


def test_own_pages_allow_no_script_at_all(portal: Datasette) -> None:
    policy = ask(portal, "/").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy and "unsafe" not in policy
    page = ask(portal, "/?q=zwolle").text
    assert "<script" not in page and "style=" not in page
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
    page = ask(portal, f"/regiokompas/{name}").text
    assert QUERIES[name]["title_nl"] in page and QUERIES[name]["title_en"] in page


def test_themes_and_kinds_of_region_have_the_names_of_the_seeds(portal: Datasette) -> None:
    seed = (SEEDS / "themes.csv").read_text(encoding="utf-8")
    page = ask(portal, "/").text
    assert [row["title_nl"] for row in csv.DictReader(io.StringIO(seed)) if f">{row['title_nl']}<" not in page] == []
    assert "Labour market region" in ask(portal, "/en?q=AM11").text


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
        "select json_group_array(a.dims || a.landed_sha256) from observations a, observations b",
        "select group_concat(a.dims || a.landed_sha256) from observations a, observations b",
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
    page = ask(portal, "/", params={"q": "GM0193"}).text
    assert "CBS 81575NED" in page and "cbs 81575NED" not in page
    assert "Gemeente Den Haag subsidies" in page and "den_haag" not in page
    assert "City of The Hague subsidies" in ask(portal, "/en").text


def test_every_publisher_state_and_cadence_has_words(portal: Datasette) -> None:
    texts = portal.portal.texts
    for column, group in (("publisher", "publishers"), ("state", "states"), ("cadence", "cadences")):
        rows = ask(
            portal, "/regiokompas.json", params={"sql": f"select distinct {column} from sources", "_shape": "arrays"}
        )
        found = {row[0] for row in rows.json()["rows"]}
        assert found and found <= texts[group].keys(), column


@pytest.mark.parametrize(
    ("path", "told"),
    [("/?q=GM0193", ["augustus 2026", "16 mei 2023"]), ("/en?q=GM0193", ["August 2026", "16 May 2023"])],
)
def test_periods_are_written_as_people_write_them(portal: Datasette, path: str, told: list[str]) -> None:
    page = ask(portal, path).text
    assert all(words in page for words in told)
    assert not re.search(r">\s*(\d{4}(MM|KW|JJ)\d\d|20\d{6})\s*<", page)


def test_a_source_says_why_it_is_not_current_in_the_language_of_the_page(portal: Datasette) -> None:
    dutch, english = ask(portal, "/").text, ask(portal, "/en").text
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
