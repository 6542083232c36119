"""Three days of whoever runs it live: one on which much fails, one on which all is well, one without a network.

On each of them what is whole is published, and what is not is told: which, why, and what to do.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support import Ran, current_release, query, read_release, release_ids, run_cli
from support_live_day import (
    ALL,
    AWAITED,
    BROUGHT,
    DEAD_BUT_BROUGHT,
    DROPPED_BY_EUROSTAT,
    HELD_BACK,
    NEWS_REGION,
    NUMBER_OF_STUDENTS,
    TRIALS,
    WITHOUT_STATUS,
    World,
    live_world,
)

from pipelines.commands.source_status import everything_known
from pipelines.commands.terminal import WIDTH
from pipelines.concerns import HELD_BACK as HELD
from pipelines.concerns import TITLES
from pipelines.errors import Trouble
from pipelines.ingest.health import TROUBLES
from pipelines.settings import Settings
from pipelines.sources.access import Protocol

WELL = {"current", "stale", "stopped", "archived"}
COUNTED = ("cbs/83631NED", "cbs/82522NED", "cbs/85554NED")
Source = dict[str, Any]


@dataclass(frozen=True)
class Day:
    """A run of one of the days, and the release that was current that evening."""

    ran: Ran
    release: Path
    sources: dict[str, Source]

    @property
    def states(self) -> dict[str, str]:
        """The state of every source."""
        return {name: source["state"] for name, source in self.sources.items()}

    def figures(self, name: str = "observations") -> pl.DataFrame:
        """A table of the release."""
        return pl.read_parquet(self.release / "tables" / f"{name}.parquet")


@dataclass(frozen=True)
class Days:
    """The three days in one data folder, and what was told of a source on the evening of the first."""

    world: World
    first: Day
    second: Day
    third: Day
    status: Ran
    known: dict[str, str]


def run(world: World, environment: dict[str, str]) -> Day:
    ran = run_cli("run", "--from", "live", data=world.data, project=world.project, **environment)
    assert release_ids(world.data), ran.err + ran.out
    release = current_release(world.data)
    rows = pl.read_parquet(release / "tables" / "sources.parquet").to_dicts()
    return Day(ran, release, {row["dataset_id"]: row for row in rows})


def told_of_sources(world: World) -> dict[str, str]:
    """All that is known of each source that failed, as `status` prints it."""
    settings = Settings(data=world.data)
    known = {name: everything_known(ALL[name], settings, invented=False) for name in TRIALS}
    return {name: "\n".join(line for _, lines in facts for line in lines) for name, facts in known.items()}


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    with live_world(tmp_path_factory.mktemp("live")) as world:
        world.bring(DEAD_BUT_BROUGHT)
        world.bring_shops_by_another_name()
        first = run(world, world.environment)
        where = {"data": world.data, "project": world.project}
        status = run_cli("status", "cbs/82015NED", **where, **world.environment)
        known = told_of_sources(world)
        world.heal()
        world.bring(*AWAITED, *BROUGHT)
        second = run(world, world.environment)
        third = run(world, world.without_any)
        yield Days(world, first, second, third, status, known)


# The first day.


def test_all_that_was_whole_is_published(days: Days) -> None:
    states = days.first.states
    assert days.first.ran.code == 1
    assert {name: states[name] for name in TRIALS} == {name: trial.state for name, trial in TRIALS.items()}
    assert {name for name, state in states.items() if state == "awaited"} == AWAITED
    others = set(ALL) - set(TRIALS) - AWAITED
    assert {name: states[name] for name in others if states[name] not in WELL} == {}
    assert {name for name in others if not days.first.sources[name]["rows_count"]} == set()


def test_every_figure_of_a_source_that_was_whole_is_there(days: Days) -> None:
    release = days.first.release
    published = {
        name
        for (name,) in query(release, "select distinct dataset_id from observations join origins using (origin_id)")
    }
    used = query(release, "select indicator_id, dataset_id from indicators where dataset_id is not null")
    whole = {name for name, state in days.first.states.items() if state in WELL}
    assert {name for indicator, name in used if name in whole and indicator not in HELD_BACK} <= published
    assert not published & set(TRIALS)
    years = {year for (year,) in query(release, "select distinct boundary_year from region_boundaries")}
    assert years == {card.boundaries.boundary_year for card in ALL.values() if card.boundaries} - {2020}


@pytest.mark.parametrize("name", TRIALS)
def test_what_failed_says_since_when_and_why(days: Days, name: str) -> None:
    trial, source = TRIALS[name], days.first.sources[name]
    for lang in ("nl", "en"):
        reason = source[f"reason_{lang}"]
        assert re.match(r"\d{4}-\d\d-\d\dT", reason) and "\n" not in reason
        assert trial.trouble is None or f": {getattr(TROUBLES[trial.trouble], lang)}" in reason


@pytest.mark.parametrize("name", TRIALS)
def test_every_way_that_was_tried_is_known_with_its_address_and_its_answer(days: Days, name: str) -> None:
    known, trial = days.known[name], TRIALS[name]
    assert f"State      {trial.state}: " in known and trial.told in known
    if trial.trouble is None:
        assert re.search(r"missing since \S+: http://\S+/subsidieregister-2019-excel: HTTP 404", known)
        return
    for access in ALL[name].access:
        assert f"{access.protocol} ({access.certainty})" in known
    found = re.findall(r"^    (\w+): ", known, re.MULTILINE)
    assert trial.trouble in found and len(found) == len(ALL[name].access)
    # What was read and refused is no matter of one address.
    assert "    asked http://" in known or trial.trouble is Trouble.CHANGED


def test_the_command_line_tells_the_same_of_one_source(days: Days) -> None:
    told = days.status.out
    assert days.status.code == 0 and "cbs/82015NED" in told.splitlines()[0]
    for protocol in (Protocol.CBS_ODATA4, Protocol.CBS_ODATA3):
        address = f"{days.world.server.addresses[protocol]}"
        assert re.search(rf"asked {re.escape(address)}/\S*82015NED", told), told
    assert told.count("gone: HTTP 404, expected 200") == 2 and "Used by\n  welfare_households_count" in told


def test_an_address_that_nobody_confirmed_gives_way_to_what_a_person_brought(days: Days) -> None:
    source = days.first.sources[DEAD_BUT_BROUGHT]
    assert (source["state"], source["protocol"]) == ("current", Protocol.DROP)


def test_a_year_that_is_missing_takes_no_other_along(days: Days) -> None:
    sql = "select distinct year from subsidies where dataset_id = 'groningen/subsidies'"
    assert {year for (year,) in query(days.first.release, sql)} == set(range(2015, 2026)) - {2019}


def test_what_selects_nothing_or_goes_out_of_bounds_is_held_back_alone(days: Days) -> None:
    rows = query(days.first.release, "select indicator_id, state_reason from indicators where state = 'blocked'")
    reasons = dict(rows)
    for name, told in HELD_BACK.items():
        assert told in reasons[name], reasons[name]
    computed = {name: reason for name, reason in reasons.items() if name not in HELD_BACK}
    assert all(re.match(rf"it is computed from ({'|'.join(HELD_BACK)}), ", reason) for reason in computed.values())
    figures = query(days.first.release, "select distinct indicator_id from observations")
    assert not {name for (name,) in figures} & set(reasons)


def test_what_is_no_region_is_counted_and_never_published(days: Days) -> None:
    sql = "select count(*) from {} where region_code glob '[A-Z][A-Z]9[89]' or region_code = 'NL00'"
    for table in ("regions", "observations", "observations_on_boundaries"):
        assert query(days.first.release, sql.format(table)) == [(0,)]
    counted = query(days.first.release, "select dataset_id from source_rows where outcome = 'not_classified'")
    assert {dataset_id for (dataset_id,) in counted} >= set(COUNTED)


def test_a_period_without_a_status_is_no_failure(days: Days) -> None:
    for table in sorted(WITHOUT_STATUS):
        joined = "observations join origins using (origin_id)"
        sql = f"select distinct value_status from {joined} where dataset_id = ? and value is not null"
        statuses = {status for (status,) in query(days.first.release, sql, f"cbs/{table}")}
        assert statuses == {"unstated"}, table


def test_topics_are_found_by_the_keys_that_they_have_now(days: Days) -> None:
    sql = "select count(*), max(value) from observations where indicator_id = ?"
    for name in ("jobs_count", "graduates_mbo_count", "graduates_hbo_bachelor_count", "graduates_wo_master_count"):
        ((count, most),) = query(days.first.release, sql, name)
        assert count and most, name
        assert most != NUMBER_OF_STUDENTS, "students were taken for graduates"


def test_eurostat_may_leave_out_a_region_and_answer_later(days: Days) -> None:
    dataset, region = DROPPED_BY_EUROSTAT
    sql = "select distinct region_code from observations join origins using (origin_id) where dataset_id = ?"
    regions = {code for (code,) in query(days.first.release, sql, f"eurostat/{dataset}")}
    assert len(regions) > 5 and region not in regions
    datasets = {path.split("?")[0].rsplit("/", 1)[1] for path in days.world.warned}
    assert datasets == {card.table for card in ALL.values() if card.publisher == "eurostat"}


# What the user sees of it.


def groups_of(ran: Ran) -> dict[str, list[str]]:
    """The lines of standard error under each heading."""
    groups: dict[str, list[str]] = {}
    for line in ran.err.splitlines():
        heading = re.fullmatch(r"(\S.*) \((\d+)\)", line)
        if heading:
            groups[heading[1]] = []
        elif line.startswith("  "):
            groups[[*groups][-1]].append(line.strip())
    return groups


def test_the_end_of_a_run_fits_on_a_screen(days: Days) -> None:
    for day in (days.first, days.second, days.third):
        lines = (day.ran.out + day.ran.err).splitlines()
        told = [line for line in lines if not line.startswith(("Run these again", "Details", "Folder "))]
        assert [line for line in told if len(line) > WIDTH] == []
        assert len(day.ran.err.splitlines()) <= 48
        assert not re.search(r"https?://\S*\?", day.ran.out + day.ran.err.split("\nDetails")[0])
        assert "Traceback" not in day.ran.out + day.ran.err


def test_states_are_counted_and_no_source_has_a_row(days: Days) -> None:
    (line,) = [line for line in days.first.ran.out.splitlines() if line.startswith("Sources")]
    counted = {state: int(number) for number, state in re.findall(r"(\d+) (\w+)", line)}
    assert counted == {state: [*days.first.states.values()].count(state) for state in set(days.first.states.values())}
    assert not [line for line in days.first.ran.out.splitlines() if line.startswith(("cbs/", "source "))]


def test_what_needs_a_person_is_told_in_its_group(days: Days) -> None:
    groups = groups_of(days.first.ran)
    assert [title for title in TITLES.values() if title in groups] == [*groups]
    for name, trial in TRIALS.items():
        title = TITLES[trial.trouble or Trouble.REFUSED]
        lines = groups[title]
        assert any(line.startswith(name) for line in lines) or lines[-1].endswith("more: regiokompas status"), name
    assert {line.split(":")[0] for line in groups[TITLES[Trouble.AWAITED]]} == AWAITED
    assert {line.split(":")[0].split()[0] for line in groups[TITLES[HELD]]} == set(HELD_BACK)


# The day after, and one without a network.


def test_the_day_after_everything_is_whole(days: Days) -> None:
    assert days.second.ran.code == 0, days.second.ran.err
    assert {name: state for name, state in days.second.states.items() if state not in WELL} == {}
    assert query(days.second.release, "select indicator_id from indicators where state = 'blocked'") == []
    assert set(groups_of(days.second.ran)) <= {TITLES["warned"]}


def test_the_newer_figures_are_in_the_release(days: Days) -> None:
    sql = (
        "select period_code, value from observations where indicator_id = 'crimes_count' and region_code = ?"
        " order by period_code desc limit 2"
    )
    before, after = (query(day.release, sql, NEWS_REGION) for day in (days.first, days.second))
    assert after == [(before[0][0], before[0][1] + 1), before[1]]
    for name in (*TRIALS, *AWAITED):
        assert days.second.sources[name]["rows_count"] > 0, name
    for name in HELD_BACK:
        assert query(days.second.release, "select count(*) from observations where indicator_id = ?", name) != [(0,)]


def test_without_a_network_everything_is_kept_as_it_was(days: Days) -> None:
    assert days.third.ran.code == 1
    asked = {
        name
        for name, card in ALL.items()
        if not card.ended and any(access.protocol not in (Protocol.DROP, Protocol.FILE) for access in card.access)
    }
    kept = {name for name, state in days.third.states.items() if state == "kept"}
    assert kept == asked
    assert {days.third.states[name] for name in set(ALL) - kept} <= WELL
    for name in kept:
        assert re.match(r"\d{4}-\d\d-\d\dT.*: it gives no answer", days.third.sources[name]["reason_en"])


@pytest.mark.parametrize("table", ["observations", "observations_on_boundaries", "subsidies", "region_boundaries"])
def test_without_a_network_nothing_less_is_published(days: Days, table: str) -> None:
    assert days.third.release != days.second.release
    assert days.third.figures(table).equals(days.second.figures(table))


def test_no_loss_had_to_be_accepted(days: Days) -> None:
    for day in (days.first, days.second, days.third):
        assert "accepted" not in read_release(day.release)
