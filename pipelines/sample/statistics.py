"""The sample's files with figures, made from the layout of their card."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from pipelines.seeds import RegionName, csv_rows, read_seed
from pipelines.sources.access import CkanAccess
from pipelines.sources.card import Cadence, SourceCard
from pipelines.sources.layout import CASE, PERIOD, REGION, FileColumn, Reads, TableLayout
from pipelines.sources.periods import code_of, whole_year, year_of

from .boundaries import boundary_year_of, in_year, labour_market_region, municipalities, regions
from .columns import SampleCell, SamplePart, column
from .figures import uniform
from .invention import Invention, invention_of
from .periods import LAST_MONTH, LAST_QUARTER, LAST_YEAR
from .sheets import Sheet, header_of, in_file, layout_of, period_text

FILE = Path(__file__).resolve().parent / "categories.csv"
HOW_MANY = {Cadence.WEEKLY: 6, Cadence.MONTHLY: 6, Cadence.QUARTERLY: 4, Cadence.YEARLY: 2, Cadence.ONCE: 1}
# Notes on names used besides the usual one: those of a half, and those that a source kept after a merger.
BESIDE = ("halve gemeente", "door UWV ook na", "schrijfwijze van UWV")
SMALL = 10
# Fewer than so many are not divided into rows any more, so that not every count has a small one among its rows.
LAST_ROW = 13
# The NUTS 3 region of Utrecht.
ELSEWHERE = "NL350"
CLASSES = ((0.25, "zeer ruim"), (0.67, "ruim"), (1.5, "gemiddeld"), (4.0, "krap"), (float("inf"), "zeer krap"))
SheetRows = list[list[Any]]


def sheets(card: SourceCard) -> list[Sheet]:
    """The files of a card with figures: one per period, unless one file has all of them."""
    layout = layout_of(card)
    header = header_of(layout)
    told = any(c.to == PERIOD for c in layout.columns.values())
    periods = _periods(card)
    found = [Sheet(None if told else period, header, _rows(card, header, period)) for period in periods]
    # A catalogue of which the newest files are wanted has one for each period.
    if told and not (isinstance(access := card.access[0], CkanAccess) and access.resources.newest):
        return [Sheet(None, header, [row for sheet in found for row in sheet.rows])]
    return found


def _rows(card: SourceCard, header: list[str], period: str) -> SheetRows:
    layout = layout_of(card)
    rows = []
    for combination in product(*(_codes(card, name) for name in _dimensions(card))):
        categories = dict(zip(_dimensions(card), (entry["code"] for entry in combination), strict=True))
        beside = {entry["dimension"].removesuffix("_CD"): entry["beside"] for entry in combination if entry["beside"]}
        figures = _figures(card, categories, period)
        for region in _regions(card, period):
            values: dict[str, SampleCell] = {
                code: cells.get(region, SampleCell(None)) for code, cells in figures.items()
            }
            _derive(card, values)
            names = _written(layout, region)
            shares = {c.to: _shares(int(values[c.to].number or 0), c) for c in layout.columns.values() if c.hidden}
            if shares:
                names = names[:1] * max(map(len, shares.values()))
            if layout.counted:
                names = _cases(layout, names[0], int(values[layout.counted].number or 0))
            for part, name in enumerate(names):
                cells = {**beside, **_beside(region, part)}
                for head, col in layout.columns.items():
                    if col.to == CASE:
                        cells[head] = f"{card.table}-{period}-{region}-{part + 1}"
                        continue
                    cells[head] = (
                        shares[col.to][part]
                        if col.to in shares
                        else _cell(card, col, categories, values, period, name, part, len(names))
                    )
                rows.append([cells.get(head, "") for head in header])
    return rows


def _cell(
    card: SourceCard,
    col: FileColumn,
    categories: dict[str, str],
    values: dict[str, SampleCell],
    period: str,
    name: str,
    part: int,
    parts: int,
) -> Any:
    if col.to == REGION:
        return name
    # Of a register as it is now, some was not looked at this year.
    if col.to == PERIOD and layout_of(card).dated and part % 5 == 4:
        return period_text(whole_year(year_of(period) - 1), col.reads)
    if col.to == PERIOD:
        return period_text(period, col.reads)
    if col.to in categories:
        return categories[col.to]
    number, mark = values[col.to]
    if number is None:
        return "" if mark in ("", "impossible", ".") else mark
    # A municipality under several names: each has a part, and the parts add up.
    share = number // parts + (number % parts if part == 0 else 0) if parts > 1 else number
    return in_file(share, col.reads, layout_of(card))


def _shares(number: int, column: FileColumn) -> list[str]:
    """The rows that a count is made of, ever smaller, with a mark in place of what is hidden."""
    parts = []
    while column.hidden and number:
        part = number if number < LAST_ROW else -(-number // 4)
        is_hidden = column.hidden.least <= part <= column.hidden.most
        parts.append(column.hidden.marks[0] if is_hidden else str(part))
        number -= part
    return parts


def _cases(layout: TableLayout, name: str, count: int) -> list[str]:
    """How the region of each case of a region is written: here and there with another one, or not at all."""
    column = next(c for c in layout.columns.values() if c.to == REGION)
    both = f"{name}{column.separator}{ELSEWHERE}" if column.separator else name
    return [both if part % 10 == 3 else "" if column.has_blanks and part % 9 == 8 else name for part in range(count)]


def _figures(card: SourceCard, categories: dict[str, str], period: str) -> dict[str, Any]:
    inventions = {measure.code: invention_of(card.dataset_id, measure) for measure in card.measures}
    has_ratio = any(invention.kind == "ratio" for invention in inventions.values())
    year, figures = year_of(period), {}
    for measure, invention in inventions.items():
        parts = []
        for name, code in categories.items():
            codes = [entry["code"] for entry in _codes(card, name)]
            # The two counts of a ratio are divided differently: otherwise the ratio would be equal in every category.
            key = f"{card.dataset_id} {name} {measure}" if has_ratio else f"{card.dataset_id} {name}"
            parts.append(SamplePart(key, len(codes), codes.index(code)))
        figures[measure] = column(invention, "", tuple(parts), year, period) if _is_drawn(invention) else {}
    return figures


def _is_drawn(invention: Invention) -> bool:
    return invention.kind not in ("ratio", "label")


def _derive(card: SourceCard, values: dict[str, SampleCell]) -> None:
    """Fill in what follows from other measures: small numbers are withheld, and what would reveal them as well."""
    for measure in card.measures:
        invention = invention_of(card.dataset_id, measure)
        if invention.kind == "ratio":
            above, below = (values[code].number for code in invention.like.split("/"))
            known = above is not None and below is not None and below >= SMALL
            values[measure.code] = SampleCell(round((above or 0) / (below or 1), 2)) if known else SampleCell(None, "-")
            if not known:
                values[invention.like.split("/")[1]] = SampleCell(None, f"<{SMALL}")
        elif invention.kind == "label":
            number = values[invention.like].number
            values[measure.code] = SampleCell(
                None, "" if number is None else next(w for most, w in CLASSES if number < most)
            )


def _periods(card: SourceCard) -> list[str]:
    """The last periods, oldest first, enough of them for a plausible number of rows."""
    each = prod(len(_codes(card, name)) for name in _dimensions(card)) * len(card.measures)
    for dimension in set(layout_of(card).totals) - {REGION}:
        each = each * (len(_codes(card, dimension)) + 1) // len(_codes(card, dimension))
    last = card.ended.since if card.ended else date(LAST_YEAR, 12, 30)
    places = len(_regions(card, last.strftime("%Y%m%d")))
    count = HOW_MANY[card.cadence]
    if layout_of(card).dated:
        count = 1
    elif not card.has_zeros:
        count = max(count, -(-card.rows.min // (each * places)))
    if card.cadence is Cadence.WEEKLY:
        return [(last - timedelta(weeks=i)).strftime("%Y%m%d") for i in reversed(range(count))]
    if card.cadence is Cadence.MONTHLY:
        end = LAST_MONTH[0] * 12 + LAST_MONTH[1]
        return [code_of(i // 12, "MM", i % 12 + 1) for i in range(end - count, end)]
    if card.cadence is Cadence.QUARTERLY:
        end = LAST_QUARTER[0] * 4 + LAST_QUARTER[1]
        return [code_of(i // 4, "KW", i % 4 + 1) for i in range(end - count, end)]
    return [whole_year(year) for year in range(last.year - count + 1, last.year + 1)]


def _dimensions(card: SourceCard) -> list[str]:
    return [name for name, dimension in card.dimensions.items() if dimension.role == "category"]


def _codes(card: SourceCard, dimension: str) -> list[dict[str, str]]:
    """The categories of a column: those of the card, or of `categories.csv`, or three groups."""
    listed = [code.code for code in card.dimensions[dimension].codes]
    found = [r for r in _categories() if r["dataset"] == card.dataset_id and r["dimension"] == dimension]
    if listed or not found:
        codes = listed or ["Groep 1", "Groep 2", "Groep 3"]
        return [{"dimension": dimension, "code": code, "beside": ""} for code in codes]
    return found


@cache
def _categories() -> list[dict[str, str]]:
    return csv_rows(FILE)


def _regions(card: SourceCard, period: str) -> list[str]:
    """The regions of a file: labour-market regions if it has their names, otherwise the municipalities of the year."""
    lists = {c.names for c in layout_of(card).columns.values() if c.names}
    if "labour_market_region" in lists:
        return sorted({labour_market_region(m) for m in municipalities().values()})
    if "nuts3" in lists:
        return sorted(code for code in regions() if code.startswith("CR"))
    if "province" in lists:
        return sorted(code for code in regions() if code.startswith("PV"))
    return [m.code for m in in_year(boundary_year_of(year_of(period)))]


def _written(layout: TableLayout, region: str) -> list[str]:
    """How a file writes a region: by its code or its name, or by several names whose rows are added up."""
    col = next((c for c in layout.columns.values() if c.to == REGION), None)
    if col is None or col.reads is Reads.REGION_CODE:
        return [region]
    names = _names()[str(col.names), region]
    return names if layout.combine else names[:1]


@cache
def _names() -> dict[tuple[str, str], list[str]]:
    usual: dict[tuple[str, str], list[str]] = {}
    for row in read_seed(RegionName):
        names = usual.setdefault((row.name_list, row.region_code), [])
        if not names or row.note.startswith(BESIDE):
            names.append(row.name)
    return usual


def _beside(region: str, part: int) -> dict[str, str]:
    """What is known but not read: the regions it is in, and a postcode that does not exist."""
    if not region.startswith("GM"):
        return {}
    corop = municipalities()[region].corop
    return {
        "PROVINCIE": regions()[regions()[corop].part_of].name,
        "COROP": regions()[corop].name,
        "POSTCODEGEBIED": f"0{int(100 + 900 * uniform('postcode', region, part))}",
        "Gemeente": municipalities()[region].name,
        "Gemeentecode": region,
        "Regionaam": municipalities()[region].name,
        "PROVINCIENAAM": regions()[regions()[corop].part_of].name,
        "GEMEENTENAAM": municipalities()[region].name,
    }
