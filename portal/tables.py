"""The public tables of a release: the metadata of each, and the files made from it."""

import functools
import json
from pathlib import Path
from typing import Any

from datasette.app import Datasette

from portal.pages import DATABASE
from portal.release_form import PACKED

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "nl.csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
}
RELEASE_FILE = "release.json"


def database_metadata(datasette: Datasette) -> dict[str, Any]:
    """Returns the metadata of the database of the release: its tables and its canned queries."""
    about: dict[str, Any] = datasette.metadata("databases")[DATABASE]
    return about


def public_tables(datasette: Datasette) -> dict[str, dict[str, Any]]:
    """Returns the metadata of the public tables of the release."""
    return {name: about for name, about in database_metadata(datasette)["tables"].items() if not about.get("hidden")}


def table_files(folder: Path, table: str) -> dict[str, int]:
    """Returns the size in bytes of each downloadable file of a table as clients receive it, by extension."""
    return {extension: facts["bytes"] for extension, facts in sealed(folder, table)["files"].items()}


@functools.cache
def read_release(folder: Path) -> dict[str, Any]:
    """Returns what was sealed with the release: the row counts of its tables, and the size and sha256 of its files."""
    path = folder / RELEASE_FILE
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {"rows": {}, "files": {}, **content}


def sealed(folder: Path, table: str) -> dict[str, Any]:
    """Returns the number of rows of a table, and the size and sha256 of each of its files, unpacked, by extension."""
    release = read_release(folder)
    files = {}
    for extension in CONTENT_TYPES:
        packed = release["files"].get(f"tables/{table}.{extension}{PACKED}", {})
        files[extension] = packed.get("content") or release["files"].get(f"tables/{table}.{extension}")
    return {"rows": release["rows"].get(table), "files": {key: facts for key, facts in files.items() if facts}}
