"""A source that falters: what passes is retried, what stays ends in one clear line, and nothing else suffers."""

import io
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
from rich.console import Console
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

from pipelines.commands.source_status import everything_known, print_source
from pipelines.errors import SourceError, Trouble
from pipelines.ingest.health import TROUBLES
from pipelines.ingest.refresh import refresh
from pipelines.landing.store import Landing
from pipelines.settings import CARDS, Settings
from pipelines.sources.card import SourceCard, load_cards
from schemas.wire import check_raw

pytestmark = pytest.mark.standin
ALL = load_cards(CARDS)
V4_PAGES, V3_PAGES = r"81575NED/Observations\?", "ODataFeed/odata/83583NED/UntypedDataSet"


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


# Table -> fault, where it happens, its group, and what is said of it.
FIRST = {
    "81575NED": ("reset", V4_PAGES, "Refused", "expected a whole answer"),
    "70072ned": ("truncate", "ODataFeed/odata/70072ned", "Refused", "expected a whole answer"),
    "83648NED": ("http503", "ODataFeed/odata/83648NED", "No answer", "HTTP 503, expected 200"),
    "82949NED": ("html200", "ODataApi/odata/82949NED", "Refused", "expected a JSON object"),
}
SECOND = {
    "81575NED": ("recount", V4_PAGES, "Refused", "the page counts 343 rows, expected 342"),
    "70072ned": ("http404", "ODataApi/odata/70072ned", "Gone", "HTTP 404, expected 200"),
    "83648NED": ("badjson", "ODataFeed/odata/83648NED", "Refused", "expected a whole page of rows"),
    "83583NED": ("empty", V3_PAGES, "Refused", "0 observations, expected 30 to 500"),
    "83287NED": ("http500", "ODataApi/odata/83287NED/DataProperties", "No answer", "HTTP 500, expected 200"),
    "86247NED": ("http429", "ODataFeed/odata/86247NED", "No answer", "HTTP 429, expected 200"),
}
# What readers are told of each group, and nothing that a source answered.
REASONS = {
    "Refused": TROUBLES[Trouble.REFUSED].en,
    "Gone": TROUBLES[Trouble.GONE].en,
    "No answer": TROUBLES[Trouble.UNREACHABLE].en,
}
Faults = dict[str, tuple[str, str, str, str]]
TABLES = STANDIN_TABLES


@dataclass(frozen=True)
class Broken:
    """A run in which some sources did not recover: what it published, and what it left of the figures before."""

    ran: Ran
    status: Ran
    ones: dict[str, str]
    landed: set[str]
    release: str
    sources: dict[str, tuple[str, str | None]]
    figures: dict[str, tuple[int, float]]


@dataclass(frozen=True)
class Story:
    """Two broken runs after a good one, and a good one."""

    before: str
    figures: dict[str, tuple[int, float]]
    untouched: bool
    broken: list[Broken]
    healed: dict[str, tuple[str, str | None]]
    healed_ran: Ran


def sources(release: Path) -> dict[str, tuple[str, str | None]]:
    with closing(sqlite3.connect(release / "regiokompas.db")) as db:
        return {i: (state, reason) for i, state, reason in db.execute("select table_id, state, reason_en from sources")}


def figures(release: Path) -> dict[str, tuple[int, float]]:
    """How many figures of each source there are, and what they add up to."""
    joined = "observations join origins using (origin_id)"
    sql = f"select dataset_id, count(value), total(value) from {joined} group by dataset_id"
    with closing(sqlite3.connect(release / "regiokompas.db")) as db:
        return {dataset_id: (count, total) for dataset_id, count, total in db.execute(sql)}


def modified(data: Path, table: str) -> str:
    lock = json.loads((data / "landing" / "locks" / "cbs" / f"{table}.json").read_text(encoding="utf-8"))
    return str(lock["snapshots"][-1]["modified"])


def known(table: str, data: Path) -> str:
    """What `regiokompas status` tells of one table."""
    text = io.StringIO()
    facts = everything_known(ALL[f"cbs/{table}"], Settings(data=data), invented=False)
    print_source(Console(file=text, width=400), facts)
    return text.getvalue()


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
                faults=[{"kind": kind, "match": match, "times": -1} for kind, match, _, _ in faults.values()],
            )
            ran = standin.run(data=data)
            landed = {table for table in TABLES if modified(data, table) == news}
            status = run_cli("status", data=data)
            ones = {table: known(table, data) for table in faults}
            now = current_release(data)
            broken.append(Broken(ran, status, ones, landed, now.name, sources(now), figures(now)))
        standin.heal()
        healed_ran = standin.run(data=data)
        untouched = digests(release) == digest
        before = release.name, figures(release)
        return Story(*before, untouched, broken, sources(current_release(data)), healed_ran)


