"""Cards as Dagster assets: one asset a card, and one that assembles what has landed for dbt."""

from collections.abc import Iterator

import dagster as dg

from pipelines.assemble import Inputs, assemble
from pipelines.card import SourceCard
from pipelines.checks import rows_metadata
from pipelines.errors import AwaitedError, MismatchError, RegiokompasError, shown
from pipelines.landing import Landing
from pipelines.refresh import Origin, refresh
from pipelines.settings import Settings
from schemas.shapes import check_shape
from schemas.wire import WireError

INPUTS = dg.AssetKey(["raw", "inputs"])
NOT_RUN = "not_run"
"""The metadata of a check that had nothing to look at; it counts as neither passed nor failed."""


def card_key(card: SourceCard) -> dg.AssetKey:
    """The asset key of a card, such as `raw/cbs/81575NED`."""
    return dg.AssetKey(["raw", card.publisher, card.table])


def card_asset(card: SourceCard) -> dg.AssetsDefinition:
    """The asset that brings one card up to date, with the wire check on what it read.

    A broken source fails this asset alone; what landed before stays in place and is labelled `kept`. One that answers
    well but is not what its card says fails the check `card`: it waits for a person, and the others go on without it.
    """
    key = card_key(card)
    wire = dg.AssetCheckSpec(
        "wire", asset=key, blocking=True, description="The rows have the raw row shape, known marks and unique keys."
    )
    fits = dg.AssetCheckSpec("card", asset=key, description="The source has what the card expects of it.")

    @dg.asset(
        key=key,
        group_name=card.publisher,
        description=f"{card.title.nl} / {card.title.en}",
        metadata={"licence": card.licence, "homepage": dg.MetadataValue.url(card.homepage)},
        kinds={"parquet"},
        check_specs=[wire, fits],
        output_required=False,
        # The client retries each request; this is for the trouble between them, such as a full disk or a lost mount.
        retry_policy=dg.RetryPolicy(max_retries=1, delay=5),
        pool=card.publisher,
    )
    def ingest(
        settings: dg.ResourceParam[Settings], origin: dg.ResourceParam[Origin]
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        try:
            done = refresh(card, origin, Landing(settings.landing), settings.raw, check_shape)
        except WireError as error:
            yield dg.AssetCheckResult(
                check_name=wire.name,
                asset_key=key,
                passed=False,
                metadata={"problem": str(error), "failing_rows": rows_metadata(error.rows)},
            )
            raise dg.Failure(str(error), allow_retries=False) from error
        except AwaitedError as error:
            nothing = [_not_run(key, wire, error), _not_run(key, fits, error)]
            yield dg.MaterializeResult(asset_key=key, metadata={"awaited": str(error)}, check_results=nothing)
            return
        except MismatchError as error:
            told = {"problem": str(error)}
            failed = dg.AssetCheckResult(check_name=fits.name, asset_key=key, passed=False, metadata=told)
            results = [_not_run(key, wire, error), failed]
            yield dg.MaterializeResult(asset_key=key, metadata={"kept": str(error)}, check_results=results)
            return
        except RegiokompasError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "rows": done.rows,
                "changed": done.changed,
                "source_modified": done.snapshot.changed_at,
                "landed_at": done.snapshot.landed_at,
                "protocol": done.snapshot.protocol,
                "raw": dg.MetadataValue.path(str(done.folder)),
            },
            check_results=[
                dg.AssetCheckResult(check_name=wire.name, asset_key=key, passed=True, metadata={"rows": done.rows}),
                dg.AssetCheckResult(check_name=fits.name, asset_key=key, passed=True),
            ],
        )

    return ingest


def _not_run(key: dg.AssetKey, spec: dg.AssetCheckSpec, why: Exception) -> dg.AssetCheckResult:
    """Dagster wants a result of every check; this one says that nothing new was there to look at."""
    return dg.AssetCheckResult(check_name=spec.name, asset_key=key, passed=True, metadata={NOT_RUN: str(why)})


def inputs_asset(cards: dict[str, SourceCard]) -> dg.AssetsDefinition:
    """The asset that describes everything that has landed for one dbt build, with the check for drift."""
    unblocked = dg.AssetCheckSpec(
        "drift", asset=INPUTS, description="No indicator uses what its source removed, renamed or counts otherwise."
    )

    @dg.asset(
        key=INPUTS,
        deps=[card_key(card) for card in cards.values()],
        group_name="raw",
        description="Everything that has landed, as the inputs of one dbt build",
        kinds={"parquet"},
        check_specs=[unblocked],
    )
    def inputs(
        settings: dg.ResourceParam[Settings], origin: dg.ResourceParam[Origin]
    ) -> Iterator[dg.MaterializeResult[None]]:
        try:
            made: Inputs = assemble(settings, cards, invented=origin.invented)
        except RegiokompasError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        states = {row["dataset_id"]: row["state"] for row in made.sources}
        problem = "\n".join(
            f"indicator {row['indicator_id']}{_with(row['indicator_id'], made.blocked)} is left out: {row['reason']}"
            for row in made.blocked
            if row["indicator_id"] == row["root"]
        )
        yield dg.MaterializeResult(
            metadata={"release_id": made.release_id, "states": dg.MetadataValue.json(states)},
            check_results=[
                dg.AssetCheckResult(
                    check_name=unblocked.name,
                    passed=not made.blocked,
                    metadata={"problem": problem} if problem else {},
                )
            ],
        )

    return inputs


def _with(root: str, blocked: list[dict[str, str]]) -> str:
    """The indicators that are blocked because another one is, told with that one: it is the one to look at."""
    others = [row["indicator_id"] for row in blocked if row["root"] == root != row["indicator_id"]]
    return f" (and what is computed from it: {shown(others)})" if others else ""
