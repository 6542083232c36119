"""What the Excel file of a comparison says: regions by indicators or by periods, and every figure with its status.

Belongs here: which figures are on which sheet, in which words. Not here: which were asked for, or read.
"""

from collections.abc import Iterable, Mapping, Sequence

from portal.asked_comparison import AskedComparison
from portal.book_parts import explanation, heads, label_of, make_book, words
from portal.comparison_table import ComparisonTable
from portal.comparisons import COUNTRY
from portal.context import ReleaseContext
from portal.formats import format_period
from portal.regroup import Periods, RegroupedFigure
from portal.workbook import Book, BookSheet, SheetCell, SheetRow

LONG = ("indicator", "unit", "region", "code", "period_one", "figure", "status_one", "method")
# The sentences above the explanation.
EXPLAINED = ("release", "empty", "cite")
LongRow = tuple[str, str, str, RegroupedFigure]


def table_book(table: ComparisonTable, asked: AskedComparison, release: ReleaseContext, lang: str) -> Book:
    """Returns the sheets of many indicators side by side, in the order of the page."""
    columns = [column for column in table.columns if column.period_code]
    decimals = [0, 0, *(column.indicator["decimals"] for column in columns)]
    header = heads(release, lang, "region", "code")
    for column in columns:
        title, unit = label_of(release, column.indicator["indicator_id"], lang)
        header.append(f"{title} ({unit}), {_period(column.period_code, release, lang)}")
    rows, long = [], []
    for line in table.lines:
        code, cells = line.region["region_code"], list[SheetCell]()
        for column in columns:
            figure = line.figures.get(column.indicator["indicator_id"])
            cells.append(figure.value if figure else None)
            if figure:
                long.append((column.indicator["indicator_id"], code, str(column.period_code), figure))
        rows.append(SheetRow([line.region["name"], code, *cells], decimals))
    if COUNTRY not in asked.codes:
        country = [column.country.value if column.country else None for column in columns]
        rows.append(SheetRow([words(release, "country", lang), COUNTRY, *country], decimals))
    wide = BookSheet(_text("sheet_wide", release, lang), [_text("sheet_wide_lead", release, lang)], header, rows, 2)
    return _book([wide, _long(long, release, lang)], asked, release, lang)


def series_book(
    series: Mapping[str, Periods], periods: Sequence[str], asked: AskedComparison, release: ReleaseContext, lang: str
) -> Book:
    """Returns the sheets of one indicator through time; `periods` are in order."""
    name, decimals = asked.indicator["indicator_id"], asked.indicator["decimals"]
    header = [*heads(release, lang, "region", "code"), *(_period(period, release, lang) for period in periods)]
    rows, long = [], []
    for code in asked.codes:
        figures = series.get(code, {})
        values = [figures[period].value if period in figures else None for period in periods]
        rows.append(SheetRow([release.registry.regions[code]["name"], code, *values], decimals))
        long += [(name, code, period, figures[period]) for period in periods if period in figures]
    lead = f"{asked.indicator[f'title_{lang}']}, {asked.indicator[f'unit_{lang}']}; {_boundaries(asked, release, lang)}"
    wide = BookSheet(_text("sheet_series", release, lang), [lead], header, rows, 2)
    return _book([wide, _long(long, release, lang)], asked, release, lang)


def _book(sheets: Sequence[BookSheet], asked: AskedComparison, release: ReleaseContext, lang: str) -> Book:
    indicators = [row["indicator_id"] for row in asked.indicators]
    return make_book(
        release, _text("title", release, lang), [*sheets, explanation(release, indicators, EXPLAINED, lang)], lang
    )


def _long(found: Iterable[LongRow], release: ReleaseContext, lang: str) -> BookSheet:
    regions, indicators = release.registry.regions, release.registry.indicators
    rows = []
    for name, code, period, figure in found:
        told: list[SheetCell] = [*label_of(release, name, lang), regions[code]["name"], code]
        told += [_period(period, release, lang), figure.value, release.text("statuses", figure.status, lang)]
        told.append(release.text("boundary_methods", figure.method, lang))
        rows.append(SheetRow(told, indicators[name]["decimals"]))
    lead = _text("sheet_long_lead", release, lang)
    return BookSheet(_text("sheet_long", release, lang), [lead], heads(release, lang, *LONG), rows, labels=5)


def _boundaries(asked: AskedComparison, release: ReleaseContext, lang: str) -> str:
    if asked.boundary_year is None:
        return _text("as_published", release, lang)
    return _text("figures_on", release, lang).format(year=asked.boundary_year)


def _period(code: str | None, release: ReleaseContext, lang: str) -> str:
    return format_period(code, release.texts["periods"], lang)


def _text(key: str, release: ReleaseContext, lang: str) -> str:
    return release.text("compare", key, lang)
