"""Files that a person downloads and puts into a folder, where a publisher offers no address to ask.

The name of a file says when it was downloaded and, where its rows do not, of which period it is:
`2026KW03__2026-11-20.csv`, or `2026-11-20.csv`.
"""

import re
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from pipelines.card import SourceCard
from pipelines.clients.files import PAGES, check_file
from pipelines.clients.http import HttpClient
from pipelines.clients.pages import State, Store
from pipelines.errors import AwaitedError, SourceError
from pipelines.periods import is_period
from pipelines.roads import DropRoad

__all__ = ["PAGES", "fetch", "folder_of", "period_of", "probe"]

_SCHEME = "drop:"
_EXAMPLE = "2026KW03__2026-11-20"


@dataclass(frozen=True)
class _Dropped:
    path: Path
    period: str | None
    day: date

    @property
    def url(self) -> str:
        return f"{_SCHEME}{self.path.name}"


def probe(http: HttpClient, base: str, card: SourceCard, road: DropRoad) -> State:
    """Look at the files that lie in the card's folder.

    Returns:
        The newest day of download, and a stamp of the names and contents.

    Raises:
        AwaitedError: there are none.
        SourceError: a name does not say what it must.
    """
    return _state([(dropped, dropped.path.read_bytes()) for dropped in _dropped(base, card, road)])


def fetch(http: HttpClient, base: str, card: SourceCard, road: DropRoad, store: Store) -> State:
    """Keep the files that lie in the card's folder, each with the address `drop:<its name>`.

    Of two downloads of one period only the later is kept.

    Raises:
        AwaitedError: there are none.
        SourceError: a name does not say what it must, or a file is not of the card's format.
    """
    files = [(dropped, dropped.path.read_bytes()) for dropped in _dropped(base, card, road)]
    for number, (dropped, body) in enumerate(files):
        try:
            check_file(card, body)
        except ValueError as error:
            raise SourceError(
                card.dataset_id, f"{error}", url=str(dropped.path), todo=f"download it again: {road.how.en}"
            ) from None
        store.keep(f"{PAGES}/{number:05d}", dropped.url, body)
    return _state(files)


def folder_of(base: str, card: SourceCard) -> Path:
    """Where the files of a card are put: a folder of its own in the drop folder."""
    return Path(base) / card.slug


def period_of(url: str) -> str | None:
    """The period that the name of a dropped file says, if it says one."""
    period = Path(url.removeprefix(_SCHEME)).stem.split("__")[0]
    return period if is_period(period) else None


def _dropped(base: str, card: SourceCard, road: DropRoad) -> list[_Dropped]:
    folder = folder_of(base, card)
    paths = sorted(path for path in folder.glob("*") if path.is_file() and not _is_beside(path.name))
    if not paths:
        raise AwaitedError(
            card.dataset_id,
            "nothing was put here yet",
            url=road.page,
            todo=f"{road.how.en.rstrip('.')}; put the file into {folder} as {_name(card)}",
        )
    newest: dict[str | None, _Dropped] = {}
    for path in paths:
        dropped = _named(card, path)
        other = newest.get(dropped.period)
        if other and other.day == dropped.day:
            raise SourceError(
                card.dataset_id,
                f"{other.path.name} and {path.name} are downloads of one day",
                url=str(folder),
                todo="take one of them away",
            )
        if other is None or other.day < dropped.day:
            newest[dropped.period] = dropped
    return sorted(newest.values(), key=lambda dropped: dropped.path.name)


def _is_beside(name: str) -> bool:
    """Whether a file belongs to the folder and not to the source; `~$` is what an open workbook leaves."""
    return name.startswith((".", "~$")) or name.lower().startswith("readme")


def _named(card: SourceCard, path: Path) -> _Dropped:
    parts = path.stem.split("__")
    day = _day(parts[-1])
    period = parts[0] if len(parts) == 2 else None
    wanted = _needs_period(card)
    if day is None or len(parts) > 2 or (period and not is_period(period)) or (wanted and not period):
        what = "the period and the day of download" if wanted else "the day of download"
        raise SourceError(
            card.dataset_id,
            f"the name {path.name!r} does not say {what}",
            url=str(path.parent),
            todo=f"name it as {_name(card)}",
        )
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


def _state(files: list[tuple[_Dropped, bytes]]) -> State:
    marks = "\n".join(f"{dropped.path.name} {sha256(body).hexdigest()}" for dropped, body in files)
    newest = max(dropped.day for dropped, _ in files)
    return State(newest.isoformat(), sha256(marks.encode()).hexdigest())
