"""What the Excel file of one figure says: through time beside the country and its group, and all figures behind it.

Belongs here: which figures are on which sheet, in which words. Not here: reading them.
"""

from collections.abc import Sequence

from portal.book_parts import explanation, heads, label_of, make_book
from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.figure_page import FigurePage
from portal.formats import format_period
from portal.workbook import Book, BookSheet, SheetCell, SheetRow

LONG = ("region", "code", "period_one", "figure", "status_one", "method")
# The sentences above the explanation.
EXPLAINED = ("release", "empty", "cite")


def figure_book(page: FigurePage, rows: Sequence[Row], release: ReleaseContext, lang: str) -> Book:
    """Returns the sheets of a figure.

    Args:
        page: the figure.
        rows: every figure that the page is made from, as `read_all_periods` gives them.
        release: the release.
        lang: the language.
    """
    name = page.indicator["indicator_id"]
    title = _text("title", release, lang).format(indicator=label_of(release, name, lang)[0], region=page.label)
    sheets = [_series(page, release, lang), _long(page, rows, release, lang)]
    return make_book(release, title, [*sheets, explanation(release, [name], EXPLAINED, lang)], lang)


def _series(page: FigurePage, release: ReleaseContext, lang: str) -> BookSheet:
    """A period to a row, the oldest first: what the chart shows."""
    country = {point.day: point.value for point in page.country}
    quarters = page.group.quarters if page.group else {}
    has_interval = page.figure.lower is not None
    header = [*heads(release, lang, "period_one"), page.label]
    if country:
        header.append(_text("country", release, lang))
    if page.group:
        group = release.text("peer_groups", page.group.name, lang)
        header += [_text(f"group_{key}", release, lang).format(group=group) for key in ("low", "middle", "high")]
    if has_interval:
        header += [_text(f"interval_{key}", release, lang) for key in ("low", "high")]
    header += heads(release, lang, "status_one")
    rows = []
    for point in page.points:
        cells: list[SheetCell] = [point.period, point.value]
        if country:
            cells.append(country.get(point.day))
        if page.group:
            cells += quarters.get(point.day, (None, None, None))
        if has_interval:
            cells += [point.lower, point.upper]
        rows.append(SheetRow([*cells, release.text("statuses", point.status, lang)], page.indicator["decimals"]))
    unit = label_of(release, page.indicator["indicator_id"], lang)[1]
    lines = [page.sentence, _text("legend_unit", release, lang).format(unit=unit)]
    return BookSheet(_text("chart", release, lang), lines, header, rows, labels=1)


def _long(page: FigurePage, rows: Sequence[Row], release: ReleaseContext, lang: str) -> BookSheet:
    found = []
    for row in rows:
        cells: list[SheetCell] = [release.registry.regions[row["region_code"]]["name"], row["region_code"]]
        cells.append(format_period(row["period_code"], release.texts["periods"], lang))
        cells += [row["value"], release.text("statuses", row["value_status"], lang)]
        cells.append(release.text("boundary_methods", row["boundary_method"], lang))
        found.append(SheetRow(cells, page.indicator["decimals"]))
    lead = _text("boundaries", release, lang).format(year=release.registry.boundary_year)
    return BookSheet(_text("sheet_all", release, lang), [lead], heads(release, lang, *LONG), found, labels=3)


def _text(key: str, release: ReleaseContext, lang: str) -> str:
    return release.text("figure", key, lang)
