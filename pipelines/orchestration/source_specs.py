"""A card as Dagster shows it: its key, group and owner, how fresh it should be and what its rows look like.

Belongs here: what is known about a source before it is asked. Not here: asking it, which is `source_assets.py`.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pyarrow as pa

from pipelines.orchestration.asset_metadata import COLUMN_SCHEMA, OWNERS, PREVIEW_ROWS, URI, bundle_schema, described
from pipelines.reading.shapes import FILES, ROWS_IN
from pipelines.sources.access import Protocol
from pipelines.sources.card import Cadence, Shape, SourceCard

Descriptions = Mapping[str, Mapping[str, str]]
"""What dbt says about the columns of each raw file."""
# A source is asked far more often than it has news. The first number is how many days an asset may go without success
# while its schedule runs on time, weekends included; after the second number of days, news has been missed.
_FRESH_FOR = {
    Cadence.YEARLY: (8, 365),
    Cadence.HALF_YEARLY: (8, 183),
    Cadence.QUARTERLY: (5, 92),
    Cadence.MONTHLY: (4, 31),
    Cadence.WEEKLY: (4, 7),
}


def card_key(card: SourceCard) -> dg.AssetKey:
    """The asset key of a card, such as `raw/cbs/81575NED`."""
    return dg.AssetKey(["raw", card.publisher, card.table])


def source_spec(card: SourceCard, descriptions: Descriptions) -> dg.AssetSpec:
    """The asset of a card."""
    return dg.AssetSpec(
        card_key(card),
        skippable=True,
        group_name=group_of(card),
        description=f"{card.title.nl} / {card.title.en}",
        metadata={
            COLUMN_SCHEMA: raw_schema(card, descriptions),
            URI: card.homepage,
            "licence": card.licence,
            "attribution": card.attribution,
            "homepage": dg.MetadataValue.url(card.homepage),
        },
        owners=OWNERS,
        tags={
            "publisher": card.publisher,
            "cadence": card.cadence.value,
            "shape": card.shape.value,
            "protocol": card.access[0].protocol.value,
        },
        kinds={"file" if all(access.protocol is Protocol.DROP for access in card.access) else "http", "parquet"},
        freshness_policy=freshness_of(card),
    )


def group_of(card: SourceCard) -> str:
    """The family of a source: registers are grouped by level of government, everything else by publisher."""
    register = card.subsidy_register
    if register:
        return "sources_municipal" if register.region.startswith("GM") else "sources_national"
    return f"sources_{card.publisher}"


def freshness_of(card: SourceCard) -> dg.FreshnessPolicy | None:
    """How long ago a source may last have been brought up to date; None for one that gets no new figures."""
    if card.ended or card.cadence not in _FRESH_FOR:
        return None
    warn, fail = _FRESH_FOR[card.cadence]
    return dg.FreshnessPolicy.time_window(fail_window=timedelta(days=fail), warn_window=timedelta(days=warn))


def raw_schema(card: SourceCard, descriptions: Descriptions) -> dg.TableSchema:
    """The columns of the rows of a source, which are the same for every source of its shape."""
    return _file_schema(ROWS_IN[card.shape], descriptions)


def inputs_schema(written: Mapping[str, pa.Table], descriptions: Descriptions) -> dg.TableSchema:
    """The columns of everything that dbt reads: the raw files of every source, and the tables written about them."""
    about = {
        name: described({field.name: str(field.type) for field in table.schema}, descriptions.get(name, {}))
        for name, table in written.items()
    }
    return bundle_schema({file: _file_schema(file, descriptions) for file in FILES} | about)


def _file_schema(file: str, descriptions: Descriptions) -> dg.TableSchema:
    columns = {name: str(kind()).lower() for name, kind in FILES[file].items()}
    return described(columns, descriptions.get(file, {}))


def first_rows(folder: Path, shape: Shape) -> pl.DataFrame:
    """The first rows of a source, from its raw Parquet."""
    return pl.scan_parquet(folder / f"{ROWS_IN[shape]}.parquet").head(PREVIEW_ROWS).collect()
