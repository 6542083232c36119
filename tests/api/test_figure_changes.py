"""/v1/figure-changes tells every figure that a release changed, as the file beside the releases has it."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from datasette.app import Datasette
from support_portal import ask, open_portal
from support_releases import REVISED

from portal.api.facts import FIGURE_CHANGES
from portal.revisions import Changes, changes_of

FIELDS = {column.name: column.field for column in FIGURE_CHANGES.columns}


@pytest.fixture(scope="module")
def revised(revised_release: Path) -> Datasette:
    return open_portal(revised_release)


@pytest.fixture(scope="module")
def changes(revised_release: Path) -> Changes:
    found = changes_of(revised_release.resolve())
    assert found is not None
    return found


def walk(portal: Datasette, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while path:
        answer = ask(portal, path)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        path = answer.json()["links"].get("next", "").removeprefix("http://localhost")
    return found


@pytest.mark.parametrize("limit", [1, 1000])
def test_pages_join_into_all_changes_in_their_order(revised: Datasette, changes: Changes, limit: int) -> None:
    told = walk(revised, f"/v1/figure-changes?limit={limit}")
    rows = pl.read_parquet(changes.path).to_dicts()
    assert len(told) == len(rows) > 0
    for number, (item, row) in enumerate(zip(told, rows, strict=True)):
        assert item == {field: row.get(column) for column, field in FIELDS.items() if column in row} | {
            "releaseId": changes.newer,
            "releaseBefore": changes.older,
            "changeNumber": number,
        }


def test_filters_hold_together(revised: Datasette, changes: Changes) -> None:
    indicator, region, period = REVISED
    asked = f"indicatorId={indicator}&regionCode={region}&periodCode={period}"
    told = walk(revised, f"/v1/figure-changes?{asked}&limit=1")
    rows = changes.figures(indicator_id=indicator, region_code=region, period_code=period).collect()
    assert [(item["valueBefore"], item["valueAfter"]) for item in told] == rows.select(
        "value_before", "value_after"
    ).rows()
    assert told and {item["change"] for item in told} == {"value_changed"}
    assert walk(revised, f"/v1/figure-changes?{asked}&change=removed") == []


def test_a_first_release_changed_nothing(portal: Datasette) -> None:
    assert walk(portal, "/v1/figure-changes") == []
