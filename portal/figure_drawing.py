"""Draws the chart, the strip and the picture of one figure, with the words of a language."""

from typing import Any

from markupsafe import Markup

from portal.charts import NARROW, Size, large_chart
from portal.context import ReleaseContext
from portal.figure_page import FigurePage
from portal.formats import format_number
from portal.pages import MUNICIPALITY
from portal.pictures import DRAWN, Picture, draw_picture
from portal.registry import each_once
from portal.series import describe
from portal.strips import Strip, draw_strip


class Drawing:
    """Draws the chart and the strip of a figure, with the words of its language."""

    def __init__(self, release: ReleaseContext, page: FigurePage, lang: str) -> None:
        self.release, self.page, self.lang = release, page, lang
        self.decimals = page.indicator["decimals"]

    def text(self, key: str, **about: Any) -> str:
        """Returns a text of the page."""
        return self.release.text("figure", key, self.lang).format(**about)

    @property
    def group_name(self) -> str:
        """The name of the group that the figure is laid beside."""
        return self.release.text("peer_groups", self.page.group.name, self.lang) if self.page.group else ""

    @property
    def heading(self) -> str:
        """The indicator and the region."""
        return f"{self.page.indicator[f'title_{self.lang}']}, {self.page.region['short_name']}"

    def chart(self, size: Size, style: str = "", *, is_read: bool = False) -> Markup:
        """Returns the chart; the names of the lines are at their ends if there is room for them.

        With `is_read` it can be read period by period, on a page that has the script for it.
        """
        drawn = self.page.drawn(self.text("country"), self.group_name, has_names=size.width > NARROW.width)
        targets = [type(each)(self.text(each.title), each.value, each.until, each.start) for each in drawn.targets]
        described = [
            describe(line.points, line.title, self.decimals, self.lang, self._chart_words) for line in drawn.lines[::-1]
        ]
        return large_chart(
            type(drawn)(drawn.lines, drawn.band, targets, drawn.has_names),
            heading=self.heading,
            description=" ".join(described),
            decimals=self.decimals,
            lang=self.lang,
            size=size,
            style=style,
            reading_help=self._chart_words("reading") if is_read else None,
        )

    def _chart_words(self, key: str) -> str:
        return self.release.text("charts", key, self.lang)

    def strip(self, size: Size, style: str = "") -> Markup:
        """Returns the strip of all regions of its kind."""
        page, spread = self.page, self.page.spread
        if spread is None:
            return Markup("")
        low, middle, high = (
            format_number(value, self.decimals, self.lang)
            for value in (min(spread.values.values()), spread.middle, max(spread.values.values()))
        )
        own = format_number(page.figure.value, self.decimals, self.lang)
        regions = self.release.text("scheme_plurals", page.region["scheme"], self.lang)
        described = self.text("strip_described", count=len(spread.values), regions=regions, low=low, high=high)
        strip = Strip(
            spread=spread,
            own=page.region["region_code"],
            name=page.label,
            group=page.group.members if page.group and page.region["scheme"] == MUNICIPALITY else frozenset(),
            middle_name=self.text("middle"),
            description=f"{described} {self.text('strip_own', middle=middle, own=own, name=page.region['short_name'])}",
        )
        return draw_strip(strip, self.decimals, self.lang, size, style)

    def picture(self, address: str) -> str:
        """Returns the chart as a picture that stands alone."""
        page, indicator = self.page, self.page.indicator
        legend = [self.text("legend_unit", unit=indicator[f"unit_{self.lang}"])]
        if page.group and page.group.quarters:
            legend.append(self.text("legend_band", group=self.group_name))
        if any(not point.is_sure for point in page.points):
            legend.append(self.text("legend_open"))
        sources = each_once(page.sources, "attribution") or self.text("register")
        licences = each_once(page.sources, "licence")
        source = f"{sources} ({licences})." if licences else f"{sources}."
        notice = dict(self.release.notice_parts).get(self.lang, "")
        return draw_picture(
            Picture(
                title=self.heading,
                lead=page.sentence,
                chart=self.chart(DRAWN),
                legend=" ".join(legend),
                source=f"{source} Regiokompas, release {self.release.release_id}. {address}",
                notice=notice,
                lang=self.lang,
            ),
            self.release.picture_style,
        )
