"""/v1 as programs ask it; figures are compared with the database of the release itself."""

import csv
import io
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from datasette.app import Datasette
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import query
from support_portal import ask, open_portal, runs_script

from portal.api.description import API_VERSION, RESOURCES

LISTS = [f"/v1{resource.path}" for resource in RESOURCES]
GUESSES = ["indicatorId", "regionCode", "scheme", "year", "yearFrom", "boundaryYear", "valueStatus", "limit", "cursor"]
# A longer list is walked for one region only.
MOST_WALKED = 5000
FIGURES = "/v1/observations?indicatorId=establishments_count&regionCode=GM0363"


def get(portal: Datasette, path: str, *parameters: tuple[str, Any], **headers: str) -> Any:
    return ask(portal, f"{path}?{urlencode(parameters)}" if parameters else path, headers=headers)


def items(portal: Datasette, path: str, *parameters: tuple[str, Any]) -> list[dict[str, Any]]:
    answer = get(portal, path, *parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def walk(portal: Datasette, path: str) -> list[dict[str, Any]]:
    """Every row of a list, page after page."""
    found: list[dict[str, Any]] = []
    while path:
        answer = ask(portal, path).json()
        found += answer["items"]
        path = answer["links"].get("next", "").removeprefix("http://localhost")
    return found


def test_figures_are_those_of_the_release(portal: Datasette, sample_release: Path) -> None:
    told = [(i["periodCode"], i["value"], i["valueStatus"]) for i in items(portal, FIGURES)]
    sql = "select period_code, value, value_status from observations where indicator_id = ? and region_code = ?"
    assert told == sorted(query(sample_release, sql, "establishments_count", "GM0363"))
    assert len(told) > 5


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ("regionCode=GM0363&regionCode=GM0193&year=2024&year=2025",
         "region_code in ('GM0363', 'GM0193') and year in (2024, 2025)"),
        ("scheme=province&indicatorId=jobs_count", "region_code like 'PV%' and indicator_id = 'jobs_count'"),
        ("yearFrom=2023&yearTo=2024&regionCode=NL01", "region_code = 'NL01' and year between 2023 and 2024"),
        ("periodCode=2025KW01&regionCode=PV27", "region_code = 'PV27' and period_code = '2025KW01'"),
        ("valueStatus=suppressed&valueStatus=estimated", "value_status in ('suppressed', 'estimated')"),
        ("indicatorId=jobs_count&yearFrom=2030", "false"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("boundary_year", [None, 2026])
def test_filters_hold_together(
    portal: Datasette, sample_release: Path, asked: str, where: str, boundary_year: int | None
) -> None:
    table, path = "observations", f"/v1/observations?limit=1000&{asked}"
    if boundary_year:
        table, path = "observations_on_boundaries", f"{path}&boundaryYear={boundary_year}"
        where = f"{where} and boundary_year = {boundary_year}"
    told = {(i["indicatorId"], i["regionCode"], i["periodCode"], i["value"]) for i in walk(portal, path)}
    sql = f"select indicator_id, region_code, period_code, value from {table} where {where}"
    assert told == set(query(sample_release, sql))


def test_without_a_boundary_year_a_figure_is_as_published_and_with_one_it_says_how(portal: Datasette) -> None:
    assert "originId" in items(portal, FIGURES)[0]
    methods = {i["boundaryMethod"] for i in items(portal, f"{FIGURES}&boundaryYear=2026")}
    assert methods <= {"published", "merged", "split_estimate", "unavailable"} and len(methods) > 1


@pytest.mark.parametrize("path", [f"/v1{resource.path}" for resource in RESOURCES if resource.rows_of != "changes"])
def test_pages_join_into_the_whole_table_in_one_order(portal: Datasette, sample_release: Path, path: str) -> None:
    resource = RESOURCES[LISTS.index(path)]
    narrowed, where = "", ""
    (count,) = query(sample_release, f"select count(*) from {resource.table}")[0]
    if count > MOST_WALKED:
        narrowed, where = "regionCode=GM0363&", " where region_code = 'GM0363'"
        (count,) = query(sample_release, f"select count(*) from {resource.table}{where}")[0]
    whole = walk(portal, f"{path}?{narrowed}limit=1000")
    size = max(1, count // 4)
    assert len(whole) == count
    assert walk(portal, f"{path}?{narrowed}limit={size}") == whole


def test_the_last_page_has_no_next_and_the_header_says_the_same_as_the_body(portal: Datasette) -> None:
    answer = get(portal, f"{FIGURES}&limit=2")
    next_url = answer.json()["links"]["next"]
    assert answer.headers["link"] == f'<{next_url}>; rel="next"'
    count = len(items(portal, FIGURES))
    for limit in (count, count + 1):
        whole = get(portal, f"{FIGURES}&limit={limit}")
        assert "next" not in whole.json()["links"] and "link" not in whole.headers


def test_csv_has_the_same_figures_and_the_same_next_page(portal: Datasette) -> None:
    as_json = get(portal, f"{FIGURES}&limit=3")
    as_csv = get(portal, f"{FIGURES}&limit=3", accept="text/csv")
    assert as_csv.headers["content-type"].startswith("text/csv")
    assert as_csv.headers["link"] == as_json.headers["link"]
    written = [
        {name: "" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for name, v in item.items()}
        for item in as_json.json()["items"]
    ]
    assert list(csv.DictReader(io.StringIO(as_csv.text, newline=""))) == written
    empty = get(portal, f"{FIGURES}&year=1900", accept="text/csv").text
    assert empty.splitlines() == as_csv.text.splitlines()[:1]


@pytest.mark.parametrize(
    ("asked", "name", "words"),
    [
        ("indicatorid=jobs_count", "indicatorid", "Did you mean indicatorId?"),
        ("indicator_id=jobs_count", "indicator_id", "Known parameters: indicatorId"),
        ("indicatorId=jobs", "indicatorId", "/v1/indicators"),
        ("regionCode=gm0363", "regionCode", "/v1/regions"),
        ("scheme=gemeente", "scheme", "municipality"),
        ("year=twintig", "year", "whole number from 1900"),
        ("year=", "year", "whole number from 1900"),
        ("year=20201", "year", "to 2100"),
        ("year=%EF%BC%92%EF%BC%90%EF%BC%92%EF%BC%90", "year", "whole number"),
        ("yearFrom=2020&yearFrom=2021", "yearFrom", "the maximum is 1."),
        ("boundaryYear=2019", "boundaryYear", "one of 2026"),
        ("periodCode=2020", "periodCode", "2024JJ00"),
        ("valueStatus=Final", "valueStatus", "revised_provisional"),
        ("limit=0", "limit", "from 1 to 1000"),
        ("limit=1001", "limit", "from 1 to 1000"),
        ("cursor=abc", "cursor", "start again"),
        ("cursor=%F0%9F%98%80", "cursor", "start again"),
    ],
)
def test_what_is_wrong_is_named_with_what_was_expected(portal: Datasette, asked: str, name: str, words: str) -> None:
    answer = get(portal, f"/v1/observations?{asked}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 400 and problem["title"] and words in problem["detail"]
    assert [error["location"]["name"] for error in problem["errors"]] == [name]


def test_every_fault_is_told_at_once(portal: Datasette) -> None:
    errors = get(portal, "/v1/observations?year=x&year=y&scheme=z&foo=1").json()["errors"]
    assert [error["location"]["name"] for error in errors] == ["foo", "scheme", "year", "year"]


def test_a_cursor_of_another_list_or_release_is_refused(
    portal: Datasette, sample_release: Path, tmp_path: Path
) -> None:
    cursor = get(portal, "/v1/regions?limit=1").json()["links"]["next"].partition("cursor=")[2]
    assert get(portal, "/v1/regions", ("cursor", cursor)).status_code == 200
    assert get(portal, "/v1/observations", ("cursor", cursor)).status_code == 400
    database = tmp_path / "regiokompas.db"
    database.write_bytes((sample_release / "regiokompas.db").read_bytes())
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("update release set release_id = 'another'")
    other = open_portal(sample_release, database)
    assert get(other, "/v1/regions", ("cursor", cursor)).status_code == 400
    assert "another" in get(other, "/v1/regions").headers["etag"]


def test_one_region_tells_what_it_is_part_of_and_what_is_in_it(portal: Datasette, sample_release: Path) -> None:
    town = get(portal, "/v1/regions/GM0363").json()
    assert (town["name"], town["scheme"], town["isCurrent"]) == ("Amsterdam", "municipality", True)
    assert "PV27" in {region["regionCode"] for region in town["partOf"]} and town["members"] == []
    province = get(portal, "/v1/regions/PV27").json()
    members = query(sample_release, "select municipality_code from region_membership where region_code = 'PV27'")
    assert sorted(m["municipalityCode"] for m in province["members"]) == sorted(code for (code,) in members)


def test_one_indicator_has_its_unit_and_definition_in_both_languages(portal: Datasette) -> None:
    indicator = get(portal, "/v1/indicators/jobs_count").json()
    assert all(indicator[field] for field in ("titleNl", "titleEn", "definitionNl", "definitionEn", "unitNl", "unitEn"))


@pytest.mark.parametrize(
    "path",
    [
        "/v1/regions/GM9999",
        "/v1/regions/x",
        "/v1/indicators/nope",
        "/v1/nope",
        "/v1/regions/",
        "/v1/",
        "/v1/openapi_json",
    ],
)
def test_an_address_that_is_not_there_is_a_problem_too(portal: Datasette, path: str) -> None:
    answer = get(portal, path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["status"] == 404 and answer.headers["api-version"] == API_VERSION


@pytest.mark.parametrize("path", ["/v1/regions/GM0363", "/v1/indicators/jobs_count", "/v1/openapi.json"])
def test_an_address_without_parameters_takes_none(portal: Datasette, path: str) -> None:
    assert get(portal, f"{path}?year=2020").status_code == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written(portal: Datasette, method: str) -> None:
    answer = ask(portal, "/v1/regions", method, cookies={"ds_csrftoken": "x"})
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("*/*", "application/json"),
        ("text/html, application/xml;q=0.9, */*;q=0.8", "application/json"),
        ("text/csv", "text/csv"),
        ("text/*", "text/csv"),
        ("text/csv;q=0.5, application/json;q=0.4", "text/csv"),
        ("application/json;q=0, */*", "text/csv"),
        ("image/png", None),
        ("text/csv;q=0", None),
        ("text/csv;q=much", None),
    ],
)
def test_the_form_is_the_one_that_was_asked_for(portal: Datasette, accept: str, form: str | None) -> None:
    answer = get(portal, "/v1/sources", accept=accept)
    assert answer.status_code == (200 if form else 406)
    assert answer.headers["content-type"].split(";")[0] == (form or "application/problem+json")
    assert "Accept" in answer.headers["vary"]


@pytest.mark.parametrize("path", [*LISTS, "/v1/regions/GM0363", "/v1/indicators/jobs_count", "/v1/openapi.json"])
def test_every_answer_has_its_version_release_notice_and_cors(portal: Datasette, path: str) -> None:
    answer = get(portal, path)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("application/json")
    assert answer.headers["api-version"] == API_VERSION
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = answer.headers["access-control-expose-headers"]
    assert all(name in exposed for name in ("API-Version", "ETag", "Link"))
    assert "Invented sample figures" in answer.text
    head = ask(portal, path, "HEAD")
    assert head.status_code == 200 and head.headers["etag"] == answer.headers["etag"] and not head.content


def test_who_has_an_answer_of_this_release_is_not_sent_it_again(portal: Datasette, sample_release: Path) -> None:
    etag = get(portal, FIGURES).headers["etag"]
    assert sample_release.name in etag
    assert get(portal, FIGURES, **{"if-none-match": f'"old", W/{etag}'}).status_code == 304
    assert get(portal, FIGURES, **{"if-none-match": '"old"'}).status_code == 200
    assert get(portal, FIGURES, **{"if-none-match": etag, "accept": "text/csv"}).status_code == 200


def test_a_browser_may_ask_first(portal: Datasette) -> None:
    answer = ask(portal, "/v1/observations", "OPTIONS")
    assert answer.status_code == 204 and "GET" in answer.headers["access-control-allow-methods"]


@pytest.mark.parametrize(("path", "lang"), [("/v1", "nl"), ("/v1/docs", "nl"), ("/en/v1", "en"), ("/en/v1/docs", "en")])
def test_the_page_about_it_tells_every_address_and_parameter(portal: Datasette, path: str, lang: str) -> None:
    answer = get(portal, path)
    assert answer.status_code == 200 and f'<html lang="{lang}"' in answer.text
    assert not runs_script(answer.text) and "style=" not in answer.text
    assert "unsafe" not in answer.headers["content-security-policy"]
    for resource in RESOURCES:
        assert f'href="/v1{resource.path}"' in answer.text
        assert all(f"<code>{parameter.name}</code>" in answer.text for parameter in resource.list_parameters)
        assert resource.list_about[lang] in answer.text.replace("&#39;", "'")
    problem = get(portal, "/v1/nope").json()["type"]
    assert f'id="{problem.partition("#")[2]}"' in answer.text


@given(
    pairs=st.lists(
        st.tuples(
            st.sampled_from(GUESSES) | st.text(max_size=12),
            st.sampled_from(["GM0363", "2024", "final", "jobs_count", "province", "1", "-1", "'"])
            | st.text(max_size=20),
        ),
        max_size=5,
    )
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_breaks_it(portal: Datasette, pairs: list[tuple[str, str]]) -> None:
    answer = get(portal, "/v1/observations", *((name, value.encode("utf-8", "replace")) for name, value in pairs))
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert answer.json()["errors"]
    elif pairs:
        assert {name for name, _ in pairs} <= set(GUESSES)
