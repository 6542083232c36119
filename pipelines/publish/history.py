"""What a release and those before it changed, for SQL: `history/<release>/history.db` beside the releases.

A release is made from its inputs alone, and what readers had before it is none of them; so this is not in it. It is
made from the recorded changes (`revisions.py`) before readers see the release, and is removed with it. Its columns and
what they mean are in `portal/revisions.py`, since the portal shows them.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import adbc_driver_sqlite.dbapi
import polars as pl

from pipelines.publish.release import Release
from pipelines.publish.revisions import record_changes
from portal.revisions import COLUMNS, REVISIONS, history_file, line_of_changes, read_changed_figures

_TYPES = {"TEXT": pl.String(), "INTEGER": pl.Int64(), "REAL": pl.Float64()}
_KEY = ("release_id", "change_number")
_LOOKED_UP = ("indicator_id", "region_code")


def record_history(releases: Path, newer: Release) -> None:
    """Record what a release that is about to become current changed, and tell it with all that was changed before."""
    record_changes(releases, newer)
    write_history(newer)


def write_history(release: Release) -> Path:
    """Write the changes of a release and those before it as SQLite, and return the file; it is the same every time."""
    target = history_file(release.folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}")
    draft.unlink(missing_ok=True)
    lines = [read_changed_figures(changes) for changes in line_of_changes(release.folder)]
    schema = pl.Schema({column.name: _TYPES[column.sql_type] for column in COLUMNS})
    rows = pl.concat([pl.LazyFrame(schema=schema), *(line.cast(schema) for line in lines)]).sort(_KEY).collect()
    with closing(sqlite3.connect(draft)) as db:
        db.execute(_ddl())
    with adbc_driver_sqlite.dbapi.connect(str(draft)) as out:
        with out.cursor() as cursor:
            cursor.adbc_ingest(REVISIONS, rows.to_arrow(), mode="append")
        out.commit()
    with closing(sqlite3.connect(draft)) as db:
        for name in _LOOKED_UP:
            db.execute(f'create index "idx_{REVISIONS}_{name}" on "{REVISIONS}" ("{name}")')
        db.execute("analyze")
        db.commit()
    draft.replace(target)
    return target


def forget_history(release: Release) -> None:
    """Remove what was told with a release that is no longer kept; the changes themselves stay recorded."""
    shutil.rmtree(history_file(release.folder).parent, ignore_errors=True)


def _ddl() -> str:
    columns = [f'"{c.name}" {c.sql_type}{"" if c.is_nullable else " not null"}' for c in COLUMNS]
    return f'create table "{REVISIONS}" ({", ".join(columns)}, primary key ({", ".join(_KEY)})) without rowid'
