"""Whatever is asked of a table, it is answered, or refused as a mistake of who asks: never as a fault of ours."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from datasette.app import Datasette
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support_portal import ask, release_of

from portal.serving.table_parameters import FACETS, LOOKUPS, MOST_FACETS, MOST_PARAMETERS, NUMBERS, OF_A_COLUMN

TABLE = "/regiokompas/regions"
COLUMNS = ["region_code", "name", "scheme", "is_current"]
SPECIAL = [
    *("_size", "_next", "_search", "_search_name", "_searchmode", "_where", "_through", "_labels", "_shape", "_json"),
    *("_json_infinity", "_nofacet", "_nosuggest", "_nocount", "_stream", "_header", "_dl", "_trace", "_nl", "_extra"),
    *("_facet_size", "_sort_by_desc", "_filter_column", "_filter_op", "_filter_value", "_filter_column_1"),
    *("_filter_op_1", "_fts_table", "_fts_pk", "_blob_column", "_blob_hash", "_col_", "__", "_", ""),
]
NAMES = st.one_of(
    st.sampled_from([*SPECIAL, *OF_A_COLUMN, *FACETS, *NUMBERS]),
    st.sampled_from(COLUMNS),
    st.builds("{}__{}".format, st.sampled_from([*COLUMNS, "nope", "_", ""]), st.sampled_from([*LOOKUPS, "nope", ""])),
    st.text(max_size=8),
)
ODD = [
    *("", "0", "-1", "1", "x", "max", "on", "off", "null", "$null", "GM0193", "GM0193,GM0193", "a,b,c", "~", "%", "\0"),
    *(
        "1e9",
        "99999999999999999999",
        "²",
        "[]",
        "{}",
        "{",
        '{"column": "name"}',
        '{"column": ["name"]}',
        '"',
        "'",
        "[",
        "NaN",
    ),
    *(
        '{"table": "places", "column": "name", "value": 1}',
        '{"table": 1}',
        "[" * 500,
        "array",
        "objects",
        "object",
        "exact",
    ),
    *("a" * 5000, "\ud7ff", "select", "1=1", "name", "rowid", ":p0", "*", "AND", "\N{COMBINING ACUTE ACCENT}"),
]
VALUES = st.one_of(st.sampled_from([*ODD, *COLUMNS]), st.text(max_size=12), st.integers().map(str))
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=5)
KNOWN_BAD = [
    {"_sort": "nope"},
    {"_sort_desc": "nope"},
    {"_sort": "name", "_sort_desc": "name"},
    {"_timelimit": "x"},
    {"_timelimit": "-1"},
    {"_size": "x"},
    {"_size": "1001"},
    {"_facet": "nope"},
    {"_facet": ""},
    {"_facet": "{"},
    {"_facet": '{"simple": 1}'},
    {"_facet_date": "nope"},
    {"_facet_array": "nope"},
    {"_facet_size": "x"},
    {"_through": "x"},
    {"_through": '{"table": "nope", "column": "a", "value": 1}'},
    {"_col": "nope"},
    {"_nocol": "nope"},
    {"_label": "nope"},
    {"_where": "nope = 1"},
    {"_search_nope": "x"},
    {"_fts_table": "observations"},
    {"name": "\0"},
    {"nope": "1"},
    {"nope__gt": "1"},
    {"name__nope": "1"},
]


@pytest.fixture(scope="module")
def started(portal: Datasette) -> Datasette:
    assert release_of(portal)
    return portal


@pytest.mark.parametrize("extension", ["", ".json", ".csv"])
@pytest.mark.parametrize("asked", KNOWN_BAD, ids=json.dumps)
def test_what_means_nothing_is_refused(started: Datasette, asked: dict[str, str], extension: str) -> None:
    answer = ask(started, f"{TABLE}{extension}?{urlencode(asked)}")
    assert answer.status_code == 400, answer.text[:300]
    if extension == ".json":
        told = answer.json()
        assert told["ok"] is False and told["status"] == 400 and told["error"]


@pytest.mark.parametrize("path", [TABLE, f"{TABLE}.json", "/regiokompas", "/regiokompas/regions/GM0193"])
def test_thousands_of_filters_are_refused(started: Datasette, path: str) -> None:
    many = urlencode([("name", "a")] * 5000)
    answer = ask(started, f"{path}?sql=select+1&{many}")
    assert answer.status_code == 400 and f"at most {MOST_PARAMETERS} are read" in answer.text
    facets = urlencode([("_facet", "scheme")] * (MOST_FACETS + 1))
    assert ask(started, f"{TABLE}?{facets}").status_code == 400


@pytest.mark.parametrize(
    "asked", [{"sql": "select 1", "_timelimit": "x"}, {"sql": "select :a", "a": "\0"}, {"sql": "x"}]
)
def test_a_question_in_sql_is_refused_alike(started: Datasette, asked: dict[str, str]) -> None:
    for path in ("/regiokompas", "/regiokompas.json", "/regiokompas.csv"):
        assert ask(started, f"{path}?{urlencode(asked)}").status_code == 400


@given(pairs=PAIRS, extension=st.sampled_from(["", ".json", ".csv", ".blob"]))
@settings(max_examples=3000, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_asked_of_a_table_is_a_fault(
    started: Datasette, pairs: list[tuple[str, str]], extension: str
) -> None:
    path = f"{TABLE}{extension}?{urlencode(pairs, errors='surrogatepass')}"
    assert ask(started, path).status_code < 500, path


@given(pairs=PAIRS, path=st.sampled_from(["", ".json", "/next_to_peers", "/next_to_peers.json", "/regions/GM0193"]))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_asked_beside_a_table_is_a_fault(
    started: Datasette, pairs: list[tuple[str, str]], path: str
) -> None:
    asked = f"/regiokompas{path}?{urlencode([('sql', 'select 1'), *pairs], errors='surrogatepass')}"
    assert ask(started, asked).status_code < 500, asked


@pytest.mark.parametrize("lookup", sorted(LOOKUPS))
def test_every_lookup_of_datasette_is_answered(started: Datasette, lookup: str) -> None:
    asked: Any = ask(started, f"{TABLE}.json?name__{lookup}=Zwolle&_shape=array")
    assert asked.status_code in (200, 400)
    # A name is no array.
    assert asked.status_code == 200 or lookup.startswith("array")
