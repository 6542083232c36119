"""HTTP as the sources need it: polite, patient, and never satisfied with half an answer."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar
from urllib.parse import urljoin

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from pipelines.clients.answers import (
    LaterError,
    TryAgainError,
    host_of,
    refuse_other_clock,
    refused,
    said,
    unanswered,
    whole,
)
from pipelines.clients.budget import Budget
from pipelines.clients.deadline import DeadlineAdapter
from pipelines.clients.hosts import Hosts, Pace
from pipelines.clients.reach import InsideError, Reach
from pipelines.errors import MismatchError, SourceError, UnreachableError

USER_AGENT = "regiokompas/0.1 (open regional figures)"
CONNECTIONS = 16
MOST_REDIRECTS = 10
_NO_HEAD = (400, 403, 405, 501)
_LATER = "try again later; what landed before stays in place"
T = TypeVar("T")


def open_session(deadline: float = 300.0, inside: Collection[str] = ()) -> requests.Session:
    """A session that keeps up to 16 connections to each host open, as many as a card can ask for.

    Args:
        deadline: the longest that one answer may take, in seconds, from the request to its last byte.
        inside: the hosts that may stand for an address that is not of the internet.
    """
    session = requests.Session()
    adapter = DeadlineAdapter(deadline, inside, pool_connections=32, pool_maxsize=CONNECTIONS)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


@dataclass(frozen=True)
class HttpClient:
    """A session with retries. One client serves one run; its copies share its pace and what it knows about hosts.

    A failure that costs no time is tried `tries` times: an answer that says later, is cut short or cannot be read. One
    that does cost time, because nobody answers, is tried twice at most, and its host is not asked again in the run. A
    host gets less patience until it has answered anything. So a host that accepts no connection costs 2 x 10 s for each
    address of its name, usually two at most; one that accepts it and stays silent costs 2 x 20 s; with at most half a
    second between the two tries. Ten of them, asked in parallel, cost as much as one: less than a minute. Name look-up
    is left to the system, which gives up by itself.

    Args:
        session: the connection pool; tests and the sample mount their own adapters on it.
        tries: how often a request is made before its last problem becomes the error.
        timeout: seconds of silence before a try fails.
        max_wait: the longest wait between two tries, in seconds, whatever Retry-After says.
        user_agent: who asks, and whom a source can contact.
        rate: the most requests a second to one host; None for no limit.
        pace: whose turn it is at each host.
        hosts: which hosts answered, and which did not.
        connect_timeout: seconds to wait for a connection, where `timeout` is not less.
        first_timeout: seconds of silence of a host that has not answered yet, where `timeout` is not less.
        budget: what the source may cost, and has cost so far.
        reach: the hosts that it may lead to, redirects included.
    """

    session: requests.Session
    tries: int = 5
    timeout: float = 60.0
    max_wait: float = 60.0
    user_agent: str = USER_AGENT
    rate: float | None = None
    pace: Pace = field(default_factory=Pace)
    hosts: Hosts = field(default_factory=Hosts)
    connect_timeout: float = 10.0
    first_timeout: float = 20.0
    budget: Budget = field(default_factory=Budget)
    reach: Reach = field(default_factory=Reach)

    def hurried(self) -> "HttpClient":
        """This client for an unconfirmed address: one try, and ten seconds for an answer to begin."""
        return replace(self, tries=1, timeout=min(self.timeout, 10.0))

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
        """Fetch `url` whole and read it; a broken, refused or unreadable answer is retried.

        Args:
            dataset_id: the card that the request is for, named in errors.
            url: the address.
            read: turns the body into what the caller needs; its ValueError means "not what was expected", and its
                LaterError "not now".
            accept: the content types that are asked for.
            never: a content type that is not an answer, such as `text/html` where a file is expected.
            refusal: called with the status and body of every answer but 200, before the usual handling. It may raise a
                SourceError that says more, or a ValueError or LaterError as `read` does.

        Returns:
            The body as received, and what `read` made of it.

        Raises:
            NotThereError: the answer is 404 or 410.
            UnreachableError: there was no answer, or every answer said to try later (429, 5xx).
            MismatchError: it leads to a host that its card does not name, or to an address on the inside.
            TooMuchError: the answer is larger than the budget of its source.
            SourceError: the request was refused (another 4xx), or every answer was cut short or unreadable.
        """

        def once() -> tuple[bytes, T]:
            answer = self._ask(dataset_id, "GET", url, accept)
            status, body = answer.status_code, whole(dataset_id, answer, self.budget)
            try:
                if status != 200:
                    if refusal:
                        refusal(status, body)
                    raise refused(dataset_id, url, status, answer.headers, body)
                refuse_other_clock(dataset_id, url, answer.headers)
                kind = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
                if never and kind == never:
                    raise ValueError(f"expected a file, found a page of type {kind}")
                return body, read(body)
            except ValueError as error:
                trouble = UnreachableError if isinstance(error, LaterError) else SourceError
                raise TryAgainError(f"{error}{said(body)}", trouble) from error

        return self._patiently(dataset_id, url, once)

    def head(self, dataset_id: str, url: str, accept: str = "*/*") -> Mapping[str, str]:
        """Ask for the headers of `url` only, with the same patience.

        Where HEAD is refused (400, 403, 405, 501) the headers are those of a GET that is broken off before its body.

        Returns:
            The headers by lower-case name.

        Raises:
            NotThereError: the answer is 404 or 410.
            UnreachableError: there was no answer, or every answer said to try later (429, 5xx).
            SourceError: the request was refused (another 4xx).
        """

        def once() -> Mapping[str, str]:
            answer = self._ask(dataset_id, "HEAD", url, accept)
            body = whole(dataset_id, answer, self.budget)
            if answer.status_code in _NO_HEAD:
                answer = self._ask(dataset_id, "GET", url, accept)
                if answer.status_code == 200:
                    answer.close()
                else:
                    body = whole(dataset_id, answer, self.budget)
            if answer.status_code != 200:
                raise refused(dataset_id, url, answer.status_code, answer.headers, body)
            return {name.lower(): value for name, value in answer.headers.items()}

        return self._patiently(dataset_id, url, once)

    def _patiently(self, dataset_id: str, url: str, once: Callable[[], T]) -> T:
        retrying = Retrying(
            stop=self._is_enough,
            wait=self._wait,
            retry=retry_if_exception_type(TryAgainError),
            reraise=True,
        )
        try:
            return retrying(once)
        except TryAgainError as error:
            if error.silent:
                self.hosts.note_silence(*error.silent)
            tried = retrying.statistics["attempt_number"]
            often = f" (tried {tried} times)" if tried > 1 else ""
            raise error.kind(dataset_id, f"{error}{often}", url=url, todo=_LATER) from error

    def _ask(self, dataset_id: str, method: str, url: str, accept: str) -> requests.Response:
        """Send one request, follow where it leads, and return the answer as soon as its headers are in."""
        at = url
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._ask_once(dataset_id, method, at, accept, asked=url)
            if not answer.is_redirect:
                return answer
            # Its body is of no use, however long it is.
            answer.close()
            at = urljoin(answer.url, self.session.get_redirect_target(answer) or "")
        raise SourceError(dataset_id, f"more than {MOST_REDIRECTS} redirects, expected an answer", url=url)

    def _ask_once(self, dataset_id: str, method: str, at: str, accept: str, *, asked: str) -> requests.Response:
        try:
            host = host_of(at)
            self.reach.refuse_beyond(dataset_id, at)
            self._refuse_silent(dataset_id, asked, host)
            self.budget.ask(dataset_id, at)
            if self.rate:
                self.pace.wait(host, self.rate)
            silence = self.timeout if self.hosts.is_there(host) else min(self.timeout, self.first_timeout)
            answer = self.session.request(
                method,
                at,
                headers={"Accept": accept, "User-Agent": self.user_agent},
                timeout=(min(self.timeout, self.connect_timeout), silence),
                stream=True,
                allow_redirects=False,
            )
        except InsideError as error:
            raise MismatchError(dataset_id, str(error), url=asked, todo="correct the address on the card") from error
        except (requests.ConnectionError, requests.Timeout) as error:
            raise unanswered(error, host) from error
        except (requests.RequestException, ValueError) as error:
            # Not an address, or a redirect that leads nowhere: the next try would be the same.
            raise SourceError(dataset_id, f"expected an address that can be asked, found {error}", url=asked) from error
        self.hosts.note_answer(host_of(answer.url))
        return answer

    def _refuse_silent(self, dataset_id: str, url: str, host: str) -> None:
        if self.hosts.is_silent(host):
            problem = f"{host} did not answer earlier in this run: {self.hosts.why_silent(host)}"
            raise UnreachableError(dataset_id, problem, url=url, todo=_LATER)

    def _is_enough(self, state: RetryCallState) -> bool:
        failure = _failure(state)
        return state.attempt_number >= min(self.tries, failure.most if failure else self.tries)

    def _wait(self, state: RetryCallState) -> float:
        failure = _failure(state)
        if failure and failure.wait is not None:
            return min(failure.wait, self.max_wait)
        return wait_random_exponential(multiplier=0.5, max=self.max_wait)(state)


def _failure(state: RetryCallState) -> TryAgainError | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, TryAgainError) else None
