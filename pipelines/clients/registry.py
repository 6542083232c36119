"""Which module speaks which protocol, its kind, and the base addresses: a protocol is added here.

A client is listed once, under its kind. mypy refuses a module that is not what its kind has to be.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.clients import (
    cbs_bulk,
    cbs_odata3,
    cbs_odata4,
    ckan,
    drop,
    eurostat,
    file,
    hal,
    ogc_features,
    opendatasoft,
    rijksfinancien,
    wfs,
)
from pipelines.clients.kinds import AskedClient, CbsClient, Client, ODataClient, RecordsClient
from pipelines.clients.reach import Reach, host_and_port
from pipelines.settings import Settings
from pipelines.sources.access import Access, FileAccess, Host, OpendatasoftAccess, Protocol, Server, server_of

ODATA: dict[Protocol, ODataClient] = {Protocol.CBS_ODATA4: cbs_odata4, Protocol.CBS_ODATA3: cbs_odata3}
CBS: dict[Protocol, CbsClient] = {**ODATA, Protocol.CBS_BULK: cbs_bulk}
RECORDS: dict[Protocol, RecordsClient[Any]] = {
    Protocol.OPENDATASOFT: opendatasoft,
    Protocol.HAL: hal,
    Protocol.WFS: wfs,
    Protocol.RIJKSFINANCIEN: rijksfinancien,
}
FILES: dict[Protocol, AskedClient[Any]] = {Protocol.CKAN: ckan, Protocol.FILE: file, Protocol.DROP: drop}
"""Each of their files is complete in itself: a year of a register, a quarter of a table."""
AREAS: dict[Protocol, AskedClient[Any]] = {Protocol.OGC_FEATURES: ogc_features}
CUBES: dict[Protocol, AskedClient[Any]] = {Protocol.EUROSTAT: eurostat}

ASKED: dict[Protocol, AskedClient[Any]] = {**ODATA, **RECORDS, **FILES, **AREAS, **CUBES}
CLIENTS: dict[Protocol, Client[Any]] = {**ASKED, **CBS}


def told_by(protocol: Protocol) -> Protocol:
    """The protocol that gives the age of a source and describes it: a bulk file cannot, its table on OData v4 can."""
    return Protocol.CBS_ODATA4 if protocol is Protocol.CBS_BULK else protocol


def told_at(bases: Mapping[Server, str], access: Access) -> str:
    """The base address of what gives the age of a source and describes it."""
    asks = told_by(access.protocol)
    return bases[server_of(access) if asks is access.protocol else asks]


def addresses(settings: Settings) -> dict[Server, str]:
    """The base address of each server; none for a way with addresses of its own, and a folder for dropped files."""
    base: dict[Server, str] = {
        Protocol.CBS_ODATA4: settings.cbs_v4_url,
        Protocol.CBS_ODATA3: settings.cbs_v3_url,
        Host.DATADERDEN: settings.cbs_dataderden_url,
        Protocol.CBS_BULK: settings.cbs_bulk_url,
        Protocol.CKAN: settings.ckan_url,
        Host.DUO: settings.duo_url,
        Protocol.HAL: settings.amsterdam_url,
        Protocol.OGC_FEATURES: settings.pdok_url,
        Protocol.WFS: settings.warmteatlas_url,
        Protocol.EUROSTAT: settings.eurostat_url,
        Protocol.RIJKSFINANCIEN: settings.rijksfinancien_url,
        Protocol.DROP: str(settings.drop),
    }
    return {server: base.get(server, "").rstrip("/") for server in (*Protocol, *Host)}


def reach_of(bases: Mapping[Server, str], access: Access) -> Reach:
    """Where a way to a source may lead: to what its card names, to the base addresses that it is asked at, and to the
    `hosts` of the card.
    """
    return Reach.to(_named(bases, access), access.hosts)


def _named(bases: Mapping[Server, str], access: Access) -> Iterator[str]:
    if access.protocol is not Protocol.DROP:
        yield from filter(None, (bases.get(server_of(access)), told_at(bases, access)))
    if isinstance(access, FileAccess):
        yield from access.urls
    if isinstance(access, OpendatasoftAccess):
        yield access.host


def set_hosts(settings: Settings) -> frozenset[str]:
    """The hosts of base addresses that somebody set, which may be on the inside, as a stand-in for the sources is."""
    usual = addresses(Settings())
    found = {url for server, url in addresses(settings).items() if url != usual[server] and server is not Protocol.DROP}
    return frozenset(host_and_port(url)[0] for url in found if url)
