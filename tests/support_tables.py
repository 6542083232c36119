"""The recorded tables of CBS as the stand-in keeps them, and a stand-in that has some of them changed."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support import SHARED, Standin, open_standin

FOLDERS = [SHARED / "standin" / "tables", SHARED / "standin" / "more_tables"]
FILES = {path.name.split(".")[0]: path for folder in FOLDERS for path in sorted(folder.glob("*.json.gz"))}
NEWS = "2026-11-20T02:00:00"
Table = dict[str, Any]
Change = Callable[[Table], object]


def table_of(name: str) -> Table:
    """A recorded table: how it describes itself, its codes and its rows."""
    return dict(json.loads(gzip.decompress(FILES[name].read_bytes())))


def topic(table: Table, key: str) -> dict[str, Any]:
    """How a table of v3 describes one of its topics."""
    return next(p for p in table["dataproperties"] if p["Key"] == key)


@contextmanager
def serving(folder: Path, changes: dict[str, Change], modified: str = NEWS) -> Iterator[Standin]:
    """The stand-in with the tables that it always has, some of them changed, and said to be changed."""
    folder.mkdir()
    for source in FOLDERS[0].glob("*.json.gz"):
        table = json.loads(gzip.decompress(source.read_bytes()))
        if change := changes.get(table["id"]):
            (table.get("properties") or table.get("info") or {})["Modified"] = modified
            change(table)
        (folder / source.name).write_bytes(gzip.compress(json.dumps(table).encode(), 1))
    with open_standin("--tables", str(folder)) as standin:
        yield standin
