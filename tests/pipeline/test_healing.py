"""Every kind of file that a source leaves behind, damaged in every way: made again, fetched again, or kept."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import copy_data
from support_damage import HARM
from support_failures import KINDS, Source
from support_wires import WIRES

from pipelines.ingest.refresh import FailedError, read_landed
from pipelines.ingest.source_states import describe_sources
from pipelines.landing.store import Landing
from pipelines.reading.raw import is_whole, raw_folder
from pipelines.sample.over_http import SampleServer, serving
from pipelines.settings import Settings
from pipelines.sources.card import RowBounds
from schemas.shapes import check_shape

NAMES = ("v4", "bulk", "ckan", "hal", "ogc_features", "csv file", "workbook", "dropped")


# Where files of each kind are in a data folder.
KIND_OF_FILE = {
    "object": "landing/objects/*/*.gz",
    "lock": "landing/locks/*/*.json",
    "raw Parquet": "raw/published/*/*.parquet",
    "raw.json": "raw/published/*/raw.json",
}
EVERY = [(name, kind, harm) for name in NAMES for kind in KIND_OF_FILE for harm in HARM]
HARMS = pytest.mark.parametrize(("name", "kind", "harm"), EVERY, ids=[" - ".join(one) for one in EVERY])
Land = Callable[[str], tuple[Source, Path]]


@pytest.fixture(scope="module")
def server() -> Iterator[SampleServer]:
    with serving({}) as running:
        yield running


@pytest.fixture(scope="module")
def land(server: SampleServer, tmp_path_factory: pytest.TempPathFactory) -> Land:
    """Lands each source once; tests copy its data folder."""
    made: dict[str, tuple[Source, Path]] = {}

    def once(name: str) -> tuple[Source, Path]:
        if name not in made:
            card = WIRES[name].card_for(server.files).model_copy(update={"rows": RowBounds(min=1, max=10_000)})
            source, folder = Source(WIRES[name], server, card), tmp_path_factory.mktemp("landed")
            with source.answering(folder) as origin:
                source.refresh(folder, origin)
            made[name] = source, folder
        return made[name]

    return once


def harmed(land: Land, name: str, kind: str, harm: str, target: Path) -> tuple[Source, Path]:
    """A copy of what landed, in which every file of a kind is damaged."""
    source, before = land(name)
    data = copy_data(before, target / "data")
    found = sorted(data.glob(KIND_OF_FILE[kind]))
    assert found
    for path in found:
        # A copy shares its files with the original.
        body = path.read_bytes()
        path.unlink()
        path.write_bytes(body)
        HARM[harm](path)
    return source, data


def is_well(source: Source, data: Path) -> bool:
    """Whether all of a source is there as it came, and read."""
    landing, card = Landing(data / "landing"), source.card
    have = landing.current(card.dataset_id, invented=False)
    return bool(have and not landing.damaged(have)) and is_whole(raw_folder(data / "raw", card, invented=False))


@HARMS
def test_the_next_refresh_makes_it_whole(land: Land, tmp_path: Path, name: str, kind: str, harm: str) -> None:
    source, data = harmed(land, name, kind, harm, tmp_path)
    before = Landing(land(name)[1] / "landing").current(source.card.dataset_id, invented=False)
    with source.answering(data) as origin:
        done = source.refresh(data, origin)
    assert is_well(source, data)
    assert before and done.snapshot.digest == before.digest
    # What was damaged of what landed is named; what is made from it is no news.
    is_landed = kind in ("object", "lock") and (kind, harm) != ("lock", "missing")
    assert ("damaged" in done.healed) == is_landed and "\n" not in done.healed


@HARMS
def test_without_its_source_it_is_read_again_or_refused_in_one_line(
    land: Land, tmp_path: Path, name: str, kind: str, harm: str
) -> None:
    source, data = harmed(land, name, kind, harm, tmp_path)
    card, landing = source.card, Landing(data / "landing")
    try:
        snapshot = read_landed(card, landing, data / "raw", check_shape, invented=False)
    except FailedError as error:
        assert kind == "lock", error
        assert str(error).startswith(f"{card.dataset_id}: ") and "damaged" in str(error) and " -> " in str(error)
        snapshot = None
    # What was read from the bytes while they were whole is as good as it was.
    assert (snapshot is None) == (kind == "lock")
    (row,) = describe_sources(Settings(data=data), {card.dataset_id: card}, invented=False)
    there = ("current", "stale", "archived", "kept")
    assert row["state"] in (("absent", "awaited") if kind == "lock" else there)


@pytest.mark.parametrize("harm", HARM)
@pytest.mark.parametrize("name", NAMES)
def test_damaged_bytes_that_have_to_be_read_are_refused_by_name(
    land: Land, tmp_path: Path, name: str, harm: str
) -> None:
    source, data = harmed(land, name, "object", harm, tmp_path)
    with pytest.raises(FailedError, match=r"the landing object [0-9a-f]{12}.* is damaged -> fetch it again") as failed:
        read_landed(source.card, Landing(data / "landing"), tmp_path / "anew", check_shape, invented=False)
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize("harm", HARM)
def test_what_landed_earlier_is_read_instead_and_says_so(land: Land, tmp_path: Path, harm: str) -> None:
    source, before = land("csv file")
    data, card = copy_data(before, tmp_path / "data"), source.card
    landing = Landing(data / "landing")
    older = landing.current(card.dataset_id, invented=False)
    assert older
    (resource,) = older.resources
    body = landing.get(resource.sha256)
    newer_body = body + body.splitlines(keepends=True)[-1]
    newer_page = resource.model_copy(update={"sha256": landing.put(newer_body), "size": len(newer_body)})
    landing.commit(older.model_copy(update={"resources": (newer_page,), "landed_at": "2026-12-01T06:00:00+00:00"}))
    HARM[harm](landing.path(newer_page.sha256))
    read = read_landed(card, landing, tmp_path / "raw", check_shape, invented=False)
    assert read == older == landing.current(card.dataset_id, invented=False)
    failure = landing.failure(card.dataset_id, invented=False)
    assert failure and failure.problem == f"the landing object {newer_page.sha256[:12]} is damaged"


@pytest.mark.parametrize("harm", HARM)
def test_a_source_that_fails_with_damaged_bytes_keeps_the_figures(land: Land, tmp_path: Path, harm: str) -> None:
    source, data = harmed(land, "csv file", "object", harm, tmp_path)
    with source.answering(data, KINDS["500 for ever"]) as origin, pytest.raises(FailedError):
        source.refresh(data, origin)
    (row,) = describe_sources(Settings(data=data), {source.card.dataset_id: source.card}, invented=False)
    assert row["state"] == "kept" and row["rows_count"] > 0


@pytest.mark.parametrize("harm", ["flipped", "cut", "empty"])
def test_a_damaged_note_of_a_failure_is_no_failure(land: Land, tmp_path: Path, harm: str) -> None:
    source, before = land("csv file")
    data = copy_data(before, tmp_path / "data")
    with source.answering(data, KINDS["500 for ever"]) as origin, pytest.raises(FailedError):
        source.refresh(data, origin)
    (note,) = data.glob("landing/failures/published/*/*.json")
    HARM[harm](note)
    assert Landing(data / "landing").failure(source.card.dataset_id, invented=False) is None


def test_a_damaged_lock_is_set_aside_and_harms_no_other(land: Land, tmp_path: Path) -> None:
    source, data = harmed(land, "csv file", "lock", "cut", tmp_path)
    with source.answering(data) as origin:
        source.refresh(data, origin)
    (aside,) = data.glob("landing/locks/*/*.damaged")
    assert aside.stat().st_size and not os.access(aside.with_suffix(".tmp"), os.F_OK)
