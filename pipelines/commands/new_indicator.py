"""A row for the registry of indicators on the first measure of a new card; the text in `<>` is to be filled in."""

import csv
import io
from math import ceil, log10
from pathlib import Path

import polars as pl

from pipelines.commands.new_source import Made
from pipelines.commands.new_table import NewMeasure, id_of
from pipelines.indicators.registry import PUBLISHED, read_indicators
from pipelines.seeds import Indicator
from pipelines.sources.card import SourceCard
from pipelines.sources.units import without_thousands

# From small to large.
_SCHEMES = {
    "GM": "municipality",
    "AM": "labour_market_region",
    "CR": "corop",
    "PV": "province",
    "LD": "part_of_country",
    "NL": "country",
}
# The units that are the same thing in every table.
_IN_ENGLISH = {"%": "%", "euro": "euro", "aantal": "number", "km": "km", "ha": "ha"}


def example_row(made: Made) -> str:
    """The row, as a line of CSV.

    The unit does not tell whether figures are counts: an average price in euros is not one, and may not be added up. So
    the kind is left open, as are the English texts and what the figures count.
    """
    card, measure = made.card, made.table.kept[0]
    title = measure.title
    unit = without_thousands(measure.source.unit)
    lowest, highest = _range(made.landed.folder / "observations.parquet", measure, is_percentage=unit.startswith("%"))
    chosen = {name: d.codes[0].code for name, d in card.dimensions.items() if d.role == "category"}
    row = {
        "indicator_id": _new_id(title, card.table),
        "theme": "regional_economy",
        "sub_theme": "income_and_welfare",
        "building_block": "5",
        "title_nl": title,
        "title_en": "<title>",
        "definition_nl": f"<wat het telt> (CBS-tabel {card.table}).",
        "definition_en": f"<what it counts> (CBS table {card.table}).",
        "unit_nl": unit or "<eenheid>",
        "unit_en": _IN_ENGLISH.get(unit.casefold(), "<unit>"),
        "decimals": str(measure.source.decimals if measure.multiplier == 1 else 0),
        "direction": "neutral",
        "kind": "<count|rate|share|ratio>",
        "is_flow": "<true|false>",
        "interval_kind": "<none|byar|wilson|source|unknown>",
        "formula": PUBLISHED,
        "dataset_id": card.dataset_id,
        "measure_code": measure.code,
        "dims": ";".join(f"{name}={code}" for name, code in sorted(chosen.items())),
        "multiplier": str(measure.multiplier),
        "min_value": str(lowest),
        "max_value": str(highest),
        "lowest_level": _lowest_level(card),
    }
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(row.get(column, "") for column in Indicator.model_fields)
    return text.getvalue()


def _new_id(title: str, table: str) -> str:
    """An id made of the words of a title, followed by the table if the words alone are taken."""
    words = id_of(title)
    if words is None:
        return "<id>"
    taken = {row.indicator_id for row in read_indicators()}
    return f"{words}_{table.lower()}" if words in taken else words


def _lowest_level(card: SourceCard) -> str:
    """The smallest kind of region that the card asks for."""
    region = card.dimension("region")
    levels = card.dimensions[region].levels if region else ("NL",)
    return next((scheme for letters, scheme in _SCHEMES.items() if not levels or letters in levels), "country")


def _range(observations: Path, measure: NewMeasure, *, is_percentage: bool) -> tuple[int, int]:
    """Bounds with room around the figures that landed: powers of ten, and zero if none is below it.

    Counts of regions are added up to larger regions, which the table may not have, so there is room for the sum.
    """
    rows = pl.scan_parquet(observations).filter(pl.col("measure_code") == measure.code)
    values = rows.select("value")
    if not is_percentage:
        of_a_level = rows.group_by("dims", "period_code", pl.col("region_code").str.slice(0, 2))
        values = pl.concat([values, of_a_level.agg(pl.col("value").sum()).select("value")])
    lowest, highest = values.select(low=pl.col("value").min(), high=pl.col("value").max()).collect().row(0)
    if is_percentage and (lowest or 0) >= 0 and (highest or 0) <= 100:
        return 0, 100

    def beyond(value: float | None) -> int:
        return int(10 ** ceil(log10(max(2 * measure.multiplier * (value or 0), 10))))

    return -beyond(-lowest) if lowest and lowest < 0 else 0, beyond(highest)
