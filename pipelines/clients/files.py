"""Whole files: whether they changed, whether they are files at all, and fetching several side by side."""

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from hashlib import sha256
from typing import TypeVar

from pipelines.card import SourceCard
from pipelines.clients.http import HttpClient
from pipelines.clients.pages import State, Store
from pipelines.errors import SourceError

PAGES = "files"
_MARKUP = re.compile(rb"\s*<\s*(!doctype|!--|html|head|body|\?xml)", re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"
_ZIP_BEGIN, _ZIP_END = b"PK\x03\x04", b"PK\x05\x06"
# The directory at the end of a zip stands this close to its last byte, comment included.
_ZIP_TAIL = 65_557
T = TypeVar("T")
S = TypeVar("S")


def probe_files(http: HttpClient, card: SourceCard, urls: Iterable[str]) -> State:
    """Ask for the headers of every file only.

    Returns:
        The newest Last-Modified, and a stamp of all ETags (or Last-Modified and size, where a file has no ETag); both
        are empty when one of the files has neither, since then nobody can say whether it changed.

    Raises:
        NotThereError: a file is gone.
        SourceError: the headers could not be had.
    """
    urls = list(urls)
    return _state(urls, side_by_side(card, lambda url: http.head(card.dataset_id, url), urls))


def fetch_files(http: HttpClient, card: SourceCard, urls: Iterable[str], store: Store) -> State:
    """Fetch files and keep each as `files/<number>`; its address tells which it is.

    Returns:
        Their state, which was the same before and after; empty when it was not told both times.

    Raises:
        NotThereError: a file is gone.
        SourceError: a file could not be had, is no file of the card's format, or changed meanwhile.
    """
    urls = list(urls)
    before = probe_files(http, card, urls)
    # Without a state nobody knows whether pages of an earlier fetch belong to this one.
    if known := " ".join(filter(None, (before.modified, before.stamp))):
        store.resume(known)

    def fetch(numbered: tuple[int, str]) -> None:
        number, url = numbered
        name = f"{PAGES}/{number:05d}"
        body = store.recall(name, url)
        if body is None:
            body, _ = http.get(card.dataset_id, url, partial(check_file, card), accept="*/*", never="text/html")
            store.keep(name, url, body)

    side_by_side(card, fetch, enumerate(urls))
    after = probe_files(http, card, urls)
    if not (before.stamp and after.stamp):
        return State("")
    if after != before:
        raise SourceError(
            card.dataset_id,
            f"a file changed while it was read ({before}, then {after})",
            url=urls[0],
            todo="run again",
        )
    return before


def check_file(card: SourceCard, body: bytes) -> None:
    """Refuse a body that is not a file of the format on the card, such as an error page sent as an answer.

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
            raise ValueError(f"expected a whole file of type {expected}, found one that breaks off")
    elif zipped:
        raise ValueError(f"expected a file of type {expected}, found a zip or a workbook")
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


def _state(urls: list[str], all_headers: list[Mapping[str, str]]) -> State:
    marks, days = [], []
    for url, headers in zip(urls, all_headers, strict=True):
        day = headers.get("last-modified", "")
        mark = headers.get("etag") or (day and f"{day} {headers.get('content-length', '')}")
        if not mark:
            return State("")
        marks.append(f"{url} {mark}")
        days.append(_iso(day))
    return State(max(days, default=""), sha256("\n".join(marks).encode()).hexdigest())


def _iso(http_date: str) -> str:
    try:
        when = parsedate_to_datetime(http_date)
    except ValueError:
        return ""
    return when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC).isoformat()
