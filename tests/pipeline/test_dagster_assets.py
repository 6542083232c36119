"""What Dagster's UI shows of assets, over all of them: before a run what they are, after it what they hold."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import polars as pl
import pytest
from conftest import Run
from dagster._core.definitions.freshness import TimeWindowFreshnessPolicy
from support import PUBLIC_TABLES, query

from pipelines.definitions import build_defs
from pipelines.orchestration.asset_metadata import (
    COLUMN_LINEAGE,
    COLUMN_SCHEMA,
    OWNERS,
    PREVIEW_ROWS,
    ROW_COUNT,
    URI,
    preview,
)
from pipelines.orchestration.schedules import refresh_schedules
from pipelines.orchestration.source_assets import INPUTS
from pipelines.orchestration.source_specs import card_key, freshness_of, group_of
from pipelines.settings import CARDS, PROJECT, Settings
from pipelines.sources.access import Protocol
from pipelines.sources.card import Cadence, SourceCard, load_cards

ALL = load_cards(CARDS)
LAYERS = {"inputs", "seeds", "staging", "intermediate", "marts", "release"}
Metadata = Mapping[str, dg.MetadataValue[Any]]


@pytest.fixture(scope="module")
def specs(sample_run: Run) -> dict[dg.AssetKey, dg.AssetSpec]:
    """Every asset of the code location that a run makes."""
    defs = build_defs(Settings(data=sample_run.data))
    graph = defs.resolve_asset_graph()
    return {spec.key: spec for spec in defs.resolve_all_asset_specs() if spec.key in graph.executable_asset_keys}


@pytest.fixture(scope="module")
def told(sample_run: Run) -> Iterator[dict[dg.AssetKey, Metadata]]:
    """What every asset told when the run made it."""
    with dg.DagsterInstance.from_config(str(sample_run.data / "dagster")) as instance:
        found = {}
        for key in instance.all_asset_keys():
            if (event := instance.get_latest_materialization_event(key)) and event.asset_materialization:
                found[key] = event.asset_materialization.metadata
        yield found


def test_every_asset_says_what_it_is_and_whose(specs: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    assert len(specs) > len(ALL) + len(PUBLIC_TABLES)
    for key, spec in specs.items():
        assert spec.description and spec.description != key.path[-1], key
        assert list(spec.owners) == OWNERS, key
        assert spec.kinds, key


def test_sources_are_in_the_group_of_their_family_and_the_rest_in_that_of_its_layer(
    specs: dict[dg.AssetKey, dg.AssetSpec],
) -> None:
    of_cards = {card_key(card): card for card in ALL.values()}
    for key, spec in specs.items():
        if key in of_cards:
            assert spec.group_name == group_of(of_cards[key]) and spec.group_name.startswith("sources_"), key
        else:
            assert spec.group_name in LAYERS, key
    # A city is no family of its own.
    cities = {card.publisher for card in ALL.values() if group_of(card) == "sources_municipal"}
    assert len(cities) > 1 and not {f"sources_{city}" for city in cities} & {spec.group_name for spec in specs.values()}


def test_every_source_that_gets_figures_has_a_freshness_policy(specs: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    for card in ALL.values():
        policy = specs[card_key(card)].freshness_policy
        gets_figures = card.cadence is not Cadence.ONCE and not card.ended
        assert (policy is not None) == gets_figures, card.dataset_id
    assert all(spec.freshness_policy is None for spec in specs.values() if spec.key.path[0] != "raw")


@pytest.mark.parametrize("card", ALL.values(), ids=lambda card: card.dataset_id)
def test_a_warning_waits_for_a_schedule_that_was_missed_and_not_longer(card: SourceCard) -> None:
    policy = freshness_of(card)
    if policy is None:
        return
    assert isinstance(policy, TimeWindowFreshnessPolicy) and policy.warn_window
    (schedule,) = refresh_schedules({card.dataset_id: card})
    gap = longest_gap(str(schedule.cron_schedule))
    assert gap < policy.warn_window.to_timedelta().days <= gap + 1
    assert policy.warn_window.to_timedelta() < policy.fail_window.to_timedelta()


def longest_gap(cron: str) -> int:
    """The most days between two hours of a schedule that is told in days of the week."""
    days = [first for part in cron.split()[-1].split(",") for first in range(int(part[0]), int(part[-1]) + 1)]
    return max((after - before) % 7 or 7 for before, after in zip(days, [*days[1:], days[0]], strict=True))


def test_every_asset_tells_how_many_rows_it_has_and_which_columns(
    specs: dict[dg.AssetKey, dg.AssetSpec], told: dict[dg.AssetKey, Metadata]
) -> None:
    assert told.keys() == specs.keys()
    for key, metadata in told.items():
        schema = metadata[COLUMN_SCHEMA].value
        assert isinstance(metadata[ROW_COUNT].value, int) and schema.columns, key
        assert all(column.type not in ("", "?") for column in schema.columns), key


def test_every_table_shows_its_first_rows_and_every_bundle_its_tables(told: dict[dg.AssetKey, Metadata]) -> None:
    for key, metadata in told.items():
        if key == INPUTS or key.path[0] == "publish":
            assert sum(rows_by_table(metadata).values()) == metadata[ROW_COUNT].value, key
        else:
            header, _, *rows = str(metadata["preview"].value).splitlines()
            assert len(rows) == min(PREVIEW_ROWS, metadata[ROW_COUNT].value), key
            assert header.startswith("| "), key


def rows_by_table(metadata: Metadata) -> dict[str, int]:
    """What a bundle tells of its tables."""
    tables = metadata["tables"]
    assert isinstance(tables, dg.TableMetadataValue)
    return {str(record.data["table"]): int(str(record.data["rows"])) for record in tables.records}


def test_the_rows_that_are_told_are_those_of_the_release(told: dict[dg.AssetKey, Metadata], sample_run: Run) -> None:
    counts = rows_by_table(told[dg.AssetKey(["publish", "release"])])
    assert counts.keys() == PUBLIC_TABLES
    for table in ("observations", "indicators", "sources"):
        assert [(counts[table],)] == query(sample_run.release, f"select count(*) from {table}")
    fact = told[dg.AssetKey(["marts", "core", "fct_observation"])]
    assert fact[ROW_COUNT].value == counts["observations"]


def test_every_column_of_a_model_says_where_it_comes_from(told: dict[dg.AssetKey, Metadata]) -> None:
    columns = {key: {column.name for column in metadata[COLUMN_SCHEMA].value.columns} for key, metadata in told.items()}
    models = {key: metadata for key, metadata in told.items() if key.path[0] in ("staging", "intermediate", "marts")}
    assert models
    for key, metadata in models.items():
        deps = metadata[COLUMN_LINEAGE].value.deps_by_column
        assert deps.keys() == columns[key], key
        shown = metadata["columns_from"]
        assert isinstance(shown, dg.TableMetadataValue)
        assert {record.data["column"] for record in shown.records} == columns[key], key
        for column, origins in deps.items():
            assert all(dep.column_name in columns[dep.asset_key] for dep in origins), (key, column)
        # A count or a constant comes from no column; the rest of a table does.
        assert sum(bool(origins) for origins in deps.values()) > len(deps) / 2, key


def test_every_column_that_is_published_is_explained(specs: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    for key, spec in specs.items():
        if key.path[0] in ("raw", "marts", "publish") and key != INPUTS:
            columns = spec.metadata[COLUMN_SCHEMA].columns
            assert columns and all(column.description for column in columns), key


def test_a_published_figure_can_be_followed_to_what_landed(told: dict[dg.AssetKey, Metadata]) -> None:
    waiting = [(dg.AssetKey(["publish", "release"]), "observations.value")]
    seen = set()
    while waiting:
        key, column = waiting.pop()
        if (key, column) not in seen and COLUMN_LINEAGE in told[key]:
            deps = told[key][COLUMN_LINEAGE].value.deps_by_column[column]
            waiting += [(dep.asset_key, dep.column_name) for dep in deps]
        seen.add((key, column))
    assert (INPUTS, "observations.value") in seen and (INPUTS, "observations.period_code") not in seen


def test_every_source_says_at_which_address_it_is(
    specs: dict[dg.AssetKey, dg.AssetSpec], told: dict[dg.AssetKey, Metadata]
) -> None:
    for card in ALL.values():
        assert specs[card_key(card)].metadata[URI] == card.homepage
        # What a person put into a folder has no address but its name.
        where = (
            ("drop:",) if all(access.protocol is Protocol.DROP for access in card.access) else ("https://", "http://")
        )
        assert str(told[card_key(card)][URI].value).startswith(where), card.dataset_id


def test_only_a_path_tells_where_something_is_on_this_machine(
    specs: dict[dg.AssetKey, dg.AssetSpec], told: dict[dg.AssetKey, Metadata], sample_run: Run
) -> None:
    here = (str(sample_run.data), str(PROJECT))
    for key, metadata in told.items():
        for name, value in metadata.items():
            if not isinstance(value, dg.PathMetadataValue):
                assert not any(place in str(value) for place in here), (key, name)
    for key, spec in specs.items():
        texts = {name: value for name, value in spec.metadata.items() if not name.startswith("dagster_dbt/")}
        assert not any(place in str([spec.description, spec.tags, texts]) for place in here), key


def test_a_preview_keeps_no_name_that_a_later_release_could_mask() -> None:
    rows = pl.DataFrame({"recipient": ["Iemand"], "recipient_key": ["iemand"], "recipient_kind": ["person"]})
    assert preview(rows).value.splitlines() == ["| recipient_kind |", "| --- |", "| person |"]
