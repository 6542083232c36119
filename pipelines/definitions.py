"""The Dagster code location, and the only place where things are wired."""

import dagster as dg

from pipelines.ingest.origins import open_origin
from pipelines.orchestration.alerts import alert_sensors
from pipelines.orchestration.checks import mart_checks
from pipelines.orchestration.release_assets import publish_assets
from pipelines.orchestration.schedules import refresh_schedules
from pipelines.orchestration.settings_resource import settings_of_run
from pipelines.orchestration.source_assets import ingest_assets
from pipelines.orchestration.transform import dbt_models, dbt_resource, ensure_manifest
from pipelines.publish.manifest import public_tables, raw_descriptions
from pipelines.settings import CARDS, Settings
from pipelines.sources.card import SourceCard, load_cards

JOB = "refresh"


def build_defs(
    settings: Settings,
    cards: dict[str, SourceCard] | None = None,
    loggers: dict[str, dg.LoggerDefinition] | None = None,
) -> dg.Definitions:
    """Everything that Dagster knows: assets, checks, the job `refresh`, schedules and resources.

    Args:
        settings: where things are and where data comes from.
        cards: the source cards; by default those of `pipelines/cards`.
        loggers: listeners to the events of a run, which a run can request by name.
    """
    cards = cards if cards is not None else load_cards(CARDS)
    manifest = ensure_manifest(settings)
    tables = public_tables(manifest)
    models = dbt_models(settings, manifest)
    keys = {key.path[-1]: key for key in models.keys}
    schedules = refresh_schedules(cards)
    resources = {
        "settings": settings_of_run(settings),
        "origin": dg.ResourceDefinition(lambda _: open_origin(settings)),
        "dbt": dbt_resource(settings),
    }
    return dg.Definitions(
        assets=[
            ingest_assets(cards, raw_descriptions(manifest)),
            models,
            *publish_assets(tables, keys),
        ],
        asset_checks=[mart_checks(tables, keys)],
        jobs=[
            dg.define_asset_job(
                JOB,
                selection=dg.AssetSelection.all(),
                executor_def=dg.in_process_executor,
                description="The main job: every card, the models, the checks and the release",
            )
        ],
        schedules=schedules,
        sensors=alert_sensors(settings),
        # All steps in one process, which holds the lock of the data folder.
        executor=dg.in_process_executor,
        resources=resources,
        loggers=loggers,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster` loads; everything comes from the environment."""
    return build_defs(Settings.from_environment())
