"""Where the command line has Dagster keep the events of a run: Dagster's own SQLite files, opened once.

Dagster's own class makes a new engine and connection for each of the thousands of events of a run, which was a sixth of
a run of the sample. Belongs here: how those files are opened. Not here: what is in them, which is as Dagster writes it,
so that the UI reads them as its own.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from dagster._core.instance.config import dagster_instance_config
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import StaticPool

from pipelines.errors import RegiokompasError


class KeptOpenEventLog(SqliteEventLogStorage):
    """Dagster's event log in SQLite, with one connection per file for as long as the instance is in use."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "KeptOpenEventLog":
        """How Dagster makes one from its configuration."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            # The lock of `_connect` gives the one connection to one thread at a time.
            options = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
            engine = create_engine(self.conn_string_for_shard(shard), poolclass=StaticPool, connect_args=options)
            if shard not in self._initialized_dbs:
                self._initdb(engine, for_index_shard=shard == INDEX_SHARD_NAME)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection:
                # With a write-ahead log a power cut costs the last events at most, never the file.
                connection.execute(text("pragma synchronous = normal"))
            self._engines[shard] = engine
        return self._engines[shard]

    def has_table(self, table_name: str) -> bool:
        """Whether a table exists; once it does it stays, and Dagster asks for every check."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def dispose(self) -> None:
        """Close the files."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


# What Dagster opens first; the log of each run is a file of its own beside the second.
_OPENED = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")


def open_instance(home: Path) -> dg.DagsterInstance:
    """Dagster's run history, configured by `dagster.yaml` in its home folder as the UI has it.

    A file of it that is damaged is put aside, and begun anew: nothing of a release depends on it.

    Raises:
        RegiokompasError: `dagster.yaml` cannot be read.
    """
    for name in _OPENED:
        _put_aside_damaged(home / name)
    try:
        configured, _ = dagster_instance_config(str(home))
    except (yaml.YAMLError, UnicodeDecodeError, dg.DagsterError) as error:
        where = home / "dagster.yaml"
        told = " ".join(str(error).split())
        raise RegiokompasError(f"{where} cannot be read ({told:.100}) -> repair it, or remove it") from None
    if {"storage", "event_log_storage"} & configured.keys():
        return dg.DagsterInstance.from_config(str(home))
    event_log = {
        "module": KeptOpenEventLog.__module__,
        "class": KeptOpenEventLog.__name__,
        "config": {"base_dir": str(home / "history" / "runs")},
    }
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides={"event_log_storage": event_log}))


def _put_aside_damaged(path: Path) -> None:
    if not path.is_file():
        return
    try:
        with closing(sqlite3.connect(path, timeout=SQLITE_BUSY_TIMEOUT_SECONDS)) as db:
            is_whole = db.execute("pragma quick_check").fetchall() == [("ok",)]
    except sqlite3.OperationalError:
        # It cannot be opened or is busy, which says nothing of what is in it.
        return
    except sqlite3.DatabaseError:
        is_whole = False
    if not is_whole:
        for file in path.parent.glob(f"{path.name}*"):
            file.replace(file.with_name(f"{file.name}.damaged"))
