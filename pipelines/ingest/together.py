"""Many cards side by side: every host has its own few workers, so that a slow or dead one holds up no other."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from typing import TypeVar
from urllib.parse import urlsplit

from pipelines.ingest.origins import LiveOrigin, Origin
from pipelines.sources.access import FileAccess, OpendatasoftAccess, server_of
from pipelines.sources.card import SourceCard

# How many cards of one host are in progress at a time; the pace of the client limits how often it is asked.
CARDS_PER_HOST = 4
T = TypeVar("T")


def side_by_side(
    cards: Iterable[SourceCard], origin: Origin, work: Callable[[SourceCard], T]
) -> Iterator[tuple[SourceCard, T]]:
    """Do something for every card; yields each with its result as soon as it is there.

    What `work` raises is raised here, and nothing new is started after that.
    """
    by_host: defaultdict[str, list[SourceCard]] = defaultdict(list)
    for card in cards:
        by_host[host_of(card, origin)].append(card)
    with ExitStack() as stack:
        begun: dict[Future[T], SourceCard] = {}
        for group in by_host.values():
            pool = ThreadPoolExecutor(min(CARDS_PER_HOST, len(group)))
            # Whoever stops a run does not wait for requests that are under way.
            stack.callback(pool.shutdown, wait=False, cancel_futures=True)
            begun |= {pool.submit(work, card): card for card in group}
        for done in as_completed(begun):
            yield begun[done], done.result()


def host_of(card: SourceCard, origin: Origin) -> str:
    """The host that is asked first for a card; empty for a card that comes from a folder."""
    if not isinstance(origin, LiveOrigin):
        return ""
    access = origin.access(card, None)[0]
    if isinstance(access, FileAccess):
        return urlsplit(access.urls[0]).netloc
    if isinstance(access, OpendatasoftAccess):
        return urlsplit(access.host).netloc
    return urlsplit(origin.addresses[server_of(access)]).netloc
