"""Where a source may lead: each protocol, each way to be led elsewhere, and nothing is asked there."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support_attacks import SOURCES, card_of, twice
from support_failures import Kind, Source
from support_sockets import Host, answer, open_host, says

from pipelines.clients.http import HttpClient, open_session
from pipelines.clients.reach import InsideError, Reach, host_and_port, refuse_inside
from pipelines.clients.registry import reach_of, set_hosts
from pipelines.errors import MismatchError, SourceError, Trouble
from pipelines.ingest.health import TROUBLES
from pipelines.ingest.origins import LiveOrigin, asked, open_origin
from pipelines.ingest.refresh import FailedError
from pipelines.ingest.source_states import describe_sources
from pipelines.sample.answers import Answer, json_answer
from pipelines.sample.over_http import SampleServer, Sent, serving
from pipelines.settings import CARDS, Settings
from pipelines.sources.access import Protocol
from pipelines.sources.card import load_cards

ALL = load_cards(CARDS)
SECRET = b"what is kept inside"
ON_WEB = {name: wire for name, wire in SOURCES.items() if wire.protocol is not Protocol.DROP}


@pytest.fixture(scope="module")
def server() -> Iterator[SampleServer]:
    with serving({}) as running:
        yield running


@pytest.fixture
def elsewhere() -> Iterator[Host]:
    """A host that no card names, and that says something that nobody should read."""
    with open_host(says(answer(SECRET))) as host:
        yield host


def redirect(to: str) -> Callable[[Answer], Sent]:
    return lambda _: Sent(Answer(302, b"", {"Location": to}))


def next_page(to: str) -> Callable[[Answer], Sent]:
    """What leads further leads elsewhere: next links, and the addresses of the files of a package."""

    def between(found: Answer) -> Sent:
        if found.body.lstrip()[:1] != b"{":
            return Sent(found)
        content = json.loads(found.body)
        for name in ("@odata.nextLink", "odata.nextLink"):
            content |= {name: to} if "value" in content else {}
        if "_links" in content:
            content["_links"]["next"] = {"href": to}
        if isinstance(content.get("links"), list):
            content["links"] = [{"rel": "next", "href": to}]
        for entry in content["result"].get("resources", []) if isinstance(content.get("result"), dict) else []:
            entry["download_url"] = [to]
        return Sent(json_answer(content))

    return between


# What they send is no JSON.
FILES = {"bulk", "csv file", "workbook"}
LEADS: dict[str, Callable[[str], Callable[[Answer], Sent]]] = {"a redirect": redirect, "a link": next_page}
# These have neither pages that they tell the address of, nor files elsewhere.
LINKLESS = {"bulk", "rijksfinancien", "opendatasoft 1.0", "opendatasoft 2.1", "wfs", "eurostat", "csv file", "workbook"}
CELLS = [(name, lead) for name in ON_WEB for lead in LEADS if not (lead == "a link" and name in LINKLESS)]


def led(server: SampleServer, name: str, folder: Path, between: Callable[[Answer], Sent]) -> tuple[Source, FailedError]:
    source = Source(SOURCES[name], server, card_of(name, server.files))
    kind = Kind(Trouble.CHANGED, between=between)
    with source.answering(folder, kind) as origin, pytest.raises(FailedError) as failed:
        source.refresh(folder, origin)
    return source, failed.value


@pytest.mark.parametrize(("name", "lead"), CELLS, ids=[" - ".join(cell) for cell in CELLS])
@pytest.mark.parametrize("way", ["another host", "file:///etc/passwd", "ftp://127.0.0.1/a"])
def test_it_is_not_followed_and_nothing_of_it_is_published(
    server: SampleServer, elsewhere: Host, tmp_path: Path, name: str, lead: str, way: str
) -> None:
    to = elsewhere.url if way == "another host" else way
    source, error = led(server, name, tmp_path, LEADS[lead](to))
    assert not elsewhere.asked
    assert str(error).startswith(source.card.dataset_id) and " -> " in str(error) and "\n" not in str(error)
    if way == "another host":
        assert f"it leads to the host {elsewhere.name}" in str(error) and error.trouble is Trouble.CHANGED
    (row,) = describe_sources(Settings(data=tmp_path), {source.card.dataset_id: source.card}, invented=False)
    for lang in ("nl", "en"):
        assert row[f"reason_{lang}"] == f"{error.failure.began}: {getattr(TROUBLES[error.trouble], lang)}"


@pytest.mark.parametrize("name", ON_WEB)
def test_what_it_answers_is_in_the_log_and_not_published(server: SampleServer, tmp_path: Path, name: str) -> None:
    source, error = led(server, name, tmp_path, lambda _: Sent(Answer(400, SECRET, {"Content-Type": "text/plain"})))
    (row,) = describe_sources(Settings(data=tmp_path), {source.card.dataset_id: source.card}, invented=False)
    assert SECRET.decode() in str(error)
    assert not any(SECRET.decode() in str(value) or "127.0.0.1" in str(value) for value in row.values())


@pytest.mark.parametrize("name", ON_WEB)
def test_a_second_hop_is_judged_as_the_first(server: SampleServer, elsewhere: Host, tmp_path: Path, name: str) -> None:
    hops: list[str] = []

    def between(_: Answer) -> Sent:
        # The same host first, and from there elsewhere.
        hops.append(elsewhere.url if hops and hops[-1].startswith("/") else "/somewhere")
        return Sent(Answer(302, b"", {"Location": hops[-1]}))

    _, error = led(server, name, tmp_path, between)
    assert not elsewhere.asked and elsewhere.url in hops and "which its card does not name" in str(error)


@pytest.mark.parametrize("name", [name for name, wire in ON_WEB.items() if name not in FILES])
def test_an_object_with_a_key_twice_is_refused(server: SampleServer, tmp_path: Path, name: str) -> None:
    _, error = led(server, name, tmp_path, twice)
    assert "with each key of an object once, found" in str(error)


@pytest.mark.parametrize("name", [name for name, wire in ON_WEB.items() if name in ("v4", "v3")])
def test_a_figure_with_a_key_twice_is_refused(server: SampleServer, tmp_path: Path, name: str) -> None:
    def between(found: Answer) -> Sent:
        return Sent(found._replace(body=found.body.replace(b'{"', b'{"RegioS": "NL01", "', 2)))

    source = Source(SOURCES[name], server, card_of(name, server.files))
    kind, problem = Kind(Trouble.REFUSED, between=between), r"has duplicate key|each key of an object once"
    with source.answering(tmp_path, kind, "rows") as origin, pytest.raises(FailedError, match=problem):
        source.refresh(tmp_path, origin)


@pytest.mark.parametrize("name", ON_WEB)
def test_a_name_that_stands_for_an_address_inside_is_not_asked(server: SampleServer, tmp_path: Path, name: str) -> None:
    source = Source(SOURCES[name], server, card_of(name, server.files))
    server.asked.clear()
    with source.answering(tmp_path) as origin:
        # As if nobody had set the base addresses.
        open_to_all = LiveOrigin(HttpClient(open_session(), tries=1), origin.addresses)
        with pytest.raises(
            FailedError, match=r"127\.0\.0\.1 stands for 127\.0\.0\.1, which is not an address of the i"
        ):
            source.refresh(tmp_path, open_to_all)
    assert not server.asked


INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "192.168.0.1",
    "172.16.5.5",
    "169.254.169.254",
    "0.0.0.0",
    "::1",
    "fe80::1%eth0",
    "fc00::1",
]


@pytest.mark.parametrize("peer", [*INSIDE, "::ffff:10.0.0.1", "100.64.0.1"])
def test_every_kind_of_address_inside_is_refused(peer: str) -> None:
    with pytest.raises(InsideError, match=f"x.example stands for {peer}"):
        refuse_inside(peer, "x.example", ())
    refuse_inside(peer, "x.example", {"x.example"})
    refuse_inside("93.184.215.14", "x.example", ())


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://a.nl/x", True),
        ("https://A.nl:443/x", True),
        ("http://a.nl/x", False),
        ("https://a.nl:8443/x", False),
        ("https://b.nl/x", True),
        ("http://files.b.nl/x", True),
        ("https://b.nl:22/x", False),
        ("https://notb.nl/x", False),
        ("https://b.nl.evil.example/x", False),
        ("https://a.nl@evil.example/x", False),
        ("https://evil.example#a.nl", False),
    ],
)
def test_a_source_reaches_what_its_card_names_and_allows(url: str, allowed: bool) -> None:
    reach = Reach.to(["https://a.nl/data"], ["b.nl"])
    if allowed:
        reach.refuse_beyond("x/y", url)
    else:
        with pytest.raises(MismatchError, match=r"-> if that is right, add .* to `hosts` of this way on the card"):
            reach.refuse_beyond("x/y", url)


@pytest.mark.parametrize("url", ["ftp://a.nl/x", "file:///etc/passwd", "//a.nl", "a.nl", "", "http://", "gopher://a"])
def test_what_is_not_an_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected https or http"):
        host_and_port(url)


def test_hosts_on_a_card_let_a_source_lead_there_and_are_no_part_of_the_question(
    server: SampleServer, tmp_path: Path
) -> None:
    card = ALL["zaanstad/subsidies"]
    way = card.access[0].model_copy(update={"hosts": ("files.example",)})
    assert reach_of({Protocol.CKAN: "https://data.overheid.nl/api"}, way).domains == ("files.example",)
    assert asked(card.model_copy(update={"access": (way,)})) == asked(card)


def test_a_run_reaches_only_what_each_card_names() -> None:
    origin = open_origin(Settings(origin="live"))
    assert isinstance(origin, LiveOrigin)
    for card in ALL.values():
        for access in card.access:
            client = origin.client(card, access)
            assert client.reach.hosts is not None and client.budget is not origin.http.budget
            with pytest.raises(SourceError, match="which its card does not name"):
                client.reach.refuse_beyond(card.dataset_id, "https://evil.example/")


def test_only_hosts_of_base_addresses_that_somebody_set_may_be_inside() -> None:
    assert set_hosts(Settings()) == frozenset()
    assert set_hosts(Settings(cbs_v3_url="http://127.0.0.1:8000")) == {"127.0.0.1"}
