"""The long parts of the page of a comparison, written here because a template takes ten times as long for each cell.

Belongs here: the choices of the form and the lines of the table. Not here: anything that is on the page once.
"""

from collections.abc import Collection, Iterable, Mapping

from markupsafe import Markup, escape

from portal.asked_comparison import AskedComparison
from portal.comparison_table import ComparedColumn, ComparisonLine, ComparisonTable
from portal.comparisons import COUNTRY
from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.formats import format_number
from portal.pages import page_url
from portal.regroup import RegroupedFigure

DASH = "\N{EN DASH}"


def region_options(release: ReleaseContext, lang: str) -> Markup:
    """Returns every region that exists now, for a field to suggest."""
    schemes = {scheme: escape(names[lang]) for scheme, names in release.texts["schemes"].items()}
    return _joined(
        f'<option value="{escape(row["name"])} ({row["region_code"]})">{schemes.get(row["scheme"], "")}</option>'
        for row in release.registry.regions.values()
        if row["is_current"]
    )


def indicator_options(themes: Mapping[str, Iterable[Row]], chosen: str, release: ReleaseContext, lang: str) -> Markup:
    """Returns the indicators by theme, to choose one from."""

    def option(row: Row) -> str:
        selected = " selected" if row["indicator_id"] == chosen else ""
        return f'<option value="{row["indicator_id"]}"{selected}>{escape(row[f"title_{lang}"])}</option>'

    return _joined(
        f'<optgroup label="{escape(release.text("themes", theme, lang))}">{"".join(map(option, rows))}</optgroup>'
        for theme, rows in themes.items()
    )


def indicator_ticks(
    themes: Mapping[str, Iterable[Row]], first: str, ticked: Collection[str], release: ReleaseContext, lang: str
) -> Markup:
    """Returns all indicators but the first by theme, to tick some of."""

    def tick(row: Row) -> str:
        checked = " checked" if row["indicator_id"] in ticked else ""
        box = f'<input type="checkbox" name="indicator" value="{row["indicator_id"]}"{checked}>'
        return f'<label class="tick">{box}{escape(row[f"title_{lang}"])}</label>'

    return _joined(
        f"<fieldset><legend>{escape(release.text('themes', theme, lang))}</legend>"
        f'<div class="ticks">{"".join(tick(row) for row in rows if row["indicator_id"] != first)}</div></fieldset>'
        for theme, rows in themes.items()
    )


def table_lines(table: ComparisonTable, asked: AskedComparison, release: ReleaseContext, lang: str) -> Markup:
    """Returns the lines of the table: a region with its figures, each leading to its page."""
    return _joined(_line(line, table, asked, release, lang) for line in table.lines)


def country_cells(table: ComparisonTable, release: ReleaseContext, lang: str) -> Markup:
    """Returns the figures of the country, above those of the regions."""
    return _joined(_cell(column.country, column, COUNTRY, release, lang) for column in table.columns)


def _line(
    line: ComparisonLine, table: ComparisonTable, asked: AskedComparison, release: ReleaseContext, lang: str
) -> str:
    region, code = line.region, line.region["region_code"]
    name, told = escape(region["name"]), []
    if table.has_kinds:
        told.append(release.text("schemes", region["scheme"], lang))
    if line.is_own:
        told.append(release.text("compare", "own", lang))
    if not region["is_current"]:
        told.append(release.text("region", "former", lang))
    details = f' <span class="detail">{escape(", ".join(told))}</span>' if told else ""
    remove = ""
    if not asked.group:
        query = asked.query(codes=[each for each in asked.named if each != code])
        label = f"{escape(release.text('compare', 'remove', lang))}: {name}"
        address = escape(f"{page_url('compare', lang)}?{query}")
        remove = f' <a class="remove" href="{address}" aria-label="{label}">\N{MULTIPLICATION SIGN}</a>'
    style = "mine" if line.is_own else "country" if code == COUNTRY else "other"
    head = f'<th scope="row"><a href="{release.region_url(code, lang)}">{name}</a>{details}{remove}</th>'
    cells = "".join(
        _cell(line.figures.get(column.indicator["indicator_id"]), column, code, release, lang)
        for column in table.columns
    )
    return f'<tr class="{style}">{head}{cells}</tr>'


def _cell(figure: RegroupedFigure | None, column: ComparedColumn, code: str, release: ReleaseContext, lang: str) -> str:
    if figure is None:
        return f'<td class="n"><span class="detail">{DASH}</span></td>'
    status = escape(release.text("statuses", figure.status, lang))
    if figure.value is None:
        return f'<td class="n"><span class="detail">{status}</span></td>'
    # Slugs and numbers have nothing to escape.
    url = release.figure_url(code, column.indicator["indicator_id"], lang)
    written = format_number(figure.value, column.indicator["decimals"], lang)
    differs = f'<span class="mark-status">{status}</span>' if figure.status != column.status else ""
    return f'<td class="n"><a href="{url}">{written}</a>{differs}</td>'


def _joined(parts: Iterable[str]) -> Markup:
    return Markup("".join(parts))  # noqa: S704 - every text in them is escaped above
