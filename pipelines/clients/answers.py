"""The outcome of a request: a whole answer, a refusal, or a failed try that is worth repeating."""

import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ProtocolError

from pipelines.clients.budget import Budget, TooMuchError
from pipelines.clients.deadline import OverdueError
from pipelines.errors import NotThereError, SourceError, UnreachableError

GONE = (404, 410)
# Servers keep the time to the second; a machine that is a day off can take a period that is not over for one that is.
_CLOCKS_DIFFER = timedelta(days=1)
# The most tries of a request when each costs a whole timeout, or a whole deadline.
_SLOW, _OVERDUE = 2, 1


class LaterError(ValueError):
    """An answer in which the source says that it cannot yet give what was asked for."""


class Silence(NamedTuple):
    """A host that gave no answer, and why not."""

    host: str
    why: str


class TryAgainError(Exception):
    """A try that failed, where another may succeed.

    Args:
        problem: what was found and what was expected.
        kind: the error that it becomes if it persists.
        most: the most times that such a request is tried.
        silent: the host that gave no answer, and why.
        wait: how long the server asks to wait, in seconds.
    """

    def __init__(
        self,
        problem: str,
        kind: type[SourceError],
        *,
        most: int = sys.maxsize,
        silent: Silence | None = None,
        wait: float | None = None,
    ) -> None:
        super().__init__(problem)
        self.kind = kind
        self.most = most
        self.silent = silent
        self.wait = wait


def host_of(url: str) -> str:
    """The host of an address, with its port where that is given.

    Raises:
        ValueError: it is not an address.
    """
    return urlsplit(url).netloc


def whole(dataset_id: str, answer: requests.Response, budget: Budget) -> bytes:
    """The body of an answer, to its last byte.

    Raises:
        TooMuchError: it is larger than the budget of its source.
        TryAgainError: it broke off, could not be unpacked, or took too long.
    """
    try:
        return budget.read(dataset_id, answer)
    except TooMuchError:
        answer.close()
        raise
    except requests.RequestException as error:
        *_, root = chain = _chain(error)
        if overdue := _overdue(chain):
            raise overdue from error
        if isinstance(root, TimeoutError):
            problem = f"expected a whole answer, {host_of(answer.url)} fell silent before its end"
            raise TryAgainError(problem, UnreachableError, most=_SLOW) from error
        problem = f"expected a whole answer, found {type(root).__name__}: {root!s:.200}"
        raise TryAgainError(problem, SourceError) from error


def unanswered(error: requests.RequestException, host: str) -> TryAgainError:
    """Why no answer began: the host could not be reached, or stayed silent."""
    *_, root = chain = _chain(error)
    if error.request is not None and error.request.url:
        # The host that was asked first may have redirected to this one.
        host = host_of(error.request.url)
    if overdue := _overdue(chain, host):
        return overdue
    why = "it stayed silent" if isinstance(root, TimeoutError) else getattr(root, "strerror", None) or str(root)
    # A host that hangs up does so at once, often only because the connection had been open for long.
    hung_up = any(isinstance(e, ProtocolError) for e in chain)
    most = sys.maxsize if hung_up else _SLOW
    silent = Silence(host, f"{why:.200}")
    return TryAgainError(f"{host} did not answer: {silent.why}", UnreachableError, most=most, silent=silent)


def refused(dataset_id: str, url: str, status: int, headers: Mapping[str, str], body: bytes) -> Exception:
    """What to raise for an answer other than 200."""
    problem = f"HTTP {status}, expected 200"
    if status in GONE:
        return NotThereError(dataset_id, problem, url=url, todo="check the address, or the table id, on the card")
    if status == 429 or status >= 500:
        return TryAgainError(f"{problem}{said(body)}", UnreachableError, wait=_retry_after(headers))
    return SourceError(dataset_id, f"{problem}{said(body)}", url=url)


def refuse_other_clock(dataset_id: str, url: str, headers: Mapping[str, str]) -> None:
    """Refuse an answer from which it follows that the clock of this machine, or of that one, is wrong.

    Raises:
        SourceError: they are more than a day apart.
    """
    said_at, age = _moment(headers.get("Date", "")), headers.get("Age", "")
    here = datetime.now(UTC)
    # What a cache between us has kept is of the time at which it got it.
    kept = timedelta(seconds=int(age)) if re.fullmatch(r"\d{1,9}", age, re.ASCII) else timedelta()
    there = said_at + kept if said_at else here
    if abs(there - here) > _CLOCKS_DIFFER:
        raise SourceError(
            dataset_id,
            f"the clock of this machine says {here:%Y-%m-%d %H:%M}, {host_of(url)} says {there:%Y-%m-%d %H:%M} (UTC)",
            url=url,
            todo="set the clock of this machine, and run again; if it is right, tell the source",
        )


def said(body: bytes) -> str:
    """How an answer begins, for an error text."""
    text = " ".join(body[:120].decode("utf-8", "replace").split())
    return f"; the answer begins with {text!r}" if text else "; the answer is empty"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    text = headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    when = _moment(text)
    return max(0.0, (when - datetime.now(UTC)).total_seconds()) if when else None


def _moment(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    # HTTP dates are in UTC, and some servers leave that out.
    return when.replace(tzinfo=when.tzinfo or UTC)


def _overdue(chain: list[BaseException], host: str = "") -> TryAgainError | None:
    late = next((error for error in chain if isinstance(error, OverdueError)), None)
    silent = Silence(host, str(late)) if host else None
    return TryAgainError(str(late), UnreachableError, most=_OVERDUE, silent=silent) if late else None


def _chain(error: BaseException) -> list[BaseException]:
    """An error and its causes, the root last: requests wraps a reset or a failed look-up several times over."""
    chain = [error]
    while deeper := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(deeper)
    return chain
