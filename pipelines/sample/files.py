"""Files as publishers write them: CSV, JSON, workbooks and zips, byte for byte the same every time."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

from pipelines.sources.layout import TableLayout

EPOCH = (2026, 1, 1, 0, 0, 0)
SampleCells = Sequence[Sequence[Any]]
BOM = b"\xef\xbb\xbf"

_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>{sheets}</Types>'
)
_SHEET_TYPE = (
    '<Override PartName="/xl/worksheets/sheet{number}.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>'
)
_RELATION = (
    '<Relationship Id="rId{number}"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/>'
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip of files by name, all with the same fixed time."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, body in members.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, body, compresslevel=6)
    return target.getvalue()


def csv_bytes(rows: SampleCells, encoding: str = "utf-8-sig") -> bytes:
    """A CSV as Dutch publishers write it: separated by `;`, with a decimal comma."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([[_dutch(cell) for cell in row] for row in rows])
    return text.getvalue().encode(encoding)


def json_bytes(content: Any) -> bytes:
    """JSON without spaces."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def workbook(sheets: Mapping[str, SampleCells], merged: Mapping[str, Sequence[str]] | None = None) -> bytes:
    """A workbook (XLSX) of sheets by name; `merged` are the ranges of merged cells of a sheet, such as `B3:D3`."""
    numbered = list(enumerate(sheets, 1))
    names = "".join(f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>' for i, name in numbered)
    links = "".join(
        _RELATION.format(number=i, kind="worksheet", target=f"worksheets/sheet{i}.xml") for i, _ in numbered
    )
    root = _RELATION.format(number=1, kind="officeDocument", target="xl/workbook.xml")
    members = {
        "[Content_Types].xml": _TYPES.format(sheets="".join(_SHEET_TYPE.format(number=i) for i, _ in numbered)),
        "_rels/.rels": _RELATIONS.format(relations=root),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_R}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(relations=links),
    }
    for i, name in numbered:
        members[f"xl/worksheets/sheet{i}.xml"] = _sheet(sheets[name], (merged or {}).get(name, ()))
    return zipped({name: text.encode() for name, text in members.items()})


def column_name(index: int) -> str:
    """The letters of a column, counted from 0: A, B, .. Z, AA."""
    letters = ""
    index += 1
    while index:
        index, place = divmod(index - 1, 26)
        letters = chr(65 + place) + letters
    return letters


def file_of(
    layout: TableLayout, header: SampleCells, rows: SampleCells, above: SampleCells = (), below: SampleCells = ()
) -> bytes:
    """A file of a layout: what is above the table, the header rows, the data rows, and what is below.

    In the header, an empty cell beside a filled one is part of it, as in a merged cell.
    """
    if layout.format == "json":
        names = header[-1]
        body = json_bytes([dict(zip(names, row, strict=True)) for row in rows])
    elif layout.format == "csv":
        body = csv_bytes([*above, *header, *rows, *below])
    else:
        name = layout.sheet or "Blad1"
        ranges = [r for i, row in enumerate(header[:-1], len(above) + 1) for r in _merged(row, i)]
        sheets: dict[str, SampleCells] = {name: [*above, *header, *rows, *below]}
        if layout.sheet:
            sheets["Toelichting"] = [["Verzonnen voorbeeldcijfers"], ["Invented sample figures"]]
        body = workbook(sheets, {name: ranges})
    return zipped({layout.member.replace("*", "voorbeeld").replace("?", "x"): body}) if layout.member else body


def _merged(row: Sequence[Any], number: int) -> list[str]:
    starts = [*(i for i, cell in enumerate(row) if cell), len(row)]
    pairs = pairwise(starts)
    return [f"{column_name(a)}{number}:{column_name(b - 1)}{number}" for a, b in pairs if b - a > 1]


def _sheet(rows: SampleCells, merged: Sequence[str]) -> str:
    lines = []
    for number, row in enumerate(rows, 1):
        cells = "".join(
            _cell(f"{column_name(i)}{number}", cell) for i, cell in enumerate(row) if cell not in ("", None)
        )
        lines.append(f'<row r="{number}">{cells}</row>')
    ranges = "".join(f'<mergeCell ref="{ref}"/>' for ref in merged)
    merges = f'<mergeCells count="{len(merged)}">{ranges}</mergeCells>' if merged else ""
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData>{merges}</worksheet>'


def _cell(place: str, cell: Any) -> str:
    if isinstance(cell, int | float):
        return f'<c r="{place}"><v>{cell}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(str(cell))}</t></is></c>'


def _dutch(cell: Any) -> Any:
    return "" if cell is None else str(cell).replace(".", ",") if isinstance(cell, float) else cell
