"""Formats the cells of Datasette's pages."""

from datasette import hookimpl


@hookimpl
def render_cell(value: object) -> str | None:
    """Writes a whole number without `.0`: SQLite keeps every figure as a real number."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else None
