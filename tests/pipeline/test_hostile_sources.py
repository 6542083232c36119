"""Sources that mean harm: every attack with every protocol ends in one line, within 300 MB."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support_attacks import ATTACKS, CELLS, MEGABYTE, SOURCES, Asking, Order, asking, bases_of, card_of
from support_failures import WELL, Kind, Source

from pipelines.errors import Trouble
from pipelines.ingest.health import TROUBLES
from pipelines.ingest.source_states import describe_sources
from pipelines.landing.store import Landing
from pipelines.sample.answers import Answer
from pipelines.sample.over_http import SampleServer, serving
from pipelines.settings import Settings
from pipelines.sources.access import Protocol

MOST_MEMORY = 300 * MEGABYTE
MOST_SECONDS = 20


@pytest.fixture(scope="module")
def server() -> Iterator[SampleServer]:
    with serving({}) as running:
        yield running


@pytest.fixture(scope="module")
def process() -> Iterator[Asking]:
    """The process that asks; what is slow to make is made before."""
    for how in ATTACKS.values():
        if how.is_file:
            how.make()(Answer(200, b"", {}))
    with asking() as started:
        yield started


def source_of(name: str, server: SampleServer) -> Source:
    return Source(SOURCES[name], server, card_of(name, server.files))


def order_for(source: Source, name: str, folder: Path, deadline: float, limits: dict[str, int]) -> Order:
    bases = bases_of({**source.server.addresses, Protocol.DROP: str(folder / "drop")})
    return Order(name, source.server.files, bases, str(folder), deadline, limits)


@pytest.mark.parametrize(("name", "attack"), CELLS, ids=[" - ".join(cell) for cell in CELLS])
def test_it_is_refused_in_one_line_and_little_memory(
    server: SampleServer, process: Asking, tmp_path: Path, name: str, attack: str
) -> None:
    source, how = source_of(name, server), ATTACKS[attack]
    kind = Kind(Trouble.REFUSED, between=how.make())
    with source.answering(tmp_path, kind, "rows"):
        begun = time.monotonic()
        outcome = process.ask(order_for(source, name, tmp_path, how.deadline, how.limits))
        took = time.monotonic() - begun
    assert outcome.error.startswith(source.card.dataset_id) and " -> " in outcome.error, outcome
    assert "\n" not in outcome.error and "a fault in the program" not in outcome.error, outcome
    assert outcome.memory < MOST_MEMORY, f"{outcome.memory / MEGABYTE:.0f} MB: {outcome.error}"
    assert took < MOST_SECONDS, outcome
    # What readers are told is ours alone.
    (row,) = describe_sources(Settings(data=tmp_path), {source.card.dataset_id: source.card}, invented=False)
    failure = Landing(tmp_path / "landing").failure(source.card.dataset_id, invented=False)
    assert failure and row["state"] == "absent"
    assert row["reason_en"] == f"{failure.began}: {TROUBLES[failure.trouble].en}"
    assert row["reason_nl"] == f"{failure.began}: {TROUBLES[failure.trouble].nl}"


@pytest.mark.parametrize("name", SOURCES)
def test_the_process_can_read_each_source_when_it_is_well(
    server: SampleServer, process: Asking, tmp_path: Path, name: str
) -> None:
    source = source_of(name, server)
    with source.answering(tmp_path, WELL):
        assert process.ask(order_for(source, name, tmp_path, 30, {})).error == ""


def test_every_protocol_and_attack_is_there() -> None:
    assert {wire.protocol for wire in SOURCES.values()} == set(Protocol)
    for attack, how in ATTACKS.items():
        for name, wire in SOURCES.items():
            assert ((name, attack) in CELLS) != bool(how.excused(wire))
        assert attack in {tried for _, tried in CELLS}
