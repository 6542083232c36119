"""Cards as Dagster assets, and the assembly of all that has landed for dbt: one step, with the cards side by side.

A process or a step per card would cost more than most cards take, so one step handles all that are selected; each
card is still an asset of its own that can be materialised alone. The same assets with a step each are for runs that are
spread over processes or machines (`spread.py`). When a source fails, the check of its asset fails and
the asset is not materialised. The step itself continues: Dagster skips whatever depends on a failed step, and a release
must not wait for the one source that is broken today.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import dagster as dg

from pipelines.concerns import HELD_BACK, PLAN, WARNED, Concern, of_source
from pipelines.errors import AwaitedError, RegiokompasError, SourceError, Trouble, shown
from pipelines.ingest.assemble import Inputs, assemble
from pipelines.ingest.origins import Origin
from pipelines.ingest.refresh import FailedError, Refreshed, refresh
from pipelines.ingest.together import side_by_side
from pipelines.landing.store import Landing
from pipelines.orchestration.acceptance import Acceptance
from pipelines.orchestration.asset_metadata import OWNERS, URI, bundle_metadata, table_metadata
from pipelines.orchestration.source_specs import (
    Descriptions,
    card_key,
    first_rows,
    inputs_schema,
    raw_schema,
    source_spec,
)
from pipelines.orchestration.told_concerns import as_metadata, rows_metadata
from pipelines.orchestration.unchanged import said_before
from pipelines.reading.before import Allowance
from pipelines.reading.raw import tally_of
from pipelines.settings import Settings
from pipelines.sources.card import SourceCard
from schemas.shapes import check_shape
from schemas.wire import WireError

INPUTS = dg.AssetKey(["raw", "inputs"])
INGEST_OP = "ingest"
"""The step that brings sources up to date; its configuration is an `Acceptance`."""
SOURCE_CHECK = "source"
UNCHANGED = "unchanged"
"""The check of a run that builds nothing, since the current release was made from the same inputs."""
NOT_BROUGHT = "not_brought"
"""In the metadata of a source's check: nothing was brought, so its asset is not materialised."""
NOT_RUN = "not_run"
"""In the metadata of a check: there was nothing to check, so it counts as neither passed nor failed."""
BEGUN = "asking sources"
"""The words in the log once a step has its place."""
Result = dg.MaterializeResult[None] | dg.AssetCheckResult
HeldPlace = Callable[[], AbstractContextManager[object]]


def ingest_assets(cards: dict[str, SourceCard], descriptions: Descriptions) -> dg.AssetsDefinition:
    """The assets of all cards and of what is assembled from them, each with its check, in one step.

    Args:
        cards: every card.
        descriptions: what dbt says about the columns of raw files.
    """
    return _step(INGEST_OP, cards, descriptions, pool="ingest", inputs=_inputs(cards))


def card_assets(
    card: SourceCard, descriptions: Descriptions, pool: str | None, place: HeldPlace = nullcontext
) -> dg.AssetsDefinition:
    """The asset of one card with its check, in a step of its own.

    Args:
        card: the card.
        descriptions: what dbt says about the columns of raw files.
        pool: the pool of Dagster that its step takes a place in, if any.
        place: what its step waits for and holds besides, where the executor knows nothing of pools.
    """
    return _step(card_op(card), {card.dataset_id: card}, descriptions, pool=pool, inputs=None, place=place)


def card_op(card: SourceCard) -> str:
    """The name of the step that brings one card up to date; its configuration is an `Acceptance`."""
    return f"{INGEST_OP}__{re.sub(r'[^A-Za-z0-9_]', '_', card.slug)}"


def _inputs(cards: dict[str, SourceCard]) -> dg.AssetSpec:
    return dg.AssetSpec(
        INPUTS,
        deps=[card_key(card) for card in cards.values()],
        skippable=True,
        group_name="inputs",
        description="Everything that has landed, as the inputs of one dbt build",
        owners=OWNERS,
        kinds={"parquet"},
    )


