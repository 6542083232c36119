"""Where the next page begins: after the key of the last row, so that no row is skipped or repeated."""

import base64
import binascii
import json

from portal.api.facts import Table

Position = tuple[str | int, ...]
PYTHON_TYPES = {"TEXT": str, "INTEGER": int}


def encode(release_id: str, table: str, position: Position) -> str:
    """Returns an opaque cursor for the rows of a table after this one."""
    text = json.dumps([release_id, table, *position], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, release_id: str, table: str, about: Table) -> Position | None:
    """Returns the key in a cursor; None if the cursor is not ours, or belongs to another list or release."""
    try:
        content = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(content, list) or content[:2] != [release_id, table]:
        return None
    position = tuple(content[2:])
    types = {column.name: PYTHON_TYPES[column.sql_type] for column in about.columns if column.name in about.key}
    fits = len(position) == len(about.key) and all(
        type(part) is types[name] for part, name in zip(position, about.key, strict=True)
    )
    return position if fits else None


def explain(release_id: str) -> str:
    """Returns what to do about a cursor that was refused."""
    return (
        f"The cursor does not belong to this list in release {release_id}; start again without a cursor, "
        "so that no two releases are mixed."
    )
