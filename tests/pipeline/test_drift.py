"""A source that changes its own description is told, and blocks only what uses the part that changed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from conftest import Run
from support import (
    SHARED,
    Ran,
    Standin,
    copy_data,
    copy_project,
    current_release,
    new_data,
    open_standin,
    query,
)
from support_http import open_site
from support_tables import Table, serving, topic

from pipelines.indicators.held_back import with_dependents
from pipelines.indicators.registry import read_indicators
from pipelines.ingest.drift import Change, as_rows, drift, reasons_to_hold_back
from pipelines.ingest.refresh import refresh
from pipelines.landing.store import Landing
from pipelines.settings import CARDS
from pipelines.sources.card import SourceCard, load_cards
from schemas.wire import check_raw

pytestmark = pytest.mark.standin
ALL = load_cards(CARDS)
INDICATORS = read_indicators()
# What is computed from jobs_count.
OF_JOBS = {
    "jobs_growth_1y_pct",
    "jobs_growth_5y_pct",
    "jobs_per_working_age_inhabitant_ratio",
    "open_vacancies_per_1000_jobs_rate",
}


def blocked_indicators(indicators: list[dict[str, str]], changes: list[Change]) -> list[dict[str, str]]:
    return with_dependents(indicators, reasons_to_hold_back(indicators, changes))


def changes_of(
    standin: Standin, folder: Path, dataset_id: str, change: Callable[[Table], object], card: SourceCard | None = None
) -> list[Change]:
    """Land a table, land it again after a change, and tell the drift."""
    landing, one = Landing(folder / "landing"), card or ALL[dataset_id]
    standin.heal()
    refresh(ALL[dataset_id], standin.origin(), landing, folder / "raw", check_raw)
    with serving(folder / "tables", {one.table: change}) as changed:
        refresh(one, changed.origin(), landing, folder / "raw", check_raw)
    return drift(one, landing, invented=False)


def retitled(table: Table) -> None:
    topic(table, "TotaalAantalBanen_112")["Title"] = "Banen van werknemers en zelfstandigen"


def counted_in_ones(table: Table) -> None:
    topic(table, "TotaalAantalBanen_112")["Unit"] = "aantal"


def without_jobs(table: Table) -> None:
    table["dataproperties"].remove(topic(table, "TotaalAantalBanen_112"))
    at = table["columns"].index("TotaalAantalBanen_112")
    del table["columns"][at]
    table["rows"] = [[*row[:at], *row[at + 1 :]] for row in table["rows"]]


@pytest.mark.parametrize(
    ("change", "kind", "what"),
    [(retitled, "measure", "renamed"), (counted_in_ones, "unit", "renamed"), (without_jobs, "measure", "removed")],
)
def test_a_measure_that_changed_blocks_its_indicators_only(
    standin: Standin, tmp_path: Path, change: Callable[[Table], object], kind: str, what: str
) -> None:
    found = changes_of(standin, tmp_path, "cbs/70072ned", change)
    (blocking,) = [c for c in found if c.is_blocking]
    assert (blocking.kind, blocking.change, blocking.code) == (kind, what, "TotaalAantalBanen")
    rows = [row for row in INDICATORS if row.indicator_id in ("jobs_count", "population_count")]
    (blocked,) = blocked_indicators(rows, found)
    assert blocked["indicator_id"] == "jobs_count" and " -> " in blocked["reason"]


def test_what_is_computed_from_a_blocked_indicator_is_blocked_too() -> None:
    gone = Change("cbs/70072ned", "measure", "removed", "", "TotaalAantalBanen", "Totaal aantal banen", None, True)
    reasons = {row["indicator_id"]: row["reason"] for row in blocked_indicators(INDICATORS, [gone])}
    assert reasons.keys() == {"jobs_count", *OF_JOBS}
    assert all("jobs_count" in reasons[name] and "TotaalAantalBanen" in reasons[name] for name in OF_JOBS)


def test_a_published_rate_stays_when_what_it_could_be_recomputed_from_is_blocked() -> None:
    gone = Change("cbs/83648NED", "measure", "removed", "", "M004200_2", "Geregistreerde misdrijven", None, True)
    assert [row["indicator_id"] for row in blocked_indicators(INDICATORS, [gone])] == ["crimes_count"]


def test_a_new_title_that_stands_on_the_card_is_accepted(standin: Standin, tmp_path: Path) -> None:
    content = ALL["cbs/70072ned"].model_dump()
    jobs = next(m for m in content["measures"] if m["code"] == "TotaalAantalBanen")
    jobs["title"] = "Banen van werknemers en zelfstandigen"
    accepted = SourceCard.model_validate(content)
    assert not [c for c in changes_of(standin, tmp_path, "cbs/70072ned", retitled, accepted) if c.is_blocking]


def test_a_code_that_went_away_blocks_what_selects_it(standin: Standin, tmp_path: Path) -> None:
    def smaller(table: Table) -> None:
        size = "WP19074"
        table["codes"]["Bedrijfsgrootte"] = [c for c in table["codes"]["Bedrijfsgrootte"] if c["Key"].strip() != size]
        table["rows"] = [row for row in table["rows"] if row[1].strip() != size]

    found = changes_of(standin, tmp_path, "cbs/83583NED", smaller)
    (blocking,) = [c for c in found if c.is_blocking]
    assert (blocking.kind, blocking.change, blocking.dimension, blocking.code) == (
        "code",
        "removed",
        "Bedrijfsgrootte",
        "WP19074",
    )


def test_new_and_gone_regions_are_told_and_block_nothing(standin: Standin, tmp_path: Path) -> None:
    def merged(table: Table) -> None:
        regions = table["codes"]["RegioS"]
        gone = next(c for c in regions if c["Identifier"] == "GM0935")
        gone.update(Identifier="GM9999", Title="Maasrijk")
        at = table["columns"].index("RegioS")
        for row in table["rows"]:
            row[at] = "GM9999" if row[at] == "GM0935" else row[at]

    found = changes_of(standin, tmp_path, "cbs/81575NED", merged)
    columns = ("change", "dimension", "code", "before", "after", "is_blocking")
    assert {tuple(row[name] for name in columns) for row in as_rows(found)} == {
        ("removed", "RegioS", "GM0935", "Maastricht", None, False),
        ("added", "RegioS", "GM9999", None, "Maasrijk", False),
    }


@pytest.fixture(scope="module")
def drifted(live_run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Path, Path]:
    """A run after a good one: one measure counts otherwise, a table lost a dimension, one ended, and one is gone."""

    def other_dimension(table: Table) -> None:
        for entry in table["dataproperties"]:
            if entry["Key"] == "SoortMisdrijf":
                entry["Key"] = "Misdrijf"
        table["codes"]["Misdrijf"] = table["codes"].pop("SoortMisdrijf")
        table["dims"] = [d.replace("SoortMisdrijf", "Misdrijf") for d in table["dims"]]
        table["columns"] = ["Misdrijf" if c == "SoortMisdrijf" else c for c in table["columns"]]

    def ended(table: Table) -> None:
        table["properties"].update(Status="Gediscontinueerd", VersionReason="Stopgezet")

    folder = tmp_path_factory.mktemp("drift")
    data = copy_data(live_run.data, folder / "data")
    with serving(
        folder / "tables", {"70072ned": counted_in_ones, "83648NED": other_dimension, "81575NED": ended}
    ) as standin:
        standin.fault("http404", "83583NED", -1)
        ran = standin.run(data=data)
    return ran, data, live_run.release


def test_the_run_publishes_what_is_whole_and_ends_non_zero(drifted: tuple[Ran, Path, Path]) -> None:
    ran, data, before = drifted
    assert ran.code == 1 and current_release(data).name != before.name
    assert "Traceback" not in ran.err + ran.out
    (unit,) = ran.group("Indicators held back")
    assert unit.startswith("jobs_count (and what is computed from it") and "unit" in unit
    (dimension,) = ran.group("Changed")
    assert dimension.startswith("cbs/83648NED: ") and "Misdrijf" in dimension and " -> " in dimension
    (gone,) = ran.group("Gone")
    assert gone.startswith("cbs/83583NED: HTTP 404") and len(ran.errors) == 3, ran.err
    log = (data / "build" / "run.log").read_text(encoding="utf-8")
    assert "unit 'aantal'" in log and "'x 1 000'" in log and "no way to it works: cbs_odata4 HTTP 404" in log


def test_only_the_indicator_that_uses_it_is_left_out(drifted: tuple[Ran, Path, Path]) -> None:
    _, data, before = drifted
    count = "select indicator_id, count(*) from observations group by indicator_id"
    was, now = dict(query(before, count)), dict(query(current_release(data), count))
    assert was.keys() - now.keys() == {"jobs_count"}
    assert now == {name: rows for name, rows in was.items() if name != "jobs_count"}
    states = dict(query(current_release(data), "select indicator_id, state from indicators"))
    assert {name for name, state in states.items() if state == "blocked"} == {"jobs_count", *OF_JOBS}


def test_the_states_are_visible(drifted: tuple[Ran, Path, Path]) -> None:
    ran, data, _ = drifted
    states = dict(query(current_release(data), "select dataset_id, state from sources"))
    assert states["cbs/83648NED"] == states["cbs/83583NED"] == "kept"
    assert states["cbs/81575NED"] == "stopped"
    assert ran.state("cbs/81575NED").startswith("stoppedsince") and "says that it was discontinued" in ran.out


def test_the_changes_are_published(drifted: tuple[Ran, Path, Path]) -> None:
    _, data, _ = drifted
    rows = query(current_release(data), "select dataset_id, kind, change, code, is_blocking from source_changes")
    assert rows == [("cbs/70072ned", "unit", "renamed", "TotaalAantalBanen", 1)]


def test_a_table_that_is_gone_is_kept_as_it_was(drifted: tuple[Ran, Path, Path]) -> None:
    ran, data, before = drifted
    assert ran.state("cbs/83583NED").startswith("keptsince")
    reason = "select reason_nl, reason_en from sources where dataset_id = 'cbs/83583NED'"
    ((nl, en),) = query(current_release(data), reason)
    assert "hier wordt hij niet meer aangeboden" in nl and "no longer offered" in en
    figures = (
        "select count(*), sum(value) from observations join origins using (origin_id) where dataset_id = 'cbs/83583NED'"
    )
    assert query(current_release(data), figures) == query(before, figures)
    assert query(before, figures)[0][0] > 0


def test_a_person_says_that_it_ended_and_what_came_right_comes_back(
    drifted: tuple[Ran, Path, Path], tmp_path: Path
) -> None:
    _, drifted_data, before = drifted
    data, project = copy_data(drifted_data, tmp_path / "data"), copy_project(tmp_path / "project")
    path = project / "pipelines" / "cards" / "cbs.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    card = next(c for c in content["cards"] if c["table"] == "83583NED")
    card["ended"] = {"since": "2026-11-20", "state": "stopped", "reason": {"nl": "Vervangen", "en": "Replaced"}}
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    with open_standin() as standin:
        standin.fault("http404", "83583NED", -1)
        ran = standin.run(data=data, project=project)
    # From then on it is no error any more.
    assert ran.code == 0, ran.err
    sources = "select state, reason_en, reason_nl from sources where dataset_id = ?"
    release = current_release(data)
    assert query(release, sources, "cbs/83583NED") == [("stopped", "2026-11-20: Replaced", "2026-11-20: Vervangen")]
    assert query(release, sources, "cbs/81575NED") == [("current", None, None)]
    count = "select indicator_id, count(*), sum(value) from observations group by indicator_id order by 1"
    assert query(release, count) == query(before, count)


def test_sources_that_are_not_as_expected_leave_the_others_alone(live_run: Run, tmp_path: Path) -> None:
    """A first run of a file with a new column, of boundaries without their year, and of a table that is whole."""
    files = tmp_path / "files"
    shutil.copytree(SHARED / "standin" / "files" / "national", files / "national")
    # The stand-in's own folders are read-only.
    for path in files.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    source = files / "national" / "subsidiesministeries2015.csv"
    lines = source.read_text(encoding="utf-8").splitlines()
    source.write_text("\n".join([lines[0] + ",Plaats", *(line + ",Urk" for line in lines[1:])]), encoding="utf-8")
    data, boundaries = new_data(live_run.data, tmp_path / "data"), "pdok/gemeente_gegeneraliseerd_2026"
    chosen = [
        part
        for card in ("cbs/81575NED", "cbs/86247NED", "rijk/subsidies_2015", boundaries)
        for part in ("--select", card)
    ]
    with open_standin("--files", str(files)) as standin, open_site() as pdok:
        nothing = {"type": "FeatureCollection", "features": [], "links": [], "numberReturned": 0}
        pdok.put("/collections/gemeente_gegeneraliseerd/items", nothing)
        ran = standin.run(*chosen, data=data, REGIOKOMPAS_PDOK_URL=pdok.url)
    assert ran.code == 1 and len(ran.errors) == 2
    file, areas = sorted(ran.group("Changed"), reverse=True)
    assert file.startswith("rijk/subsidies_2015: unknown columns: Plaats") and " -> " in file
    assert areas.startswith(f"{boundaries}: the collection gemeente_gegeneraliseerd has no") and " -> " in areas
    log = (data / "build" / "run.log").read_text(encoding="utf-8")
    assert "has no features for jaarcode=2026, expected" in log
    assert "expected Overheid, Regeling" in log and " -> correct `layout` on the card" in log
    release = current_release(data)
    assert release.name in ran.out and "nothing was published" not in ran.out
    assert query(release, "select state from sources where dataset_id = 'cbs/81575NED'") == [("current",)]
    found = query(release, "select state, reason_en from sources where dataset_id = 'rijk/subsidies_2015'")
    assert found[0][0] == "absent" and "it is not what its card says" in found[0][1] and "Plaats" not in found[0][1]
    assert query(release, "select sum(value) from observations") == [(2_612_530.0,)]