def _step(
    name: str,
    cards: dict[str, SourceCard],
    descriptions: Descriptions,
    *,
    pool: str | None,
    inputs: dg.AssetSpec | None,
    place: HeldPlace = nullcontext,
) -> dg.AssetsDefinition:
    source_checks = [
        dg.AssetCheckSpec(
            SOURCE_CHECK,
            asset=card_key(card),
            description="The source was fetched completely and matches its card: its rows have the raw row shape,"
            " known marks and unique keys.",
        )
        for card in cards.values()
    ]
    unblocked = dg.AssetCheckSpec(
        "drift",
        asset=INPUTS,
        description="Every indicator selects one series that its source still describes the same way.",
    )
    lasting = dg.AssetCheckSpec(
        "selections", asset=INPUTS, description="Every municipality that an own region lists still exists."
    )
    readable = dg.AssetCheckSpec(
        "plans", asset=INPUTS, description="Every plan could be read: no file with targets is left out."
    )
    unchanged = dg.AssetCheckSpec(
        UNCHANGED,
        asset=INPUTS,
        description="Only when the current release was made from just this, so that nothing is built: what the checks"
        " of that build said.",
    )
    specs = [source_spec(card, descriptions) for card in cards.values()]

    @dg.multi_asset(
        name=name,
        specs=[*specs, *([inputs] if inputs else [])],
        check_specs=[*source_checks, *([unblocked, lasting, readable, unchanged] if inputs else [])],
        can_subset=True,
        pool=pool,
    )
    def ingest(
        context: dg.AssetExecutionContext,
        config: Acceptance,
        settings: dg.ResourceParam[Settings],
        origin: dg.ResourceParam[Origin],
    ) -> Iterator[Result]:
        chosen = [card for card in cards.values() if card_key(card) in context.selected_asset_keys]
        landing = Landing(settings.landing)
        allowance = Allowance(settings.most_rows_lost, config.accept)

        def bring(card: SourceCard) -> Refreshed | SourceError:
            try:
                return refresh(card, origin, landing, settings.raw, check_shape, allowance)
            except (AwaitedError, FailedError) as error:
                return error

        with place():
            context.log.debug(BEGUN)
            for card, done in side_by_side(chosen, origin, bring):
                if isinstance(done, Refreshed):
                    yield from _refreshed(card, done, raw_schema(card, descriptions))
                else:
                    yield from _failed(card, done)
        if INPUTS in context.selected_asset_keys:
            try:
                made = assemble(settings, cards, invented=origin.is_invented)
            except RegiokompasError as error:
                raise dg.Failure(str(error), allow_retries=False) from error
            yield from _assembled(made, descriptions, said_before(settings, made.release_id))

    return ingest


def _refreshed(card: SourceCard, done: Refreshed, schema: dg.TableSchema) -> Iterator[Result]:
    key = card_key(card)
    lacks = [
        Concern(Trouble.REFUSED, f"{card.dataset_id} {lack.url.rsplit('/', 1)[-1]}", lack.problem)
        for lack in done.snapshot.lacking
    ]
    yield dg.MaterializeResult(
        asset_key=key,
        metadata={
            **table_metadata(done.rows, schema, first_rows(done.folder, card.shape)),
            URI: done.snapshot.resources[0].url,
            **_rows_of_source(done),
            "changed": done.has_changed,
            "source_modified": done.snapshot.changed_at,
            "landed_at": done.snapshot.landed_at,
            "protocol": done.snapshot.protocol,
            "raw": dg.MetadataValue.path(str(done.folder)),
            **({"accepted": done.accepted} if done.accepted else {}),
        },
        check_results=[_checked(key, lacks)] if lacks or not done.healed else [_healed(card, done.healed)],
    )


def _healed(card: SourceCard, damage: str) -> dg.AssetCheckResult:
    """A source that is as it should be again, with a warning that names what was not."""
    concern = Concern(WARNED, card.dataset_id, damage, "it was brought again and is whole; look at the disk")
    return _checked(card_key(card), [concern], severity=dg.AssetCheckSeverity.WARN)


