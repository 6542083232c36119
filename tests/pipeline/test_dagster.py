"""Dagster: what its UI shows is what the command line runs."""

import json
from pathlib import Path

import dagster as dg
import pytest
from conftest import Run
from dagster._core.remote_representation.external_data import RepositorySnap
from support import new_data, query

from pipelines.definitions import JOB, build_defs
from pipelines.landing.store import Landing
from pipelines.orchestration.checks import WARNINGS
from pipelines.orchestration.schedules import refresh_schedules
from pipelines.orchestration.source_assets import SOURCE_CHECK
from pipelines.orchestration.source_specs import card_key
from pipelines.settings import CARDS, Settings
from pipelines.sources.card import Cadence, load_cards
from schemas.checks import CHECKS

ALL = load_cards(CARDS)
PUBLIC_MODELS = {
    "fct_observation",
    "fct_subsidy",
    "dim_indicator",
    "dim_region",
    "dim_region_boundary",
    "dim_region_membership",
    "dim_municipality_tile",
    "dim_occupation",
    "dim_source",
    "dim_origin",
    "dim_release",
    "rpt_source_change",
    "rpt_source_rows",
    "dim_indicator_source",
    "rpt_subsidy_coverage",
    "rpt_baseline",
    "rpt_baseline_peer",
    "rpt_similar_municipality",
    "rpt_neighbour",
    "dim_peer_group",
    "dim_peer_feature",
    "rpt_municipality_feature",
    "sme_support",
    "human_capital",
    "labour_tension",
    "occupation_mobility",
    "fct_observation_on_boundaries",
    "inner_city",
    "regional_economy",
    "dim_region_group",
    "dim_place",
    "dim_boundary_change",
    "dim_boundary_transition",
    "dim_programme",
    "dim_goal",
    "rpt_goal_monitor",
    "rpt_plan_monitor",
    "rpt_cooperation_monitor",
    "rpt_cooperation_peer",
    "rpt_cross_border",
    "rpt_source_health",
    "dim_indicator_term",
    "dim_period",
    "dim_region_scheme",
    "dim_theme",
    "dim_sub_theme",
    "dim_building_block",
    "dim_usage_warning",
    "dim_tension_class",
    "dim_series_break",
    "dim_known_break",
}


@pytest.fixture(scope="module")
def defs(sample_run: Run) -> dg.Definitions:
    """The code location on the data folder of a run, whose parsed dbt project is used again."""
    return build_defs(Settings(data=sample_run.data))


