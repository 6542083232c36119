"""CKAN catalogues, such as data.overheid.nl: a package lists its files, the files are elsewhere.

A resource's format is a word or the address of one, its address may be a list, and `url` may be a page about it.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pipelines.clients.answers import GONE
from pipelines.clients.files import PAGES, Wanted, fetch_files, probe_files
from pipelines.clients.http import HttpClient
from pipelines.clients.jsons import read_any, read_json, whole
from pipelines.clients.pages import State, Store
from pipelines.errors import MismatchError, NotThereError, SourceError, shown
from pipelines.sources.access import CkanAccess, ResourceRule
from pipelines.sources.card import SourceCard

__all__ = ["PAGES", "CkanResource", "address", "choose", "fetch", "probe", "read_package", "wanted"]

_CLOSED = ("licentieonbekend", "geslotenlicentie", "geogedeeld", "notspecified", "otherclosed")
_DAY = re.compile(r"(?<!\d)(20\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?!\d)")


@dataclass(frozen=True)
class CkanResource:
    """What is needed of a file in a package to choose and fetch it."""

    name: str
    format: str
    address: str
    created: str
    licence: str

    @property
    def age(self) -> tuple[str, str, str]:
        """The order of age: the day it was made, then the day in its address, since a harvest makes all at once."""
        day = _DAY.findall(self.address)
        return self.created[:10], day[-1] if day else "", self.created


def address(base: str, card: SourceCard, access: CkanAccess) -> str:
    """Where the package is described."""
    return f"{base}/package_show?id={quote(access.package)}"


def probe(http: HttpClient, base: str, card: SourceCard, access: CkanAccess) -> State:
    """Ask for the package, and for the headers of the files that the card chooses.

    Raises:
        NotThereError: the package or its files are gone.
        SourceError: the catalogue refuses, nothing fits the card, or the headers of no file could be fetched.
    """
    _, package = _show(http, base, card, access)
    return _dated(package, probe_files(http, card, wanted(card, package, access.resources)))


def fetch(http: HttpClient, base: str, card: SourceCard, access: CkanAccess, store: Store) -> State:
    """Fetch the package, kept as `package`, and the files that the card chooses.

    A file that cannot be fetched or whose licence is not open is noted as lacking, as long as there is another.

    Raises:
        NotThereError: the package or its files are gone.
        SourceError: the catalogue refuses, nothing fits the card, or no file is good.
    """
    body, package = _show(http, base, card, access)
    store.keep("package", address(base, card, access), body)
    return _dated(package, fetch_files(http, card, wanted(card, package, access.resources), store))


def read_package(body: bytes) -> dict[str, Any]:
    """Read the answer of `package_show`: the package.

    Raises:
        ValueError: it is something else, or the catalogue says that it failed.
    """
    package = _read_result(body)
    resources = package.get("resources")
    if not isinstance(resources, list) or not all(isinstance(r, dict) for r in resources):
        raise ValueError("expected a package with a list of `resources`")
    counted = whole(package.get("num_resources"), "num_resources")
    if counted not in (None, len(resources)):
        raise ValueError(f"expected {counted} resources, as `num_resources` says, found {len(resources)}")
    return package


def choose(card: SourceCard, package: dict[str, Any], rule: ResourceRule) -> list[CkanResource]:
    """The resources of a package that fit the card's rule, oldest first.

    Raises:
        MismatchError: none fits; the text lists those that the package has.
    """
    offered = [_resource(entry) for entry in package["resources"]]
    chosen = sorted((r for r in offered if _fits(r, rule)), key=lambda r: r.age)
    chosen = chosen[-rule.newest :] if rule.newest else chosen
    if not chosen:
        raise MismatchError(
            card.dataset_id,
            f"no resource of the package fits {rule.model_dump_json(exclude_none=True)}; it has "
            + (shown(f"{r.name!r} ({r.format})" for r in offered) or "none"),
            todo="bring `resources` on the card in line with the package",
        )
    return chosen


def wanted(card: SourceCard, package: dict[str, Any], rule: ResourceRule) -> list[Wanted]:
    """The files of the resources that fit the card's rule, each address once, and which may not be fetched.

    Raises:
        MismatchError: none fits.
    """
    files: dict[str, Wanted] = {}
    for resource in choose(card, package, rule):
        barred = _barred(card, package, resource)
        if barred or resource.address not in files:
            files[resource.address] = Wanted(resource.address, barred)
    return list(files.values())


def _show(http: HttpClient, base: str, card: SourceCard, access: CkanAccess) -> tuple[bytes, dict[str, Any]]:
    url = address(base, card, access)

    def refusal(status: int, body: bytes) -> None:
        if status == 403 or status in GONE:
            kind = NotThereError if status in GONE else SourceError
            raise kind(
                card.dataset_id,
                f"HTTP {status}, the catalogue does not give the package {access.package}: {_reason(body)}",
                url=url,
                todo="look for its new name in the catalogue and correct `package` on the card",
            )

    return http.get(card.dataset_id, url, read_package, refusal=refusal)


def _reason(body: bytes) -> str:
    try:
        error = read_any(body).get("error")
    except (ValueError, AttributeError):
        return "it does not say why"
    return str(error.get("message") or error) if isinstance(error, dict) else str(error)


def _read_result(body: bytes) -> dict[str, Any]:
    content = read_json(body)
    if content.get("success") is not True:
        raise ValueError(f"expected `success`: true, the catalogue says: {_reason(body):.200}")
    result = content.get("result")
    if not isinstance(result, dict):
        raise ValueError("expected an object under `result`")
    return result


def _resource(entry: dict[str, Any]) -> CkanResource:
    download = entry.get("download_url")
    first = download[0] if isinstance(download, list) and download else download
    return CkanResource(
        name=str(entry.get("name") or ""),
        format=str(entry.get("format") or "").rstrip("/").rsplit("/", 1)[-1],
        address=str(first or entry.get("url") or "").strip(),
        created=str(entry.get("created") or ""),
        licence=str(entry.get("license_id") or ""),
    )


def _fits(resource: CkanResource, rule: ResourceRule) -> bool:
    same_format = rule.format is None or resource.format.casefold() == rule.format.casefold()
    return same_format and (rule.name is None or re.search(rule.name, resource.name) is not None)


def _barred(card: SourceCard, package: dict[str, Any], resource: CkanResource) -> MismatchError | None:
    """Why a file may not be fetched: its licence is not open, or its address is not that of a file on the web."""
    licences = [licence for licence in (str(package.get("license_id") or ""), resource.licence) if licence]
    closed = [licence for licence in licences if re.sub(r"[^a-z]", "", licence.lower()).endswith(_CLOSED)]
    if closed or not licences:
        return MismatchError(
            card.dataset_id,
            f"resource {resource.name!r} has the licence {closed[0] if closed else '(none given)'}:"
            " an unknown licence is not open",
            todo="ask the publisher for an open licence; until then this cannot be published",
        )
    if not re.match(r"https?://", resource.address):
        return MismatchError(
            card.dataset_id,
            f"resource {resource.name!r} has the address {resource.address!r}, expected one that begins with http",
            todo="choose another resource, or report it to the publisher",
        )
    return None


def _dated(package: dict[str, Any], state: State) -> State:
    """The state of the files, with the day of the package where the files have an ETag but no day."""
    if state.stamp and not state.modified:
        return State(str(package.get("modified") or package.get("metadata_modified") or ""), state.stamp)
    return state
