"""Files at fixed addresses, fetched as they are."""

from pipelines.card import SourceCard
from pipelines.clients.files import PAGES, fetch_files, probe_files
from pipelines.clients.http import HttpClient
from pipelines.clients.pages import State, Store
from pipelines.roads import FileRoad

__all__ = ["PAGES", "fetch", "probe"]


def probe(http: HttpClient, base: str, card: SourceCard, road: FileRoad) -> State:
    """Ask for the headers of the files only.

    Raises:
        NotThereError: a file is gone.
        SourceError: the headers could not be had.
    """
    return probe_files(http, card, road.urls)


def fetch(http: HttpClient, base: str, card: SourceCard, road: FileRoad, store: Store) -> State:
    """Fetch the files.

    Raises:
        NotThereError: a file is gone.
        SourceError: a file could not be had, is no file of the card's format, or changed meanwhile.
    """
    return fetch_files(http, card, road.urls, store)
