"""Pages of a table: followed or fetched in parallel, each kept as it came, none asked for twice."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pipelines.clients.http import HttpClient
from pipelines.clients.jsons import read_json
from pipelines.clients.odata import next_link, read_envelope, read_rows
from pipelines.errors import ChangedWhileReadError, SourceError
from pipelines.sources.card import SourceCard

# Far more than any source has: an endless chain of pages stops here.
MOST_PAGES = 10_000


@dataclass(frozen=True)
class State:
    """What a source says about its own age, to know whether anything has changed since.

    `modified` is ISO 8601, or empty when the source does not say. `stamp` is compared as well, such as an ETag. When
    both are empty nothing is known, and the source has to be fetched again.
    """

    modified: str
    stamp: str = ""


class Records:
    """The identities of the records of all pages so far, to refuse a page that repeats or overlaps another."""

    def __init__(self) -> None:
        self._page_of: dict[str, int] = {}

    def again(self, page: int, identities: Iterable[str]) -> str | None:
        """Add those of a page, counted from 1; says on which pages the first one that was there already is."""
        for identity in identities:
            if before := self._page_of.get(identity):
                return f"the record {identity} is on page {before} and again on page {page}, expected it once"
            self._page_of[identity] = page
        return None


class Store(Protocol):
    """Keeps what is received, and remembers the pages of a fetch that broke off."""

    def keep(self, name: str, url: str, body: bytes) -> None:
        """Keep one resource as received: its name in the snapshot, its address, its bytes."""
        ...

    def resume(self, modified: str) -> None:
        """Say which state of the table the pages to come belong to; pages of another state are forgotten."""
        ...

    def recall(self, name: str, url: str) -> bytes | None:
        """The page of this state that an earlier fetch already received, if it did."""
        ...

    def lack(self, name: str, url: str, problem: str) -> None:
        """Note that one of several files could not be fetched; the one that landed earlier from its address is kept."""
        ...


def fetch_pages(
    http: HttpClient, card: SourceCard, url: str, name: str, store: Store, total: int | None = None
) -> None:
    """Fetch every page from `url` to the last and keep each as `<name>/<number>`; none is asked for twice.

    Where the number of rows is known and the first next link skips by rows, the addresses of all pages are known too,
    and they are fetched in parallel, over as many connections as the card allows. At most that many are in memory.

    Raises:
        SourceError: a page could not be fetched, or a next link does not lead where it should.
    """

    def fetch(number: int, address: str) -> str | None:
        page = f"{name}/{number:05d}"
        body = store.recall(page, address)
        if body is None:
            body, head = http.get(card.dataset_id, address, lambda body: read_envelope(body).head)
            store.keep(page, address, body)
            return next_link(head)
        return next_link(read_envelope(body).head)

    following = fetch(0, url)
    addresses = page_addresses(following, total)
    if not addresses:
        _follow(card, following, fetch)
        return
    expected = [*addresses[1:], None]
    pool = ThreadPoolExecutor(card.connections)
    try:
        for address, found, wanted in zip(addresses, pool.map(fetch, count(1), addresses), expected, strict=True):
            if not same_address(found, wanted):
                raise SourceError(
                    card.dataset_id,
                    f"the next link is {found}, expected {wanted}",
                    url=address,
                    todo="run again; if this persists, the source pages in another way",
                )
    finally:
        # After an error, pages that nobody waits for are no longer requested.
        pool.shutdown(cancel_futures=True)


def _follow(card: SourceCard, address: str | None, fetch: Callable[[int, str], str | None]) -> None:
    seen: set[str] = set()
    while address:
        if address in seen:
            raise SourceError(card.dataset_id, "the next link leads back to a page already read", url=address)
        if len(seen) >= MOST_PAGES:
            raise SourceError(card.dataset_id, f"more than {MOST_PAGES} pages, expected an end", url=address)
        seen.add(address)
        address = fetch(len(seen), address)


def page_addresses(following: str | None, total: int | None) -> list[str]:
    """The addresses of every page after the first, or none where they cannot be known or there are too many."""
    if following is None or total is None:
        return []
    parts = urlsplit(following)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    size = query.get("$skip", "")
    if not size.isdigit() or not int(size) >= 1 or total > MOST_PAGES * int(size):
        return []
    return [
        urlunsplit(parts._replace(query=urlencode({**query, "$skip": str(skip)}, safe="$,'()")))
        for skip in range(int(size), total, int(size))
    ]


def same_address(found: str | None, wanted: str | None) -> bool:
    """Whether two addresses ask for the same thing, however their queries are ordered and encoded."""
    if found is None or wanted is None:
        return found is wanted
    one, other = urlsplit(found), urlsplit(wanted)
    return one._replace(query="") == other._replace(query="") and dict(parse_qsl(one.query)) == dict(
        parse_qsl(other.query)
    )


def unchanged(card: SourceCard, url: str, before: State, after: State) -> State:
    """Refuse pages that were read while the table changed under them, since they may mix two versions.

    Raises:
        ChangedWhileReadError: `Modified` is not what it was before the first page.
    """
    if after != before:
        raise ChangedWhileReadError(
            card.dataset_id,
            f"the table changed while it was read (modified {before.modified}, then {after.modified})",
            url=url,
            todo="run again",
        )
    return before


def fetch_set(http: HttpClient, card: SourceCard, url: str, name: str, store: Store) -> list[dict[str, Any]]:
    """Fetch a small entity set, such as a code list, and return its rows.

    It nearly always has one page, kept as `name`; any other is kept as `<name>/<number>`.

    Raises:
        SourceError: a page could not be fetched, or a next link leads back to a page that was read already.
    """
    rows: list[dict[str, Any]] = []

    def fetch(number: int, address: str) -> str | None:
        body, content = http.get(card.dataset_id, address, _read_set)
        store.keep(f"{name}/{number:05d}" if number else name, address, body)
        rows.extend(content["value"])
        return next_link(content)

    _follow(card, fetch(0, url), fetch)
    return rows


def _read_set(body: bytes) -> dict[str, Any]:
    read_rows(body)
    return read_json(body)
