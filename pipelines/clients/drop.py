"""Files that a person downloads and puts into a folder, where a publisher offers no address to fetch them from.

The name of a file says when it was downloaded and, where its rows do not, which period it is for:
`2026KW03__2026-11-20.csv`, or `2026-11-20.csv`.
"""

import re
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from pipelines.clients.budget import MOST_UNPACKED_BYTES
from pipelines.clients.files import PAGES, check_file
from pipelines.clients.http import HttpClient
from pipelines.clients.pages import State, Store
from pipelines.errors import AwaitedError, SourceError
from pipelines.sources.access import DropAccess
from pipelines.sources.card import SourceCard
from pipelines.sources.periods import is_period

__all__ = ["PAGES", "address", "fetch", "folder_of", "period_of", "probe"]

_SCHEME = "drop:"
_EXAMPLE = "2026KW03__2026-11-20"


@dataclass(frozen=True)
class _Dropped:
    """A file in the folder, and what its name says; a name that says too little is a problem."""

    path: Path
    period: str | None
    day: date
    problem: SourceError | None = None

    @property
    def url(self) -> str:
        return f"{_SCHEME}{self.path.name}"


@dataclass(frozen=True)
class _Found:
    """What the folder has for one period: the newest good file, and what is wrong with every newer one."""

    good: tuple[_Dropped, bytes] | None
    bad: list[tuple[_Dropped, SourceError]]


def address(base: str, card: SourceCard, access: DropAccess) -> str:
    """The folder, and where a person finds what belongs in it."""
    return f"{folder_of(base, card)}/, from {access.page}"


def probe(http: HttpClient, base: str, card: SourceCard, access: DropAccess) -> State:
    """Look at the files in the card's folder.

    Returns:
        The newest day of download, and a stamp of the names and contents; both are empty when a file is not good.

    Raises:
        AwaitedError: there are none.
        SourceError: none is good.
    """
    return _state(_look(base, card, access))


def fetch(http: HttpClient, base: str, card: SourceCard, access: DropAccess, store: Store) -> State:
    """Keep the files in the card's folder, each with the address `drop:<its name>`.

    Of several downloads for one period only the latest good one is kept. A file whose name does not say what it must,
    or that is not in the card's format, is noted as lacking, as long as there is another.

    Raises:
        AwaitedError: there are none.
        SourceError: none is good.
    """
    found = _look(base, card, access)
    state = _state(found)
    for number, of_period in enumerate(found):
        name = f"{PAGES}/{number:05d}"
        if of_period.good:
            dropped, body = of_period.good
            store.keep(name, dropped.url, body)
        # Under the same name and newest last, so that there are never two downloads for one period.
        for dropped, error in reversed(of_period.bad):
            store.lack(name, dropped.url, error.problem)
    return state


def folder_of(base: str, card: SourceCard) -> Path:
    """Where the files of a card are put: a folder of its own in the drop folder."""
    return Path(base) / card.slug


def period_of(url: str) -> str | None:
    """The period in the name of a dropped file, if it has one."""
    period = Path(url.removeprefix(_SCHEME)).stem.split("__")[0]
    return period if is_period(period) else None


def _look(base: str, card: SourceCard, access: DropAccess) -> list[_Found]:
    """What is in the card's folder, by period; a file whose name does not give one is listed by itself."""
    folder = folder_of(base, card)
    paths = sorted(path for path in folder.glob("*") if path.is_file() and not _is_beside(path.name))
    if not paths:
        raise AwaitedError(
            card.dataset_id,
            "nothing was put here yet",
            url=access.page,
            todo=f"{access.how.en.rstrip('.')}; put the file into {folder} as {_name(card)}",
        )
    periods: dict[tuple[str, str], list[_Dropped]] = {}
    for path in paths:
        dropped = _named(card, path)
        periods.setdefault((dropped.period or "", path.name if dropped.problem else ""), []).append(dropped)
    return [_newest(card, access, periods[period]) for period in sorted(periods)]


def _newest(card: SourceCard, access: DropAccess, files: list[_Dropped]) -> _Found:
    bad: list[tuple[_Dropped, SourceError]] = []
    for dropped in sorted(files, key=lambda dropped: dropped.day, reverse=True):
        try:
            twins = [other.path.name for other in files if other.day == dropped.day]
            return _Found((dropped, _read(card, access, dropped, twins)), bad)
        except SourceError as error:
            bad.append((dropped, error))
    return _Found(None, bad)


def _read(card: SourceCard, access: DropAccess, dropped: _Dropped, twins: list[str]) -> bytes:
    if dropped.problem:
        raise dropped.problem
    if len(twins) > 1:
        raise SourceError(
            card.dataset_id,
            f"{' and '.join(twins)} are downloads of one day, expected one of them",
            url=str(dropped.path.parent),
            todo="remove the others",
        )
    try:
        if (size := dropped.path.stat().st_size) > MOST_UNPACKED_BYTES:
            raise ValueError(f"a file of {size} bytes, expected at most {MOST_UNPACKED_BYTES}")
        body = dropped.path.read_bytes()
        check_file(card, body)
    except (OSError, ValueError) as error:
        raise SourceError(
            card.dataset_id, f"{error}", url=str(dropped.path), todo=f"download it again: {access.how.en}"
        ) from None
    return body


def _is_beside(name: str) -> bool:
    """Whether a file belongs to the folder and not to the source; an open workbook leaves a `~$` file."""
    return name.startswith((".", "~$")) or name.lower().startswith("readme")


def _named(card: SourceCard, path: Path) -> _Dropped:
    parts = path.stem.split("__")
    day = _day(parts[-1])
    period = parts[0] if len(parts) == 2 else None
    wanted = _needs_period(card)
    if day is None or len(parts) > 2 or (period and not is_period(period)) or (wanted and not period):
        what = "the period and the day of download" if wanted else "the day of download"
        problem = SourceError(
            card.dataset_id,
            f"the name {path.name!r} does not say {what}, expected one such as {_name(card)}",
            url=str(path.parent),
            todo="rename it",
        )
        return _Dropped(path, None, date.min, problem)
    return _Dropped(path, period, day)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


def _needs_period(card: SourceCard) -> bool:
    columns = card.layout.columns.values() if card.layout else ()
    return bool(card.measures) and all(column.to != "period" for column in columns)


def _name(card: SourceCard) -> str:
    ending = "zip" if card.layout and card.layout.member else card.layout.format if card.layout else "csv"
    name = _EXAMPLE if _needs_period(card) else _EXAMPLE.split("__")[1]
    return f"{name}.{ending}"


def _state(found: list[_Found]) -> State:
    """The state of the good files.

    Raises:
        SourceError: none is good; the error is that of the first.
    """
    good = [of_period.good for of_period in found if of_period.good]
    bad = [error for of_period in found for _, error in of_period.bad]
    if not good:
        raise bad[0]
    if bad:
        return State("")
    marks = "\n".join(f"{dropped.path.name} {sha256(body).hexdigest()}" for dropped, body in good)
    return State(max(dropped.day for dropped, _ in good).isoformat(), sha256(marks.encode()).hexdigest())
