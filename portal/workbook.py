"""An extract as one Excel file: one sheet per table, numbers as numbers, the same bytes for the same release."""

import io
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from portal.extract import Extract, ExtractTable

# The characters that the name of a sheet cannot have, and its maximum length.
REFUSED = re.compile(r"[\[\]:*?/\\]")
MAX_NAME = 31
# A file without a date gets its time of creation, which would make every file different.
NO_DATE = datetime(2000, 1, 1)
MAX_WIDTH = 60
# Text stays text, even if it looks like a formula or an address.
OPTIONS = {"in_memory": True, "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


def workbook_bytes(extract: Extract) -> bytes:
    """Returns the extract as XLSX, with the explanation as the first sheet."""
    out = io.BytesIO()
    created = extract.package.get("created")
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        book.set_properties(
            {
                "title": extract.package["title"],
                "subject": extract.package["version"],
                "comments": extract.package.get("description", ""),
                "created": datetime.fromisoformat(created).replace(tzinfo=None) if created else NO_DATE,
            }
        )
        bold = book.add_format({"bold": True})
        about = book.add_worksheet(extract.readme_name.split(".")[0])
        for number, line in enumerate(extract.readme.splitlines()):
            about.write_string(number, 0, line)
        for table in extract.tables:
            _write_sheet(book.add_worksheet(_sheet_name(table)), table, bold)
    return out.getvalue()


def _sheet_name(table: ExtractTable) -> str:
    return REFUSED.sub(" ", table.resource["title"])[:MAX_NAME].strip()


def _write_sheet(sheet: Any, table: ExtractTable, bold: Any) -> None:
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, table.resource["rows"], len(table.fields) - 1)
    names, kinds = zip(*((field["name"], field["type"]) for field in table.fields), strict=True)
    values = [table.columns[name] for name in names]
    for column, name in enumerate(names):
        sheet.set_column(column, column, _width(name, values[column]))
    for column, name in enumerate(names):
        sheet.write_string(0, column, name, bold)
    for number, row in enumerate(zip(*values, strict=True), start=1):
        for column, (value, kind) in enumerate(zip(row, kinds, strict=True)):
            _write_cell(sheet, number, column, value, kind)


def _width(name: str, values: Sequence[Any]) -> int:
    longest = max((len(str(value or "")) for value in values[:100]), default=0)
    return min(MAX_WIDTH, max(len(name), longest) + 2)


def _write_cell(sheet: Any, row: int, column: int, value: Any, kind: str) -> None:
    if value is None:
        return
    if kind == "boolean":
        sheet.write_boolean(row, column, value)
    elif kind in ("number", "integer"):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, str(value))
