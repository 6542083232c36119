"""What `static/chart_reader.js` needs to read a chart period by period: its figures, in words and where they are drawn.

Belongs here: that data, as it stands in a page right after its chart. Not here: drawing the chart (`portal/charts.py`).
"""

from collections.abc import Sequence

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from portal.axes import Scale
from portal.formats import format_number
from portal.series import Line


def reading_of(
    lines: Sequence[Line],
    across: Scale,
    up: Scale,
    edges: tuple[float, float],
    decimals: int,
    lang: str,
    help_text: str,
) -> Markup:
    """Returns the figures of each period as data in a page.

    Args:
        lines: those of the chart, the first to be read first; the figure of a line without a title stands alone.
        across: where a day is drawn.
        up: where a figure is drawn.
        edges: the top and the bottom of the line that is drawn through a period.
        decimals: those of the figures.
        lang: the language.
        help_text: how the figures are read with the keyboard.
    """
    named: dict[int, str] = {}
    rows: dict[int, list[dict[str, object]]] = {}
    for line in lines:
        for point in line.known:
            number = format_number(point.value, decimals, lang)
            row = {"name": line.title, "value": number, "style": line.style, "y": round(up(point.value or 0), 1)}
            day = point.day.toordinal()
            named[day] = point.period
            rows.setdefault(day, []).append(row)
    periods = [{"x": round(across(day), 1), "period": named[day], "figures": rows[day]} for day in sorted(rows)]
    top, bottom = edges
    content = {"top": top, "bottom": bottom, "help": help_text, "periods": periods}
    data = htmlsafe_json_dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Markup('<script type="application/json" class="reading">{}</script>').format(data)
