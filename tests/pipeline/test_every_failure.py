"""Every way to fail, with a source of every protocol: each comes to the same two states and one line of reason."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from support import copy_data, digests
from support_failures import CELLS, EXCUSED, KINDS, Before, Source
from support_wires import WIRES

from pipelines.commands.terminal import WIDTH, told_line
from pipelines.concerns import of_source
from pipelines.errors import Trouble
from pipelines.ingest.health import TROUBLES
from pipelines.ingest.refresh import FailedError, read_landed
from pipelines.ingest.source_states import describe_sources
from pipelines.landing.store import Landing, Snapshot
from pipelines.reading.raw import raw_folder, rows_of
from pipelines.sample.over_http import SampleServer, serving
from pipelines.settings import Settings
from pipelines.sources.access import Protocol
from pipelines.sources.card import RowBounds
from schemas.shapes import check_shape


@dataclass(frozen=True)
class Landed:
    """A source that was well an earlier day, and the data folder of that day."""

    source: Source
    data: Path
    have: Snapshot


@pytest.fixture(scope="module")
def server() -> Iterator[SampleServer]:
    with serving({}) as running:
        yield running


@pytest.fixture(scope="module")
def landed(server: SampleServer, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Landed]:
    """Lands each source once, on a card that has as many rows as the source."""
    made: dict[str, Landed] = {}

    def land(name: str) -> Landed:
        if name not in made:
            wire, folder = WIRES[name], tmp_path_factory.mktemp("landed")
            card = wire.card_for(server.files).model_copy(update={"rows": RowBounds(min=1, max=10_000)})
            source = Source(wire, server, card)
            with source.answering(folder / "counted") as origin:
                found = source.refresh(folder / "counted", origin).rows
            source.card = card.model_copy(update={"rows": RowBounds(min=found, max=found)})
            with source.answering(folder / "data"):
                have = source.refresh(folder / "data", source.origin(folder / "data", of=Before)).snapshot
            made[name] = Landed(source, folder / "data", have)
        return made[name]

    return land


def failure_of(source: Source, folder: Path, kind: str, scope: str) -> FailedError:
    """What comes of a refresh while a source is in trouble."""
    with source.answering(folder, KINDS[kind], scope) as origin, pytest.raises(FailedError) as failed:
        source.refresh(folder, origin)
    return failed.value


def row_of(source: Source, folder: Path) -> dict[str, Any]:
    """What is known of a source afterwards."""
    settings, card = Settings(data=folder), source.card
    (row,) = describe_sources(settings, {card.dataset_id: card}, invented=False)
    return row


def check_told(source: Source, error: FailedError, row: dict[str, Any], trouble: Trouble) -> None:
    """Hold what is told of a failure against what everything that is told must be."""
    line, concern = str(error), of_source(error)
    assert line.startswith(source.card.dataset_id) and " -> " in line and error.todo
    assert error.trouble == concern.group == error.failure.trouble == trouble, line
    for lang in ("nl", "en"):
        assert row[f"reason_{lang}"] == f"{error.failure.began}: {getattr(TROUBLES[trouble], lang)}"
    for text in (line, concern.problem, concern.todo, row["reason_nl"], row["reason_en"]):
        assert text == " ".join(text.split()), "more than a line"
        assert "Traceback" not in text and 'File "' not in text
    assert len(told_line(concern)) <= WIDTH - 2 and "?" not in told_line(concern).split(" -> ")[0].split("http")[-1]


@pytest.mark.parametrize(("name", "kind", "scope"), CELLS, ids=[" - ".join(cell) for cell in CELLS])
def test_it_is_absent_or_kept_for_one_reason(
    landed: Callable[[str], Landed], tmp_path: Path, name: str, kind: str, scope: str
) -> None:
    before = landed(name)
    source, trouble = before.source, KINDS[kind].trouble_of(before.source.wire)

    # On a first day nothing of it is there.
    error = failure_of(source, tmp_path / "first", kind, scope)
    row = row_of(source, tmp_path / "first")
    assert (row["state"], row["rows_count"], row["landed_at"]) == ("absent", 0, None)
    check_told(source, error, row, trouble)

    # Later what landed before is there as it was, and can be read.
    data = copy_data(before.data, tmp_path / "later")
    error = failure_of(source, data, kind, scope)
    row = row_of(source, data)
    settings = Settings(data=data)
    landing = Landing(settings.landing)
    assert (row["state"], row["landed_at"]) == ("kept", before.have.landed_at)
    assert row["rows_count"] == source.card.rows.min
    check_told(source, error, row, trouble)
    assert landing.snapshots(source.card.dataset_id) == [before.have]
    assert digests(settings.raw) == digests(Settings(data=before.data).raw)
    again = tmp_path / "again"
    assert read_landed(source.card, landing, again, check_shape, invented=False) == before.have
    assert rows_of(raw_folder(again, source.card, invented=False)) == source.card.rows.min


@pytest.mark.parametrize("kind", [kind for name, kind, scope in CELLS if (name, scope) == ("csv file", "all")])
def test_an_address_that_nobody_confirmed_fails_as_expected_whatever_the_kind(
    landed: Callable[[str], Landed], tmp_path: Path, kind: str
) -> None:
    confirmed = landed("csv file").source
    ways = tuple(access.model_copy(update={"certainty": "assumed"}) for access in confirmed.card.access)
    source = replace(confirmed, card=confirmed.card.model_copy(update={"access": ways}))
    error = failure_of(source, tmp_path, kind, "all")
    check_told(source, error, row_of(source, tmp_path), Trouble.UNCONFIRMED)


@pytest.mark.parametrize("name", WIRES)
def test_what_is_well_again_is_current_again(landed: Callable[[str], Landed], tmp_path: Path, name: str) -> None:
    before = landed(name)
    data = copy_data(before.data, tmp_path / "data")
    failure_of(before.source, data, "damaged", "all")
    assert row_of(before.source, data)["state"] == "kept"
    with before.source.answering(data) as origin:
        done = before.source.refresh(data, origin)
    row = row_of(before.source, data)
    assert row["state"] not in ("kept", "absent") and row["rows_count"] == done.rows == before.source.card.rows.min
    assert Landing(Settings(data=data).landing).failure(before.source.card.dataset_id, invented=False) is None


def test_every_kind_is_tried_with_every_protocol_or_excused() -> None:
    assert {wire.protocol for wire in WIRES.values()} == set(Protocol)
    tried = {(name, kind) for name, kind, _ in CELLS}
    assert tried | set(EXCUSED) == {(name, kind) for name in WIRES for kind in KINDS} and not tried & set(EXCUSED)
    assert all(EXCUSED.values())
    for kind in KINDS:
        assert [name for name, tried_kind in tried if tried_kind == kind], f"{kind} is tried with nothing"
    for name in WIRES:
        assert len([kind for tried_name, kind in tried if tried_name == name]) >= len(KINDS) // 2, name
