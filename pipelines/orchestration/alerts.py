"""Alerts: what changed for the worse or the better since the run before, as JSON to an address of your own.

Belongs here: which news a run brought, and sending it. Not here: what was wrong (`concerns.py`). A trouble is told
once, when it begins, and once more when it is over: `alerts.json` in the data folder holds what was told.
"""

import json
import logging
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import requests
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from pipelines.concerns import FAILED, HELD_BACK, PLAN, WARNED, Concern
from pipelines.errors import Trouble
from pipelines.landing.store import write_atomically
from pipelines.orchestration.source_assets import INPUTS
from pipelines.orchestration.told_concerns import concerns_of_event
from pipelines.publish.release import current
from pipelines.settings import Settings

VERSION = 1
"""The number of the form of a message, which changes when a field does."""
RECOVERED = "recovered"
KINDS: dict[str, str] = {
    Trouble.UNCONFIRMED: "stale",
    Trouble.GONE: "stale",
    Trouble.UNREACHABLE: "stale",
    Trouble.REFUSED: "stale",
    Trouble.AWAITED: "stale",
    Trouble.CHANGED: "drifted",
    HELD_BACK: "drifted",
    PLAN: "drifted",
    Trouble.FAULT: "failed",
    FAILED: "failed",
}
"""What each group of concerns is told as; a remark (`WARNED`) is nobody's alarm."""
_REFUSED = "release "
_TIMEOUT = 10.0
_TOLD = "alerts.json"


@dataclass(frozen=True)
class Alert:
    """One piece of news: its kind, what it is about, what was found and what a person can do."""

    kind: str
    subject: str
    problem: str
    todo: str = ""


def troubles(concerns: Iterable[Concern]) -> list[Alert]:
    """The concerns that somebody should be woken for, as alerts; one for each kind and subject."""
    found: dict[tuple[str, str], Alert] = {}
    for concern in concerns:
        if concern.group == WARNED:
            continue
        is_refusal = concern.group == FAILED and concern.subject.startswith(_REFUSED)
        # Each build of what is refused has an id of its own; it stays one trouble.
        subject = "release" if is_refusal else concern.subject.split()[0]
        kind = "refused" if is_refusal else KINDS[concern.group]
        found.setdefault((kind, subject), Alert(kind, subject, concern.problem, concern.todo))
    return list(found.values())


def send_news(
    settings: Settings, concerns: Iterable[Concern], asked: Collection[str], log: logging.Logger
) -> list[Alert]:
    """Send what is new since the run before, if there is an address to send it to.

    What could not be sent is tried again after the next run. Never fails: a run is not worse for an alert that is lost.

    Args:
        settings: the address, and the data folder.
        concerns: everything that a run found.
        asked: the ids of the sources that it asked; of others it says nothing, so their troubles last.
        log: where it is told that the address did not accept the message.

    Returns:
        What was sent.
    """
    if not settings.webhook:
        return []
    before = _read(settings)
    now = troubles(concerns) + [alert for alert in before if "/" in alert.subject and alert.subject not in asked]
    news = list(_news(before, now))
    if news:
        try:
            _post(settings.webhook, message(settings, news))
        except requests.RequestException as error:
            # The address can hold a secret.
            log.warning("alerts were not sent: %s; they are tried again after the next run", type(error).__name__)
            return []
    _remember(settings, now)
    return news


def message(settings: Settings, news: list[Alert]) -> dict[str, Any]:
    """What is sent, as described in `docs/running-live.md`."""
    served = current(settings.releases)
    return {
        "version": VERSION,
        "sent_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "portal": settings.public_url,
        "release": served.release_id if served else None,
        "alerts": [asdict(alert) for alert in news],
    }


def alert_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """Sensors that send the news of every run of the UI and the schedules; the command line sends its own."""

    def tell(context: dg.RunStatusSensorContext) -> None:
        run_id = context.dagster_run.run_id
        asked = sources_of_run(context.instance, run_id)
        send_news(settings, concerns_of_run(context.instance, run_id), asked, context.log)

    status = dg.DefaultSensorStatus.RUNNING if settings.webhook else dg.DefaultSensorStatus.STOPPED
    return [
        dg.run_status_sensor(
            run_status=outcome,
            name=f"alerts_after_{outcome.value.lower()}",
            description="Sends what began and what is over to REGIOKOMPAS_WEBHOOK",
            default_status=status,
        )(tell)
        for outcome in (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE)
    ]


def concerns_of_run(instance: dg.DagsterInstance, run_id: str) -> list[Concern]:
    """Everything that a run of Dagster found, from its events."""
    events = (entry.dagster_event for entry in instance.all_logs(run_id))
    return [concern for event in events if event for concern in concerns_of_event(event)]


def sources_of_run(instance: dg.DagsterInstance, run_id: str) -> set[str]:
    """The ids of the sources that a run of Dagster was to bring."""
    planned = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    keys = (entry.dagster_event.asset_key for entry in planned if entry.dagster_event)
    return {"/".join(key.path[1:]) for key in keys if key and key.path[0] == "raw" and key != INPUTS}


def _news(before: list[Alert], now: list[Alert]) -> Iterator[Alert]:
    known = {(alert.kind, alert.subject) for alert in before}
    yield from (alert for alert in now if (alert.kind, alert.subject) not in known)
    still = {(alert.kind, alert.subject) for alert in now}
    for alert in before:
        if (alert.kind, alert.subject) not in still:
            yield Alert(RECOVERED, alert.subject, f"no longer {alert.kind}: {alert.problem}")


@retry(
    retry=retry_if_exception_type(requests.RequestException),
    stop=stop_after_attempt(3),
    wait=wait_random_exponential(max=2),
    reraise=True,
)
def _post(address: str, content: dict[str, Any]) -> None:
    requests.post(address, json=content, timeout=_TIMEOUT).raise_for_status()


def _read(settings: Settings) -> list[Alert]:
    try:
        return [Alert(**alert) for alert in json.loads(_path(settings).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        # Without it everything that is wrong is news, which is the safer mistake.
        return []


def _remember(settings: Settings, now: list[Alert]) -> None:
    write_atomically(_path(settings), (json.dumps([asdict(alert) for alert in now], indent=1) + "\n").encode())


def _path(settings: Settings) -> Path:
    return settings.data / _TOLD
