"""HTTP as the sources need it: polite, patient, and never satisfied with half an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import requests
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from pipelines.errors import NotThereError, SourceError

USER_AGENT = "regiokompas/0.1 (open regional figures)"
_PATIENCE = {429, 500, 502, 503, 504}
T = TypeVar("T")


class _TryAgainError(Exception):
    """An answer that may be better next time; `wait` is what the server asked for, in seconds."""

    def __init__(self, problem: str, wait: float | None = None) -> None:
        super().__init__(problem)
        self.wait = wait


@dataclass(frozen=True)
class HttpClient:
    """A session with retries. One client serves one run.

    Args:
        session: the connection pool; tests and the sample mount their own adapters on it.
        tries: how often a request is made before its last problem becomes the error.
        timeout: seconds without an answer before a try fails.
        max_wait: the longest wait between two tries, in seconds, whatever Retry-After says.
        user_agent: who asks, and whom a source can turn to.
    """

    session: requests.Session
    tries: int = 5
    timeout: float = 60.0
    max_wait: float = 60.0
    user_agent: str = USER_AGENT

    def get(self, dataset_id: str, url: str, read: Callable[[bytes], T]) -> tuple[bytes, T]:
        """Fetch `url` whole and read it; a broken, refused or unreadable answer is asked for again.

        Args:
            dataset_id: the card that the request is for, named in errors.
            url: the address.
            read: turns the body into what the caller needs; its ValueError means "not what was expected".

        Returns:
            The body as received, and what `read` made of it.

        Raises:
            NotThereError: the answer is 404.
            SourceError: every try failed, or the request itself was refused (another 4xx).
        """
        retrying = Retrying(
            stop=stop_after_attempt(self.tries),
            wait=self._wait,
            retry=retry_if_exception_type(_TryAgainError),
            reraise=True,
        )
        try:
            return retrying(self._once, dataset_id, url, read)
        except _TryAgainError as error:
            raise SourceError(
                dataset_id,
                f"{error} (tried {self.tries} times)",
                url=url,
                todo="try again later; what landed before stays in place",
            ) from error

    def _once(self, dataset_id: str, url: str, read: Callable[[bytes], T]) -> tuple[bytes, T]:
        headers = {"Accept": "application/json", "User-Agent": self.user_agent}
        try:
            answer = self.session.get(url, headers=headers, timeout=self.timeout)
        except requests.RequestException as error:
            root = _root(error)
            raise _TryAgainError(f"expected a whole answer, found {type(root).__name__}: {root!s:.200}") from error
        status, body = answer.status_code, answer.content
        if status == 404:
            raise NotThereError(dataset_id, "HTTP 404, expected 200", url=url, todo="check the table id on the card")
        if status in _PATIENCE:
            raise _TryAgainError(f"HTTP {status}, expected 200{_said(body)}", _retry_after(answer))
        if status != 200:
            raise SourceError(dataset_id, f"HTTP {status}, expected 200{_said(body)}", url=url)
        try:
            return body, read(body)
        except ValueError as error:
            raise _TryAgainError(f"{error}{_said(body)}") from error

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
