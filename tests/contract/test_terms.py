"""What an indicator is computed from is read from its formula once in Python and once in dbt, and both say the same."""

import re
from pathlib import Path

import duckdb
import pytest

from pipelines.indicators.registry import read_indicators, term_ids
from pipelines.settings import DBT_PROJECT, PROJECT

SIDES = ("numerator", "denominator")
ROWS = [row for row in read_indicators() if any(getattr(row, side) for side in SIDES)]
# A column of formulas as a module, a template or a query would read it from a row.
READS = re.compile(
    r"""\[["'](?:numerator|denominator)["']\]|\b[a-z_]+\.(?:numerator|denominator)\.(?:split|find)|\|\| ?numerator"""
)
READERS = sorted(
    path
    for folder, endings in (("portal", {".py"}), ("datasette", {".py", ".html", ".sql", ".js"}))
    for path in (PROJECT / folder).rglob("*")
    if path.suffix in endings
)


def test_the_release_has_the_terms_that_the_check_of_the_registry_reads(sample_release: Path) -> None:
    found = duckdb.sql(
        "select indicator_id, side, list(term_id order by term_order), list(sign order by term_order)"
        f" from '{sample_release / 'tables' / 'indicator_terms.parquet'}' group by all"
    ).fetchall()
    told = {(indicator_id, side): (terms, signs) for indicator_id, side, terms, signs in found}
    for row in ROWS:
        for side in (side for side in SIDES if getattr(row, side)):
            terms, signs = told.pop((row.indicator_id, side))
            assert terms == term_ids(getattr(row, side))
            written = " ".join(f"{'+' if sign > 0 else '-'} {term}" for term, sign in zip(terms, signs, strict=True))
            assert written == f"+ {getattr(row, side)}"
    assert not told


def test_some_terms_are_taken_off() -> None:
    assert any("-" in getattr(row, side) for row in ROWS for side in SIDES) and len(ROWS) > 40


@pytest.mark.parametrize("path", READERS, ids=lambda p: p.relative_to(PROJECT).as_posix())
def test_nothing_of_the_portal_reads_a_formula(path: Path) -> None:
    assert not READS.search(path.read_text(encoding="utf-8"))


def test_one_model_splits_formulas() -> None:
    models = (DBT_PROJECT / "models").rglob("*.sql")
    assert [path.stem for path in models if "words_of(" in path.read_text(encoding="utf-8")] == [
        "int_indicators__split_terms"
    ]
