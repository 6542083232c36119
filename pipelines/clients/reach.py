"""Which addresses a source may lead to: https and http, only hosts that its card names or allows, none on the inside.

Belongs here: judging an address before it is asked, and a network address before anything is sent to it. Not here: the
requests themselves (`http.py`, `deadline.py`).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from pipelines.errors import MismatchError

_SCHEMES = {"https": 443, "http": 80}


class InsideError(Exception):
    """A name stands for an address on the inside: of this machine, or of a network that is not the internet."""


@dataclass(frozen=True)
class Reach:
    """The hosts that a source may lead to.

    Attributes:
        hosts: host and port of addresses that we name ourselves, as `host_and_port` gives them; None for any host.
        domains: domains on whose usual ports the source may keep things, those below them included.
    """

    hosts: frozenset[tuple[str, int]] | None = None
    domains: tuple[str, ...] = ()

    @classmethod
    def to(cls, urls: Iterable[str], domains: Iterable[str] = ()) -> "Reach":
        """To the hosts of some addresses, and to some domains."""
        return cls(frozenset(map(host_and_port, urls)), tuple(domains))

    def refuse_beyond(self, dataset_id: str, url: str) -> None:
        """Refuse an address that a source leads to and its card does not.

        Raises:
            MismatchError: it is on another host.
            ValueError: it is not an address of the web.
        """
        host, port = host_and_port(url)
        if self.hosts is None or (host, port) in self.hosts:
            return
        if port in _SCHEMES.values() and any(f".{host}".endswith(f".{domain}") for domain in self.domains):
            return
        raise MismatchError(
            dataset_id,
            f"it leads to the host {host}:{port}, which its card does not name",
            url=url,
            todo=f"if that is right, add {host} to `hosts` of this way on the card",
        )


def host_and_port(url: str) -> tuple[str, int]:
    """The host of an address, and the port, also where it is the usual one.

    Raises:
        ValueError: it is not an address that begins with https or http.
    """
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError(f"an address that begins with {parts.scheme or 'nothing'!r:.20}, expected https or http")
    return parts.hostname, parts.port or _SCHEMES[parts.scheme]


def refuse_inside(peer: str, host: str, inside: Collection[str]) -> None:
    """Refuse a connection to an address on the inside, unless its host is one that somebody set.

    Raises:
        InsideError: the address is private, of this machine, or otherwise not of the internet.
    """
    # An interface can be part of an address of IPv6.
    if host not in inside and not ip_address(peer.partition("%")[0]).is_global:
        raise InsideError(f"{host} stands for {peer}, which is not an address of the internet")
