"""Schedules by the cadence of the cards. Asking whether a table changed is one small request, so we ask often."""

import dagster as dg

from pipelines.orchestration.source_specs import card_key
from pipelines.sources.card import Cadence, SourceCard

TIMEZONE = "Europe/Amsterdam"
# CBS publishes at 6:30 in the morning; yearly figures can appear, or be revised, on any working day.
_CRON = {
    Cadence.YEARLY: "0 7 * * 1",
    Cadence.HALF_YEARLY: "0 7 * * 1",
    Cadence.QUARTERLY: "0 7 * * 1,4",
    Cadence.MONTHLY: "0 7 * * 1-5",
    Cadence.WEEKLY: "0 7 * * 1-5",
    # A one-off table can still be corrected.
    Cadence.ONCE: "0 7 1 * *",
}


def refresh_schedules(cards: dict[str, SourceCard]) -> list[dg.ScheduleDefinition]:
    """A job and a schedule for each cadence in use: its cards, and everything made from them."""
    schedules = []
    for cadence, cron in _CRON.items():
        keys = [card_key(card) for card in cards.values() if card.cadence == cadence]
        others = [card_key(card) for card in cards.values() if card.cadence != cadence]
        if keys:
            job = dg.define_asset_job(
                f"refresh_{cadence}",
                selection=dg.AssetSelection.all() - dg.AssetSelection.assets(*others),
                executor_def=dg.in_process_executor,
                description=f"Refresh the {cadence} cards and publish what changed",
            )
            schedules.append(
                dg.ScheduleDefinition(
                    name=f"refresh_{cadence}", job=job, cron_schedule=cron, execution_timezone=TIMEZONE
                )
            )
    return schedules
