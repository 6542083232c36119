"""What a run knows about the hosts that it asks: when each may be asked again, and which of them do not answer."""

import time
from threading import Lock


class Pace:
    """Spreads the requests to each host over time, whichever thread makes them."""

    def __init__(self) -> None:
        self._free: dict[str, float] = {}
        self._lock = Lock()

    def wait(self, host: str, rate: float) -> None:
        """Wait for this request's turn, at no more than `rate` requests a second."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._free.get(host, now))
            self._free[host] = turn + 1 / rate
        time.sleep(turn - now)


class Hosts:
    """Which hosts answered in this run, and which did not.

    A host that answered once, whatever the status, is there: when a later request to it fails, the problem is with that
    request. One that never answered within the tries of a request is not waited for again.
    """

    def __init__(self) -> None:
        self._there: set[str] = set()
        self._silent: dict[str, str] = {}
        self._lock = Lock()

    def note_answer(self, host: str) -> None:
        """Remember that a host answered; a request that was under way may be answered after another one was not."""
        with self._lock:
            self._there.add(host)
            self._silent.pop(host, None)

    def note_silence(self, host: str, why: str = "") -> None:
        """Remember that a host did not answer within the tries of a request, and why not."""
        with self._lock:
            if host not in self._there:
                self._silent[host] = why

    def is_there(self, host: str) -> bool:
        """Whether the host has answered anything yet."""
        return host in self._there

    def is_silent(self, host: str) -> bool:
        """Whether the host never answered within the tries of a request."""
        return host in self._silent

    def why_silent(self, host: str) -> str:
        """Why a host did not answer; empty for one that did."""
        return self._silent.get(host, "")
