"""What the Excel file of one figure says: the region by period, the group that it is laid beside, and their meaning.

Belongs here: which figures are on which sheet, in which words. Not here: reading them (`portal/figure_page.py`), nor
sheets and their file (`portal/workbook.py`).
"""

from collections.abc import Sequence

from portal.book_parts import explanation, heads, label_of, make_book, words
from portal.comparisons import COUNTRY
from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.figure_page import FigurePage
from portal.formats import format_period
from portal.workbook import Book, BookSheet, SheetRow

# The sentences above the explanation.
EXPLAINED = ("release", "empty", "boundaries", "cite")


def figure_book(page: FigurePage, rows: Sequence[Row], release: ReleaseContext, lang: str) -> Book:
    """Returns the sheets of a figure.

    Args:
        page: what its page shows.
        rows: all periods of the region, the country and the members of the group.
        release: the release.
        lang: the language.
    """
    name = page.indicator["indicator_id"]
    title, _ = label_of(release, name, lang)
    sheets = [_overview(page, rows, release, lang)]
    if page.group:
        sheets.append(_beside(page, rows, release, lang))
    sheets.append(explanation(release, [name], EXPLAINED, lang))
    return make_book(release, f"{title}, {page.region['name']}", sheets, lang)


def _overview(page: FigurePage, rows: Sequence[Row], release: ReleaseContext, lang: str) -> BookSheet:
    """The region through time: each figure with its status and origin, and the country in the same period."""
    code, decimals = page.region["region_code"], page.indicator["decimals"]
    country = {row["period_code"]: row["value"] for row in rows if row["region_code"] == COUNTRY}
    # The figures of the country lie beside those of another region, and not beside themselves.
    beside = [] if code == COUNTRY or not page.country else [words(release, "country", lang)]
    header = [*heads(release, lang, "period_one"), page.region["name"], *beside]
    has_limits = any(row["lower"] is not None for row in rows if row["region_code"] == code)
    header += heads(release, lang, "status_one", "method", *(("lower", "upper") if has_limits else ()))
    lines = []
    for row in _in_time(rows, release):
        if row["region_code"] == code:
            told = [_period(row, release, lang), row["value"], *([country.get(row["period_code"])] if beside else [])]
            told.append(release.text("statuses", row["value_status"], lang))
            told.append(release.text("boundary_methods", row["boundary_method"], lang))
            limits = [row["lower"], row["upper"]] if has_limits else []
            lines.append(SheetRow([*told, *limits], decimals))
    unit = f"{words(release, 'head_unit', lang)}: {page.indicator[f'unit_{lang}']}."
    return BookSheet(words(release, "overview", lang), [page.sentence, unit], header, lines, labels=1)


def _beside(page: FigurePage, rows: Sequence[Row], release: ReleaseContext, lang: str) -> BookSheet:
    """The region, the country and the members of the group, with a column for each period."""
    regions, code = release.registry.regions, page.region["region_code"]
    periods = {row["period_code"]: _period(row, release, lang) for row in _in_time(rows, release)}
    values: dict[str, dict[str, float | None]] = {}
    for row in rows:
        values.setdefault(row["region_code"], {})[row["period_code"]] = row["value"]
    others = sorted(set(values) - {code, COUNTRY}, key=lambda each: str(regions[each]["name"]))
    lines = [
        SheetRow(
            [regions[each]["name"], each, *(values[each].get(period) for period in periods)], page.indicator["decimals"]
        )
        for each in (code, COUNTRY, *others)
        if each in values
    ]
    header = [*heads(release, lang, "region", "code"), *periods.values()]
    lead = release.text("peer_groups", page.group.name, lang) if page.group else ""
    return BookSheet(words(release, "beside", lang), [f"{lead[:1].upper()}{lead[1:]}."], header, lines, labels=2)


def _in_time(rows: Sequence[Row], release: ReleaseContext) -> list[Row]:
    return sorted(rows, key=lambda row: release.registry.periods.order(row["period_code"]))


def _period(row: Row, release: ReleaseContext, lang: str) -> str:
    return format_period(row["period_code"], release.texts["periods"], lang)
