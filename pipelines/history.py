"""Dagster's run history in its own SQLite files, through connections that stay open.

Dagster connects anew for every event, and a run has two thousand of them: that took a quarter of its time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, create_engine

# Where Dagster itself has these files, so that its UI and we read and write the same history.
_FOLDERS = {"run_storage": "history", "event_log_storage": "history/runs"}


def open_history(home: Path) -> dg.DagsterInstance:
    """Dagster's instance in a home folder, to be used as a context manager."""
    storages = {
        name: {"module": __name__, "class": kept.__name__, "config": {"base_dir": str(home / _FOLDERS[name])}}
        for name, kept in {"run_storage": KeptRuns, "event_log_storage": KeptEvents}.items()
    }
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=storages))


class _Engines(dict[str, Engine]):
    """An engine for each SQLite file that was asked for."""

    def __missing__(self, url: str) -> Engine:
        self[url] = create_engine(url, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
        return self[url]

    def dispose(self) -> None:
        for engine in self.values():
            engine.dispose()
        self.clear()


class KeptEvents(SqliteEventLogStorage):
    """The event log: a file for each run, and one with what assets have of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._engines = _Engines()
        super().__init__(*args, **kwargs)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "KeptEvents":
        """As Dagster makes it, from the settings of the instance."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engines[self.conn_string_for_shard(shard)]
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def dispose(self) -> None:
        """Close the files."""
        self._engines.dispose()
        super().dispose()


class KeptRuns(SqliteRunStorage):
    """The list of runs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._engines = _Engines()
        super().__init__(*args, **kwargs)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "KeptRuns":
        """As Dagster makes it, from the settings of the instance."""
        return cls.from_local(inst_data=inst_data, **config_value)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A transaction of its own."""
        with self._engines[self._conn_string].begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close the file."""
        self._engines.dispose()
        super().dispose()
