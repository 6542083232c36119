"""Pages that each say where the next one is, as HAL and OGC API Features do."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urljoin

from pipelines.clients.http import HttpClient
from pipelines.clients.pages import MOST_PAGES, Records, Store
from pipelines.errors import ChangedWhileReadError
from pipelines.sources.card import SourceCard


@dataclass(frozen=True)
class Page:
    """What a page says about itself: how many rows it has, where the next is, its number and the total number of rows.

    `identities` are those of its records, as far as they have any; `digest` is the same for pages of the same records.
    """

    rows: int
    following: str | None
    number: int | None = None
    total: int | None = None
    identities: tuple[str, ...] = ()
    digest: str = ""


def fetch_linked(
    http: HttpClient,
    card: SourceCard,
    url: str,
    name: str,
    store: Store,
    read: Callable[[bytes], Page],
    accept: str = "application/json",
) -> int:
    """Fetch every page from `url` to the last and keep each as `<name>/<number>`.

    Returns:
        The number of rows on all pages.

    Raises:
        SourceError: a page could not be fetched.
        ChangedWhileReadError: pages lead in a circle, repeat a record, are not full before the last or are out of
            order, or together have another number of rows than they say.
    """
    seen: set[str] = set()
    records, digests = Records(), list[str]()
    rows, first, address = 0, None, url
    while True:
        seen.add(address)
        body, page = http.get(card.dataset_id, address, read, accept=accept)
        store.keep(f"{name}/{len(seen) - 1:05d}", address, body)
        rows += page.rows
        first = page if first is None else first
        following = urljoin(address, page.following) if page.following else None
        problem = records.again(len(seen), page.identities) or _problem(page, first, len(seen), rows, following, seen)
        if not problem and page.digest and page.digest in digests:
            problem = f"page {len(seen)} has exactly the rows of page {digests.index(page.digest) + 1}"
        digests.append(page.digest)
        if problem:
            raise ChangedWhileReadError(
                card.dataset_id, problem, url=address, todo="run again; if this persists, the source is broken"
            )
        if following is None:
            return rows
        address = following


def digest_of(records: list[dict[str, Any]]) -> str:
    """The identity of what a page holds; empty for a page without records, since there may be several of those."""
    return sha256(json.dumps(records, sort_keys=True).encode()).hexdigest() if records else ""


def _problem(page: Page, first: Page, count: int, rows: int, following: str | None, seen: set[str]) -> str | None:
    if page.number is not None and first.number is not None and page.number != first.number + count - 1:
        return f"page {count} has the number {page.number}, expected {first.number + count - 1}"
    if page.total != first.total:
        return f"the total number of rows changed from {first.total} to {page.total} while they were read"
    if following is None:
        return f"{rows} rows on all pages, expected {page.total}" if page.total not in (None, rows) else None
    if page.rows == 0:
        return f"an empty page in the middle, page {count}, expected rows on every page that has a next one"
    if following in seen:
        return "the next link leads back to a page already read"
    if page.rows != first.rows:
        return f"page {count} has {page.rows} rows and a next page, expected {first.rows} as on the first"
    return f"more than {MOST_PAGES} pages" if count >= MOST_PAGES else None
