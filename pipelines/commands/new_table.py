"""A CBS table that has no card yet: the role of its dimensions, what to keep of them, and its measures."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pipelines.clients.description import SourceCode, SourceMeasure, plain
from pipelines.seeds import RegionScheme, read_seed
from pipelines.sources.card import Cadence
from pipelines.sources.periods import is_period, letters_of, period_days
from pipelines.sources.units import thousands_in

MEASURES_AT_FIRST = 8
_TIME, _GEO = ("TimeDimension",), ("GeoDimension", "GeoDetail")
# How CBS says that figures come out; half a year goes before a year, whose letters it contains.
_CADENCES = {
    "week": Cadence.WEEKLY,
    "maand": Cadence.MONTHLY,
    "kwartaal": Cadence.QUARTERLY,
    "halfjaar": Cadence.HALF_YEARLY,
    "jaar": Cadence.YEARLY,
}
# By the kinds of its periods, the shortest first; days have no letters.
_BY_LETTERS = {
    "": Cadence.WEEKLY,
    "W1": Cadence.WEEKLY,
    "W4": Cadence.MONTHLY,
    "MM": Cadence.MONTHLY,
    "KW": Cadence.QUARTERLY,
    "HJ": Cadence.HALF_YEARLY,
}


@dataclass(frozen=True)
class NewDimension:
    """A dimension: its role, what is kept of it and what is only mentioned.

    Category dimensions keep single codes, regions whole levels, and periods whole kinds.
    """

    name: str
    role: str
    codes: tuple[SourceCode, ...]
    words: tuple[str, ...] = ()
    other_words: tuple[str, ...] = ()
    other_codes: tuple[SourceCode, ...] = ()


@dataclass(frozen=True)
class NewMeasure:
    """A measure: the code on the card, an alias if that is not the code of the source, and its description.

    It has a group if others have the same title, and only their groups tell them apart.
    """

    code: str
    alias: str | None
    group: str | None
    source: SourceMeasure

    @property
    def title(self) -> str:
        """The title, preceded by the group if the title alone is ambiguous."""
        title = " ".join(self.source.title.split())
        return f"{self.group}; {title}" if self.group else title

    @property
    def multiplier(self) -> int:
        """What its figures are multiplied by: 1000 for the unit `x 1 000`."""
        return thousands_in(self.source.unit)


@dataclass(frozen=True)
class NewTable:
    """What a new card says about a table.

    Attributes:
        table: the table id.
        title: the Dutch title.
        cadence: how often new figures appear.
        ended: the day since which no new figures appear.
        period: the one period of its figures, if no dimension has it.
        dimensions: every dimension.
        measures: every measure with figures, in the order of the source.
    """

    table: str
    title: str
    cadence: Cadence
    ended: str | None
    period: str | None
    dimensions: tuple[NewDimension, ...]
    measures: tuple[NewMeasure, ...]

    @property
    def kept(self) -> tuple[NewMeasure, ...]:
        """The measures that the card starts with."""
        return self.measures[:MEASURES_AT_FIRST]

    @property
    def periods(self) -> int:
        """How many periods it lists."""
        return next((len(d.codes) for d in self.dimensions if d.role == "period"), 1)


def roles_of(kinds: Mapping[str, str], codes: Mapping[str, Sequence[SourceCode]]) -> dict[str, str]:
    """The role of each dimension, by its codes: its kind according to CBS is not always enough.

    Args:
        kinds: what CBS calls each dimension.
        codes: the code list of each.

    Returns:
        At most one dimension of regions and one of periods; a second one of either becomes a category.
    """
    period = next(
        (name for name in kinds if kinds[name] in _TIME),
        next((name for name in kinds if all(period_days(code.code) for code in codes[name])), None),
    )
    others = [name for name in kinds if name != period and any(_is_region(code.code) for code in codes[name])]
    region = next(
        (name for name in others if kinds[name] in _GEO),
        next((name for name in others if 2 * sum(_is_region(c.code) for c in codes[name]) >= len(codes[name])), None),
    )
    return {name: "period" if name == period else "region" if name == region else "category" for name in kinds}


def strange_regions(kinds: Mapping[str, str], roles: Mapping[str, str]) -> list[str]:
    """The dimensions of regions according to CBS, if none of them has a known region."""
    if "region" in roles.values():
        return []
    return [name for name, kind in kinds.items() if kind in _GEO]


def dimension_of(name: str, role: str, codes: Sequence[SourceCode]) -> NewDimension:
    """Choose what to keep of a dimension: the total, the known levels, the kinds of period with days."""
    if role == "category":
        total = next((c for c in codes if _is_total(c)), codes[0])
        return NewDimension(name, role, (total,), other_codes=tuple(c for c in codes if c is not total))
    is_known = _is_region if role == "region" else period_days
    word_of = {c.code: c.code[:2] if role == "region" else letters_of(c.code) for c in codes if _is_one(role, c)}
    words = list(dict.fromkeys(word_of.values()))
    known = {word for code, word in word_of.items() if is_known(code)}
    kept = tuple(w for w in words if w in known) or tuple(words)
    others = tuple(w for w in words if w not in kept)
    return NewDimension(name, role, tuple(c for c in codes if word_of.get(c.code) in kept), kept, others)


def measures_of(measures: Sequence[SourceMeasure], *, has_running_keys: bool) -> Iterator[NewMeasure]:
    """The measures, with codes without the running number at the end of v3 keys, which shifts when CBS inserts a topic.

    If several have the same stem, the code gets a number of ours. Their groups tell them apart, or else the whole key.
    """
    stems = [re.sub(r"_\d+$", "", m.code) if has_running_keys else m.code for m in measures]
    times, seen = Counter(stems), Counter[str]()
    for stem, measure in zip(stems, measures, strict=True):
        seen[stem] += 1
        code = stem if seen[stem] == 1 else f"{stem}No{seen[stem]}"
        group = _group_of(measure, measures)
        alias = None if times[stem] == 1 else measure.code if group is None else stem
        yield NewMeasure(code, alias if alias != code else None, group, measure)


def _group_of(measure: SourceMeasure, measures: Sequence[SourceMeasure]) -> str | None:
    """The innermost group of a measure that no other measure with its title is in; None if it needs none."""
    twins = [m for m in measures if m is not measure and plain(m.title) == plain(measure.title)]
    around = {plain(group) for twin in twins for group in twin.groups}
    own = [group for group in reversed(measure.groups) if plain(group) not in around]
    return " ".join(own[0].split()) if twins and own else None


def cadence_of(says: str, periods: Sequence[SourceCode]) -> Cadence:
    """How often new figures appear: once for a single period, else as the table says, or by its shortest periods."""
    if not periods:
        return Cadence.ONCE
    for word, cadence in _CADENCES.items():
        if word in says.casefold():
            return cadence
    letters = {letters_of(period.code) for period in periods}
    return next((cadence for known, cadence in _BY_LETTERS.items() if known in letters), Cadence.YEARLY)


def id_of(title: str) -> str | None:
    """A title as an id of whole words: `wmo_clienten` for `Wmo-cliënten`; None if it does not begin with a letter."""
    plain = unicodedata.normalize("NFKD", title.casefold())
    words = re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))
    return "_".join(words) if words and words[0][0].isalpha() else None


def _is_one(role: str, code: SourceCode) -> bool:
    return role == "region" or is_period(code.code)


def _is_total(code: SourceCode) -> bool:
    is_country = code.code in ("NL00", "NL01")
    return code.title.strip().casefold().startswith("totaal") or code.code.startswith("T00") or is_country


def _is_region(code: str) -> bool:
    return any(pattern.fullmatch(code) for pattern in _region_patterns())


@cache
def _region_patterns() -> tuple[re.Pattern[str], ...]:
    """The patterns of the region codes in CBS's own tables of regions."""
    return tuple(re.compile(scheme.pattern) for scheme in read_seed(RegionScheme) if scheme.is_in_region_tables)
