"""The rows of a table of figures of a region, in the words of a language.

They are written here and not in the template, since a page has a hundred of them and templates take longer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.figures import Figure
from portal.formats import format_number, format_period, format_rank, format_signed
from portal.registry import table_number

JUDGED = ("better", "worse")


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure as it is written in a table; a text is empty where there is nothing to say.

    `peers` has the name, the middle and the place of each group that the table has a column for, the last two empty
    where the figure is not compared in it; `sources` are the links to them.
    """

    url: str
    title: str
    value: str
    unit: Markup
    interval: str
    country: str
    country_period: str
    period: str
    status: str
    change_1y: str
    change_5y: str
    trend: str
    judgement: str
    judged: str
    peers: Sequence[tuple[str, str, str]]
    place: str
    is_indistinct: bool
    sources: Markup


@lru_cache(maxsize=1024)
def unit_after(unit: str, unit_nl: str) -> Markup:
    """Returns the unit as it is written behind a number: a sign of percents is part of the number."""
    if unit.startswith("%"):
        rest = unit[1:].strip()
        return Markup('<span class="percent">%</span>') + (
            Markup(' <span class="unit">{}</span>').format(rest) if rest else Markup("")
        )
    return Markup("") if unit_nl == "aantal" else Markup(' <span class="unit">{}</span>').format(unit)


def said_once(status: str, method: str) -> list[tuple[str, str]]:
    """Returns how sure a figure is as texts, by their group: what is estimated after a split is so once."""
    told = [("statuses", status)] if (status, method) != ("estimated", "split_estimate") else []
    return told + ([("boundary_methods", method)] if method != "published" else [])


def named_source(source: Row, publisher: str) -> Markup:
    """Returns the name of a publisher with the number of its table, if it has one; it may break at an underscore."""
    return _named(publisher, table_number(source))


@lru_cache(maxsize=1024)
def _named(publisher: str, number: str) -> Markup:
    parts = Markup("_<wbr>").join(escape(part) for part in number.split("_"))
    return Markup("{} {}").format(publisher, parts) if number else escape(publisher)


class RowWriter:
    """Writes the figures of a region in a language; `groups` are those that the table has a column for."""

    def __init__(self, release: ReleaseContext, region: Row, groups: Sequence[str], lang: str) -> None:
        self._release, self._code, self._groups, self._lang = release, region["region_code"], groups, lang
        self._interval = release.text("profile", "interval", lang)
        self._behind = release.text("profile", "behind", lang)

    def rows(self, figures: Iterable[Figure]) -> list[FigureRow]:
        """Returns a row for each figure."""
        return [self._row(figure) for figure in figures]

    def _row(self, figure: Figure) -> FigureRow:
        about, course = figure.indicator, figure.course or {}
        decimals, country = about["decimals"], figure.country
        judgement = course.get("trend_judgement")
        return FigureRow(
            url=self._release.figure_url(self._code, about["indicator_id"], self._lang),
            title=about[f"title_{self._lang}"],
            value=format_number(figure.value, decimals, self._lang),
            unit=unit_after(about[f"unit_{self._lang}"], about["unit_nl"]),
            interval=self._interval_of(course, decimals),
            country=format_number(country["value"], decimals, self._lang) if country else "",
            country_period=self._period(country["period_code"])
            if country and country["period_code"] != figure.period_code
            else "",
            period=self._period(figure.period_code),
            status=self._status_of(figure, course),
            change_1y=self._change(course, "change_1y"),
            change_5y=self._change(course, "change_5y"),
            trend=self._word("trends", course["trend"]) if course.get("trend_method") else "",
            judgement=judgement if judgement in JUDGED else "",
            judged=self._word("judgements", judgement) if judgement in JUDGED else "",
            peers=[self._peer(group, figure.peers.get(group), decimals) for group in self._groups],
            # Where groups have columns, they have the places.
            place=self._place(course, "count_all") if course.get("rank_from_high") and not self._groups else "",
            is_indistinct=about["interval_kind"] == "unknown",
            sources=Markup(", ").join(self._source(source) for source in figure.sources),
        )

    def _word(self, group: str, key: str) -> str:
        return self._release.text(group, key, self._lang)

    def _period(self, code: str) -> str:
        return format_period(code, self._release.texts["periods"], self._lang)

    def _interval_of(self, course: Mapping[str, Any], decimals: int) -> str:
        if course.get("lower") is None:
            return ""
        ends = {end: format_number(course[end], decimals, self._lang) for end in ("lower", "upper")}
        return self._interval.format(**ends)

    def _status_of(self, figure: Figure, course: Mapping[str, Any]) -> str:
        told = said_once(figure.value_status, figure.boundary_method)
        status = ", ".join(self._word(group, key) for group, key in told)
        if course.get("is_behind"):
            status += f"; {self._behind.format(period=self._period(course['national_period']))}"
        return status

    def _change(self, course: Mapping[str, Any], column: str) -> str:
        change = course.get(column)
        if change is None:
            return ""
        return f"{format_signed(change, 1, self._lang)}{self._word('trend_units', course['trend_unit'])}"

    def _peer(self, group: str, peer: Row | None, decimals: int) -> tuple[str, str, str]:
        name = self._word("peer_groups", group)
        if peer is None:
            return name, "", ""
        return name, format_number(peer["median"], decimals, self._lang), self._place(peer, "peers_count")

    def _place(self, row: Mapping[str, Any], count: str) -> str:
        ranks = self._release.texts["ranks"]
        return format_rank(row["rank_from_high"], row["rank_from_low"], row[count], ranks, self._lang)

    def _source(self, source: Row) -> Markup:
        name = named_source(source, self._word("publishers", source["publisher"]))
        title = source[f"title_{self._lang}"]
        return Markup('<a href="{}" title="{}">{}</a>').format(source["homepage_url"], title, name)
