"""What the doctor says of every source before a run: whether it is there, what it lacks, what a person has to fetch."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support import (
    SHARED,
    STANDIN_CARDS,
    Ran,
    Standin,
    copy_data,
    drop_weekly_vacancies,
    open_standin,
    run_cli,
)

from pipelines.commands.doctor import Finding, examine
from pipelines.indicators.registry import read_indicators
from pipelines.ingest.origins import LandingOrigin, LiveOrigin, open_origin
from pipelines.ingest.refresh import refresh
from pipelines.landing.store import Landing
from pipelines.settings import CARDS, Settings
from pipelines.sources.access import Protocol
from pipelines.sources.card import SourceCard, load_cards
from schemas.shapes import check_shape

ALL = load_cards(CARDS)
INDICATORS = read_indicators()
LANDED = ["cbs/83583NED", "cbs/82949NED", "rijk/subsidies_2015"]
Table = dict[str, Any]


@contextmanager
def serving(folder: Path, table_id: str, change: Callable[[Table], object]) -> Iterator[Standin]:
    """A stand-in that has one table, changed."""
    table = json.loads(gzip.decompress((SHARED / f"standin/tables/{table_id}.json.gz").read_bytes()))
    change(table)
    folder.mkdir()
    (folder / f"{table_id}.json.gz").write_bytes(gzip.compress(json.dumps(table).encode(), 1))
    with open_standin("--tables", str(folder)) as standin:
        yield standin


def examined(folder: Path, table_id: str, change: Callable[[Table], object]) -> Finding:
    with serving(folder / "tables", table_id, change) as standin:
        return examine(ALL[f"cbs/{table_id}"], standin.origin(), INDICATORS)


def the_problem(finding: Finding, *parts: str) -> str:
    (problem,) = map(str, finding.problems)
    assert all(part in problem for part in (finding.card.dataset_id, *parts)), problem
    assert " -> " in problem and "\n" not in problem
    return problem


def topic(table: Table, key: str) -> dict[str, Any]:
    return next(p for p in table["dataproperties"] if p["Key"] == key)


def row_of(ran: Ran, dataset_id: str) -> list[str]:
    """The cells that the table has of a source."""
    return next(line.split() for line in ran.out.splitlines() if line.startswith(f"{dataset_id} "))


def with_drops_in(origin: LiveOrigin, data: Path) -> LiveOrigin:
    return replace(origin, addresses={**origin.addresses, Protocol.DROP: str(data / "drop")})


@pytest.fixture(scope="module")
def landed(standin: Standin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a landing of a few sources of the stand-in."""
    data = tmp_path_factory.mktemp("landed")
    standin.heal()
    for dataset_id in LANDED:
        refresh(ALL[dataset_id], standin.origin(), Landing(data / "landing"), data / "raw", check_shape)
    return data


def test_the_sample_is_whole(tmp_path: Path) -> None:
    ran = run_cli("doctor", "--verbose", "--from", "sample", data=tmp_path)
    assert ran.code == 0, ran.out + ran.err
    assert f"All {len(ALL)} sources are complete" in ran.out
    assert all(row_of(ran, dataset_id)[-2] == "-" for dataset_id in ALL)
    assert not (tmp_path / "landing").exists(), "the doctor wrote something"


def test_a_glob_that_matches_nothing_is_an_error(tmp_path: Path) -> None:
    ran = run_cli("doctor", "--verbose", "--select", "cbs/0000*", data=tmp_path)
    assert ran.code == 1 and len(ran.errors) == 1 and "cbs/0000*" in ran.errors[0]


@pytest.mark.standin
def test_what_the_standin_has_is_whole_and_no_figure_is_asked_for(standin: Standin, tmp_path: Path) -> None:
    standin.heal()
    drop_weekly_vacancies(tmp_path)
    chosen = [argument for dataset_id in STANDIN_CARDS for argument in ("--select", dataset_id)]
    ran = run_cli("doctor", "--verbose", "--from", "live", *chosen, data=tmp_path, **standin.environment)
    assert ran.code == 0, ran.out + ran.err
    assert f"All {len(STANDIN_CARDS)} sources are complete" in ran.out
    # Of the year 2015 that the stand-in has, the next figures were due a year after its end.
    source, access, _, _, newest, expected, problems, state = row_of(ran, "cbs/70072ned")
    assert (source, access, newest, problems) == ("cbs/70072ned", "cbs_odata3", "2015", "-")
    assert expected > "2016-12-31" and state == "stale"
    assert not [path for path in standin.asked() if "Observations" in path or "DataSet" in path or "/csv/" in path]
    assert not (tmp_path / "landing").exists(), "the doctor wrote something"


