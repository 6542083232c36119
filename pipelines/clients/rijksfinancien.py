"""What ministries paid under each scheme, as rijksfinancien.nl gives it: by year, chapter, article and scheme.

Every chapter and article, and the whole, has its total beside it; an answer in which they differ from what they are
made of is not whole. An answer takes most of a minute, so the list of years is asked first: it is small, and shows that
the host is there.
"""

from collections.abc import Iterator
from functools import partial
from math import isclose
from typing import Any
from urllib.parse import urlencode

from pipelines.clients.http import HttpClient
from pipelines.clients.jsons import read_any, read_json, text_of
from pipelines.clients.pages import State, Store
from pipelines.errors import SourceError
from pipelines.sources.access import RijksfinancienAccess
from pipelines.sources.card import SourceCard

PAGES = "years"
# What is below the whole, level by level.
_LEVELS = {"hoofdstuk": "hoofdstukken", "artikel": "artikelen", "regeling": "regelingen"}
# A total is of numbers that are not always whole.
_CENTS = 0.5


def address(base: str, card: SourceCard, access: RijksfinancienAccess) -> str:
    """Where the years are listed."""
    return f"{base}/v2/financiele_instrumenten/available_years"


def probe(http: HttpClient, base: str, card: SourceCard, access: RijksfinancienAccess) -> State:
    """Ask nothing: the list of years does not say whether amounts changed, so they are fetched each time."""
    return State("")


def fetch(http: HttpClient, base: str, card: SourceCard, access: RijksfinancienAccess, store: Store) -> State:
    """Fetch the list of years, kept as `available`, and the answer of each year that the card asks for.

    Raises:
        NotThereError: there is no such list, or no answer of a year that is listed.
        SourceError: none of the years that the card asks for is there, or an answer is not what was expected.
    """
    listed = address(base, card, access)
    body, years = http.get(card.dataset_id, listed, read_years)
    store.keep("available", listed, body)
    asked = [year for year in years if year >= access.since]
    if not asked:
        problem = f"no year from {access.since} on, found {', '.join(map(str, years)) or 'none'}"
        raise SourceError(card.dataset_id, problem, url=listed, todo="correct `since` on the card")
    for year in asked:
        url = f"{base}/financiele_instrumenten?{urlencode({'year[]': year})}"
        body, _ = http.get(card.dataset_id, url, partial(read_schemes, year=str(year)))
        store.keep(f"{PAGES}/{year}", url, body)
    return State("")


def records(body: bytes, access: RijksfinancienAccess) -> list[dict[str, Any]]:
    """A record for each scheme of an answer: `jaar`, `hoofdstuk`, `artikel`, `regeling` and `realisatie`, in euros.

    Raises:
        ValueError: it is not such an answer.
    """
    return read_schemes(body)


def read_years(body: bytes) -> list[int]:
    """The years of which there are amounts, in order.

    Raises:
        ValueError: it is not a list of years, nor an object with years as its keys.
    """
    content = read_any(body)
    if not isinstance(content, list | dict):
        raise ValueError(f"expected a list of years, found a {type(content).__name__}")
    found = [text_of(year) for year in content]
    if not found or not all(year.isascii() and year.isdigit() and len(year) == 4 for year in found):
        raise ValueError(f"expected a list of years, found {found!r:.80}")
    return sorted({int(year) for year in found})


def read_schemes(body: bytes, year: str | None = None) -> list[dict[str, Any]]:
    """The schemes of an answer, after its totals were checked.

    Args:
        body: the answer.
        year: the year that it has to be of; without it, its own.

    Raises:
        ValueError: it is of another year or of several, has no schemes, or a total is not that of its parts.
    """
    whole = read_json(body).get("beleid")
    told = whole.get("realisatie") if isinstance(whole, dict) else None
    if not isinstance(told, dict) or len(told) != 1:
        raise ValueError("expected `beleid` with the total of one year under `realisatie`")
    (own,) = told
    if year not in (None, own):
        raise ValueError(f"expected the amounts of {year}, found those of {own}")
    found = list(_schemes(whole, own, tuple(_LEVELS.items()), {"jaar": own}))
    if not found:
        raise ValueError(f"expected schemes of {own}, found none")
    return found


def _schemes(
    part: Any, year: str, below: tuple[tuple[str, str], ...], names: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The schemes of a part, which has a list of parts for each level below it."""
    if not below:
        yield {**names, "realisatie": _amount(part, year)}
        return
    (name, key), *deeper = below
    parts = part.get(key) if isinstance(part, dict) else None
    if not isinstance(parts, list) or not all(isinstance(one, dict) for one in parts):
        raise ValueError(f"expected a list of objects under `{key}`")
    total, made_of = _amount(part, year), [_amount(one, year) for one in parts]
    if not isclose(total, sum(made_of), rel_tol=0, abs_tol=_CENTS):
        where = text_of(part.get("naam"))
        raise ValueError(f"expected `{key}` of {where!r:.60} to add up to {total:.15g}, found {sum(made_of):.15g}")
    for one in parts:
        yield from _schemes(one, year, tuple(deeper), {**names, name: text_of(one.get("naam"))})


def _amount(part: dict[str, Any], year: str) -> int | float:
    """What was paid in a part in the year, in euros."""
    told = part.get("realisatie")
    amount = told.get(year) if isinstance(told, dict) and len(told) == 1 else None
    if not isinstance(amount, int | float) or isinstance(amount, bool):
        raise ValueError(f"expected an amount of {year} under `realisatie`, found {told!r:.60}")
    return amount
