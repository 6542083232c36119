"""HTTP as the sources need it: polite, patient, and never satisfied with half an answer."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from pipelines.errors import NotThereError, SourceError

USER_AGENT = "regiokompas/0.1 (open regional figures)"
CONNECTIONS = 16
_PATIENCE = {429, 500, 502, 503, 504}
_NO_HEAD = {405, 501}
T = TypeVar("T")


class _TryAgainError(Exception):
    """An answer that may be better next time; `wait` is what the server asked for, in seconds."""

    def __init__(self, problem: str, wait: float | None = None) -> None:
        super().__init__(problem)
        self.wait = wait


def open_session() -> requests.Session:
    """A session that keeps up to 16 connections to each host open, as many as a card can ask for."""
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=32, pool_maxsize=CONNECTIONS)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class Pace:
    """Spreads the requests to each host over time, whichever thread makes them."""

    def __init__(self) -> None:
        self._free: dict[str, float] = {}
        self._lock = Lock()

    def wait(self, host: str, rate: float) -> None:
        """Wait for this request's turn, when at most `rate` a second may be made."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._free.get(host, now))
            self._free[host] = turn + 1 / rate
        time.sleep(turn - now)


@dataclass(frozen=True)
class HttpClient:
    """A session with retries. One client serves one run; copies with another `rate` share its pace.

    Args:
        session: the connection pool; tests and the sample mount their own adapters on it.
        tries: how often a request is made before its last problem becomes the error.
        timeout: seconds without an answer before a try fails.
        max_wait: the longest wait between two tries, in seconds, whatever Retry-After says.
        user_agent: who asks, and whom a source can turn to.
        rate: requests a second at most to one host; None for no limit.
        pace: whose turn it is at each host.
    """

    session: requests.Session
    tries: int = 5
    timeout: float = 60.0
    max_wait: float = 60.0
    user_agent: str = USER_AGENT
    rate: float | None = None
    pace: Pace = field(default_factory=Pace)

    def get(
        self,
        dataset_id: str,
        url: str,
        read: Callable[[bytes], T],
        *,
        accept: str = "application/json",
        never: str | None = None,
        refusal: Callable[[int, bytes], None] | None = None,
    ) -> tuple[bytes, T]:
        """Fetch `url` whole and read it; a broken, refused or unreadable answer is asked for again.

        Args:
            dataset_id: the card that the request is for, named in errors.
            url: the address.
            read: turns the body into what the caller needs; its ValueError means "not what was expected".
            accept: the content types that are asked for.
            never: a content type that is no answer, such as `text/html` where a file is expected.
            refusal: is shown the status and body of every answer but 200, before the usual treatment. It may raise a
                SourceError that says more, or a ValueError: then the answer may be better next time.

        Returns:
            The body as received, and what `read` made of it.

        Raises:
            NotThereError: the answer is 404.
            SourceError: every try failed, or the request itself was refused (another 4xx).
        """

        def once() -> tuple[bytes, T]:
            answer = self._ask("GET", url, accept)
            status, body = answer.status_code, answer.content
            try:
                if status != 200:
                    if refusal:
                        refusal(status, body)
                    raise self._refused(dataset_id, url, answer)
                kind = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
                if never and kind == never:
                    raise ValueError(f"expected a file, found a page of type {kind}")
                return body, read(body)
            except ValueError as error:
                raise _TryAgainError(f"{error}{_said(body)}") from error

        return self._patiently(dataset_id, url, once)

    def head(self, dataset_id: str, url: str, accept: str = "*/*") -> Mapping[str, str]:
        """Ask for the headers of `url` only, with the same patience.

        Returns:
            The headers by lower-case name; none when the server does not know HEAD (405, 501).

        Raises:
            NotThereError: the answer is 404.
            SourceError: every try failed, or the request itself was refused (another 4xx).
        """

        def once() -> Mapping[str, str]:
            answer = self._ask("HEAD", url, accept)
            if answer.status_code in _NO_HEAD:
                return {}
            if answer.status_code != 200:
                raise self._refused(dataset_id, url, answer)
            return {name.lower(): value for name, value in answer.headers.items()}

        return self._patiently(dataset_id, url, once)

    def hurried(self) -> "HttpClient":
        """This client for an address that nobody confirmed: one try, and not long."""
        return replace(self, tries=1, timeout=min(self.timeout, 10))

    def _patiently(self, dataset_id: str, url: str, once: Callable[[], T]) -> T:
        retrying = Retrying(
            stop=stop_after_attempt(self.tries),
            wait=self._wait,
            retry=retry_if_exception_type(_TryAgainError),
            reraise=True,
        )
        try:
            return retrying(once)
        except _TryAgainError as error:
            raise SourceError(
                dataset_id,
                f"{error} (tried {self.tries} times)",
                url=url,
                todo="try again later; what landed before stays in place",
            ) from error

    def _ask(self, method: str, url: str, accept: str) -> requests.Response:
        if self.rate:
            self.pace.wait(urlsplit(url).netloc, self.rate)
        headers = {"Accept": accept, "User-Agent": self.user_agent}
        try:
            return self.session.request(method, url, headers=headers, timeout=self.timeout)
        except requests.RequestException as error:
            root = _root(error)
            raise _TryAgainError(f"expected a whole answer, found {type(root).__name__}: {root!s:.200}") from error

    def _refused(self, dataset_id: str, url: str, answer: requests.Response) -> Exception:
        status, body = answer.status_code, answer.content
        if status == 404:
            return NotThereError(dataset_id, "HTTP 404, expected 200", url=url, todo="check the table id on the card")
        if status in _PATIENCE:
            return _TryAgainError(f"HTTP {status}, expected 200{_said(body)}", _retry_after(answer))
        return SourceError(dataset_id, f"HTTP {status}, expected 200{_said(body)}", url=url)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, _TryAgainError) else None
        backoff = wait_random_exponential(multiplier=0.5, max=self.max_wait)(state)
        return min(asked, self.max_wait) if asked is not None else backoff


def _retry_after(answer: requests.Response) -> float | None:
    text = answer.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    # HTTP dates are in UTC, and some servers leave that out.
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _root(error: BaseException) -> BaseException:
    """What began it: requests wraps a reset or a failed name look-up several times over."""
    while deeper := error.__cause__ or error.__context__:
        error = deeper
    return error


def _said(body: bytes) -> str:
    text = " ".join(body[:120].decode("utf-8", "replace").split())
    return f"; the answer begins with {text!r}" if text else "; the answer is empty"
