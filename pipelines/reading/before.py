"""What a source sends, compared with what it sent before.

A source can come back with half its rows, or with a column that is no longer filled, and every row of it right. For a
protocol that neither counts nor numbers its records, nothing else shows that pages are missing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from pipelines.database import scanning
from pipelines.errors import MismatchError, shown
from pipelines.landing.store import Snapshot
from pipelines.reading.shapes import FILES, ROWS_IN
from pipelines.settings import Settings
from pipelines.sources.card import SourceCard

_OBSERVATIONS = "observations"
# Columns that identify a row or its origin, and so are never blank.
_NO_CONTENT = {"dataset_id", "row_number", "landed_sha256"}


@dataclass(frozen=True)
class Content:
    """How much a reading holds.

    Attributes:
        total: all its rows.
        rows: those of each series of figures (`measure;dims`), or all of them under an empty name; none where they are
            cases, of which a figure holds many.
        filled: in how many rows each measure or field holds something.
        described: the measures, and the codes of other dimensions as in `dims`, in a table's own metadata.
    """

    total: int
    rows: dict[str, int] = field(default_factory=dict)
    filled: dict[str, int] = field(default_factory=dict)
    described: tuple[str, ...] = ()


@dataclass(frozen=True)
class Allowance:
    """How much less than before a source may send: the fraction `most`, or any loss where `accept` says why."""

    most: float = Settings.most_rows_lost
    accept: str = ""

    def held(self, card: SourceCard, snapshot: Snapshot, now: Content, have: Snapshot, before: Content) -> str:
        """Compare what was read with what was read before.

        What a table no longer describes is drift, which is reported and blocked separately. A file that is lacking is
        reported as such.

        Returns:
            Why a loss is accepted; empty where there is none.

        Raises:
            MismatchError: there is less than allowed, and no reason was given why that is right.
        """
        if snapshot.lacking or snapshot.asked != have.asked:
            return ""
        problem = self._problem(now, before, same_form=snapshot.protocol == have.protocol)
        if problem and not self.accept.strip():
            raise MismatchError(
                card.dataset_id,
                f"{problem}, as landed at {have.landed_at}",
                todo='look at the source; if right: --accept "why"',
            )
        return " ".join(self.accept.split()) if problem else ""

    def _problem(self, now: Content, before: Content, *, same_form: bool) -> str:
        emptied = sorted(name for name, n in before.filled.items() if n and now.filled.get(name) == 0)
        if emptied:
            return f"nothing in {shown(emptied)}, expected values like the {before.filled[emptied[0]]} before"
        if not same_form:
            # One protocol may send the empty cells that another leaves out.
            both = before.filled.keys() & now.filled.keys()
            what, was, found = "figures", sum(before.filled[m] for m in both), sum(now.filled[m] for m in both)
        elif before.rows:
            still = [name for name in before.rows if _parts(name) <= {*now.described}]
            what, was, found = "rows", sum(before.rows[n] for n in still), sum(now.rows.get(n, 0) for n in still)
        else:
            what, was, found = "rows", before.total, now.total
        if found < (1 - self.most) * was:
            return f"{found} {what}, expected {1 - self.most:.0%} or more of the {was} before"
        return ""


def content_of(card: SourceCard, folder: Path, total: int) -> Content:
    """How much freshly read Parquet of any shape holds.

    Args:
        card: whose it is.
        folder: where it is.
        total: how many rows were read.
    """
    name = next(name for name in {*ROWS_IN.values()} if (folder / f"{name}.parquet").exists())
    file = str(folder / f"{name}.parquet")
    with scanning(folder.parent) as con:
        if name == _OBSERVATIONS:
            found = _of_figures(con, folder, total)
            return replace(found, rows={}) if card.has_zeros else found
        columns = [column for column in FILES[name] if column not in _NO_CONTENT]
        return Content(total, {"": total}, dict(zip(columns, _counts(con, file, columns), strict=True)))


def _of_figures(con: duckdb.DuckDBPyConnection, folder: Path, total: int) -> Content:
    files = {name: str(folder / f"{name}.parquet") for name in (_OBSERVATIONS, "measures", "codes")}
    measures = con.execute("select measure_code from read_parquet($f)", {"f": files["measures"]}).fetchall()
    codes = con.execute(
        "select concat(dimension, '=', code) from read_parquet($f) where role = 'category' order by all",
        {"f": files["codes"]},
    ).fetchall()
    series = con.execute(
        "select measure_code, dims, count(*), count(*) filter (value is not null or value_text is not null)"
        " from read_parquet($f) group by all order by all",
        {"f": files[_OBSERVATIONS]},
    ).fetchall()
    filled = dict.fromkeys((code for (code,) in measures), 0)
    for measure, _, _, n in series:
        filled[measure] += n
    rows = {f"{measure};{dims}": n for measure, dims, n, _ in series}
    return Content(total, rows, filled, tuple(code for (code,) in (*measures, *codes)))


def _parts(series: str) -> set[str]:
    """What a series is made of: its measure, and the code of each other dimension."""
    return {part for part in series.split(";") if part}


def _counts(con: duckdb.DuckDBPyConnection, file: str, columns: Iterable[str]) -> tuple[int, ...]:
    counted = ", ".join(f'count("{column}")' for column in columns)
    counts: tuple[int, ...] = con.execute(f"select {counted} from read_parquet($f)", {"f": file}).fetchall()[0]
    return counts
