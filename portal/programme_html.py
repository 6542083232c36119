"""The long part of the page of a programme, written here because a template takes ten times as long for each cell.

Belongs here: the lines of the table. Not here: what is on the page once, nor how figures are judged
(`portal/programme.py`).
"""

from collections.abc import Sequence

from markupsafe import Markup, escape

from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.formats import format_number
from portal.programme import BEHIND, GoalFigure, ProgrammeTable, RegionGoals

NO_CELL = '<td class="n"><span aria-hidden="true">\N{EN DASH}</span><span class="visually-hidden">{}</span></td>'


def table_lines(table: ProgrammeTable, goals: Sequence[Row], release: ReleaseContext, lang: str) -> Markup:
    """Returns the lines of the table: a region with its figure for each goal, which leads to its page.

    Args:
        table: the regions, in order.
        goals: the goals in the order of the columns.
        release: the release.
        lang: the language.
    """
    lines = (_line(line, goals, release, lang) for line in table.lines)
    return Markup("".join(lines))  # noqa: S704 - every text in them is escaped


def _line(line: RegionGoals, goals: Sequence[Row], release: ReleaseContext, lang: str) -> str:
    region = line.region
    url = release.region_url(region["region_code"], lang)
    lagging = release.text("programme", "lagging_of", lang).format(n=line.count(BEHIND), all=len(line.cells))
    cells = "".join(_cell(line.cells.get(goal["goal_id"]), goal, region, release, lang) for goal in goals)
    head = f'<th scope="row"><a href="{escape(url)}">{escape(region["name"])}</a></th>'
    return f'<tr>{head}<td class="n">{escape(lagging)}</td>{cells}</tr>'


def _cell(cell: GoalFigure | None, goal: Row, region: Row, release: ReleaseContext, lang: str) -> str:
    if cell is None:
        return NO_CELL.format(escape(release.text("programme", "no_figure", lang)))
    # Slugs and numbers have nothing to escape.
    url = release.figure_url(region["region_code"], goal["indicator_id"], lang)
    decimals = release.registry.indicators[goal["indicator_id"]]["decimals"]
    written = format_number(cell.row["value"], decimals, lang)
    said = f'<span class="visually-hidden"> {escape(release.text("programme", cell.judgement, lang))}</span>'
    return f'<td class="n {cell.judgement}"><a href="{url}">{written}</a>{said}</td>'
