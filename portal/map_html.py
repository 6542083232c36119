"""The long parts of the page of a map, written here because a template takes ten times as long for each cell.

Belongs here: the choices of the form and the lines of the table. Not here: the map itself, which is in
`portal/map_drawing.py`, nor what is on the page once.
"""

from collections.abc import Iterable, Mapping

from markupsafe import Markup, escape

from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.formats import format_rank
from portal.map_drawing import escaped
from portal.map_page import MapPage

DASH = "\N{EN DASH}"


def indicator_options(rows: Iterable[Row], chosen: str, lang: str) -> Markup:
    """Returns the indicators that have a map, to choose one from."""
    options = (_option(row["indicator_id"], row[f"title_{lang}"], chosen) for row in rows)
    return Markup("".join(options))  # noqa: S704 - escaped


def region_options(
    regions: Mapping[str, Iterable[Row]], chosen: str | None, release: ReleaseContext, lang: str
) -> Markup:
    """Returns the regions that can be brought near, by kind."""
    groups = []
    for scheme, rows in regions.items():
        options = "".join(_option(row["region_code"], row["name"], chosen) for row in rows)
        groups.append(f'<optgroup label="{escape(release.text("schemes", scheme, lang))}">{options}</optgroup>')
    return Markup("".join(groups))  # noqa: S704 - escaped


def _option(value: str, title: str, chosen: str | None) -> str:
    selected = " selected" if value == chosen else ""
    return f'<option value="{escape(value)}"{selected}>{escape(title)}</option>'


def shared_words(page: MapPage, release: ReleaseContext, lang: str) -> str:
    """Returns what the caption of the table says instead of a column in which every line would say the same."""
    groups = {"value_status": "statuses", "boundary_method": "boundary_methods"}
    found = [release.text(group, key, lang) for column, group in groups.items() if (key := page.shared(column))]
    return f" {release.text('map', 'shared', lang).format(words=', '.join(found))}" if found else ""


def table_lines(page: MapPage, release: ReleaseContext, lang: str) -> Markup:
    """Returns the lines of the table: the place of each region, its figure, and how sure that is."""
    words = _Cells(page, release, lang)
    lines = (_line(row, row["region_code"] == page.choice.region, words) for row in page.listed)
    return Markup("".join(lines))  # noqa: S704 - every text in them is escaped


def _line(row: Row, is_own: bool, cells: "_Cells") -> str:
    style = ' class="mine"' if is_own else ""
    # Slugs and numbers have nothing to escape.
    name = f'<th scope="row"><a href="{row["url"]}">{escaped(row["name"])}</a></th>'
    figure = f'{name}<td class="n">{row["written"] or DASH}</td>'
    return f"<tr{style}>{cells.place(row)}{figure}{cells.status(row)}{cells.method(row)}</tr>"


class _Cells:
    """The cells of the columns that not every table has, and their words, each made once."""

    def __init__(self, page: MapPage, release: ReleaseContext, lang: str) -> None:
        self.release, self.lang = release, lang
        self.is_ranked = page.is_ranked
        self.has_status, self.has_method = page.shared("value_status") is None, page.shared("boundary_method") is None
        self.methods = {key: escape(words[lang]) for key, words in release.texts["boundary_methods"].items()}
        self._statuses: dict[str | None, str] = {
            None: escape(release.text("map", "no_row", lang)),
            "final": escape(release.text("statuses", "final", lang)),
        }

    def status(self, row: Row) -> str:
        """Returns the cell with the status of a figure."""
        if not self.has_status:
            return ""
        status = row["value_status"]
        if status not in self._statuses:
            word = escape(self.release.text("statuses", str(status), self.lang))
            self._statuses[status] = f'<span class="badge {status}">{word}</span>'
        return f"<td>{self._statuses[status]}</td>"

    def method(self, row: Row) -> str:
        """Returns the cell that says how a figure was brought on the boundaries."""
        if not self.has_method:
            return ""
        return f"<td>{self.methods[row['boundary_method']] if row['boundary_method'] else ''}</td>"

    def place(self, row: Row) -> str:
        """Returns the cell with the place of a figure."""
        if not self.is_ranked:
            return ""
        if not row["rank_from_high"]:
            return f"<td>{DASH}</td>"
        places = row["rank_from_high"], row["rank_from_low"], row["count_ranked"]
        return f"<td>{escape(format_rank(*places, self.release.texts['ranks'], self.lang))}</td>"
