"""Access: the ways to a source that a card can name, each with what its client needs to know. A way is data."""

import re
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from pipelines.sources.strict import Bilingual, Strict, Text


class Protocol(StrEnum):
    """The wire protocols that a card can name, each with one module in `clients/`."""

    CBS_ODATA4 = "cbs_odata4"
    CBS_ODATA3 = "cbs_odata3"
    CBS_BULK = "cbs_bulk"
    CKAN = "ckan"
    OPENDATASOFT = "opendatasoft"
    HAL = "hal"
    OGC_FEATURES = "ogc_features"
    WFS = "wfs"
    EUROSTAT = "eurostat"
    RIJKSFINANCIEN = "rijksfinancien"
    FILE = "file"
    DROP = "drop"


class Host(StrEnum):
    """The other hosts that a way can name, each with the address of a setting and the protocol of `SPOKEN_AT`.

    `dataderden` has the tables that CBS keeps for others, such as the finances of municipalities (Iv3); `duo` is the
    catalogue of DUO, which carries out the laws on education.
    """

    DATADERDEN = "dataderden"
    DUO = "duo"


SPOKEN_AT = {Host.DATADERDEN: Protocol.CBS_ODATA3, Host.DUO: Protocol.CKAN}
"""The one protocol of each of the other hosts."""

Server = Protocol | Host
"""What has a base address: a host that a way names, else its protocol."""


class Form(StrEnum):
    """What a way leads to: the same for all ways of one card."""

    CBS_TABLE = "table of CBS"
    TABLE = "file or records with columns"
    AREAS = "areas"
    CUBE = "cube"


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return pattern


Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$")]
"""One segment of the path of an address."""
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+\S*$")]
Domain = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]
Pattern = Annotated[Text, AfterValidator(_compiles)]
Parameters = dict[Text, Text]


class _Access(Strict):
    """What all ways share: how sure we are of the address, as with codes.

    An `assumed` address was never seen to work. It is tried with little patience, and is expected to fail. `hosts` are
    the domains, besides those of addresses on the card, to which redirects and the addresses of files may lead.
    """

    leads_to: ClassVar[Form]
    certainty: Literal["recorded", "seen", "assumed"] = "seen"
    hosts: tuple[Domain, ...] = ()

    @property
    def is_confirmed(self) -> bool:
        """Whether anybody has seen the address work."""
        return self.certainty != "assumed"


class _Hosted(_Access):
    """What ways share whose protocol several hosts speak; `host` for one that is not the usual host of the protocol."""

    protocol: Protocol
    host: Host | None = None

    @model_validator(mode="after")
    def _host_speaks(self) -> Self:
        if self.host and self.protocol is not SPOKEN_AT[self.host]:
            raise ValueError(f"`host: {self.host}` goes with `protocol: {SPOKEN_AT[self.host]}` alone")
        return self


class CbsAccess(_Hosted):
    """A table of CBS, by the table id of the card."""

    leads_to = Form.CBS_TABLE
    protocol: Literal[Protocol.CBS_ODATA4, Protocol.CBS_ODATA3, Protocol.CBS_BULK]


class ResourceRule(Strict):
    """Which resources of a CKAN package are meant.

    `format` is the last part of the format's address, or the word itself; `name` a regular expression to be found in
    the resource's name; `newest` how many of what is left, the latest first. An absent key does not restrict.
    """

    format: Text | None = None
    name: Pattern | None = None
    newest: Annotated[int, Field(ge=1)] | None = None


class CkanAccess(_Hosted):
    """Files of a package in a CKAN catalogue."""

    leads_to = Form.TABLE
    protocol: Literal[Protocol.CKAN]
    package: Name
    resources: ResourceRule = ResourceRule()


class OpendatasoftAccess(_Access):
    """A dataset of an Opendatasoft portal."""

    leads_to = Form.TABLE
    protocol: Literal[Protocol.OPENDATASOFT]
    host: Address
    dataset: Name
    version: Literal["1.0", "2.1"] = "2.1"


class HalAccess(_Access):
    """A collection of an API that answers in HAL, such as Amsterdam's."""

    leads_to = Form.TABLE
    protocol: Literal[Protocol.HAL]
    path: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_./-]+$")]
    embedded: Text
    page_size: Annotated[int, Field(ge=1)] = 1000


class OgcAccess(_Access):
    """A collection of an OGC API Features service; `query` holds parameters besides the page size."""

    leads_to = Form.AREAS
    protocol: Literal[Protocol.OGC_FEATURES]
    collection: Name
    query: Parameters = Field(default_factory=dict)


class WfsAccess(_Access):
    """The features of one type of a WFS; `sort_by` is a property that puts them in an order."""

    leads_to = Form.TABLE
    protocol: Literal[Protocol.WFS]
    feature_type: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]+$")]
    sort_by: Name


class EurostatAccess(_Access):
    """A dataset of Eurostat; `query` filters it: each parameter is repeated for each of its values."""

    leads_to = Form.CUBE
    protocol: Literal[Protocol.EUROSTAT]
    dataset: Name
    query: dict[Text, Annotated[tuple[Text, ...], Field(min_length=1)]] = Field(default_factory=dict)


class RijksfinancienAccess(_Access):
    """What ministries paid under each scheme, a year at a time; `since` is the first year that is asked for."""

    leads_to = Form.TABLE
    protocol: Literal[Protocol.RIJKSFINANCIEN]
    since: Annotated[int, Field(ge=2000, le=2100)]


class FileAccess(_Access):
    """Files at fixed addresses, all with one layout."""

    leads_to = Form.TABLE
    protocol: Literal[Protocol.FILE]
    urls: Annotated[tuple[Address, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _once(self) -> "FileAccess":
        if len(set(self.urls)) < len(self.urls):
            raise ValueError("an address is given twice")
        return self


class DropAccess(_Access):
    """Files that a person downloads and puts into a folder: `page` is where they are, `how` says what to do there."""

    leads_to = Form.TABLE
    protocol: Literal[Protocol.DROP]
    page: Address
    how: Bilingual


Access = Annotated[
    CbsAccess
    | CkanAccess
    | OpendatasoftAccess
    | HalAccess
    | OgcAccess
    | WfsAccess
    | EurostatAccess
    | RijksfinancienAccess
    | FileAccess
    | DropAccess,
    Field(discriminator="protocol"),
]
"""Any way, recognised by its protocol."""


def server_of(access: Access) -> Server:
    """Whose base address a way begins at."""
    return (access.host if isinstance(access, _Hosted) else None) or access.protocol


def servers_of(protocol: Protocol) -> list[Server]:
    """The usual host of a protocol, and the others that speak it."""
    return [protocol, *(host for host, spoken in SPOKEN_AT.items() if spoken is protocol)]
