"""Indicators that are held back from a release, each with its reason, so that no figure passes for what it is not.

A row that is itself wrong is not held back: that is an error (see `registry`).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from pipelines.database import connect
from pipelines.errors import shown
from pipelines.indicators.registry import PUBLISHED, terms_of, unit_problem
from pipelines.seeds import Indicator
from pipelines.sources.card import SourceCard


def with_dependents(indicators: Iterable[Indicator], reasons: Mapping[str, str]) -> list[dict[str, str]]:
    """The indicators that are held back, and those computed from them: `indicator_id`, `reason` and `root`.

    A computed indicator depends on its terms, and on theirs in turn; its root is the indicator at the end of the chain.
    """
    rows = list(indicators)
    found = dict(reasons)
    roots = {name: name for name in reasons}
    computed = [row for row in rows if row.formula != PUBLISHED]
    while more := {
        row.indicator_id: term
        for row in computed
        if row.indicator_id not in found and (term := next((t for t in terms_of(row) if t in found), None))
    }:
        for name, term in more.items():
            found[name] = f"it is computed from {term}, which is blocked: {found[term]}"
            roots[name] = roots[term]
    ids = [row.indicator_id for row in rows if row.indicator_id in found]
    return [{"indicator_id": name, "reason": found[name], "root": roots[name]} for name in ids]


def reasons_of_landed(indicators: Iterable[Indicator], cards: Mapping[str, SourceCard], raw: Path) -> dict[str, str]:
    """Why published indicators select nothing from what has landed, or count in another unit, by indicator id.

    Args:
        indicators: rows of the seed.
        cards: every card.
        raw: the raw Parquet of what has landed; an indicator whose source has not landed is not held back.
    """
    reasons = {}
    with connect() as con:
        for row in indicators:
            folder = raw / cards[row.dataset_id].slug if row.formula == PUBLISHED else None
            if folder and folder.is_dir() and (problem := _problem(con, row, folder)):
                reasons[row.indicator_id] = f"{row.dataset_id}: {problem}"
    return reasons


def _problem(con: duckdb.DuckDBPyConnection, row: Indicator, folder: Path) -> str | None:
    wanted = row.measure_code
    measures = dict(
        con.execute(
            "select measure_code, unit from read_parquet($f) order by source_index",
            {"f": str(folder / "measures.parquet")},
        ).fetchall()
    )
    if wanted not in measures:
        return f"no measure {wanted} has landed, but {shown(measures, 20)} -> bring the card in line with its source"
    if problem := unit_problem(measures[wanted] or "", row.multiplier):
        return problem
    dims = [
        d[0]
        for d in con.execute(
            "select distinct dims from read_parquet($f) where measure_code = $m order by dims",
            {"f": str(folder / "observations.parquet"), "m": wanted},
        ).fetchall()
    ]
    if row.dims not in dims:
        there = shown(repr(d) for d in dims) or "nothing"
        return f"no figure of {wanted} with dims {row.dims!r} has landed, but {there} -> bring the card in line"
    return None
