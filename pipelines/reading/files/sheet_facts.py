"""What the XML of a sheet shows and its values do not: what is merged, hidden, an error or not calculated."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce
from xml.parsers import expat

from pipelines.clients.budget import MOST_CELLS, opened_zip, refuse_unpacking
from pipelines.errors import shown
from pipelines.reading.files.table_columns import TableOrigin, fits

_CHUNK = 1 << 20
# No longer than this is what says where a cell is.
_OVERLAP = 64
_PLACE = re.compile(rb"""\sr\s*=\s*["'](?P<column>[A-Z]*)(?P<row>[0-9]{1,20})["']""")
_CELL_BEGINS = re.compile(rb"<(?:[^\s<>/:]+:)?c[\s/>]")
_CELL = re.compile(r"(?P<column>[A-Z]+)(?P<row>[0-9]+)")
_PERCENT_FORMATS = {"9", "10"}
# A percent sign in the quoted text of a format is only text.
_QUOTED = re.compile(r'"[^"]*"|\\.')
_TRUE = ("1", "true")


@dataclass
class SheetFacts:
    """Facts about a sheet, with rows counted from 1 and columns from 0, as a reader of its values counts them.

    Attributes:
        merged: ranges as first row, first column, last row, last column.
        hidden_rows: rows that a person who opens the sheet does not see.
        hidden_columns: columns that they do not see.
        troubled: cells without a value where there should be one, each with the error or the formula that is there.
        percent: cells with a number that is shown as a percentage.
    """

    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    troubled: dict[tuple[int, int], str] = field(default_factory=dict)
    percent: set[tuple[int, int]] = field(default_factory=set)


@contextmanager
def opened(origin: TableOrigin, what: str, body: bytes) -> Iterator[zipfile.ZipFile]:
    """A zip archive; whatever is wrong with it becomes our own error."""
    try:
        with opened_zip(body) as archive:
            yield archive
    # On a broken archive, zipfile raises whatever it runs into.
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, LookupError) as error:
        raise origin.broken(what, error) from None


