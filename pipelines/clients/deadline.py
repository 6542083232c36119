"""Connections on which no answer lasts longer than its deadline, and none of which leads inside.

A timeout limits the time between two pieces of an answer, so a server that sends a byte now and then never reaches it.
Here the clock is checked wherever bytes come in, so the deadline holds for headers, bodies and chunk sizes alike.
"""

import time
from collections.abc import Collection
from functools import partial
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from socket import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from pipelines.clients.reach import refuse_inside


class OverdueError(TimeoutError):
    """An answer was not complete when its time was up."""


class DeadlineAdapter(HTTPAdapter):
    """An adapter for a session that breaks off every answer that is not complete in time.

    Args:
        deadline: seconds from the request to the last byte of its answer; each redirect is a request of its own.
        inside: the hosts that may stand for an address that is not of the internet.
        options: those of requests' own adapter.
    """

    def __init__(self, deadline: float, inside: Collection[str] = (), **options: Any) -> None:
        self._pools = {
            "http": partial(_Pool, deadline=deadline, inside=inside),
            "https": partial(_SecurePool, deadline=deadline, inside=inside),
        }
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Set up the pools of direct connections, as requests asks for them."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Set up the pools of connections through a proxy, as requests asks for them."""
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self._pools
        return manager


class _Incoming(RawIOBase):
    """The bytes of one answer as they come in, for as long as there is time."""

    def __init__(self, raw: RawIOBase, sock: socket, deadline: float) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline
        self._ends = time.monotonic() + deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        patience = self._sock.gettimeout()
        left = self._ends - time.monotonic()
        if patience is not None and patience < left:
            return self._raw.readinto(buffer)
        try:
            # A timeout of zero would make the socket non-blocking.
            self._sock.settimeout(max(left, 1e-6))
            return self._raw.readinto(buffer)
        except TimeoutError as error:
            raise OverdueError(f"expected a whole answer within {self._deadline:g} s, found a part of it") from error
        finally:
            self._sock.settimeout(patience)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    def __init__(self, sock: socket, *args: Any, deadline: float, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = BufferedReader(_Incoming(self.fp.detach(), sock, deadline))


class _Timed(HTTPConnection):
    """A connection that reads its answers against the clock, and that sends nothing to an address on the inside."""

    def __init__(self, *args: Any, deadline: float, inside: Collection[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.response_class: Any = partial(_Answer, deadline=deadline)
        self._inside = inside

    def _new_conn(self) -> socket:
        sock = super()._new_conn()
        # Who is asked through a proxy is looked up there. What is judged is whom we are connected to: a name that is
        # looked up twice can stand for another address the second time.
        if self.proxy is None:
            try:
                refuse_inside(str(sock.getpeername()[0]), self.host, self._inside)
            except Exception:
                sock.close()
                raise
        return sock


class _Connection(_Timed):
    pass


class _SecureConnection(_Timed, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
