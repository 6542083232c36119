"""A table as its source describes it, whatever the protocol: its measures and code lists, compared with the card."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, Literal

from pipelines.errors import MismatchError, SourceError, shown
from pipelines.sources.card import TEXTS, SourceCard
from pipelines.sources.dimensions import Certainty, Code, DimensionCode
from pipelines.sources.layout import fold

_RUNNING_NUMBER = re.compile(r"_\d+$")
_THOUSANDS = re.compile(r"(?<=\d)[ .](?=\d{3}(?!\d))")


@dataclass(frozen=True)
class Lack:
    """Something on the card that a table does not have: what kind of thing, and why it could not be found.

    For a measure that the table has with another unit, that is the unit.
    """

    kind: Literal["measure", "unit", "code"]
    problem: str


Missing = dict[tuple[str, str], Lack]
"""What is on the card and not in the table, by (dimension, code); the dimension of a measure is empty."""


CodeSql = Callable[[str, str], str]
"""SQL for a code of one of the lists of a table: gets the name of the list, and SQL for the text of a page."""
MEASURE = "measure_source"
"""The name of the list of measures; that of a dimension has its name on the card."""


@dataclass(frozen=True)
class Description:
    """A table as its own metadata describes it, seen through the card.

    `measures` maps each source spelling to the card's code and the source's measure; `codes` does so per dimension,
    for the codes that the card keeps (all of them where the card lists none). `wire` is what the source calls each
    dimension of the card. `missing` says, by (dimension, code) of the card, why one could not be found; the dimension
    of a measure is `""`. `all_measures` and `all_codes` are everything that the table has.
    """

    measures: dict[str, tuple[str, "SourceMeasure"]]
    codes: dict[str, dict[str, tuple[str, "SourceCode"]]]
    wire: dict[str, str]
    missing: Missing
    all_measures: list["SourceMeasure"]
    all_codes: dict[str, list["SourceCode"]]


@dataclass(frozen=True)
class SourceMeasure:
    """A measure as the source describes it; `groups` are the titles of the groups around it, outermost first."""

    code: str
    index: int
    title: str
    unit: str
    decimals: int
    groups: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """The measure in an error text: code, title and unit, and its group where the source gives one."""
        words = ", ".join(" ".join(word.split()) for word in (self.title, self.unit) if word.strip())
        group = f" in {' / '.join(self.groups)}" if self.groups else ""
        return f"{self.code} ({words}){group}" if words else f"{self.code}{group}"


@dataclass(frozen=True)
class SourceCode:
    """A code of a dimension as the source lists it; `key` is what a filter must say, padding included."""

    key: str
    index: int
    title: str
    status: str | None

    @property
    def code(self) -> str:
        """The code without the padding of the wire."""
        return self.key.strip()

    @property
    def told(self) -> str:
        """The code in an error text, with its title."""
        title = " ".join(self.title.split())
        return f"{self.code} ({title})" if title else self.code


def match(card: SourceCard, kind: str, wanted: Code, offered: Iterable[SourceMeasure | SourceCode]) -> Any:
    """Find the one measure or code of the source that the card means.

    By code or alias first; then by topic key without its running number (`TotaalAantalBanen` is
    `TotaalAantalBanen_112`); last by title and unit. A code that is only assumed is found by title and unit alone,
    since the same code may stand for something else. A measure for which the card names a group is never taken from
    another group.

    Raises:
        MismatchError: none matches, or several do.
    """
    offered = list(offered)
    names = {wanted.code, *wanted.aliases}
    unit, group = getattr(wanted, "unit", None), getattr(wanted, "group", None)

    def by_title(source: SourceMeasure | SourceCode) -> bool:
        same_unit = not unit or plain(getattr(source, "unit", "")) in ("", plain(unit))
        return same_unit and plain(source.title) == plain(wanted.title)

    def by_code(source: SourceMeasure | SourceCode) -> bool:
        return source.code in names

    def by_stem(source: SourceMeasure | SourceCode) -> bool:
        return isinstance(source, SourceMeasure) and _RUNNING_NUMBER.sub("", source.code) in names

    def by_title_and_code(source: SourceMeasure | SourceCode) -> bool:
        return by_title(source) and (by_code(source) or by_stem(source))

    def in_group(source: SourceMeasure | SourceCode) -> bool:
        # A table that gives no groups cannot contradict the card.
        groups = getattr(source, "groups", ())
        return not group or not groups or plain(group) in map(plain, groups)

    believed = wanted.certainty is Certainty.ASSUMED
    for test in (by_title_and_code, by_title) if believed else (by_code, by_stem, by_title):
        found = [source for source in offered if test(source) and in_group(source)]
        if len(found) == 1:
            return found[0]
        if found:
            raise MismatchError(
                card.dataset_id,
                f"{kind} {wanted.code} matches {len(found)} of the source: {shown(f.told for f in found)}",
                todo="write the whole code of one of them on the card, as its code or an alias, or its `group`",
            )
    words = ", ".join(filter(None, (wanted.title, unit, group and f"group {group}")))
    raise MismatchError(
        card.dataset_id,
        f"{kind} {wanted.code} ({words}) is not in the source, which has: {shown(_likest(wanted, offered))}",
        todo=f"correct the {kind} on the card, and the indicators that use it",
    )


def _likest(wanted: Code, offered: Iterable[SourceMeasure | SourceCode]) -> list[str]:
    """What there is, in words, with what is most like what is wanted first."""
    looked_for = plain(f"{wanted.code} {wanted.title}")

    def likeness(source: SourceMeasure | SourceCode) -> float:
        return SequenceMatcher(None, looked_for, plain(f"{source.code} {source.title}")).ratio()

    return [source.told for source in sorted(offered, key=likeness, reverse=True)]


def describe(
    card: SourceCard, measures: list[SourceMeasure], codes: dict[str, list[SourceCode]], wire: dict[str, str]
) -> Description:
    """Compare a table's measures and code lists with the card; what cannot be found is in `missing`, with the reason.

    Args:
        card: what is expected.
        measures: every measure of the table.
        codes: the code list of each dimension, by the card's name for it.
        wire: what the table calls each dimension of the card.

    Raises:
        MismatchError: nothing on the card is left: no measure, or no code of a dimension.
        SourceError: a code list is empty.
    """
    missing: Missing = {}
    found_measures = _find(card, "", card.measures, measures, missing)
    chosen = {m.code: (code, m) for code, m in found_measures}
    if card.shape in TEXTS:
        chosen = {m.code: (m.code, m) for m in measures}
    kept: dict[str, dict[str, tuple[str, SourceCode]]] = {}
    for name, dimension in card.dimensions.items():
        if not codes[name]:
            raise SourceError(card.dataset_id, f"the code list of {name} is empty", todo="try again later")
        if dimension.codes:
            found = _find(card, name, dimension.codes, codes[name], missing)
            kept[name] = dict(_as_read(dimension.codes, found))
        else:
            kept[name] = {c.code: (c.code, c) for c in codes[name] if dimension.keeps(c.code)}
        if not kept[name]:
            raise MismatchError(
                card.dataset_id,
                f"no code of {name} is one that the card asks for; it has {shown(c.code for c in codes[name])}",
                todo=f"correct `levels`, `kinds` or `since` of {name} on the card",
            )
    return Description(chosen, kept, wire, missing, measures, codes)


def together(newest: Description, other: Description) -> Description:
    """Two tables with the same measures as one: with the codes of both, and what either lacks."""
    return replace(
        newest,
        codes={name: {**other.codes[name], **codes} for name, codes in newest.codes.items()},
        missing={**other.missing, **newest.missing},
        all_codes={
            name: [*codes, *(c for c in other.all_codes[name] if c.code not in {one.code for one in codes})]
            for name, codes in newest.all_codes.items()
        },
    )


def _as_read(
    wanted: Iterable[DimensionCode], found: Iterable[tuple[str, SourceCode]]
) -> Iterator[tuple[str, tuple[str, SourceCode]]]:
    """Codes of the source, with what our rows have for them and the status that the card gives their period."""
    by_code = {code.code: code for code in wanted}
    for code, source in found:
        status = by_code[code].status or source.status
        yield source.code, (by_code[code].read_as, replace(source, status=status))


def _find(
    card: SourceCard,
    dimension: str,
    wanted: Iterable[Code],
    offered: Iterable[Any],
    missing: Missing,
) -> list[tuple[str, Any]]:
    """The measures or codes of the source that the card means; what is missing is noted, unless all of it is."""
    found, problem = [], None
    for code in wanted:
        kind: Literal["measure", "unit", "code"] = "code" if dimension else "measure"
        try:
            source = match(card, f"{dimension} code" if dimension else "measure", code, offered)
            if not dimension:
                kind = "unit"
                check_unit(card, code, source)
        except MismatchError as error:
            missing[dimension, code.code], problem = Lack(kind, error.problem), problem or error
        else:
            found.append((code.code, source))
    if problem and not found:
        raise problem
    return found


def wire_names(card: SourceCard, found: Iterable[str]) -> dict[str, str]:
    """What a table calls each dimension of the card.

    Raises:
        MismatchError: the dimensions of the table are not those of the card; names both lists.
    """
    offered = set(found)
    wire = {
        name: next((n for n in (name, *dimension.aliases) if n in offered), "")
        for name, dimension in card.dimensions.items()
    }
    if set(wire.values()) != offered:
        raise MismatchError(
            card.dataset_id,
            f"the table has the dimensions {shown(sorted(offered))}; the card expects {shown(sorted(card.dimensions))}",
            todo="bring the card's dimensions in line, and decide which codes to keep",
        )
    return wire


def check_unit(card: SourceCard, wanted: Code, found: SourceMeasure) -> None:
    """Refuse a measure whose unit is not the card's.

    An empty unit on the wire says nothing and passes; a unit that was there before and is gone is drift.

    Raises:
        MismatchError: naming both units.
    """
    unit = getattr(wanted, "unit", None)
    if unit and found.unit and plain(unit) != plain(found.unit):
        raise MismatchError(
            card.dataset_id,
            f"measure {found.code} has the unit {found.unit!r}; the card expects {unit!r}",
            todo="correct the unit on the card and the multiplier of its indicators",
        )


def unlisted(card: SourceCard, what: str, code: str | None, url: str = "") -> MismatchError:
    """What to raise for an observation with a code, of a dimension or a measure, that the table does not list."""
    return MismatchError(
        card.dataset_id,
        f"the observations have the {what} code {code!r}, which is not in the table's own list of them",
        url=url,
        todo="run again; if this persists, the source is broken: ask it which is right",
    )


def plain(text: str) -> str:
    """A title or unit without what should not matter when two are compared.

    That is what does not matter in a header (case, spaces, the form of the apostrophe) and how thousands are separated:
    CBS writes `x 1000` in some tables and `x 1 000` in others.
    """
    return _THOUSANDS.sub("", fold(text))
