"""The client over real HTTP: patient with what may pass, strict with what it gets."""

import gzip
import json
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from support_sockets import LOOPBACK, answer, chunked, open_host, says

from pipelines.clients.answers import LaterError
from pipelines.clients.hosts import Pace
from pipelines.clients.http import CONNECTIONS, HttpClient, open_session
from pipelines.clients.odata import read_rows
from pipelines.errors import NotThereError, SourceError, UnreachableError

GOOD = json.dumps({"value": [{"a": 1}]}).encode()


@dataclass(frozen=True)
class Answer:
    """What the server sends once."""

    status: int = 200
    body: bytes = GOOD
    headers: dict[str, str] = field(default_factory=dict)


class Server(ThreadingHTTPServer):
    """Gives each request the next answer, and remembers what was asked and when."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = []
        self.asked: list[tuple[float, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/table"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.answer()

    def do_HEAD(self) -> None:
        self.answer()

    def answer(self) -> None:
        self.server.asked.append((time.monotonic(), self.headers["Accept"]))
        answer = self.server.answers.pop(0)
        self.send_response_only(answer.status)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        # Who waited too long is gone.
        with suppress(ConnectionError):
            if self.command == "GET":
                self.wfile.write(answer.body)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def get(server: Server, *answers: Answer, tries: int = 3, max_wait: float = 0.02) -> list[dict[str, object]]:
    server.answers = list(answers)
    client = HttpClient(requests.Session(), tries=tries, timeout=0.5, max_wait=max_wait)
    body, rows = client.get("cbs/1", server.url, read_rows)
    assert body == GOOD
    return rows


def waited(server: Server) -> float:
    return server.asked[1][0] - server.asked[0][0]


def test_a_good_answer_is_asked_for_once_and_as_json(server: Server) -> None:
    assert get(server, Answer()) == [{"a": 1}]
    assert [accept for _, accept in server.asked] == ["application/json"]


@pytest.mark.parametrize("status", [400, 401, 403, 406, 413])
def test_a_refused_request_is_not_repeated(server: Server, status: int) -> None:
    with pytest.raises(SourceError, match=f"HTTP {status}, expected 200; the answer begins with 'because'") as error:
        get(server, Answer(status, b"because"))
    assert not isinstance(error.value, NotThereError) and len(server.asked) == 1


def test_the_seconds_of_retry_after_are_waited(server: Server) -> None:
    get(server, Answer(503, headers={"Retry-After": "1"}), Answer(), max_wait=5)
    assert 1 <= waited(server) < 2.5


def test_the_date_of_retry_after_is_waited_for(server: Server) -> None:
    # The date has whole seconds, so of two seconds ahead at least one is left.
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    get(server, Answer(429, headers={"Retry-After": when}), Answer(), max_wait=5)
    assert 0.9 <= waited(server) < 3.5


def test_nobody_waits_longer_than_the_setting(server: Server) -> None:
    get(server, Answer(503, headers={"Retry-After": "3600"}), Answer(), max_wait=0.1)
    assert waited(server) < 1.5


@pytest.mark.parametrize("nonsense", ["soon", "-5", "1.5", "Wed, 21 Oct 2015 07:28:00", "", "Wed, 99 Oct 2015"])
def test_an_unreadable_retry_after_is_passed_over(server: Server, nonsense: str) -> None:
    assert get(server, Answer(503, headers={"Retry-After": nonsense}), Answer()) == [{"a": 1}]


def head(server: Server, *answers: Answer) -> Mapping[str, str]:
    server.answers = list(answers)
    return HttpClient(requests.Session(), tries=3, timeout=0.5, max_wait=0.02).head("cbs/1", server.url)


def test_headers_are_given_by_lower_case_name_without_the_body(server: Server) -> None:
    headers = head(server, Answer(headers={"ETag": '"1"', "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"}))
    assert headers["etag"] == '"1"' and headers["last-modified"].startswith("Wed")
    assert headers["content-length"] == str(len(GOOD))
    assert [accept for _, accept in server.asked] == ["*/*"]


def test_headers_that_fail_for_now_are_asked_for_again(server: Server) -> None:
    assert head(server, Answer(503), Answer(429), Answer(headers={"ETag": "x"}))["etag"] == "x"
    with pytest.raises(SourceError, match=r"HTTP 503.*\(tried 3 times\)"):
        head(server, Answer(503), Answer(503), Answer(503))


def test_headers_of_where_it_moved_to_are_given(server: Server) -> None:
    moved = Answer(302, headers={"Location": "/elsewhere"})
    assert head(server, moved, Answer(headers={"ETag": "there"}))["etag"] == "there"


def ask(server: Server, *answers: Answer, tries: int = 2, **options: object) -> bytes:
    server.answers = list(answers)
    client = HttpClient(requests.Session(), tries=tries, timeout=0.5, max_wait=0.02)
    return client.get("cbs/1", server.url, bytes, **options)[0]  # type: ignore[arg-type] # options of the tests


def test_files_are_asked_for_as_anything(server: Server) -> None:
    assert ask(server, Answer(), accept="*/*") == GOOD
    assert server.asked[0][1] == "*/*"


def test_a_type_that_is_no_answer_is_asked_for_again(server: Server) -> None:
    page = Answer(headers={"Content-Type": "Text/HTML; charset=utf-8"})
    assert ask(server, page, Answer(headers={"Content-Type": "text/csv"}), never="text/html") == GOOD
    with pytest.raises(SourceError, match="expected a file, found a page of type text/html"):
        ask(server, page, page, never="text/html")


def test_a_refusal_may_be_read_by_who_asked(server: Server) -> None:
    def refusal(status: int, body: bytes) -> None:
        if body == b"later":
            raise ValueError("being made")
        if body == b"never":
            raise SourceError("cbs/1", f"told {status}")

    later, never = Answer(413, b"later"), Answer(413, b"never")
    assert ask(server, later, Answer(), refusal=refusal) == GOOD
    with pytest.raises(SourceError, match=r"being made.*\(tried 2 times\)") as stays:
        ask(server, later, later, refusal=refusal)
    assert type(stays.value) is SourceError
    with pytest.raises(SourceError, match="told 413"):
        ask(server, never, refusal=refusal)
    with pytest.raises(SourceError, match="HTTP 413, expected 200"):
        ask(server, Answer(413, b"else"), refusal=refusal)
    with pytest.raises(NotThereError):
        ask(server, Answer(404, b"else"), refusal=refusal)


@pytest.mark.parametrize("where", ["read", "refusal"])
def test_a_source_that_says_later_gives_no_answer_now(server: Server, where: str) -> None:
    def later(*_: object) -> None:
        raise LaterError("being made")

    server.answers = [Answer(200 if where == "read" else 413, b"later")] * 2
    client = HttpClient(requests.Session(), tries=2, timeout=0.5, max_wait=0.02)
    with pytest.raises(UnreachableError, match=r"being made; the answer begins with 'later' \(tried 2 times\)"):
        client.get("cbs/1", server.url, later, refusal=later if where == "refusal" else None)
    assert len(server.asked) == 2


def test_requests_to_one_host_are_spread_whichever_thread_makes_them() -> None:
    pace, begun = Pace(), time.monotonic()
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(partial(pace.wait, rate=10), ["a"] * 5 + ["b"] * 5))
    # The first of five goes at once, the last after four tenths of a second; the hosts do not wait for each other.
    assert 0.4 <= time.monotonic() - begun < 0.85


def test_copies_of_a_client_share_their_pace(server: Server) -> None:
    server.answers = [Answer(), Answer()]
    client = HttpClient(requests.Session(), tries=1, timeout=0.5)
    for rate in (5, 20):
        replace(client, rate=rate).get("cbs/1", server.url, read_rows)
    assert waited(server) >= 0.19


def test_a_session_has_room_for_all_connections_of_a_card() -> None:
    for scheme in ("http", "https"):
        adapter = open_session().get_adapter(f"{scheme}://example.org/")
        assert adapter._pool_maxsize == CONNECTIONS == 16  # type: ignore[attr-defined] # how requests names it


def anyone() -> HttpClient:
    return HttpClient(open_session(inside=LOOPBACK), tries=1)


WHOLE = {
    "with a length": answer(GOOD),
    "without one": b"HTTP/1.1 200 OK\r\n\r\n" + GOOD,
    "of HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n" + GOOD,
    "in chunks": chunked(GOOD[:4], GOOD[4:]),
    "in chunks with a trailer": chunked(GOOD, end=b"0\r\nX-Sum: 1\r\n\r\n"),
    "packed": answer(gzip.compress(GOOD), "Content-Encoding: gzip"),
    "packed in chunks": chunked(gzip.compress(GOOD)).replace(b"\r\n", b"\r\nContent-Encoding: gzip\r\n", 1),
}


@pytest.mark.parametrize("pause", [0.0, 0.002], ids=["at once", "byte by byte"])
@pytest.mark.parametrize("sent", WHOLE.values(), ids=WHOLE)
def test_a_whole_answer_comes_through_in_whatever_form_and_pieces(sent: bytes, pause: float) -> None:
    pieces = [sent] if not pause else [sent[at : at + 1] for at in range(len(sent))]
    with open_host(says(*pieces, pause=pause)) as host:
        assert anyone().get("cbs/1", host.url, bytes)[0] == GOOD
        assert len(host.asked) == 1


def test_how_an_answer_was_packed_is_kept_beside_it() -> None:
    for sent, is_packed in ((WHOLE["packed"], True), (WHOLE["packed in chunks"], True), (WHOLE["in chunks"], False)):
        with open_host(says(sent)) as host:
            body, _ = anyone().get("cbs/1", host.url, bytes)
            packed = getattr(body, "packed", None)
            assert (packed is not None and packed in sent and gzip.decompress(packed) == GOOD) is is_packed


@pytest.mark.parametrize("url", ["http://[x/", "ftp://x.example/a", "http://", "/a", "http://x..example/"])
def test_an_address_that_is_none_is_told_at_once(url: str) -> None:
    with pytest.raises(SourceError, match="expected an address that can be asked, found ") as error:
        anyone().get("cbs/1", url, bytes)
    assert type(error.value) is SourceError


@pytest.mark.parametrize("apart", [timedelta(days=-2), timedelta(days=2), timedelta(days=3650)])
def test_an_answer_of_another_day_than_ours_is_refused_since_one_of_the_clocks_is_wrong(
    server: Server, apart: timedelta
) -> None:
    there = datetime.now(UTC) + apart
    with pytest.raises(SourceError, match=r"the clock of this machine says .* set the clock of this machine") as told:
        get(server, Answer(headers={"Date": format_datetime(there, usegmt=True)}))
    assert f"127.0.0.1:{server.server_address[1]} says {there:%Y-%m-%d %H:%M}" in str(told.value)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Date": "yesterday"},
        {"Date": format_datetime(datetime.now(UTC) - timedelta(hours=20), usegmt=True)},
        # What a cache gave out, which had it for ten days.
        {"Date": format_datetime(datetime.now(UTC) - timedelta(days=10), usegmt=True), "Age": "864000"},
        {"Date": format_datetime(datetime.now(UTC), usegmt=True), "Age": "9" * 400},
    ],
)
def test_an_answer_of_about_now_or_without_a_time_is_read(server: Server, headers: dict[str, str]) -> None:
    assert get(server, Answer(headers=headers))
