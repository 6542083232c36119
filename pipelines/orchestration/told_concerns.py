"""How what needs a person travels in the metadata of the checks, so that Dagster and the command line tell the same.

Belongs here: concerns to and from the events of a run. Not here: what a concern is (`pipelines.concerns`).
"""

from collections.abc import Iterable, Iterator
from typing import Any, cast

import dagster as dg
import polars as pl

from pipelines.concerns import FAILED, Concern
from pipelines.disk import disk_trouble
from pipelines.orchestration.asset_metadata import markdown_table

CONCERNS = "concerns"
"""The metadata of a check that holds what a person should know, as a list of `Concern`."""
_SHOWN_ROWS = 20


def as_metadata(concerns: Iterable[Concern]) -> dict[str, dg.MetadataValue[Any]]:
    """Concerns as the metadata of a check; none of them says that the check has nothing to add."""
    return {CONCERNS: dg.MetadataValue.json([concern.as_json() for concern in concerns])}


def concerns_of_event(event: dg.DagsterEvent) -> list[Concern]:
    """What a person should know from one event of a run: of a check that found something, or of a step that failed."""
    if event.event_type_value == "ASSET_CHECK_EVALUATION":
        evaluation = event.asset_check_evaluation_data
        told = evaluation.metadata
        if CONCERNS in told:
            return [Concern(**concern) for concern in cast(list[dict[str, str]], told[CONCERNS].value)]
        if not evaluation.passed and "problem" in told:
            return list(_concerns_of_text(str(told["problem"].value)))
    if event.is_step_failure:
        data = event.step_failure_data
        reason = data.user_failure_data.description if data.user_failure_data else None
        if reason is None and data.error is not None:
            cause = data.error.cause or data.error
            if cause.cls_name == "DagsterAssetCheckFailedError":
                return []
            full = disk_trouble(cause.message)
            fault = f"{' '.join(cause.message.split())} (a fault in the program, please report it)"
            reason = f"{event.step_key}: {full or fault}"
        return list(_concerns_of_text(reason or f"{event.step_key} failed"))
    return []


def _concerns_of_text(text: str) -> Iterator[Concern]:
    """Why nothing is published: a concern for every line, `what: problem -> what to do`."""
    for line in text.splitlines():
        subject, _, rest = line.partition(": ")
        problem, _, todo = (rest or subject).partition(" -> ")
        yield Concern(FAILED, subject if rest else "run", problem, todo, line)


def rows_metadata(rows: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """The first rows of a frame as a Markdown table, for the Dagster UI."""
    return markdown_table(rows.head(_SHOWN_ROWS))
