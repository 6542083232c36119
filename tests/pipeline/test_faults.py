"""A source that falters: what passes is retried, what stays ends in one clear line, and nothing else suffers."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from conftest import Run
from support import (
    STANDIN_TABLES,
    Ran,
    Standin,
    copy_data,
    current_release,
    digests,
    new_data,
    open_standin,
    release_ids,
    run_cli,
)

from pipelines.card import SourceCard, load_cards
from pipelines.errors import SourceError
from pipelines.landing import Landing
from pipelines.refresh import refresh
from pipelines.settings import CARDS
from schemas.wire import check_raw

pytestmark = pytest.mark.standin
ALL = load_cards(CARDS)
V4_PAGES, V3_PAGES = r"81575NED/Observations\?", "ODataFeed/odata/83583NED"


def fetch(standin: Standin, card: SourceCard, folder: Path) -> pl.DataFrame:
    done = refresh(card, standin.origin(tries=3), Landing(folder / "landing"), folder / "raw", check_raw)
    return pl.read_parquet(done.folder / "observations.parquet")


@dataclass(frozen=True)
class Undisturbed:
    """What a card gives, and in how many requests, when nothing goes wrong."""

    frame: pl.DataFrame
    requests: int


@pytest.fixture
def healed(standin: Standin) -> Iterator[Standin]:
    """The stand-in without faults, before and after."""
    standin.heal()
    yield standin
    standin.heal()


@pytest.fixture(scope="module")
def undisturbed(standin: Standin, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Undisturbed]:
    """What each card gives, and how many requests it takes, when nothing goes wrong."""
    found = {}
    for dataset_id in ("cbs/81575NED", "cbs/83583NED"):
        standin.heal()
        frame = fetch(standin, ALL[dataset_id], tmp_path_factory.mktemp("undisturbed"))
        found[dataset_id] = Undisturbed(frame, sum(standin.asked().values()))
    return found


@pytest.mark.parametrize("match", [V4_PAGES, V3_PAGES, "TableInfos|Properties"], ids=["v4", "v3", "metadata"])
@pytest.mark.parametrize("kind", ["reset", "truncate", "http503", "http429", "http500", "html200", "badjson"])
def test_it_is_asked_again_and_nothing_is_lost(
    healed: Standin, tmp_path: Path, undisturbed: dict[str, Undisturbed], kind: str, match: str
) -> None:
    card = ALL["cbs/83583NED" if match == V3_PAGES else "cbs/81575NED"]
    calm = undisturbed[card.dataset_id]
    healed.fault(kind, match, 2)
    assert fetch(healed, card, tmp_path).equals(calm.frame)
    assert sum(healed.asked().values()) == calm.requests + 2, "the fault did not happen, or was not asked again"


@pytest.mark.parametrize(
    ("kind", "match", "told"),
    [
        ("http404", r"ODataApi/odata/83583NED\?", "HTTP 404, expected 200"),
        ("empty", V3_PAGES, "0 observations, expected 30 to 500"),
        ("empty", V4_PAGES, "the page counts 0 rows, expected 342|received 0 rows, expected 342"),
        ("recount", V4_PAGES, "the page counts 343 rows, expected 342"),
    ],
)
def test_an_answer_that_is_well_formed_but_wrong_is_never_taken(
    healed: Standin, tmp_path: Path, kind: str, match: str, told: str
) -> None:
    card = ALL["cbs/81575NED" if match == V4_PAGES else "cbs/83583NED"]
    healed.fault(kind, match, 1)
    with pytest.raises(SourceError) as error:
        fetch(healed, card, tmp_path)
    assert any(text in str(error.value) for text in told.split("|")), error.value
    assert str(error.value).startswith(card.dataset_id) and healed.address in str(error.value)
    assert Landing(tmp_path / "landing").current(card.dataset_id, invented=False) is None
    assert fetch(healed, card, tmp_path).height, "the next run must not suffer from it"


# Table -> fault, where it happens, and what the line on standard error must say of it.
FIRST = {
    "81575NED": ("reset", V4_PAGES, "expected a whole answer"),
    "70072ned": ("truncate", "ODataFeed/odata/70072ned", "expected a whole answer"),
    "83648NED": ("http503", "ODataFeed/odata/83648NED", "HTTP 503, expected 200"),
    "82949NED": ("html200", "ODataApi/odata/82949NED", "expected a JSON object"),
}
SECOND = {
    "81575NED": ("recount", V4_PAGES, "the page counts 343 rows, expected 342"),
    "70072ned": ("http404", "ODataApi/odata/70072ned", "HTTP 404, expected 200"),
    "83648NED": ("badjson", "ODataFeed/odata/83648NED", "expected a whole page of rows"),
    "83583NED": ("empty", V3_PAGES, "0 observations, expected 30 to 500"),
    "83287NED": ("http500", "ODataApi/odata/83287NED/DataProperties", "HTTP 500, expected 200"),
    "86247NED": ("http429", "ODataFeed/odata/86247NED", "HTTP 429, expected 200"),
}
TABLES = STANDIN_TABLES


@dataclass(frozen=True)
class Broken:
    """A run in which some sources did not recover, and what stood in the data folder before and after it."""

    ran: Ran
    status: Ran
    landed: set[str]
    current: str
    releases: set[str]
    untouched: bool


@dataclass(frozen=True)
class Story:
    """Two broken runs after a good one, a run of what is whole, and a good one."""

    before: str
    broken: list[Broken]
    part: dict[str, tuple[str, str | None]]
    part_ran: Ran
    healed: dict[str, tuple[str, str | None]]
    healed_ran: Ran


def sources(release: Path) -> dict[str, tuple[str, str | None]]:
    with closing(sqlite3.connect(release / "regiokompas.db")) as db:
        return {i: (state, reason) for i, state, reason in db.execute("select table_id, state, reason_en from sources")}


def modified(data: Path, table: str) -> str:
    lock = json.loads((data / "landing" / "locks" / "cbs" / f"{table}.json").read_text(encoding="utf-8"))
    return str(lock["snapshots"][-1]["modified"])


@pytest.fixture(scope="module")
def story(live_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Story:
    data = copy_data(live_run.data, tmp_path_factory.mktemp("faults") / "data")
    release = current_release(data)
    digest, broken = digests(release), []
    with open_standin() as standin:
        for day, faults in enumerate([FIRST, SECOND], start=1):
            news = f"2026-11-{day:02d}T02:00:00"
            standin.control(
                modified=dict.fromkeys(TABLES, news),
                faults=[{"kind": kind, "match": match, "times": -1} for kind, match, _ in faults.values()],
            )
            ran = standin.run(data=data)
            landed = {table for table in TABLES if modified(data, table) == news}
            status = run_cli("status", data=data)
            whole = digests(release) == digest
            broken.append(Broken(ran, status, landed, current_release(data).name, release_ids(data), whole))
        part_ran = standin.run("--select", "cbs/82949NED", data=data)
        part = sources(current_release(data))
        standin.heal()
        healed_ran = standin.run(data=data)
        return Story(release.name, broken, part, part_ran, sources(current_release(data)), healed_ran)


BOTH = pytest.mark.parametrize(("run", "faults"), [(0, FIRST), (1, SECOND)], ids=["first", "second"])


@BOTH
def test_each_broken_source_is_one_line_that_says_what_where_and_what_was_expected(
    story: Story, run: int, faults: dict[str, tuple[str, str, str]]
) -> None:
    ran = story.broken[run].ran
    assert ran.code == 1
    for table, (_, _, told) in faults.items():
        lines = [line for line in ran.errors if line.startswith(f"cbs/{table} ") or line.startswith(f"cbs/{table}:")]
        assert len(lines) == 1, ran.err
        assert told in lines[0] and "expected" in lines[0]
        assert re.search(rf"http://127\.0\.0\.1:\d+/\S*{table}", lines[0]), lines[0]
    assert len(ran.errors) == len(faults), ran.err
    assert "Traceback" not in ran.err + ran.out


@BOTH
def test_the_other_sources_are_done(story: Story, run: int, faults: dict[str, tuple[str, str, str]]) -> None:
    assert story.broken[run].landed == TABLES - set(faults)


@BOTH
def test_the_last_good_release_stays_current_and_whole(
    story: Story, run: int, faults: dict[str, tuple[str, str, str]]
) -> None:
    broken = story.broken[run]
    assert (broken.current, broken.releases, broken.untouched) == (story.before, {story.before}, True)
    assert f"nothing was published; {story.before} is still current" in broken.ran.out


@BOTH
def test_the_status_labels_what_was_kept_and_why(
    story: Story, run: int, faults: dict[str, tuple[str, str, str]]
) -> None:
    for shown in (story.broken[run].status, story.broken[run].ran):
        for table in TABLES:
            state = shown.state(f"cbs/{table}")
            if table in faults:
                gone = faults[table][0] == "http404"
                assert state.startswith("stoppedsince20" if gone else "keptsince20"), state
                assert faults[table][2] in shown.out + shown.err
            else:
                assert state == "current" or state.startswith("stalesince"), state


def test_what_is_whole_can_be_published_with_the_broken_ones_labelled(story: Story) -> None:
    assert story.part_ran.code == 0, story.part_ran.err
    for table, (state, reason) in story.part.items():
        if table in SECOND:
            gone = SECOND[table][0] == "http404"
            assert state == ("stopped" if gone else "kept") and SECOND[table][2] in (reason or "")
        elif table in TABLES:
            assert state in ("current", "stale")


def test_the_next_good_run_clears_the_labels(story: Story) -> None:
    assert story.healed_ran.code == 0, story.healed_ran.err
    assert {story.healed[table][0] for table in TABLES} == {"current", "stale"}


def test_a_first_run_that_fails_publishes_nothing(live_run: Run, standin: Standin, tmp_path: Path) -> None:
    data = new_data(live_run.data, tmp_path / "data")
    standin.heal()
    standin.fault("http500", "81575NED", -1)
    ran = standin.run("--select", "cbs/81575NED", data=data)
    standin.heal()
    assert ran.code == 1 and not release_ids(data)
    assert ran.state("cbs/81575NED").startswith("absent")
    assert len(ran.errors) == 1 and "HTTP 500, expected 200" in ran.errors[0]
