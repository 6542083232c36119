"""A cooperation of municipalities: its members by date, and its figures before and since 2016 beside those of others.

Belongs here: choosing, judging and putting into words rows that were read. Not here: reading and showing them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.formats import format_number
from portal.pages import page_url
from portal.registry import Registry
from portal.regroup import INDEX_DECIMALS
from portal.series import Point, Words, of_year
from portal.slugs import slug_of

PILOT, OWN_SELECTION = "proeftuin", "own"
KINDS = (PILOT, "cooperation", OWN_SELECTION)
# What growth of an economy is told by, and what has years before the pilots; then the first figures of any region.
GROWTH = ("establishments_count", "jobs_count", "population_count")
MOST_CHARTS = 12

REGION, ALIKE, REST = "region", "similar", "rest"
# The columns of `cooperation_monitor` with the figure, its status and its index.
PARTIES = {
    REGION: ("value", "value_status", "region_index"),
    ALIKE: ("similar_value", "similar_status", "similar_index"),
    REST: ("rest_of_country_value", "rest_of_country_status", "rest_of_country_index"),
}
MORE, LESS, BETWEEN = "more", "less", "between"
UNSURE, UNKNOWN = "unsure", "unknown"


@dataclass(frozen=True)
class FormerMember:
    """A member that ended as a municipality, and went on in another."""

    name: str
    until: str


@dataclass(frozen=True)
class CooperationMember:
    """A municipality of now that is a member, or was: since when, also as the former ones that went into it."""

    code: str
    name: str
    since: str
    until: str | None
    share: float
    parts: Sequence[FormerMember]


@dataclass(frozen=True)
class CooperationCourse:
    """Where the figures of a year stand if those of the base year are 100, by party; no break lies between them."""

    year: int
    base_year: int
    stands: Mapping[str, float]

    @property
    def apart(self) -> str:
        """Whether the region went up more or less than all that it is laid beside; between them, it is told from none.

        In a year before the base, a lower index is a larger rise since.
        """
        others = [stand for party, stand in self.stands.items() if party != REGION]
        own = self.stands[REGION]
        if min(others) <= own <= max(others):
            return BETWEEN
        return MORE if (own > max(others)) == (self.year > self.base_year) else LESS


@dataclass(frozen=True)
class CooperationFigure:
    """An indicator of a cooperation through the years, and its course before and since the pilots began."""

    indicator: Row
    rows: Sequence[Row]
    before: CooperationCourse | None
    since: CooperationCourse | None

    @property
    def is_count(self) -> bool:
        """Whether only its index can be laid beside that of others, as their sizes differ."""
        return bool(self.indicator["kind"] == "count")

    @property
    def apart(self) -> str:
        """How the region went since the pilots began: more, less or between; or that it cannot be said."""
        return self._judged(self.since)

    @property
    def apart_before(self) -> str:
        """How it went before."""
        return self._judged(self.before)

    def _judged(self, course: CooperationCourse | None) -> str:
        if self.indicator["interval_kind"] == "unknown":
            return UNSURE
        return course.apart if course else UNKNOWN

    def points(self, party: str, breaks: Iterable[date]) -> list[Point]:
        """Returns the points of a line: of counts the index, of others the figures themselves."""
        value, status, index = PARTIES[party]
        begun, found = sorted(breaks), []
        before: date | None = None
        for row in self.rows:
            day, shown = date(row["year"], 1, 1), row[index if self.is_count else value]
            is_break = shown is not None and before is not None and any(before < each <= day for each in begun)
            found.append(of_year(row["year"], shown, row[status], is_break))
            before = day if shown is not None else before
        return found


def cooperations_of(registry: Registry) -> list[Row]:
    """Returns the cooperations of a release: the pilots first, each kind by name."""
    found = [row for row in registry.regions.values() if row["scheme"] in KINDS and row["is_current"]]
    return sorted(found, key=lambda row: (KINDS.index(row["scheme"]), row["name"], row["region_code"]))


def cooperation_slugs(release: ReleaseContext) -> dict[str, str]:
    """Returns how an address names each cooperation; two of one name have their code in it."""
    plain = {row["region_code"]: release.slugs.regions[row["region_code"]] for row in cooperations_of(release.registry)}
    named = list(plain.values())
    return {code: slug if named.count(slug) == 1 else f"{slug}-{slug_of(code)}" for code, slug in plain.items()}


def cooperation_named(release: ReleaseContext, asked: str) -> str | None:
    """Returns the code of the cooperation that an address means: by its slug, its code or another of its names."""
    slugs = cooperation_slugs(release)
    by_slug = {slug: code for code, slug in slugs.items()}
    if slug_of(asked) in by_slug:
        return by_slug[slug_of(asked)]
    meant = (release.slugs.region_code(kind, asked) for kind in KINDS)
    return next((code for code in meant if code in slugs), None)


def cooperation_url(release: ReleaseContext, code: str, lang: str) -> str | None:
    """Returns the address of the page of a cooperation; None for any other region."""
    if release.registry.regions[code]["scheme"] not in KINDS:
        return None
    slug = cooperation_slugs(release).get(code)
    return page_url("cooperation", lang, cooperation=slug) if slug else None


def members_of(memberships: Iterable[Row], registry: Registry) -> list[CooperationMember]:
    """Returns the members as municipalities of now, by the day since when they are known to be one.

    A former municipality counts as the one that got all or most of it.
    """
    rows = sorted(memberships, key=lambda row: _heir(row["municipality_code"], registry))
    found = []
    for code, group in groupby(rows, key=lambda row: _heir(row["municipality_code"], registry)):
        mine = list(group)
        own = [row for row in mine if row["municipality_code"] == code]
        is_open = any(row["valid_to"] is None for row in own)
        parts = [
            FormerMember(registry.regions[row["municipality_code"]]["name"], row["valid_to"])
            for row in mine
            if row["municipality_code"] != code and row["valid_to"] is not None
        ]
        found.append(
            CooperationMember(
                code=code,
                name=registry.regions[code]["name"],
                since=min(row["valid_from"] for row in mine),
                until=None if is_open else max((row["valid_to"] or "" for row in mine), default=None) or None,
                share=max((row["share"] for row in own), default=1.0),
                parts=sorted(parts, key=lambda part: part.name),
            )
        )
    return sorted(found, key=lambda member: (member.since, member.name))


def _heir(code: str, registry: Registry) -> str:
    heirs = registry.heirs.get(code)
    return registry.successors.get(code) or (heirs[0] if heirs else code)


def began_in(rows: Iterable[Row]) -> int | None:
    """Returns the first year that counts as since the pilots began."""
    phases: dict[str, list[int]] = {"before": [], "after": []}
    for row in rows:
        phases[row["phase"]].append(row["year"])
    return max(phases["before"]) + 1 if phases["before"] else min(phases["after"], default=None)


def figures_by_indicator(rows: Iterable[Row], indicators: Mapping[str, Row]) -> dict[str, CooperationFigure]:
    """Returns the figures of a cooperation; `rows` are those of `cooperation_monitor` by indicator and year."""
    found = {}
    for name, group in groupby(rows, key=lambda row: str(row["indicator_id"])):
        mine = list(group)
        found[name] = CooperationFigure(indicators[name], mine, _before(mine), _since(mine))
    return found


def headlines_of(figures: Mapping[str, CooperationFigure], order: Iterable[str]) -> list[CooperationFigure]:
    """Returns the figures to draw: those of growth, and then the first that have a course since the pilots began."""
    names = dict.fromkeys([*GROWTH, *order])
    return [figures[name] for name in names if name in figures and figures[name].since][:MOST_CHARTS]


def _known(rows: Iterable[Row], phase: str) -> list[Row]:
    return [
        row
        for row in rows
        if row["phase"] == phase and row["region_index"] is not None and row["rest_of_country_index"] is not None
    ]


def _since(rows: Sequence[Row]) -> CooperationCourse | None:
    known = _known(rows, "after")
    stretch = [row for row in known if row["base_year"] == known[-1]["base_year"] < row["year"]]
    return _course(stretch[::-1])


def _before(rows: Sequence[Row]) -> CooperationCourse | None:
    """Of the stretches between breaks, the longest; of two as long, the last."""
    stretches: dict[int, list[Row]] = {}
    for row in _known(rows, "before"):
        if row["year"] < row["base_year"]:
            stretches.setdefault(row["base_year"], []).append(row)
    return _course(max(reversed(stretches.values()), key=len, default=[]))


def _course(rows: Sequence[Row]) -> CooperationCourse | None:
    """The course from or to the first of the rows that has all parties; if none has, the first of all."""
    if not rows:
        return None
    row = next((each for each in rows if each["similar_index"] is not None), rows[0])
    stands = {party: row[index] for party, (_, _, index) in PARTIES.items() if row[index] is not None}
    return CooperationCourse(row["year"], row["base_year"], stands)


def say_course(figure: CooperationFigure, began: int, lang: str, words: Words) -> str:
    """Returns what the figures say of a cooperation since the pilots began, and whether that was so before."""
    since, before = figure.since, figure.before
    if since is None:
        return words("no_course")
    beside = "" if ALIKE in since.stands else "_rest"
    numbers = {party: format_number(stand, INDEX_DECIMALS, lang) for party, stand in since.stands.items()}
    said = [words(f"course{beside}").format(base=since.base_year, year=since.year, **numbers)]
    if figure.apart == UNSURE:
        return " ".join([*said, words("apart_unsure")])
    said.append(words(f"apart_{figure.apart}{beside}"))
    if figure.apart == BETWEEN:
        return " ".join(said)
    if before is None:
        said.append(words("before_unknown").format(began=began))
    else:
        key = "before_same" if before.apart == figure.apart else "before_other"
        said.append(words(key).format(first=before.year, last=before.base_year))
    return " ".join(said)


def say_all_courses(figures: Sequence[CooperationFigure], lang: str, words: Words) -> str:
    """Returns how many of the first figures went another way than all that they are laid beside."""
    counts = {key: sum(figure.apart == key for figure in figures) for key in (MORE, LESS, BETWEEN, UNSURE)}
    parts = [words(f"summary_{key}").format(count=count) for key, count in counts.items() if count]
    said = words("summary").format(count=len(figures), parts="; ".join(parts))
    known = [figure for figure in figures if figure.before]
    if not known:
        return f"{said} {words('summary_none_before')}"
    titles = ", ".join(_within(figure.indicator[f"title_{lang}"]) for figure in known)
    return f"{said} {words('summary_before').format(titles=titles)}"


def _within(title: str) -> str:
    """A title as it is written within a sentence: without its capital, unless that is of an abbreviation."""
    return title if title[:2].isupper() else f"{title[:1].lower()}{title[1:]}"
