"""APIs that answer in HAL, such as Amsterdam's: records under `_embedded`, the next page under `_links`."""

from typing import Any
from urllib.parse import urlencode

from pipelines.clients.http import HttpClient
from pipelines.clients.jsons import read_json, text_of, whole
from pipelines.clients.linked import Page, digest_of, fetch_linked
from pipelines.clients.pages import State, Store
from pipelines.sources.access import HalAccess
from pipelines.sources.card import SourceCard

PAGES = "records"
_ACCEPT = "application/hal+json, application/json"


def address(base: str, card: SourceCard, access: HalAccess) -> str:
    """Where the collection is."""
    return f"{base}/{access.path}"


def probe(http: HttpClient, base: str, card: SourceCard, access: HalAccess) -> State:
    """Ask nothing: such an API does not say when its records last changed, so they are fetched each time."""
    return State("")


def fetch(http: HttpClient, base: str, card: SourceCard, access: HalAccess, store: Store) -> State:
    """Fetch every page of the collection.

    Raises:
        NotThereError: there is no such collection.
        SourceError: a page is not what HAL or the card says, or the pages are inconsistent.
    """
    # The count is only given on request.
    query = {"_format": "json", "_pageSize": access.page_size, "_count": "true"}
    url = f"{address(base, card, access)}?{urlencode(query)}"
    fetch_linked(http, card, url, PAGES, store, lambda body: read_page(body, access), _ACCEPT)
    return State("")


def records(body: bytes, access: HalAccess) -> list[dict[str, Any]]:
    """The records of a page, without the links among them.

    Raises:
        ValueError: it is not a page of that collection.
    """
    found = _records(read_json(body), access)
    return [{key: value for key, value in record.items() if key != "_links"} for record in found]


def read_page(body: bytes, access: HalAccess) -> Page:
    """What a page says about itself.

    Raises:
        ValueError: it is not a page of that collection.
    """
    content = read_json(body)
    page = content.get("page") or {}
    if not isinstance(page, dict):
        raise ValueError("expected an object under `page`")
    found = _records(content, access)
    return Page(
        rows=len(found),
        following=_next(content),
        number=whole(page.get("number"), "page.number"),
        total=whole(page.get("totalElements"), "page.totalElements"),
        identities=tuple(filter(None, map(_identity, found))),
        digest=digest_of(found),
    )


def _records(content: dict[str, Any], access: HalAccess) -> list[dict[str, Any]]:
    embedded = content.get("_embedded")
    found = embedded.get(access.embedded) if isinstance(embedded, dict) else None
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise ValueError(f"expected a list of records under `_embedded`, `{access.embedded}`")
    return found


def _identity(record: dict[str, Any]) -> str:
    """The address of a record, or else its `id`; empty where it has neither."""
    links = record.get("_links")
    own = links.get("self") if isinstance(links, dict) else None
    address = own.get("href") if isinstance(own, dict) else own
    return text_of(address or record.get("id"))


def _next(content: dict[str, Any]) -> str | None:
    links = content.get("_links")
    if not isinstance(links, dict):
        raise ValueError("expected an object under `_links`")
    following = links.get("next")
    href = following.get("href") if isinstance(following, dict) else following
    if href is not None and not isinstance(href, str):
        raise ValueError("expected an address under `_links`, `next`, `href`")
    return href or None
