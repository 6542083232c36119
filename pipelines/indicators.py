"""Indicator rows held against what has landed: each must select exactly one series."""

import csv
import re
from collections.abc import Collection
from pathlib import Path

import duckdb

from pipelines.card import SourceCard
from pipelines.errors import CardError, shown


def read_indicators(seed: Path) -> list[dict[str, str]]:
    """The rows of `seeds/indicators.csv`."""
    with seed.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def check_indicators(seed: Path, cards: dict[str, SourceCard], raw: Path, blocked: Collection[str] = ()) -> None:
    """Refuse an indicator row that does not select exactly one series of a table that has landed.

    Args:
        seed: the file of indicators.
        cards: every card.
        raw: the raw Parquet of what has landed.
        blocked: ids of indicators that are left out anyway.

    Raises:
        CardError: one line a row, naming the row, what was found and what to do.
    """
    indicators = read_indicators(seed)
    ids = [i["indicator_id"] for i in indicators]
    problems = [
        f"indicator {twice} stands in {seed.name} {ids.count(twice)} times, so it selects"
        f" {shown(i['measure_code'] for i in indicators if i['indicator_id'] == twice)} -> keep one row"
        for twice in sorted({i for i in ids if ids.count(i) > 1})
    ]
    with duckdb.connect() as con:
        for line, row in enumerate(indicators, start=2):
            if row["indicator_id"] in blocked:
                continue
            if problem := _selection_problem(con, row, cards, raw):
                problems.append(f"indicator {row['indicator_id']} ({seed.name} line {line}): {problem}")
    if problems:
        raise CardError("\n".join(problems))


def _selection_problem(
    con: duckdb.DuckDBPyConnection, row: dict[str, str], cards: dict[str, SourceCard], raw: Path
) -> str | None:
    card = cards.get(row["dataset_id"])
    if card is None:
        return f"no card is called {row['dataset_id']!r} -> use one of: {shown(cards, 20)}"
    folder = raw / card.slug
    if not folder.is_dir():
        return None
    measures = con.execute(
        "select measure_code, source_code, title, unit from read_parquet($f) order by source_index",
        {"f": str(folder / "measures.parquet")},
    ).fetchall()
    wanted = row["measure_code"]
    exact = [m for m in measures if m[0] == wanted]
    if not exact:
        like = [m[0] for m in measures if wanted.casefold() in " ".join(map(str, m)).casefold()]
        if len(like) > 1:
            return f"{wanted!r} selects {len(like)} measures: {shown(like)} -> write the code of one of them"
        codes = shown((m[0] for m in measures), 20)
        return f"selects nothing, {card.dataset_id} has no measure {wanted!r} -> use one of: {codes}"
    unit, multiplier = exact[0][3] or "", float(row["multiplier"] or 1)
    counted_in = re.match(r"(?:x )?(1(?:[ .]?000)+)\b", unit)
    if counted_in and float(re.sub(r"[ .]", "", counted_in[1])) != multiplier:
        return f"the measure counts in {unit!r} but the multiplier is {multiplier:g} -> correct the multiplier"
    dims = [
        d[0]
        for d in con.execute(
            "select distinct dims from read_parquet($f) where measure_code = $m order by dims",
            {"f": str(folder / "observations.parquet"), "m": wanted},
        ).fetchall()
    ]
    if (row["dims"] or "") not in dims:
        return f"selects nothing, {wanted} has no dims {row['dims']!r} -> use one of: {shown(repr(d) for d in dims)}"
    return None
