"""Own selections of municipalities: a CSV of codes becomes a region of the scheme `own`.

A file `<stem>.csv` in the folder of selections is the region `OWN-<STEM>`. Its columns, in any order and with commas or
semicolons: `municipality_code`; and, optionally, `valid_from`, `valid_to` and `region_name`. Everything wrong
in any file is reported at once, since a person has to correct it. A municipality that has ended is not an error: its
heirs take its place, and that is reported too.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from pipelines.errors import SelectionError, shown
from pipelines.ingest.heirs import Listed, Replaced, Stay, is_in, with_heirs
from pipelines.reading.existing import boundaries
from pipelines.reading.files.values import read_region_code

_CODE = "municipality_code"
_COLUMNS = (_CODE, "valid_from", "valid_to", "region_name")
_MUNICIPALITY = re.compile(r"GM\d{4}")
# As in ISO 8601, and as Dutch spreadsheets write it. With slashes, the month might come first.
_DATES = (
    re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})"),
    re.compile(r"(?P<d>[0-9]{1,2})-(?P<m>[0-9]{1,2})-(?P<y>[0-9]{4})"),
)
_YEARS = range(1900, 2101)
_SPREADSHEETS = {".xlsx", ".xls", ".xlsm", ".ods", ".numbers"}


@dataclass(frozen=True)
class Member:
    """A municipality in an own region, from its first day to its last; without dates it is always in it.

    `share` is the part of the inhabitants of the municipality that is in the region, and `area_share` that of its area:
    below 1 only for an heir of a divided one.
    """

    region_code: str
    municipality_code: str
    valid_from: date | None
    valid_to: date | None
    name: str
    file: str
    share: float = 1.0
    area_share: float = 1.0


@dataclass(frozen=True)
class Selections:
    """Every own selection, ordered by region, municipality and day, and what was replaced, by file."""

    members: list[Member]
    replaced: dict[str, list[Replaced]]


@dataclass(frozen=True)
class _Row:
    """A row of a file as written, by column, and the line where it ends."""

    line: int
    cells: dict[str, str]


class _Wrong(Exception):  # noqa: N818 # it never leaves this module: it becomes a line of a SelectionError
    """An error in a file: where it is, what was expected and what to do."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(f" line {line}: {problem}" if line else f": {problem}")


def read_selections(folder: Path) -> Selections:
    """Every own selection in a folder; none if the folder does not exist.

    Raises:
        SelectionError: one line for each error, with file, line, value and what to do.
    """
    if not folder.exists():
        return Selections([], {})
    if not folder.is_dir():
        raise SelectionError(f"{folder} is a file, expected a folder of CSV files -> set REGIOKOMPAS_SELECTIONS to one")
    members: list[Member] = []
    replaced: dict[str, list[Replaced]] = {}
    problems: list[str] = []
    names: dict[str, str] = {}
    for path in sorted(p for p in folder.iterdir() if _is_selection(p)):
        try:
            code = _region_code(path, names)
            name, listed, wrong = _listed(path)
            if not wrong:
                stays, told = with_heirs(listed, boundaries())
                _refuse_empty(stays)
                members += [
                    Member(code, s.code, s.first, s.last, name, path.name, s.share, s.area_share) for s in stays
                ]
                replaced |= {path.name: told} if told else {}
        except _Wrong as error:
            wrong = [error]
        problems += [f"selection {path.name}{problem}" for problem in wrong]
    if problems:
        raise SelectionError("\n".join(problems))
    return Selections(sorted(members, key=_in_order), replaced)


def digest_of(members: Iterable[Member]) -> str:
    """The identity of the content of the selections."""
    return sha256("\n".join(repr(astuple(member)) for member in members).encode()).hexdigest()


def region_code(stem: str) -> str:
    """The code of the region in a file: `noord-oost` becomes `OWN-NOORD-OOST`."""
    # One spelling for an accented letter, however the file system stores it.
    return "OWN-" + re.sub("[^A-Z0-9]", "-", unicodedata.normalize("NFC", stem).upper())


def _in_order(member: Member) -> tuple[str, str, date]:
    return member.region_code, member.municipality_code, member.valid_from or date.min


def _is_selection(path: Path) -> bool:
    """Whether somebody put a file there to be read: not a hidden file, nor the lock of an open spreadsheet."""
    return not path.name.startswith((".", "~")) and path.suffix.lower() in {".csv", *_SPREADSHEETS}


def _region_code(path: Path, names: dict[str, str]) -> str:
    if path.suffix.lower() in _SPREADSHEETS:
        raise _Wrong("found a spreadsheet, expected CSV -> save it as CSV UTF-8, and remove the spreadsheet")
    code = region_code(path.stem)
    if not re.search("[A-Z0-9]", code.removeprefix("OWN-")):
        raise _Wrong("expected a name with a letter from A to Z or a digit in it -> rename the file")
    if code in names:
        raise _Wrong(f"its region code is {code}, like that of {names[code]} -> rename one of them")
    names[code] = path.name
    return code


