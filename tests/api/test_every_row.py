"""Whoever pages or streams a table gets each of its rows once, whatever it is sorted by."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from datasette.app import Datasette
from support import PUBLIC_TABLES, query, read_release
from support_portal import ask, fetch

# Walking by pages takes a request a thousand rows; what has more is walked in the part of one municipality as well.
MANY, LARGE = 5_000, 150_000


def pages(portal: Datasette, path: str) -> Iterator[list[dict[str, Any]]]:
    """The rows of each page, by the address that the one before gives."""
    at: str | None = path
    while at:
        answer = fetch(portal, at).json()
        yield answer["rows"]
        next_url = answer["next_url"]
        at = f"{urlsplit(next_url).path}?{urlsplit(next_url).query}" if next_url else None


def keys_of(release: Path, table: str) -> list[str]:
    return [
        name
        for name, place in query(release, f"select name, pk from pragma_table_xinfo('{table}') order by pk")
        if place
    ]


def columns_of(release: Path, table: str) -> list[str]:
    return [name for (name,) in query(release, f"select name from pragma_table_xinfo('{table}')")]


@pytest.mark.parametrize("table", sorted(PUBLIC_TABLES))
def test_paging_a_table_gives_each_row_once(portal: Datasette, sample_release: Path, table: str) -> None:
    keys, found = keys_of(sample_release, table), []
    assert keys
    for rows in pages(portal, f"/regiokompas/{table}.json?_shape=objects&_size=1000&_nocount=1&_nofacet=1"):
        found += [tuple(row[key] for key in keys) for row in rows]
    assert len(found) == len(set(found)) == read_release(sample_release)["rows"][table]


@pytest.mark.parametrize("table", sorted(PUBLIC_TABLES))
def test_streaming_a_table_gives_each_row_once(portal: Datasette, sample_release: Path, table: str) -> None:
    keys = keys_of(sample_release, table)
    column = columns_of(sample_release, table)[-1]
    # Datasette writes two thousand rows a second: of the two largest tables the years after 2024 are enough.
    is_large = read_release(sample_release)["rows"][table] > LARGE
    ((expected,),) = query(sample_release, f"select count(*) from {table}" + (" where year > 2024" if is_large else ""))
    part = "&year__gt=2024" if is_large else ""
    path = f"/regiokompas/{table}.csv?_stream=on&_sort_desc={column}&_next=1{part}"
    # The whole of a table is its ready-made file.
    text = fetch(portal, path if part else ask(portal, path).headers["location"]).text
    found = {tuple(row[key] for key in keys) for row in csv.DictReader(io.StringIO(text))}
    assert len(found) == expected > (3000 if is_large else -1)


@pytest.mark.parametrize("way", ["_sort", "_sort_desc"])
@pytest.mark.parametrize("table", sorted(PUBLIC_TABLES))
def test_sorting_by_any_column_loses_no_row(portal: Datasette, sample_release: Path, table: str, way: str) -> None:
    keys, columns = keys_of(sample_release, table), columns_of(sample_release, table)
    rows = read_release(sample_release)["rows"][table]
    part = "&region_code=GM0193" if rows > MANY and "region_code" in columns else ""
    where = " where region_code = 'GM0193'" if part else ""
    ((expected,),) = query(sample_release, f"select count(*) from {table}{where}")
    # A few pages, so that most begin among rows of one value.
    size = max(1, min(1000, expected // 4))
    for column in columns[:: max(1, len(columns) // 3)]:
        found: list[tuple[Any, ...]] = []
        values: list[Any] = []
        path = f"/regiokompas/{table}.json?_shape=objects&_size={size}&_nocount=1&_nofacet=1&{way}={column}{part}"
        for page in pages(portal, path):
            found += [tuple(row[key] for key in keys) for row in page]
            values += [row[column] for row in page]
        assert len(found) == len(set(found)) == expected, column
        assert [v is None for v in values] == sorted((v is None for v in values), reverse=way == "_sort"), column
