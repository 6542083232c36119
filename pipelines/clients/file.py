"""Files at fixed addresses, fetched as they are."""

from pipelines.clients.files import PAGES, Wanted, fetch_files, probe_files
from pipelines.clients.http import HttpClient
from pipelines.clients.pages import State, Store
from pipelines.sources.access import FileAccess
from pipelines.sources.card import SourceCard

__all__ = ["PAGES", "address", "fetch", "probe"]


def address(base: str, card: SourceCard, access: FileAccess) -> str:
    """Where the first file is, and how many more there are."""
    return access.urls[0] + (f" and {len(access.urls) - 1} more" if len(access.urls) > 1 else "")


def probe(http: HttpClient, base: str, card: SourceCard, access: FileAccess) -> State:
    """Ask for the headers of the files only.

    Raises:
        NotThereError: the files are gone.
        SourceError: the headers of none of them could be fetched.
    """
    return probe_files(http, card, map(Wanted, access.urls))


def fetch(http: HttpClient, base: str, card: SourceCard, access: FileAccess, store: Store) -> State:
    """Fetch the files; one that cannot be fetched is noted as lacking, as long as there is another.

    Raises:
        NotThereError: the files are gone.
        SourceError: none of them could be fetched, or one changed meanwhile.
    """
    return fetch_files(http, card, map(Wanted, access.urls), store)
