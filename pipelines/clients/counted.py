"""Pages by a running number, each of which says how many rows there are in all."""

from collections.abc import Callable, Sequence

from pipelines.clients.http import HttpClient
from pipelines.clients.pages import MOST_PAGES, Records, Store
from pipelines.errors import ChangedWhileReadError, SourceError
from pipelines.sources.card import SourceCard

ReadPage = Callable[[bytes], tuple[int, Sequence[str]]]
"""Reads a page: how many rows there are in all, and the identity of each of its own, empty where it has none."""


def fetch_counted(
    http: HttpClient,
    card: SourceCard,
    page: Callable[[int], str],
    name: str,
    store: Store,
    read: ReadPage,
    deepest: int | None = None,
    beyond: str = "",
) -> None:
    """Fetch every page, from row 0 to the last, and keep each as `<name>/<number>`.

    Args:
        http: what sends the requests.
        card: the source.
        page: the address of the page that begins with a row.
        name: what the pages are called.
        store: where they are kept.
        read: reads a page.
        deepest: the last row that the source can page to.
        beyond: what to do where there are more.

    Raises:
        SourceError: a page could not be fetched, or there is no end to them.
        ChangedWhileReadError: pages repeat a row, or together have another number of rows than each says.
    """
    start, total = 0, None
    records = Records()
    url = page(start)
    for number in range(MOST_PAGES):
        url = page(start)
        body, (now, identities) = http.get(card.dataset_id, url, read)
        if deepest is not None and now > deepest:
            raise SourceError(
                card.dataset_id, f"{now} records, expected at most {deepest} in pages", url=url, todo=beyond
            )
        total = now if total is None else total
        again = records.again(number + 1, filter(None, identities))
        if changed := again or _problem(total, now, len(identities), start):
            raise ChangedWhileReadError(
                card.dataset_id, changed, url=url, todo="run again; the count alone proves nothing"
            )
        store.keep(f"{name}/{number:05d}", url, body)
        start += len(identities)
        if start == now:
            return
    raise SourceError(card.dataset_id, f"{start} records after the last page, expected {total}", url=url)


def _problem(total: int, now: int, count: int, start: int) -> str | None:
    if now != total:
        return f"the total number of records changed from {total} to {now} while they were read"
    if count == 0 and now > start:
        return f"no records from {start} on, expected {now} in all"
    if start + count > now:
        return f"{start + count} records, expected {now}"
    return None