def member_of(origin: TableOrigin, pattern: str, members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """The one member of a zip with a name like this; none and several are refused.

    Raises:
        SourceError: names what the zip holds.
    """
    files = [info for info in members if not info.is_dir()]
    fitting = [info for info in files if fits(info.filename, [pattern])]
    if len(fitting) != 1:
        names = shown(info.filename for info in files)
        raise origin.error(f"the zip holds {names}, expected one {pattern}", "set `member` on the card")
    return fitting[0]


def refuse_huge(origin: TableOrigin, body: bytes) -> None:
    """Refuse a sheet whose last cell is so far off that the reader of workbooks would end the whole process."""
    with opened(origin, "workbook", body) as archive:
        sheets = [info for info in archive.infolist() if fits(info.filename, ["xl/worksheets/*.xml"])]
        if not sheets:
            raise origin.unsound("it is not an xlsx workbook", "look at the file")
        refuse_unpacking(archive.infolist())
        for info in sheets:
            rows, columns = _extent(archive, info)
            if rows * columns > MOST_CELLS:
                raise origin.error(
                    f"{info.filename} has a cell in row {rows} and one in column {columns}, expected at most"
                    f" {MOST_CELLS} cells",
                    "delete what is far from the table, and save the workbook again",
                )


def _extent(archive: zipfile.ZipFile, sheet: zipfile.ZipInfo) -> tuple[int, int]:
    """The last row and the last column of a sheet, read until there are more cells than there may be.

    Where cells do not say where they are, there are as many rows as hold them all.
    """
    rows = columns = 1
    cells = 0
    with archive.open(sheet) as file:
        kept = b""
        while piece := file.read(_CHUNK):
            text = kept + piece
            cells += len(_CELL_BEGINS.findall(text)) - len(_CELL_BEGINS.findall(kept))
            for place in _PLACE.finditer(text):
                rows = max(rows, int(place["row"]))
                columns = max(columns, column_number(place["column"].decode()) + 1)
            kept = text[-_OVERLAP:]
            rows = max(rows, -(-cells // columns))
            if rows * columns > MOST_CELLS:
                break
    return rows, columns


def column_number(letters: str) -> int:
    """The number of a column from 0, by its letters."""
    return reduce(lambda number, letter: number * 26 + ord(letter) - 64, letters, 0) - 1


def column_letters(number: int) -> str:
    """The letters of a column that is counted from 0."""
    letters = ""
    number += 1
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(65 + place) + letters
    return letters


def sheet_facts(origin: TableOrigin, body: bytes, sheet: str) -> SheetFacts:
    """Read what the XML of a sheet shows, by the name of the sheet.

    Raises:
        SourceError: the XML is broken, or does not mention such a sheet.
    """
    with opened(origin, "workbook", body) as archive:
        try:
            book = _elements(archive.read("xl/workbook.xml"))
            links = dict(_link(a) for _, a in _elements(archive.read(_LINKS)) if "Id" in a)
            ids = [a for name, a in book if name == "sheet" and a.get("name") == sheet]
            target = links[next(value for key, value in ids[0].items() if key.rpartition(":")[2] == "id")]
            path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            styles = _percent_styles(archive)
            stale = any(name == "calcPr" and a.get("fullCalcOnLoad") in _TRUE for name, a in book)
            reader = _SheetReader(styles, stale)
            with archive.open(path) as file:
                _parser(reader).ParseFile(file)
        except (expat.ExpatError, ValueError, LookupError, StopIteration, AttributeError) as error:
            raise origin.broken("workbook", error) from None
    return reader.facts


_LINKS = "xl/_rels/workbook.xml.rels"


def _link(attributes: dict[str, str]) -> tuple[str, str]:
    return attributes["Id"], attributes["Target"]


class _Elements:
    """Collects the elements of a small document, their names without prefix."""

    def __init__(self) -> None:
        self.found: list[tuple[str, dict[str, str]]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.found.append((name.rpartition(":")[2], attributes))

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...


def _elements(xml: bytes) -> list[tuple[str, dict[str, str]]]:
    collector = _Elements()
    _parser(collector).Parse(xml, True)
    return collector.found


def _parser(reader: "_Elements | _SheetReader") -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = _refuse_entity
    return parser


def _refuse_entity(*_: object) -> None:
    raise ValueError("it declares entities of its own")


def _percent_styles(archive: zipfile.ZipFile) -> set[str]:
    """The numbers of the styles in which a number is shown as a percentage."""
    if "xl/styles.xml" not in archive.namelist():
        return set()
    percent, styles, inside = set(_PERCENT_FORMATS), set(), False
    position = 0
    for name, attributes in _elements(archive.read("xl/styles.xml")):
        if name == "numFmt" and "%" in _QUOTED.sub("", attributes.get("formatCode", "")):
            percent.add(attributes.get("numFmtId", ""))
        elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            inside = name == "cellXfs"
        elif inside and name == "xf":
            if attributes.get("numFmtId") in percent:
                styles.add(str(position))
            position += 1
    return styles


class _SheetReader:
    """Goes through the XML of a sheet once, however long it is."""

    def __init__(self, percent_styles: set[str], stale: bool) -> None:
        self.facts = SheetFacts()
        self._percent_styles, self._stale = percent_styles, stale
        self._row, self._column, self._cell = 0, -1, {"": ""}
        self._in, self._formula, self._value = "", "", ""
        self._has_formula = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            self._begin_cell(attributes)
        elif name in ("v", "f"):
            self._in = name
            self._has_formula = self._has_formula or name == "f"
        elif name == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = -1
            if attributes.get("hidden") in _TRUE or _is_nothing(attributes.get("ht")):
                self.facts.hidden_rows.add(self._row)
        elif name == "col":
            if attributes.get("hidden") in _TRUE or _is_nothing(attributes.get("width")):
                # To the end of the sheet, where all columns after the table are hidden.
                self.facts.hidden_columns.update(range(int(attributes["min"]) - 1, min(int(attributes["max"]), 20_000)))
        elif name == "mergeCell":
            first, _, last = attributes["ref"].partition(":")
            self.facts.merged.append((*_place(first), *_place(last or first)))

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self._cell = attributes
        if "r" in attributes:
            self._row, self._column = _place(attributes["r"])
        else:
            self._column += 1
        self._in = self._formula = self._value = ""
        self._has_formula = False

    def text(self, text: str) -> None:
        if self._in == "v":
            self._value += text
        elif self._in == "f":
            self._formula += text

    def end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name in ("v", "f"):
            self._in = ""
        elif name == "c":
            self._end_cell()

    def _end_cell(self) -> None:
        place, kind, value = (self._row, self._column), self._cell.get("t", "n"), self._value.strip()
        if kind == "e":
            self.facts.troubled[place] = value or "#ERROR"
        elif self._has_formula and kind != "str" and (not value or (self._stale and _is_nothing(value))):
            self.facts.troubled[place] = f"={self._formula}"
        elif kind == "n" and value and self._cell.get("s") in self._percent_styles:
            self.facts.percent.add(place)


def _place(text: str) -> tuple[int, int]:
    found = _CELL.fullmatch(text.replace("$", ""))
    if found is None:
        raise ValueError(f"{text!r} is not a cell reference")
    return int(found["row"]), column_number(found["column"])


def _is_nothing(text: str | None) -> bool:
    try:
        return text is not None and float(text) == 0
    except ValueError:
        return False
