"""The long parts of the page of a map, written here because a template takes ten times as long for each cell.

Belongs here: the choices of the form and the lines of the table. Not here: the map itself, which is in
`portal/map_drawing.py`, nor what is on the page once.
"""

from collections.abc import Iterable, Mapping

from markupsafe import Markup, escape

from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.formats import format_rank
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


def table_lines(page: MapPage, release: ReleaseContext, lang: str) -> Markup:
    """Returns the lines of the table: the place of each region, its figure, and how sure that is."""
    words = _StatusWords(release, lang)
    lines = (_line(row, row["region_code"] == page.choice.region, words) for row in page.listed)
    return Markup("".join(lines))  # noqa: S704 - every text in them is escaped


def _line(row: Row, is_own: bool, words: "_StatusWords") -> str:
    style = ' class="mine"' if is_own else ""
    name = f'<th scope="row"><a href="{escape(row["url"])}">{escape(row["name"])}</a></th>'
    # Numbers have nothing to escape.
    figure = f'<td>{words.place(row)}</td>{name}<td class="n">{row["written"] or DASH}</td>'
    method = words.methods[row["boundary_method"]] if row["boundary_method"] else ""
    return f"<tr{style}>{figure}<td>{words.status(row['value_status'])}</td><td>{method}</td></tr>"


class _StatusWords:
    """The words of the table, each put in a cell once."""

    def __init__(self, release: ReleaseContext, lang: str) -> None:
        self.release, self.lang = release, lang
        self.methods = {key: escape(words[lang]) for key, words in release.texts["map_boundary_methods"].items()}
        self._statuses: dict[str | None, str] = {
            None: escape(release.text("map", "no_row", lang)),
            "final": escape(release.text("statuses", "final", lang)),
        }

    def status(self, status: str | None) -> str:
        if status not in self._statuses:
            word = escape(self.release.text("statuses", str(status), self.lang))
            self._statuses[status] = f'<span class="badge {status}">{word}</span>'
        return self._statuses[status]

    def place(self, row: Row) -> str:
        if not row["rank_from_high"]:
            return DASH
        places = row["rank_from_high"], row["rank_from_low"], row["count_ranked"]
        return escape(format_rank(*places, self.release.texts["ranks"], self.lang))