@pytest.mark.standin
def test_a_source_that_does_not_answer_is_named_with_its_address(standin: Standin, tmp_path: Path) -> None:
    standin.heal()
    standin.fault("http503", "83583NED", -1)
    chosen = ("--select", "cbs/83583NED", "--select", "cbs/82949NED")
    ran = run_cli("doctor", "--verbose", "--from", "live", *chosen, data=tmp_path, **standin.environment)
    standin.heal()
    assert ran.code == 1 and "1 of 2 sources would be incomplete" in ran.out
    (line,) = ran.group("No answer")
    assert line.startswith("cbs/83583NED: HTTP 503") and " -> " in line and standin.address not in line
    assert row_of(ran, "cbs/83583NED")[-2:] == ["1", "absent"] and row_of(ran, "cbs/82949NED")[-2:] == ["-", "current"]


@pytest.mark.standin
def test_what_landed_before_would_be_kept(standin: Standin, landed: Path) -> None:
    have = Landing(landed / "landing").current("cbs/83583NED", invented=False)
    standin.heal()
    standin.fault("http500", "83583NED", -1)
    finding = examine(ALL["cbs/83583NED"], standin.origin(), INDICATORS, have, "2019JJ00")
    standin.heal()
    assert finding.state == "kept" and finding.newest == "2019JJ00" and finding.expected
    the_problem(finding, "HTTP 500")


@pytest.mark.standin
def test_a_table_that_no_access_offers_is_named_with_every_way(standin: Standin) -> None:
    standin.heal()
    finding = examine(ALL["cbs/81578NED"], standin.origin())
    line = the_problem(finding, "no way to it works", "cbs_odata4 HTTP 404", "cbs_odata3 HTTP 404")
    assert "/odata/v1/CBS/81578NED" in line and "/ODataApi/odata/81578NED" in line and finding.state == "absent"


@pytest.mark.standin
def test_a_renamed_dimension_is_named_with_both_lists(tmp_path: Path) -> None:
    def rename(table: Table) -> None:
        text = json.dumps(table).replace('"Bedrijfsgrootte"', '"Grootteklasse"')
        table.update(json.loads(text))

    finding = examined(tmp_path, "83583NED", rename)
    the_problem(finding, "Grootteklasse", "Bedrijfsgrootte", "dimensions")


@pytest.mark.standin
def test_another_unit_is_named_with_the_indicators_that_use_the_measure(tmp_path: Path) -> None:
    finding = examined(tmp_path, "70072ned", lambda t: topic(t, "TotaalAantalBanen_112").update(Unit="aantal"))
    the_problem(finding, "TotaalAantalBanen", "'aantal'", "'x 1 000'", "used by jobs_count")
    assert finding.access == "cbs_odata3" and finding.newest == "2015JJ00"


@pytest.mark.standin
def test_a_measure_that_went_away_is_named_with_its_indicators(tmp_path: Path) -> None:
    def without_jobs(table: Table) -> None:
        topic(table, "TotaalAantalBanen_112").update(Key="Vacatures_112", Title="Vacatures")

    the_problem(examined(tmp_path, "70072ned", without_jobs), "TotaalAantalBanen", "not in the source", "jobs_count")


@pytest.mark.standin
def test_what_no_indicator_uses_is_only_a_remark(standin: Standin) -> None:
    standin.heal()
    finding = examine(ALL["cbs/81575NED"], standin.origin(), [i for i in INDICATORS if "T001081" in i.dims])
    (remark,) = finding.remarks
    assert finding.problems == () and "cbs/81575NED" in remark and "BedrijfstakkenBranchesSBI2008=301000" in remark


@pytest.mark.standin
def test_a_table_that_its_publisher_stopped_is_told_until_its_card_says_so(tmp_path: Path) -> None:
    def stop(table: Table) -> None:
        table["info"]["OutputStatus"] = "Gediscontinueerd"

    finding = examined(tmp_path, "83583NED", stop)
    the_problem(finding, "Gediscontinueerd", "`ended`")
    assert finding.state == "stopped"
    ended = {"since": "2021-04-16", "state": "stopped", "reason": {"nl": "Gestopt.", "en": "Stopped."}}
    card = SourceCard.model_validate({**ALL["cbs/83583NED"].model_dump(by_alias=True), "ended": ended})
    with serving(tmp_path / "again", "83583NED", stop) as standin:
        finding = examine(card, standin.origin(), INDICATORS)
    assert finding.state == "stopped" and finding.problems == ()