def _rows_of_source(done: Refreshed) -> dict[str, int]:
    """What became of the rows that the source sent; rows kept and left out add up to those received."""
    tally = tally_of(done.folder)
    return {"rows_received": tally.received, **{f"rows_{outcome}": rows for outcome, rows in tally.outcomes.items()}}


def _failed(card: SourceCard, error: SourceError) -> Iterator[Result]:
    """A source that failed: its check fails with the reason, and its asset is not materialised."""
    concern = of_source(error)
    more: dict[str, dg.MetadataValue[Any]] = {NOT_BROUGHT: dg.MetadataValue.bool(True)}
    if isinstance(error, AwaitedError):
        # Nothing is broken: there was nothing to check.
        more |= {NOT_RUN: dg.MetadataValue.text(str(error)), **as_metadata([concern])}
        yield dg.AssetCheckResult(check_name=SOURCE_CHECK, asset_key=card_key(card), passed=True, metadata=more)
        return
    if isinstance(error.__cause__, WireError):
        more |= {"failing_rows": rows_metadata(error.__cause__.rows)}
    yield _checked(card_key(card), [concern], more=more)


def _assembled(made: Inputs, descriptions: Descriptions, before: list[Concern] | None) -> Iterator[Result]:
    """What was assembled, and the checks of it; it is not materialised if the current release was made from it."""
    unread = [of_source(error) for error in made.unread]
    states = {row["dataset_id"]: row["state"] for row in made.sources}
    held = [
        Concern(HELD_BACK, f"{row['indicator_id']}{_with(row['indicator_id'], made.blocked)}", row["reason"])
        for row in made.blocked
        if row["indicator_id"] == row["root"]
    ]
    replaced = [
        Concern(WARNED, f"selection {file} line {row.line}", row.ended, row.heir)
        for file, rows in made.selections.replaced.items()
        for row in rows
    ]
    unreadable = [Concern(PLAN, error.where, error.problem, error.todo) for error in made.plans.wrong]
    checked = [
        _checked(INPUTS, [*unread, *held], "drift"),
        _checked(INPUTS, replaced, "selections", severity=dg.AssetCheckSeverity.WARN),
        _checked(INPUTS, unreadable, "plans"),
    ]
    if before is not None:
        yield from checked
        severity = dg.AssetCheckSeverity.ERROR if any(c.is_error for c in before) else dg.AssetCheckSeverity.WARN
        yield _checked(INPUTS, before, UNCHANGED, {"release_id": dg.MetadataValue.text(made.release_id)}, severity)
        return
    yield dg.MaterializeResult(
        asset_key=INPUTS,
        metadata={
            **bundle_metadata(
                {name: table.num_rows for name, table in made.written.items()},
                inputs_schema(made.written, descriptions),
            ),
            "release_id": made.release_id,
            "states": dg.MetadataValue.json(states),
        },
        check_results=checked,
    )


def _checked(
    key: dg.AssetKey,
    concerns: list[Concern],
    name: str = SOURCE_CHECK,
    more: dict[str, dg.MetadataValue[Any]] | None = None,
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
) -> dg.AssetCheckResult:
    """The result of a check, which passes if there are no concerns."""
    if not concerns:
        return dg.AssetCheckResult(check_name=name, asset_key=key, passed=True, metadata=more)
    told = {"problem": dg.MetadataValue.text("\n".join(map(str, concerns))), **as_metadata(concerns)}
    return dg.AssetCheckResult(
        check_name=name, asset_key=key, passed=False, metadata={**told, **(more or {})}, severity=severity
    )


def _with(root: str, blocked: list[dict[str, str]]) -> str:
    """The indicators that are blocked because of another one, listed with that one: it is the one to look at."""
    others = [row["indicator_id"] for row in blocked if row["root"] == root != row["indicator_id"]]
    return f" (and what is computed from it: {shown(others)})" if others else ""
