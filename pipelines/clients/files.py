"""Whole files: whether they changed, whether they are files at all, and fetching several in parallel.

The files of a source do not depend on each other: one that cannot be fetched is reported, and the others are kept.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from hashlib import sha256
from typing import TypeVar

from pipelines.clients.http import HttpClient
from pipelines.clients.pages import State, Store
from pipelines.errors import ChangedWhileReadError, SourceError
from pipelines.sources.card import SourceCard

PAGES = "files"
_MARKUP = re.compile(rb"\s*<\s*(!doctype|!--|html|head|body|\?xml)", re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"
# Not text: a PDF, a document or workbook from before 2007, something compressed.
_NO_TEXT = (b"%PDF-", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
_ZIP_BEGIN, _ZIP_END = b"PK\x03\x04", b"PK\x05\x06"
# The end record of a zip is at most this far from its last byte, comment included.
_ZIP_TAIL = 65_557
T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True)
class Wanted:
    """A file that a source should have: its address, and why it may not be fetched, where that is known beforehand."""

    url: str
    barred: SourceError | None = None


def probe_files(http: HttpClient, card: SourceCard, files: Iterable[Wanted]) -> State:
    """Ask only for the headers of every file.

    Returns:
        The newest Last-Modified, and a stamp of all ETags (or Last-Modified and size, where a file has no ETag); both
        are empty when one of the files has neither or could not be asked, since it may then have changed unnoticed.

    Raises:
        NotThereError: the files are gone.
        SourceError: the headers of none of them could be fetched; the error is that of the first.
    """
    files = list(files)
    found = _headers(http, card, files)
    _refuse_none(found)
    return _state(files, found)


def fetch_files(http: HttpClient, card: SourceCard, files: Iterable[Wanted], store: Store) -> State:
    """Fetch files and keep each as `files/<number>`; its address identifies it.

    A file that cannot be fetched, or is not in the card's format, is noted as lacking, as long as there is another.

    Returns:
        Their state, which was the same before and after; empty when it was not given both times, or a file is lacking.

    Raises:
        NotThereError: the files are gone.
        SourceError: none of them could be fetched, and the error is that of the first; or one changed meanwhile.
    """
    files = list(files)
    # A GET shows whether a file is there; the headers only show how old it is.
    before = _state(files, _headers(http, card, files))
    # Without a state there is no telling whether pages of an earlier fetch belong to this one.
    if known := " ".join(filter(None, (before.modified, before.stamp))):
        store.resume(known)

    def fetch(name: str, file: Wanted) -> None:
        if store.recall(name, file.url) is None:
            check = partial(check_file, card)
            body, _ = http.get(card.dataset_id, file.url, check, accept="*/*", never="text/html")
            store.keep(name, file.url, body)

    named = [(f"{PAGES}/{number:05d}", file) for number, file in enumerate(files)]
    done = side_by_side(card, lambda one: _or_error(one[1], lambda: fetch(*one)), named)
    _refuse_none(done)
    lacking = [(name, file.url, came) for (name, file), came in zip(named, done, strict=True) if came is not None]
    for name, url, error in lacking:
        store.lack(name, url, error.problem)
    after = State("") if lacking else _state(files, _headers(http, card, files))
    if not (before.stamp and after.stamp):
        return State("")
    if after != before:
        raise ChangedWhileReadError(
            card.dataset_id,
            f"a file changed while it was read ({before}, then {after})",
            url=files[0].url,
            todo="run again",
        )
    return before


def check_file(card: SourceCard, body: bytes) -> None:
    """Refuse a body that is not a file in the format on the card, such as an error page sent as an answer.

    Raises:
        ValueError: what was found and what was expected.
    """
    expected = kind_of(card)
    start = body[:1024].removeprefix(_BOM)
    if not body.strip(_BOM + b" \t\r\n\0"):
        raise ValueError(f"expected a file of type {expected}, found an empty one")
    if _MARKUP.match(start):
        raise ValueError(f"expected a file of type {expected}, found a page of HTML or XML")
    zipped = body.startswith(_ZIP_BEGIN)
    if expected in ("zip", "xlsx"):
        if not zipped:
            raise ValueError(f"expected a file of type {expected}, found something else")
        if _ZIP_END not in body[-_ZIP_TAIL:]:
            raise ValueError(f"expected a whole file of type {expected}, found one that is cut short")
    elif zipped:
        raise ValueError(f"expected a file of type {expected}, found a zip or a workbook")
    elif start.startswith(_NO_TEXT):
        raise ValueError(f"expected a file of type {expected}, found something that is not text")
    elif expected == "json" and not (start.lstrip()[:1] in (b"[", b"{") and body.rstrip()[-1:] in (b"]", b"}")):
        raise ValueError("expected a file of type json, found something else, or only a part of it")


def kind_of(card: SourceCard) -> str:
    """What the bytes of the card's files are: `zip`, `csv`, `xlsx` or `json`."""
    if card.layout is None:
        raise SourceError(card.dataset_id, "the card has no `layout`", todo="say in `layout` what its files hold")
    return "zip" if card.layout.member else card.layout.format


def side_by_side(card: SourceCard, work: Callable[[S], T], items: Iterable[S]) -> list[T]:
    """Do something for every item over as many connections as the card allows; after an error nothing new begins."""
    pool = ThreadPoolExecutor(card.connections)
    try:
        return list(pool.map(work, items))
    finally:
        pool.shutdown(cancel_futures=True)


def _or_error(file: Wanted, work: Callable[[], T]) -> T | SourceError:
    """The result for one file, or why it cannot be fetched: the others continue."""
    try:
        if file.barred:
            raise file.barred
        return work()
    except SourceError as error:
        return error


def _refuse_none(done: list[T | SourceError]) -> None:
    """Raise the first error if there is nothing but errors."""
    errors = [came for came in done if isinstance(came, SourceError)]
    if errors and len(errors) == len(done):
        raise errors[0]


def _headers(http: HttpClient, card: SourceCard, files: list[Wanted]) -> list[Mapping[str, str] | SourceError]:
    def ask(file: Wanted) -> Mapping[str, str] | SourceError:
        return _or_error(file, lambda: http.head(card.dataset_id, file.url))

    return side_by_side(card, ask, files)


def _state(files: list[Wanted], all_headers: list[Mapping[str, str] | SourceError]) -> State:
    marks, days = [], []
    for file, headers in zip(files, all_headers, strict=True):
        if isinstance(headers, SourceError):
            return State("")
        day = headers.get("last-modified", "")
        mark = headers.get("etag") or (day and f"{day} {headers.get('content-length', '')}")
        if not mark:
            return State("")
        marks.append(f"{file.url} {mark}")
        days.append(_iso(day))
    return State(max(days, default=""), sha256("\n".join(marks).encode()).hexdigest())


def _iso(http_date: str) -> str:
    try:
        when = parsedate_to_datetime(http_date)
    except ValueError:
        return ""
    return when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC).isoformat()