@pytest.mark.standin
def test_a_source_that_has_ended_and_landed_is_not_asked_again(standin: Standin, landed: Path) -> None:
    card = ALL["rijk/subsidies_2015"]
    have = Landing(landed / "landing").current(card.dataset_id, invented=False)
    standin.heal()
    finding = examine(card, standin.origin(), have=have)
    assert finding.state == "archived" and finding.problems == () and standin.asked() == {}


def test_a_file_that_a_person_has_to_fetch_is_told_with_all_that_is_to_be_done(tmp_path: Path) -> None:
    ran = run_cli("doctor", "--verbose", "--from", "live", "--select", "uwv/spanningsindicator", data=tmp_path)
    assert ran.code == 1 and row_of(ran, "uwv/spanningsindicator")[-1] == "awaited"
    (line,) = ran.group("Awaited: a person has to fetch it")
    assert line.startswith("uwv/spanningsindicator: nothing was put here yet -> On the dashboard")
    (access,) = ALL["uwv/spanningsindicator"].access
    whole = the_problem(examine(ALL["uwv/spanningsindicator"], open_origin(Settings(data=tmp_path, origin="live"))))
    told = (access.page, "dashboard", str(tmp_path / "drop" / "uwv__spanningsindicator"), "2026KW03__2026-11-20.csv")
    assert all(part in whole for part in told), whole


@pytest.mark.standin
def test_a_file_that_a_person_brought_is_seen(standin: Standin, tmp_path: Path) -> None:
    drop_weekly_vacancies(tmp_path)
    finding = examine(ALL["uwv/werknl_vacancies"], with_drops_in(standin.origin(), tmp_path))
    assert (finding.access, finding.modified, finding.problems) == ("drop", "2026-11-20", ())


@pytest.mark.standin
@pytest.mark.parametrize(("path", "there"), [("municipal/amsterdam-subsidies-2016.json", True), ("nowhere", False)])
def test_a_source_without_a_word_of_its_age_is_still_looked_for(standin: Standin, path: str, there: bool) -> None:
    card = ALL["amsterdam/subsidies"]
    access = card.access[0].model_copy(update={"path": path})
    origin = standin.origin()
    origin = replace(origin, addresses={**origin.addresses, Protocol.HAL: f"{standin.address}/files"})
    finding = examine(card.model_copy(update={"access": (access,)}), origin)
    assert (finding.problems == ()) is there
    assert there or "/files/nowhere: HTTP 404" in the_problem(finding)


@pytest.mark.standin
def test_a_landing_is_whole_for_the_sources_that_it_has(landed: Path, tmp_path: Path) -> None:
    chosen = [argument for dataset_id in LANDED for argument in ("--select", dataset_id)]
    ran = run_cli("doctor", "--verbose", "--from", str(landed / "landing"), *chosen, data=tmp_path)
    assert ran.code == 0, ran.out + ran.err
    assert row_of(ran, "cbs/83583NED")[1] == "cbs_odata3" and row_of(ran, "cbs/83583NED")[4] == "2019"
    ran = run_cli("doctor", "--verbose", "--from", str(landed / "landing"), data=tmp_path)
    assert ran.code == 1 and f"{len(ALL) - len(LANDED)} of {len(ALL)} sources" in ran.out
    assert len(ran.group("Refused")) < len(ALL) - len(LANDED) and "more: regiokompas status" in ran.err
    assert any("it is not in the landing" in line for line in ran.group("Refused"))


@pytest.mark.standin
def test_damaged_bytes_in_a_landing_are_named(landed: Path, tmp_path: Path) -> None:
    data = copy_data(landed, tmp_path / "data")
    landing = Landing(data / "landing")
    snapshot = landing.current("cbs/83583NED", invented=False)
    assert snapshot
    broken = landing.path(snapshot.resources[-1].sha256)
    broken.write_bytes(broken.read_bytes()[:-9])
    finding = examine(ALL["cbs/83583NED"], LandingOrigin(landing, is_invented=False))
    the_problem(finding, str(broken), "cannot be read")


@pytest.mark.standin
def test_an_answer_to_another_question_is_told(landed: Path) -> None:
    card = ALL["cbs/83583NED"]
    kept = card.dimensions["Bedrijfsgrootte"].model_copy(update={"codes": card.dimensions["Bedrijfsgrootte"].codes[:1]})
    other = card.model_copy(update={"dimensions": {**card.dimensions, "Bedrijfsgrootte": kept}})
    origin = LandingOrigin(Landing(landed / "landing"), is_invented=False)
    assert examine(card, origin, INDICATORS, today=date(2020, 1, 1)).state == "current"
    the_problem(examine(other, origin, INDICATORS), "another question")
