"""How long a client waits, for whom, and how often it asks: for every way in which a host can fail."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import NoReturn

import pytest
from support_sockets import LOOPBACK, Script, answer, chunked, drips, open_full, open_host, resets, says, silent

from pipelines.clients.http import HttpClient, open_session
from pipelines.clients.odata import read_rows
from pipelines.errors import NotThereError, SourceError, UnreachableError

GOOD = json.dumps({"value": [{"a": 1}]}).encode()
DEADLINE, SILENCE, LONG, TRIES = 0.5, 0.2, 30.0, 4
MORE = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


def patient(silence: float = LONG, deadline: float = LONG, first: float = LONG) -> HttpClient:
    """A client with the habits of the real one, on the scale that a test is about."""
    return HttpClient(open_session(deadline, LOOPBACK), TRIES, silence, max_wait=0.01, first_timeout=first)


def ask(client: HttpClient, url: str) -> bytes:
    return client.get("cbs/1", url, read_rows)[0]


@dataclass(frozen=True)
class Kind:
    """A way to fail: what the host does, what it ends in after how many requests, and whether it counts as there."""

    script: Script
    error: type[SourceError]
    tries: int
    is_there: bool
    told: str

    def client(self) -> HttpClient:
        """A client of so little patience that the failure is over soon; where it is over by itself, of enough."""
        silence = SILENCE if "silen" in self.told else LONG
        return patient(silence, DEADLINE if "within" in self.told else LONG)


SAID_NOTHING = {
    "silence": Kind(silent(), UnreachableError, 2, False, "did not answer: it stayed silent"),
    "hanging up": Kind(says(), UnreachableError, TRIES, False, "did not answer: Remote end closed"),
    "a reset": Kind(resets(), UnreachableError, TRIES, False, "did not answer: Connection reset by peer"),
    "another protocol": Kind(says(b"SSH-2.0-OpenSSH\r\n"), UnreachableError, TRIES, False, "did not answer: SSH-2.0"),
    "dripping headers": Kind(
        drips(b"HTTP/1.1 200 OK\r\nX: ", b"x"), UnreachableError, 1, False, "expected a whole answer within 0.5 s"
    ),
}
SAID_SOMETHING = {
    "a dripping body": Kind(drips(MORE, b"x"), UnreachableError, 1, True, "within 0.5 s, found a part"),
    "dripping chunks": Kind(drips(chunked(end=b""), b"1\r\nx\r\n"), UnreachableError, 1, True, "within 0.5 s"),
    "the dripping size of a chunk": Kind(drips(chunked(end=b""), b"0"), UnreachableError, 1, True, "within 0.5 s"),
    "a dripping body without a length": Kind(
        drips(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), UnreachableError, 1, True, "within 0.5 s"
    ),
    "a body that falls silent": Kind(silent(MORE + b"{"), UnreachableError, 2, True, "fell silent before its end"),
    "chunks that fall silent": Kind(silent(chunked(GOOD, end=b"")), UnreachableError, 2, True, "fell silent"),
    "less than promised": Kind(says(answer(GOOD, promised=99)), SourceError, TRIES, True, "found IncompleteRead"),
    "a reset half-way": Kind(resets(answer(GOOD, promised=99)), SourceError, TRIES, True, "expected a whole answer"),
    "torn chunks": Kind(says(chunked(GOOD, end=b"")), SourceError, TRIES, True, "expected a whole answer"),
    "a torn chunk": Kind(says(chunked(GOOD)[:-20]), SourceError, TRIES, True, "expected a whole answer"),
    "no gzip": Kind(says(answer(GOOD, "Content-Encoding: gzip")), SourceError, TRIES, True, "expected a whole answer"),
    "an error page": Kind(says(answer(b"<html>Onderhoud")), SourceError, TRIES, True, "answer begins with '<html>Ond"),
    "torn JSON": Kind(says(answer(GOOD[:9])), SourceError, TRIES, True, "expected a JSON object"),
    "another shape": Kind(says(answer(b'{"value": 3}')), SourceError, TRIES, True, "expected a list of objects"),
    "nothing": Kind(says(answer(b"")), SourceError, TRIES, True, "the answer is empty"),
    "503": Kind(says(answer(b"", status="503 X")), UnreachableError, TRIES, True, "HTTP 503, expected 200"),
    "429": Kind(says(answer(b"slow", status="429 X")), UnreachableError, TRIES, True, "HTTP 429, expected 200"),
    "522": Kind(says(answer(b"", status="522 X")), UnreachableError, TRIES, True, "HTTP 522, expected 200"),
    "403": Kind(says(answer(b"no", status="403 X")), SourceError, 1, True, "HTTP 403, expected 200"),
    "404": Kind(says(answer(b"no", status="404 X")), NotThereError, 1, True, "HTTP 404, expected 200"),
    "410": Kind(says(answer(b"no", status="410 X")), NotThereError, 1, True, "HTTP 410, expected 200"),
    "a circle": Kind(
        says(answer(b"", "Location: /table", status="302 X")), SourceError, 11, True, "more than 10 redirects"
    ),
}
KINDS = SAID_NOTHING | SAID_SOMETHING


def one_line(error: pytest.ExceptionInfo[SourceError], kind: Kind, url: str, tries: int) -> None:
    text = str(error.value)
    assert type(error.value) is kind.error
    assert text.startswith(f"cbs/1 at {url}: ") and kind.told in text and "\n" not in text
    assert (f"(tried {tries} times)" in text) == (1 < tries <= TRIES)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_stays_is_told_and_costs_no_more_than_its_kind(kind: Kind) -> None:
    client, begun = kind.client(), time.monotonic()
    with open_host(kind.script) as host:
        with pytest.raises(SourceError) as error:
            ask(client, host.url)
        one_line(error, kind, host.url, kind.tries)
        assert len(host.asked) == kind.tries
        assert time.monotonic() - begun < 5, "it was waited for to its end"
        # Whether the host is asked again in this run depends on whether it ever answered.
        with pytest.raises(SourceError) as again:
            ask(client, host.url)
        assert (len(host.asked) > kind.tries) == kind.is_there
        assert (f"{host.name} did not answer earlier in this run" in str(again.value)) != kind.is_there


HEADS = SAID_NOTHING | {name: SAID_SOMETHING[name] for name in ("503", "429", "522", "404", "410")}


@pytest.mark.parametrize("kind", HEADS.values(), ids=HEADS)
def test_headers_are_asked_for_with_the_same_patience(kind: Kind) -> None:
    client = kind.client()
    with open_host(kind.script) as host:
        with pytest.raises(SourceError) as error:
            client.head("cbs/1", host.url)
        assert host.asked == ["HEAD /table"] * kind.tries
        assert type(error.value) is kind.error and kind.told in str(error.value)
        assert client.hosts.is_silent(host.name) != kind.is_there


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_an_address_that_nobody_confirmed_is_tried_once(kind: Kind) -> None:
    client = kind.client()
    with open_host(kind.script) as host:
        with pytest.raises(SourceError) as error:
            ask(client.hurried(), host.url)
        one_line(error, kind, host.url, 1)
        assert len(host.asked) == (1 if kind.tries <= TRIES else kind.tries)
        assert client.hosts.is_silent(host.name) != kind.is_there, "the copy has another memory"


@pytest.mark.parametrize("kind", SAID_NOTHING.values(), ids=SAID_NOTHING)
def test_a_host_that_answered_before_is_asked_again(kind: Kind) -> None:
    client = kind.client()
    with open_host(says(answer(GOOD))) as host:
        assert ask(client, host.url) == GOOD
        host.script = kind.script
        with pytest.raises(UnreachableError):
            ask(client, host.url)
        host.script = says(answer(GOOD))
        assert ask(client, host.url) == GOOD


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if 1 < kind.tries <= TRIES], ids=lambda k: k.told)
def test_what_passes_does_no_harm(kind: Kind) -> None:
    scripts = [kind.script, says(answer(GOOD))]
    with open_host(lambda connection: scripts.pop(0)(connection)) as host:
        assert ask(kind.client(), host.url) == GOOD


@contextmanager
def refusing() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    yield f"http://127.0.0.1:{port}/table"


@pytest.mark.parametrize(
    ("host", "told"),
    [(refusing, "did not answer: Connection refused"), (open_full, "did not answer: it stayed silent")],
)
def test_who_lets_nobody_connect_is_asked_twice_and_not_again(
    host: Callable[[], AbstractContextManager[str]], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    connect = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda self, at: (made.append(at), connect(self, at)))
    client = patient(SILENCE)
    with host() as url:
        made.clear()
        with pytest.raises(UnreachableError, match=rf"{told} \(tried 2 times\) -> try again later"):
            ask(client, url)
        assert len(made) == 2
        with pytest.raises(UnreachableError, match="did not answer earlier in this run"):
            replace(client, rate=5).head("cbs/2", url.replace("table", "else"))
        assert len(made) == 2


def test_a_name_that_nobody_knows_is_looked_up_twice_and_not_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = []

    def unknown(host: str, *_: object, **__: object) -> NoReturn:
        looked_up.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    client = patient()
    with pytest.raises(UnreachableError, match=r"x\.example did not answer: Name or service not known \(tried 2 times"):
        ask(client, "https://x.example/a")
    with pytest.raises(UnreachableError, match=r"x\.example did not answer earlier in this run"):
        ask(client, "https://x.example/b")
    assert len(looked_up) == 2


def test_why_a_host_is_not_asked_again_is_told_of_every_card_on_it() -> None:
    client = patient()
    for number in (1, 2, 3):
        with pytest.raises(UnreachableError, match="Name or service not known"):
            ask(client, f"https://nobody.invalid/{number}")


def test_ten_hosts_that_do_not_answer_cost_as_much_as_one() -> None:
    client = patient(SILENCE)
    with ExitStack() as stack:
        urls = [stack.enter_context(open_full()) for _ in range(5)]
        urls += [stack.enter_context(open_host(silent())).url for _ in range(5)]

        def seconds(url: str) -> float:
            begun = time.monotonic()
            with pytest.raises(UnreachableError):
                ask(client, url)
            return time.monotonic() - begun

        begun = time.monotonic()
        with ThreadPoolExecutor(len(urls)) as pool:
            each = list(pool.map(seconds, urls))
        together = time.monotonic() - begun
        assert min(each) > SILENCE and together < sum(each) / 3
        assert max(map(seconds, urls)) < SILENCE, "they are known by now"


def test_ten_such_hosts_cost_less_than_a_minute_with_the_patience_of_a_run() -> None:
    client = HttpClient(open_session())
    longest_between = 0.5
    # A name has an address of either kind of internet as a rule.
    assert 2 * 2 * client.connect_timeout + longest_between < 60
    assert 2 * client.first_timeout + longest_between < 60
    assert client.hurried().timeout == 10


def test_a_host_gets_less_patience_until_it_has_answered() -> None:
    def slow(connection: socket.socket) -> None:
        time.sleep(0.3)
        connection.sendall(answer(GOOD))

    client = patient(first=0.1)
    with open_host(slow) as host, open_host(says(answer(GOOD))) as quick:
        with pytest.raises(UnreachableError):
            ask(client, host.url)
        assert ask(client, quick.url) == GOOD
        quick.script = slow
        assert ask(client, quick.url) == GOOD


def test_a_request_that_was_under_way_shows_that_a_host_is_there_after_all() -> None:
    client = patient()
    client.hosts.note_silence("a")
    client.hosts.note_answer("a")
    client.hosts.note_silence("a")
    assert client.hosts.is_there("a") and not client.hosts.is_silent("a")


def test_where_an_answer_leads_elsewhere_each_host_is_judged_by_itself() -> None:
    client = patient()
    with refusing() as dead, open_host(says(answer(b"", f"Location: {dead}", status="302 X"))) as host:
        with pytest.raises(UnreachableError, match=rf"at {host.url}: .*{dead.split('/')[2]} did not answer: Conn"):
            ask(client, host.url)
        assert client.hosts.is_there(host.name) and client.hosts.is_silent(dead.split("/")[2])
        assert len(host.asked) == 2
        with pytest.raises(UnreachableError, match=rf"{dead.split('/')[2]} did not answer earlier"):
            ask(client, host.url)
        host.script = says(answer(GOOD))
        assert ask(client, host.url) == GOOD


def test_the_time_of_each_answer_is_its_own_on_a_connection_that_stays_open() -> None:
    def twice(connection: socket.socket) -> None:
        for _ in range(2):
            time.sleep(DEADLINE)
            connection.sendall(answer(GOOD, connection="keep-alive"))
            connection.recv(4096)

    with open_host(twice) as host:
        client = patient(deadline=DEADLINE * 1.5)
        assert ask(client, host.url) == ask(client, host.url) == GOOD
        assert len(host.asked) == 1, "the connection did not stay open"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_through_a_proxy_no_answer_lasts_longer_either(scheme: str) -> None:
    with open_host(drips(b"HTTP/1.1 200 OK\r\nX: ", b"x")) as proxy:
        client = patient(deadline=DEADLINE)
        client.session.trust_env = False
        client.session.proxies = {scheme: f"http://{proxy.name}"}
        with pytest.raises(UnreachableError, match=r"expected a whole answer within 0\.5 s"):
            ask(client, f"{scheme}://x.example/a")
        assert proxy.asked == ["GET http://x.example/a" if scheme == "http" else "CONNECT x.example:443"]


@pytest.mark.parametrize("status", [400, 403, 405, 501])
def test_where_head_is_refused_the_headers_are_those_of_a_get_without_its_body(status: int) -> None:
    tagged = MORE.replace(b"\r\n\r\n", b'\r\nETag: "1"\r\n\r\n')
    scripts = [says(answer(b"", status=f"{status} X")), silent(tagged)]
    with open_host(lambda connection: scripts.pop(0)(connection)) as host:
        begun = time.monotonic()
        assert patient().head("cbs/1", host.url)["etag"] == '"1"'
        assert time.monotonic() - begun < 5, "the body was waited for"
        assert host.asked == ["HEAD /table", "GET /table"]


@pytest.mark.parametrize(("status", "error"), [(403, SourceError), (404, NotThereError), (410, NotThereError)])
def test_where_get_is_refused_too_its_answer_is_told(status: int, error: type[SourceError]) -> None:
    scripts = [says(answer(b"", status="403 X")), says(answer(b"closed", status=f"{status} X"))]
    with open_host(lambda connection: scripts.pop(0)(connection)) as host:
        with pytest.raises(SourceError, match=f"HTTP {status}, expected 200") as raised:
            patient().head("cbs/1", host.url)
        assert type(raised.value) is error
