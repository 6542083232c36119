"""Files at fixed addresses, fetched as they are."""

from pipelines.card import SourceCard
from pipelines.clients.files import PAGES, Wanted, fetch_files, probe_files
from pipelines.clients.http import HttpClient
from pipelines.clients.pages import State, Store
from pipelines.roads import FileRoad

__all__ = ["PAGES", "address", "fetch", "probe"]


def address(base: str, card: SourceCard, road: FileRoad) -> str:
    """Where the first file is, and how many more there are."""
    return road.urls[0] + (f" and {len(road.urls) - 1} more" if len(road.urls) > 1 else "")


def probe(http: HttpClient, base: str, card: SourceCard, road: FileRoad) -> State:
    """Ask for the headers of the files only.

    Raises:
        NotThereError: the files are gone.
        SourceError: the headers of none of them could be had.
    """
    return probe_files(http, card, map(Wanted, road.urls))


def fetch(http: HttpClient, base: str, card: SourceCard, road: FileRoad, store: Store) -> State:
    """Fetch the files; one that cannot be had is lacking, as long as there is another.

    Raises:
        NotThereError: the files are gone.
        SourceError: none of them could be had, or one changed meanwhile.
    """
    return fetch_files(http, card, map(Wanted, road.urls), store)
