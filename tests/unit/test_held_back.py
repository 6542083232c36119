"""What is held back takes along all that is computed from it, and keeps the reason that it had first."""

from pathlib import Path

import polars as pl
import pytest

from pipelines.indicators.held_back import with_dependents
from pipelines.indicators.registry import PUBLISHED, read_indicators, terms_of
from pipelines.ingest.assemble import hold_back
from pipelines.settings import Settings

INDICATORS = read_indicators()
USED = sorted({term for row in INDICATORS if row.formula != PUBLISHED for term in terms_of(row)})


def users(names: set[str]) -> set[str]:
    """The indicators that are computed from some, directly or not."""
    found = {row.indicator_id for row in INDICATORS if row.formula != PUBLISHED and names & set(terms_of(row))} - names
    return found | users(names | found) if found else set()


@pytest.mark.parametrize("name", USED)
def test_all_that_is_computed_from_an_indicator_goes_with_it(name: str) -> None:
    rows = with_dependents(INDICATORS, {name: "impossible"})
    assert {row["indicator_id"] for row in rows} == {name} | users({name})
    assert {row["root"] for row in rows} == {name}
    assert all("impossible" in row["reason"] for row in rows)


def test_what_a_check_refuses_is_left_out_beside_what_was_left_out_already(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    inputs = settings.build / "inputs"
    inputs.mkdir(parents=True)
    known = pl.DataFrame({"indicator_id": ["crimes_count"], "reason": ["the source changed"]})
    known.write_parquet(inputs / "blocked.parquet")
    added = hold_back(settings, {"jobs_count": "out of bounds", "crimes_count": "out of bounds too"})
    rows = dict(pl.read_parquet(inputs / "blocked.parquet").rows())
    assert rows["crimes_count"] == "the source changed" and rows["jobs_count"] == "out of bounds"
    assert {row["indicator_id"] for row in added} == rows.keys() - {"crimes_count"}
    assert users({"jobs_count"}) < rows.keys()