def _listed(path: Path) -> tuple[str, list[Listed], list[_Wrong]]:
    """The name of the region in a file, what its lines list, and what is wrong in it."""
    rows = _rows(path.read_bytes())
    if not rows:
        raise _Wrong("it lists no municipality -> write a code such as GM0014 on each line below the header")
    listed: list[Listed] = []
    wrong: list[_Wrong] = []
    name = ""
    for row in rows:
        try:
            name = _name(row, name)
            one = Listed(row.line, _municipality(row), *_period(row))
            _refuse_unborn(one)
            _refuse_overlap(one, listed)
            listed.append(one)
        except _Wrong as error:
            wrong.append(error)
    return name or path.stem, listed, wrong


def _rows(body: bytes) -> list[_Row]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise _Wrong(f"found {body[error.start : error.end]!r}, expected UTF-8 -> save it as CSV UTF-8", line) from None
    lines = list(_lines(text))
    if not lines:
        raise _Wrong(f"the file is empty, expected the header {_CODE} -> write it, and a code on each line below")
    (at, header), *rest = lines
    columns = _columns(at, header)
    return [_row(line, cells, columns) for line, cells in rest]


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not blank, each with its number and its cells, stripped of surrounding spaces."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True)
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield reader.line_num, stripped
    except csv.Error as error:
        raise _Wrong(
            f"it is not valid CSV ({error}) -> double the quotation marks in a text", reader.line_num
        ) from None


def _columns(line: int, header: list[str]) -> list[str]:
    columns = [cell.casefold() for cell in header]
    while columns and not columns[-1]:
        columns.pop()
    is_now = f"the header is {shown(map(repr, header))}"
    if _CODE not in columns:
        raise _Wrong(f"{is_now}, expected {_CODE} in it -> write that above the codes", line)
    if unknown := [column for column in columns if column not in _COLUMNS]:
        raise _Wrong(
            f"column {unknown[0]!r} is not known, expected {', '.join(_COLUMNS)} -> rename it or remove it", line
        )
    if len(set(columns)) < len(columns):
        raise _Wrong(f"{is_now}, expected each column once -> remove the other", line)
    return columns


def _row(line: int, cells: list[str], columns: list[str]) -> _Row:
    if any(cells[len(columns) :]):
        extra = next(cell for cell in cells[len(columns) :] if cell)
        raise _Wrong(
            f"found {extra!r} beyond the last column of the header, expected {len(columns)} cells"
            " -> put a text with the separator in it between quotation marks, or give the column its header",
            line,
        )
    return _Row(line, dict(zip(columns, cells, strict=False)))


def _municipality(row: _Row) -> str:
    text = row.cells.get(_CODE, "")
    try:
        code = read_region_code(text)
    except ValueError:
        code = ""
    if not _MUNICIPALITY.fullmatch(code):
        raise _Wrong(
            f"{_CODE} is {text!r}, expected a code of CBS such as GM0014, 0014 or 14 -> correct it, or remove the line",
            row.line,
        )
    if code not in boundaries().lives:
        raise _Wrong(
            f"{_CODE} is {text!r}, which no municipality has had since {boundaries().known_from.year}, expected a code"
            " as in the table regions -> correct it, or remove the line",
            row.line,
        )
    return code


def _period(row: _Row) -> tuple[date | None, date | None]:
    first, last = (_day(row, column) for column in ("valid_from", "valid_to"))
    if first and last and first > last:
        raise _Wrong(
            f"valid_from {first} is after valid_to {last}, expected the first day and then the last -> swap them",
            row.line,
        )
    return first, last


def _day(row: _Row, column: str) -> date | None:
    text = row.cells.get(column, "")
    if not text:
        return None
    for pattern in _DATES:
        if found := pattern.fullmatch(text):
            try:
                day = date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                break
            if day.year in _YEARS:
                return day
    raise _Wrong(
        f"{column} is {text!r}, expected a day such as 2026-12-31 or 31-12-2026, with dashes -> correct it", row.line
    )


def _name(row: _Row, name: str) -> str:
    found = " ".join(row.cells.get("region_name", "").split())
    if found and name and found != name:
        raise _Wrong(
            f"region_name is {found!r}, and {name!r} earlier, expected one name for the whole region -> write it on the"
            " first line only",
            row.line,
        )
    return found or name


def _refuse_unborn(listed: Listed) -> None:
    begun = boundaries().lives[listed.code][0]
    if listed.last and listed.last < begun:
        raise _Wrong(
            f"valid_to is {listed.last}, but {listed.code} is known from {begun} on -> correct it, or remove the line",
            listed.line,
        )


def _refuse_overlap(listed: Listed, before: list[Listed]) -> None:
    for other in before:
        if other.code == listed.code and _overlap(other, listed):
            raise _Wrong(
                f"{listed.code} is on line {other.line} too, expected each municipality once on any day ->"
                " remove one of the two, or correct valid_from and valid_to",
                listed.line,
            )


def _overlap(one: Listed, other: Listed) -> bool:
    def begins_in_time(a: Listed, b: Listed) -> bool:
        return a.first is None or b.last is None or a.first <= b.last

    return begins_in_time(one, other) and begins_in_time(other, one)


def _refuse_empty(stays: list[Stay]) -> None:
    """Refuse a region without any member on the boundaries that everything is published on."""
    day = date(boundaries().newest_year, 1, 1)
    if not is_in(stays, day):
        raise _Wrong(
            f"no municipality is in the region on {day}, expected at least one -> correct valid_from and valid_to, or"
            " remove the file"
        )
