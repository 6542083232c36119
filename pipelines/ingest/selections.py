"""Own selections of municipalities: a CSV of codes becomes a region of the scheme `own`.

A file `<stem>.csv` in the folder of selections is the region `OWN-<STEM>`. Its columns, in any order and with commas or
semicolons: `municipality_code`; and, optionally, `valid_from`, `valid_to` and `region_name`. Everything wrong
in any file is reported at once, since a person has to correct it. A municipality that has ended is not an error: its
heirs take its place, and that is reported too.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from pipelines.errors import SelectionError
from pipelines.ingest.heirs import Listed, Replaced, Stay, is_in, with_heirs
from pipelines.ingest.own_files import Layout, OwnRow, Wrong, is_own_file, refuse_spreadsheet, rows_in
from pipelines.reading.existing import boundaries
from pipelines.reading.files.values import read_region_code

_CODE = "municipality_code"
_LAYOUT = Layout(
    columns=(_CODE, "valid_from", "valid_to", "region_name"), required=(_CODE,), each="a code", below="the codes"
)
_MUNICIPALITY = re.compile(r"GM\d{4}")
# As in ISO 8601, and as Dutch spreadsheets write it. With slashes, the month might come first.
_DATES = (
    re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})"),
    re.compile(r"(?P<d>[0-9]{1,2})-(?P<m>[0-9]{1,2})-(?P<y>[0-9]{4})"),
)
_YEARS = range(1900, 2101)


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
    for path in sorted(p for p in folder.iterdir() if is_own_file(p)):
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
        except Wrong as error:
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


def _region_code(path: Path, names: dict[str, str]) -> str:
    refuse_spreadsheet(path)
    code = region_code(path.stem)
    if not re.search("[A-Z0-9]", code.removeprefix("OWN-")):
        raise Wrong("expected a name with a letter from A to Z or a digit in it -> rename the file")
    if code in names:
        raise Wrong(f"its region code is {code}, like that of {names[code]} -> rename one of them")
    names[code] = path.name
    return code


def _listed(path: Path) -> tuple[str, list[Listed], list[Wrong]]:
    """The name of the region in a file, what its lines list, and what is wrong in it."""
    rows = rows_in(path.read_bytes(), _LAYOUT)
    if not rows:
        raise Wrong("it lists no municipality -> write a code such as GM0014 on each line below the header")
    listed: list[Listed] = []
    wrong: list[Wrong] = []
    name = ""
    for row in rows:
        try:
            name = _name(row, name)
            one = Listed(row.line, _municipality(row), *_period(row))
            _refuse_unborn(one)
            _refuse_overlap(one, listed)
            listed.append(one)
        except Wrong as error:
            wrong.append(error)
    return name or path.stem, listed, wrong


def _municipality(row: OwnRow) -> str:
    text = row.cells.get(_CODE, "")
    try:
        code = read_region_code(text)
    except ValueError:
        code = ""
    if not _MUNICIPALITY.fullmatch(code):
        raise Wrong(
            f"{_CODE} is {text!r}, expected a code of CBS such as GM0014, 0014 or 14 -> correct it, or remove the line",
            row.line,
        )
    if code not in boundaries().lives:
        raise Wrong(
            f"{_CODE} is {text!r}, which no municipality has had since {boundaries().known_from.year}, expected a code"
            " as in the table regions -> correct it, or remove the line",
            row.line,
        )
    return code


def _period(row: OwnRow) -> tuple[date | None, date | None]:
    first, last = (_day(row, column) for column in ("valid_from", "valid_to"))
    if first and last and first > last:
        raise Wrong(
            f"valid_from {first} is after valid_to {last}, expected the first day and then the last -> swap them",
            row.line,
        )
    return first, last


def _day(row: OwnRow, column: str) -> date | None:
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
    raise Wrong(
        f"{column} is {text!r}, expected a day such as 2026-12-31 or 31-12-2026, with dashes -> correct it", row.line
    )


def _name(row: OwnRow, name: str) -> str:
    found = " ".join(row.cells.get("region_name", "").split())
    if found and name and found != name:
        raise Wrong(
            f"region_name is {found!r}, and {name!r} earlier, expected one name for the whole region -> write it on the"
            " first line only",
            row.line,
        )
    return found or name


def _refuse_unborn(listed: Listed) -> None:
    begun = boundaries().lives[listed.code][0]
    if listed.last and listed.last < begun:
        raise Wrong(
            f"valid_to is {listed.last}, but {listed.code} is known from {begun} on -> correct it, or remove the line",
            listed.line,
        )


def _refuse_overlap(listed: Listed, before: list[Listed]) -> None:
    for other in before:
        if other.code == listed.code and _overlap(other, listed):
            raise Wrong(
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
        raise Wrong(
            f"no municipality is in the region on {day}, expected at least one -> correct valid_from and valid_to, or"
            " remove the file"
        )