BOTH = pytest.mark.parametrize(("run", "faults"), [(0, FIRST), (1, SECOND)], ids=["first", "second"])


@BOTH
def test_each_broken_source_is_one_line_in_its_group_that_fits_a_terminal(
    story: Story, run: int, faults: Faults
) -> None:
    ran = story.broken[run].ran
    assert ran.code == 1
    for table, (_, _, group, told) in faults.items():
        (line,) = [line for line in ran.group(group) if line.startswith(f"cbs/{table}: ")]
        assert told in line and " -> " in line, line
    assert len(ran.errors) == len(faults), ran.err
    assert all(len(line) <= 120 for line in ran.err.splitlines()[:-2]), ran.err
    assert "http://" not in ran.err and "Traceback" not in ran.err + ran.out


@BOTH
def test_the_status_of_one_source_tells_every_way_that_was_tried(story: Story, run: int, faults: Faults) -> None:
    for table, (_, _, _, told) in faults.items():
        text = story.broken[run].ones[table]
        assert told in text
        assert re.search(rf"asked http://127\.0\.0\.1:\d+/\S*{table}", text), text
        assert all(str(access.protocol) in text for access in ALL[f"cbs/{table}"].access)
        assert "last tried 20" in text and "failing since 20" in text


@BOTH
def test_the_other_sources_are_done(story: Story, run: int, faults: Faults) -> None:
    assert story.broken[run].landed == TABLES - set(faults)


@BOTH
def test_all_is_published_with_the_figures_of_the_broken_ones_as_they_were(
    story: Story, run: int, faults: Faults
) -> None:
    broken = story.broken[run]
    assert broken.release != story.before and broken.release in broken.ran.out
    assert broken.figures == story.figures and story.untouched
    for table in TABLES:
        state, reason = broken.sources[table]
        if table in faults:
            assert state == "kept" and re.fullmatch(rf"20\S+: {REASONS[faults[table][2]]}", reason or "")
        else:
            assert state in ("current", "stale")


@BOTH
def test_the_status_labels_what_was_kept_and_why(story: Story, run: int, faults: Faults) -> None:
    for shown in (story.broken[run].status, story.broken[run].ran):
        for table in TABLES:
            state = shown.state(f"cbs/{table}")
            if table in faults:
                assert state.startswith("keptsince20"), state
                assert REASONS[faults[table][2]] in shown.out and faults[table][3] not in shown.out
            else:
                assert state == "current" or state.startswith("stalesince"), state


def test_a_source_that_goes_on_failing_is_kept_since_the_day_that_it_began(story: Story) -> None:
    reasons = [str(broken.sources["81575NED"][1]) for broken in story.broken]
    assert reasons[0] == reasons[1] and reasons[0].startswith("20")


def test_the_next_good_run_clears_the_labels(story: Story) -> None:
    assert story.healed_ran.code == 0, story.healed_ran.err
    assert {story.healed[table][0] for table in TABLES} == {"current", "stale"}


def test_what_can_be_asked_again_is_a_command(story: Story) -> None:
    (command,) = [line for line in story.broken[0].ran.err.splitlines() if line.startswith("Run these again: ")]
    expected = " ".join(f"--select cbs/{table}" for table in sorted(FIRST))
    assert command == f"Run these again: regiokompas run --from live {expected}"


def test_a_first_run_of_which_nothing_lands_publishes_nothing(live_run: Run, standin: Standin, tmp_path: Path) -> None:
    data = new_data(live_run.data, tmp_path / "data")
    standin.heal()
    standin.fault("http500", "81575NED", -1)
    ran = standin.run("--select", "cbs/81575NED", data=data)
    standin.heal()
    assert ran.code == 1 and not release_ids(data)
    assert ran.state("cbs/81575NED").startswith("absent")
    (line,) = ran.group("No answer")
    assert "HTTP 500, expected 200" in line
    (why,) = ran.group("Why nothing was published")
    assert "nothing has landed yet" in why and len(ran.errors) == 2


def test_without_the_newest_regions_nothing_is_published(live_run: Run, standin: Standin, tmp_path: Path) -> None:
    data = new_data(live_run.data, tmp_path / "data")
    standin.heal()
    ran = standin.run("--select", "cbs/83583NED", "--select", "cbs/82949NED", data=data)
    assert ran.code == 1 and not release_ids(data)
    (why,) = ran.group("Why nothing was published")
    assert "no table of the regions of 2026 has ever landed" in why and "--select cbs/86247NED" in why