def test_the_definitions_load(defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(defs)


def test_the_definitions_reach_the_ui_whole(defs: dg.Definitions) -> None:
    # The UI reads them from another process, so that everything in them has to be written down.
    told = RepositorySnap.from_def(defs.get_repository_def())
    assert dg.deserialize_value(dg.serialize_value(told), RepositorySnap) == told


def test_the_job_has_one_asset_a_card_and_all_that_follows(defs: dg.Definitions) -> None:
    keys = defs.resolve_job_def(JOB).asset_layer.executable_asset_keys
    assert {key for key in keys if key.path[0] == "raw"} == {
        dg.AssetKey(["raw", "inputs"]),
        *(dg.AssetKey(["raw", card.publisher, card.table]) for card in ALL.values()),
    }
    assert {key for key in keys if key.path[0] == "publish"} == {
        dg.AssetKey(["publish", name]) for name in ("database_file", "extracts", "release")
    }
    assert dg.AssetKey(["staging", "raw", "stg_raw__observations"]) in keys
    assert dg.AssetKey(["marts", "core", "fct_observation"]) in keys


def test_every_card_and_every_public_table_is_checked(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    checks = {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys}
    assert {(card_key(card).to_user_string(), SOURCE_CHECK) for card in ALL.values()} <= checks
    contracts = {asset.split("/")[-1] for asset, name in checks if name == "contract"}
    assert contracts == PUBLIC_MODELS
    fact = {name for asset, name in checks if asset == "marts/core/fct_observation"}
    assert {"within_bounds", "value_matches_status"} <= fact
    # No source and no indicator stops the others; a table that is not what its contract says is our fault.
    ours = {SOURCE_CHECK, "contract", WARNINGS, *CHECKS, *(name for asset, name in checks if asset == "raw/inputs")}
    blocking = {key.name for key in graph.asset_check_keys if graph.get(key).blocking}
    assert blocking & ours == {"contract"}


def test_publishing_comes_after_every_public_table(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    before = graph.get(dg.AssetKey(["publish", "database_file"])).parent_keys
    assert {key.path[-1] for key in before} == PUBLIC_MODELS


def test_every_card_can_be_materialised_alone(defs: dg.Definitions) -> None:
    for card in ALL.values():
        assert defs.get_assets_def(card_key(card)).can_subset


def test_one_card_is_materialised_alone(sample_run: Run, tmp_path: Path) -> None:
    data = new_data(sample_run.data, tmp_path / "data")
    card = ALL["cbs/83583NED"]
    job = build_defs(Settings(data=data)).resolve_job_def(JOB)
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, asset_selection=[card_key(card)])
    (event,) = result.get_asset_materialization_events()
    assert event.asset_key == card_key(card) and result.success
    assert Landing(data / "landing").current(card.dataset_id, invented=True)


CRON = {
    "refresh_yearly": "0 7 * * 1",
    "refresh_quarterly": "0 7 * * 1,4",
    "refresh_monthly": "0 7 * * 1-5",
    "refresh_weekly": "0 7 * * 1-5",
    "refresh_once": "0 7 1 * *",
}


def test_schedules_are_in_dutch_time_and_refresh_what_is_due(defs: dg.Definitions) -> None:
    schedules = [schedule for schedule in defs.schedules or [] if isinstance(schedule, dg.ScheduleDefinition)]
    assert {schedule.name: schedule.cron_schedule for schedule in schedules} == CRON
    assert {schedule.execution_timezone for schedule in schedules} == {"Europe/Amsterdam"}
    for schedule in schedules:
        due = {card_key(card) for card in ALL.values() if f"refresh_{card.cadence}" == schedule.name}
        keys = defs.resolve_job_def(schedule.name).asset_layer.executable_asset_keys
        assert {key for key in keys if key.path[0] == "raw" and key.path[1] != "inputs"} == due
        assert dg.AssetKey(["publish", "release"]) in keys


def test_a_cadence_without_cards_has_no_schedule() -> None:
    yearly = {dataset_id: card for dataset_id, card in ALL.items() if card.cadence is Cadence.YEARLY}
    assert [schedule.name for schedule in refresh_schedules(yearly)] == ["refresh_yearly"]


def test_the_history_of_the_command_line_is_that_of_the_ui(sample_run: Run) -> None:
    with dg.DagsterInstance.from_config(str(sample_run.data / "dagster")) as instance:
        (record,) = instance.get_run_records()
        assert record.dagster_run.job_name == JOB and record.dagster_run.is_success
        event = instance.get_latest_materialization_event(dg.AssetKey(["publish", "release"]))
    assert event and event.asset_materialization
    assert event.asset_materialization.metadata["release_id"].value == sample_run.release.name


def test_every_source_says_what_became_of_its_rows_and_it_adds_up(sample_run: Run) -> None:
    told: dict[str, dict[str, int]] = {}
    with dg.DagsterInstance.from_config(str(sample_run.data / "dagster")) as instance:
        for dataset_id, card in ALL.items():
            event = instance.get_latest_materialization_event(card_key(card))
            assert event and event.asset_materialization, dataset_id
            metadata = event.asset_materialization.metadata
            counts = {name: entry.value for name, entry in metadata.items() if name.startswith("rows_")}
            received = counts.pop("rows_received")
            assert received == sum(counts.values()) and counts["rows_kept"] > 0, dataset_id
            told[dataset_id] = {name.removeprefix("rows_"): rows for name, rows in counts.items()}
    published: dict[str, dict[str, int]] = {}
    for dataset_id, outcome, rows in query(
        sample_run.release, "select dataset_id, outcome, rows_count from source_rows"
    ):
        published.setdefault(dataset_id, {})[outcome] = rows
    assert published == told


def test_nothing_is_told_to_others_and_nobody_is_asked_for_an_address(sample_run: Run) -> None:
    with dg.DagsterInstance.from_config(str(sample_run.data / "dagster")) as instance:
        assert not instance.telemetry_enabled and not instance.nux_enabled


def test_the_manifest_is_parsed_only_when_the_project_changed(sample_run: Run) -> None:
    manifest = Path(sample_run.data / "build" / "dbt" / "manifest.json")
    before = manifest.stat().st_mtime_ns
    build_defs(Settings(data=sample_run.data))
    assert manifest.stat().st_mtime_ns == before
    assert json.loads(manifest.read_text(encoding="utf-8"))["metadata"]["send_anonymous_usage_stats"] is False


def test_every_job_and_schedule_resolves(sample_run: Run) -> None:
    repository = build_defs(Settings(data=sample_run.data, origin="sample")).get_repository_def()
    jobs = {job.name: job for job in repository.get_all_jobs()}
    cards = {card_key(card) for card in load_cards(CARDS).values()}
    assert cards < set(jobs[JOB].asset_layer.executable_asset_keys)
    assert jobs[JOB].executor_def.name == dg.in_process_executor.name
    for schedule in repository.schedule_defs:
        assert schedule.execution_timezone == "Europe/Amsterdam"
        assert jobs[schedule.job_name].asset_layer.executable_asset_keys
