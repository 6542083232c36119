"""The public tables of a release: what its metadata says of each, and the files that were made of it."""

import functools
import json
from pathlib import Path
from typing import Any

from datasette.app import Datasette

from portal.pages import DATABASE

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "nl.csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
}
RELEASE_FILE = "release.json"


def database_metadata(datasette: Datasette) -> dict[str, Any]:
    """Returns the metadata of the database of the release: its tables and its ready-made questions."""
    about: dict[str, Any] = datasette.metadata("databases")[DATABASE]
    return about


def public_tables(datasette: Datasette) -> dict[str, dict[str, Any]]:
    """Returns the metadata of the public tables of the release."""
    return {name: about for name, about in database_metadata(datasette)["tables"].items() if not about.get("hidden")}


def table_files(folder: Path, table: str) -> dict[str, int]:
    """Returns the size in bytes of each ready-made file of a table, by its extension."""
    files = {extension: folder / "tables" / f"{table}.{extension}" for extension in CONTENT_TYPES}
    return {extension: path.stat().st_size for extension, path in files.items() if path.is_file()}


@functools.cache
def read_release(folder: Path) -> dict[str, Any]:
    """Returns what was sealed with the release: how many rows its tables have, and size and sha256 of its files."""
    path = folder / RELEASE_FILE
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {"rows": {}, "files": {}, **content}


def sealed(folder: Path, table: str) -> dict[str, Any]:
    """Returns the number of rows of a table, and size and sha256 of each of its files by extension."""
    release = read_release(folder)
    files = {extension: release["files"].get(f"tables/{table}.{extension}") for extension in CONTENT_TYPES}
    return {"rows": release["rows"].get(table), "files": {key: facts for key, facts in files.items() if facts}}
