"""WFS 2.0, such as that of a GeoServer: what is known of the features of one type, without their geometry.

Features come in pages by a running number, in the order of one of their properties; without an order a server may give
a feature twice and another one never.
"""

from typing import Any
from urllib.parse import urlencode

from pipelines.clients.counted import fetch_counted
from pipelines.clients.http import HttpClient
from pipelines.clients.jsons import read_json, text_of, whole
from pipelines.clients.pages import State, Store
from pipelines.sources.access import WfsAccess
from pipelines.sources.card import SourceCard

PAGES = "features"
PAGE_SIZE = 1_000


def address(base: str, card: SourceCard, access: WfsAccess) -> str:
    """Where the service is."""
    return base


def probe(http: HttpClient, base: str, card: SourceCard, access: WfsAccess) -> State:
    """Ask nothing: a service does not say when its features last changed, so they are fetched each time."""
    return State("")


def fetch(http: HttpClient, base: str, card: SourceCard, access: WfsAccess, store: Store) -> State:
    """Fetch the properties of every feature that the layout of the card names.

    Raises:
        NotThereError: there is no such service.
        SourceError: a page is not a collection of features, or the pages together are not what was counted.
    """
    columns = card.layout.columns if card.layout else {}
    query = {
        "service": "WFS",
        "version": "2.0.0",
        "request": "GetFeature",
        "typeNames": access.feature_type,
        "outputFormat": "application/json",
        "propertyName": ",".join(dict.fromkeys([access.sort_by, *columns])),
        "sortBy": access.sort_by,
        "count": PAGE_SIZE,
    }

    def page(start: int) -> str:
        return f"{address(base, card, access)}?{urlencode({**query, 'startIndex': start})}"

    fetch_counted(http, card, page, PAGES, store, read_page)
    return State("")


def records(body: bytes, access: WfsAccess) -> list[dict[str, Any]]:
    """The properties of the features of a page.

    Raises:
        ValueError: it is not a collection of features.
    """
    return [feature["properties"] for feature in _features(read_json(body))]


def read_page(body: bytes) -> tuple[int, list[str]]:
    """How many features there are in all, and the `id` of each of this page.

    Raises:
        ValueError: it is not a collection of features, they have no `id`, it does not say how many there are, or its
            own count is wrong.
    """
    content = read_json(body)
    found = _features(content)
    total, returned = (whole(content.get(name), name) for name in ("numberMatched", "numberReturned"))
    if total is None:
        raise ValueError("expected a number under `numberMatched`")
    if returned not in (None, len(found)):
        raise ValueError(f"expected {returned} features, as `numberReturned` says, found {len(found)}")
    identities = [text_of(feature.get("id")) for feature in found]
    if not all(identities):
        raise ValueError("expected an `id` for every feature, which tells whether one is there twice")
    return total, identities


def _features(content: dict[str, Any]) -> list[dict[str, Any]]:
    found = content.get("features")
    if not isinstance(found, list) or not all(
        isinstance(f, dict) and isinstance(f.get("properties"), dict) for f in found
    ):
        raise ValueError("expected a GeoJSON collection with a list of `features`, each with `properties`")
    return found
