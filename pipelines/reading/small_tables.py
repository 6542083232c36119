"""Files, registers, areas and answers of Eurostat, from landed bytes to Parquet in the shape of their card.

One page is in memory at a time as text, and all rows of a card as columns: CBS's tables are far larger.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import polars as pl

from pipelines.clients import drop, eurostat, ogc_features
from pipelines.clients.jsonstat import read_cube
from pipelines.clients.registry import FILES, RECORDS
from pipelines.errors import MismatchError, SourceError
from pipelines.landing.store import Resource, Snapshot
from pipelines.reading.existing import boundaries
from pipelines.reading.files.table_file import read_records, read_table
from pipelines.reading.files.table_rows import FileTable
from pipelines.reading.landed import Landed
from pipelines.reading.pages import Pages
from pipelines.reading.postcodes import postcode_rows
from pipelines.reading.registers import register_rows, register_year
from pipelines.reading.remainders import remainders_among
from pipelines.reading.shapes import CODES, MEASURES, ROWS_IN
from pipelines.reading.tables import added_pages, load_region_names, statistics_rows, with_zeros
from pipelines.reading.tally import NOT_ASKED_FOR, NOT_CLASSIFIED, NOT_PLACED, NOTHING, Tally
from pipelines.reading.told_periods import refuse_other_period
from pipelines.reading.twins import refuse_twins
from pipelines.seeds import SEEDS
from pipelines.sources.access import Protocol
from pipelines.sources.card import Shape, SourceCard
from pipelines.sources.periods import period_days, whole_year


def read_divisions(
    landed: Landed, work: Path, target: Path, have: Snapshot | None = None
) -> tuple[int, Snapshot, Tally]:
    """Read a source that is not a table of CBS into the Parquet of its shape.

    Files of one source are independent: one that cannot be read is taken from what landed before, if it was there, and
    the others are read.

    Returns:
        The number of rows (those of the source itself, where regions without one get a zero), the snapshot that they
        are from, and what became of the rows of the source.

    Raises:
        SourceError: the bytes are not what the card or the protocol says, or two files have the same contents.
    """
    card, rows, tally = landed.card, 0, NOTHING
    tallies: dict[str, Tally] = {}

    def read_page(resource: Resource) -> pl.DataFrame:
        frame, tallies[resource.name] = _read_page(landed, resource, work)
        return frame

    read = Pages(landed, have, read_page)
    frames, files = [], []
    for resource, frame in read:
        tally = tally.and_(tallies[resource.name])
        files.append((resource, frame))
        if card.shape is Shape.SUBSIDIES:
            frame = frame.with_columns(pl.col("row_number") + rows)
        rows += frame.height
        frames.append(frame.with_columns(pl.lit(resource.sha256).alias("landed_sha256")))
    if not frames:
        raise SourceError(card.dataset_id, "nothing with rows in it has landed", todo="fetch it again")
    if landed.protocol in FILES:
        refuse_twins(card.dataset_id, files)
    whole = pl.concat(frames).select(pl.lit(card.dataset_id).alias("dataset_id"), pl.all())
    if card.shape is Shape.OBSERVATIONS:
        whole = _as_observations(whole)
        # Files are complete in themselves; pages are not.
        if card.layout and card.layout.combine and (landed.protocol in RECORDS or card.layout.dated):
            whole = added_pages(whole, card.layout)
        whole = with_zeros(card, whole, region_names(), boundaries().there_in)
        _describe(landed, whole, target)
        whole = whole.filter(~_is_remainder(whole["region_code"]))
    whole.write_parquet(target / f"{ROWS_IN[card.shape]}.parquet", compression="zstd")
    return tally.kept if card.has_zeros else whole.height, read.snapshot, tally


def _read_page(landed: Landed, resource: Resource, work: Path) -> tuple[pl.DataFrame, Tally]:
    """The rows of a page, and what became of those of the source."""
    card, body = landed.card, landed.page(resource)
    if card.boundaries:
        features = ogc_features.features(body)
        areas = ogc_features.boundary_rows(card, features)
        return areas, Tally(len(features), areas.height, {})
    if landed.protocol is Protocol.EUROSTAT:
        cube = read_cube(body)
        cells, received = eurostat.statistics_rows(card, cube), cube.cells.height
        return cells, _of_asked(Tally(received, received, {}), cells["region_code"])
    if card.places and card.layout:
        return postcode_rows(card, card.layout, resource.url, body, work)
    table = _text_table(landed, resource, body)
    if card.subsidy_register:
        if (year := register_year(card, resource.url)) is not None:
            refuse_other_period(card.dataset_id, table.told, whole_year(year), resource.url)
        grants = register_rows(card, table.frame, resource.url, table.letters)
        return grants, table.tally.then(grants.height, {})
    named = drop.period_of(resource.url) if landed.protocol is Protocol.DROP else None
    period = named if landed.protocol is Protocol.DROP else card.only_period
    rows, regions = statistics_rows(card, table.frame, region_names(), period, resource.url, table.letters)
    if period is not None:
        refuse_other_period(card.dataset_id, table.told, period, resource.url)
    if named is not None:
        _refuse_other_rows(card, rows, named, resource.url)
    return rows, _of_asked(table.tally, regions)


def _of_asked(tally: Tally, regions: pl.Series) -> Tally:
    """What became of the rows, where the card only asks for those of some regions; null is one without a place."""
    unplaced = regions.null_count()
    aside = int(_is_remainder(regions.drop_nulls()).sum())
    left_out = {NOT_ASKED_FOR: tally.kept - len(regions), NOT_CLASSIFIED: aside, NOT_PLACED: unplaced}
    return tally.then(len(regions) - aside - unplaced, {why: rows for why, rows in left_out.items() if rows})


def _is_remainder(regions: pl.Series) -> pl.Series:
    return regions.is_in(sorted(remainders_among(regions.unique())))


def _refuse_other_rows(card: SourceCard, rows: pl.DataFrame, named: str, url: str) -> None:
    """Refuse rows for periods outside the one in the name of their file."""
    span = period_days(named)
    for code in rows["period_code"].unique().sort():
        days = period_days(code)
        if span and days and not (days[0] <= span[1] and span[0] <= days[1]):
            problem = f"a row is for {code}, which is not {named}, the period in the name of the file"
            todo = "put the file's own period in its name, or fetch the file that was meant"
            raise MismatchError(card.dataset_id, problem, url=url, todo=todo)


def _text_table(landed: Landed, resource: Resource, body: bytes) -> FileTable:
    card = landed.card
    if card.layout is None:
        raise SourceError(card.dataset_id, f"the way {landed.protocol} brings tables", todo="give the card a `layout`")
    if client := RECORDS.get(landed.protocol):
        return read_records(card.dataset_id, resource.url, client.records(body, landed.access), card.layout)
    return read_table(card.dataset_id, resource.url, body, card.layout)


@cache
def region_names() -> Mapping[str, Mapping[str, str]]:
    """The names that sources give regions, by list, each with its code."""
    return load_region_names(SEEDS / "region_names.csv")


def _as_observations(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "dataset_id",
        "measure_code",
        "region_code",
        "period_code",
        "dims",
        pl.col("value").cast(pl.Float64),
        pl.col("value_text") if "value_text" in rows.columns else pl.lit(None, pl.String).alias("value_text"),
        "value_attribute",
        pl.lit(None, pl.String).alias("period_status"),
        "landed_sha256",
    )


def _describe(landed: Landed, rows: pl.DataFrame, target: Path) -> None:
    """Write what the card calls its measures, and the codes that the rows have, with the source's titles for them."""
    card = landed.card
    measures = [(m.code, m.code, i, m.title, m.unit, None) for i, m in enumerate(card.measures)]
    titles = _titles(landed)
    codes = [
        (name, role, code, titles.get((name, code), code), None, index)
        for name, role, column in _dimensions(card, rows)
        for index, code in enumerate(sorted(column.unique().drop_nulls()))
    ]
    dataset = pl.lit(card.dataset_id).alias("dataset_id")
    for name, schema, described in (("measures", MEASURES, measures), ("codes", CODES, codes)):
        frame = pl.DataFrame(described, schema=schema, orient="row")
        frame.select(dataset, pl.all()).write_parquet(target / f"{name}.parquet", compression="zstd")


def _dimensions(card: SourceCard, rows: pl.DataFrame) -> list[tuple[str, str, pl.Series]]:
    found = [
        (card.dimension("region") or "region", "region", rows["region_code"]),
        (card.dimension("period") or "period", "period", rows["period_code"]),
    ]
    for name, dimension in card.dimensions.items():
        if dimension.role == "category":
            part = pl.col("dims").str.extract(f"(?:^|;){name}=([^;]*)")
            found.append((name, "category", rows.select(part).to_series()))
    return found


def _titles(landed: Landed) -> dict[tuple[str, str], str]:
    """The titles that an answer of Eurostat gives its codes; files have none."""
    if landed.protocol is not Protocol.EUROSTAT:
        return {}
    return {
        (name, code): title
        for resource in landed.pages
        for name, dimension in json.loads(landed.page(resource))["dimension"].items()
        for code, title in dimension["category"].get("label", {}).items()
    }
