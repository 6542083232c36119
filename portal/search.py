"""What a reader may mean by what was typed: regions and places, indicators, themes and questions; slips are forgiven.

Belongs here: finding, in the names of the release. Not here: where a find leads, which pages decide.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from portal.csv_text import Row
from portal.registry import Registry, fold

_CODE_IN_BRACKETS = re.compile(r"\(([A-Z0-9-]+)\)\s*$")
_WORD = re.compile(r"\w+")
_POSTCODE = re.compile(r"([1-9][0-9]{3})(?:\s?[A-Z]{2})?")
# One slip in a word of five letters gives a ratio of 80, in one of four 75; other words are mostly less alike.
LEAST_ALIKE = 75
MOST_GUESSES = 5
# A word that is typed wrongly in part of a longer title has to be more like it: titles have many words.
LEAST_ALIKE_WORD = 82
SHORTEST_WORD = 4
# The pages that are found by their own title; who looks for another types what it is of.
PAGES = ("cooperations", "borders")
# Of the name of a region; one letter begins too many.
SHORTEST_BEGINNING = 2
# What stands between an indicator and a region.
BETWEEN = frozenset(("in", "van", "of", "de", "het", "the", "voor", "for"))


@dataclass(frozen=True)
class Topic:
    """Something to find besides regions, such as an indicator.

    Attributes:
        kind: `page`, `indicator`, `theme` or `question`.
        key: its id.
        titles: its title, by language.
        words: everything it is found by, folded.
    """

    kind: str
    key: str
    titles: Mapping[str, str]
    words: frozenset[str]


@dataclass(frozen=True)
class FoundFigure:
    """An indicator in a region."""

    region: Row
    topic: Topic


def search_regions(
    asked: str, registry: Registry, schemes: Sequence[str], other_names: Mapping[str, Sequence[str]]
) -> list[Row]:
    """Returns the regions that a reader may mean, the likeliest first; exact matches have `is_exact`.

    A region is found by its code, also in brackets after a name or as its digits alone; by one of its names; or by the
    first letters of words in a name. A municipality is also found by a place or a postcode in it, which is then its
    `place`; that is an exact match if no region has that name or code itself, and no other municipality has a place of
    that name. Among equals, those that exist now come first, and then the smallest kind. If nothing is found, those
    with the names most like it have `is_guess`; nothing is like a postcode.

    Args:
        asked: what was typed.
        registry: the regions, and the places in them.
        schemes: the kinds of region, smallest first.
        other_names: the other names of regions, by region code.
    """
    typed, wanted = asked.strip().upper(), fold(asked)
    bracketed = _CODE_IN_BRACKETS.search(typed)
    codes = {typed, bracketed[1] if bracketed else typed, f"GM{typed}"}
    postcode = _POSTCODE.fullmatch(typed)
    found = _with_postcode(postcode[1], typed, registry) if postcode else []
    if found:
        return found
    for code, row in registry.regions.items():
        names = [fold(name) for name in (row["name"], *other_names.get(code, ()))]
        is_exact = code in codes or wanted in names
        place = None
        if not is_exact and not any(_starts_words(wanted, name) for name in names):
            place = _place_meant(wanted, registry.places.get(code, {}))
            if place is None:
                continue
        found.append({**row, "is_exact": is_exact, "is_guess": False, "place": place})
    if not found:
        return [] if postcode else _most_alike(wanted, registry, other_names)
    if all(row["place"] for row in found) and sum(wanted in names for names in registry.places.values()) == 1:
        found = [{**row, "is_exact": fold(row["place"]) == wanted} for row in found]
    places = {scheme: place for place, scheme in enumerate(schemes)}

    def likeliness(row: Row) -> tuple[Any, ...]:
        code, name = row["region_code"], fold(row["place"] or row["name"])
        kind = places.get(row["scheme"], len(places))
        exact = code not in codes, not row["is_exact"]
        place = row["place"] is not None and name != wanted
        return (*exact, place, not row["is_current"], kind, not name.startswith(wanted), name, code)

    return sorted(found, key=likeliness)


def _with_postcode(postcode: str, typed: str, registry: Registry) -> list[Row]:
    """The municipalities that a postcode lies in, and the one of which it may be the code as well."""
    within = [code for code in registry.postcodes.get(postcode, ()) if code in registry.regions]
    same = [code for code in (f"GM{typed}",) if code in registry.regions and within]
    is_exact = len(within) + len(same) == 1
    rows = [(code, None) for code in same] + [(code, postcode) for code in within]
    return [{**registry.regions[code], "is_exact": is_exact, "is_guess": False, "place": place} for code, place in rows]


def _place_meant(wanted: str, places: Mapping[str, str]) -> str | None:
    """The place of that name, or else the first whose words start with what is wanted."""
    if wanted in places:
        return places[wanted]
    return next((places[name] for name in sorted(places) if _starts_words(wanted, name)), None)


def _starts_words(wanted: str, name: str) -> bool:
    """Whether each wanted word starts a word of the name."""
    words = _WORD.findall(name)
    asked = _WORD.findall(wanted)
    return bool(asked) and all(any(word.startswith(each) for word in words) for each in asked)


def _most_alike(wanted: str, registry: Registry, other_names: Mapping[str, Sequence[str]]) -> list[Row]:
    """The regions with the names most like it, or with such a place in them, each once."""
    names: list[tuple[str, str, str | None]]
    names = [(fold(row["name"]), code, None) for code, row in registry.regions.items()]
    names += [(fold(name), code, None) for code, others in other_names.items() for name in others]
    names += [(name, code, place) for code, places in registry.places.items() for name, place in places.items()]
    alike = process.extract(
        wanted, [name for name, *_ in names], scorer=fuzz.ratio, score_cutoff=LEAST_ALIKE, limit=2 * MOST_GUESSES
    )
    guesses: dict[str, Row] = {}
    # Among equals a region before a place, and one that exists now before one that is gone.
    ranked = sorted(alike, key=lambda hit: (-hit[1], names[hit[2]][2] is not None, hit[2]))
    for _, _, at in ranked:
        _, code, place = names[at]
        if code in registry.regions:
            guesses.setdefault(code, {**registry.regions[code], "is_exact": False, "is_guess": True, "place": place})
    return list(guesses.values())[:MOST_GUESSES]


def make_topics(
    registry: Registry,
    texts: Mapping[str, Mapping[str, Mapping[str, str]]],
    questions: Mapping[str, Mapping[str, Any]],
    synonyms: Mapping[str, Iterable[str]],
) -> list[Topic]:
    """Returns everything to find besides regions.

    Args:
        registry: the indicators, with their themes.
        texts: the texts of the portal, with the groups `menu`, `themes` and `sub_themes`.
        questions: the ready-made questions, by name, as Datasette's metadata has them.
        synonyms: words that people use for a word of a title.
    """
    found = [_topic("page", page, texts["menu"][page], [], synonyms) for page in PAGES]
    for theme, titles in texts["themes"].items():
        found.append(_topic("theme", theme, titles, [], synonyms))
    for key, row in registry.indicators.items():
        titles = {"nl": row["title_nl"], "en": row["title_en"]}
        about = [key.replace("_", " "), *texts["sub_themes"].get(row["sub_theme"], {}).values()]
        found.append(_topic("indicator", key, titles, about, synonyms))
    for name, question in questions.items():
        titles = {lang: str(question.get(f"title_{lang}") or question.get("title") or name) for lang in ("nl", "en")}
        found.append(_topic("question", name, titles, [], synonyms))
    return found


def search_topics(asked: str, topics: Collection[Topic]) -> list[Topic]:
    """Returns the topics that a reader may mean, those whose title has all that was typed first.

    Each word has to start a word of the topic. If no topic has them all, words that are like it will do.
    """
    wanted = _words(asked)
    if not wanted:
        return []
    known = {word for topic in topics for word in topic.words}
    starts = {each: {word for word in known if word.startswith(each)} for each in wanted}
    found = _with_all(starts.values(), topics)
    if not found:
        alike = {each: starts[each] or _words_like(each, known) for each in wanted}
        found = _with_all(alike.values(), topics)
    order = ("page", "theme", "indicator", "question")
    in_titles = {t.key: any(wanted <= _starts_of(title) for title in t.titles.values()) for t in found}
    return sorted(found, key=lambda t: (not in_titles[t.key], order.index(t.kind), len(t.titles["nl"]), t.key))


def search_figures(
    asked: str, regions_named: Callable[[str], list[Row]], topics: Collection[Topic]
) -> list[FoundFigure]:
    """Returns the figures that a reader may mean who typed a region and an indicator, in either order.

    Of a region that is named in full, all of them. Who has only begun its name, with words that together are in no
    title, may mean the likeliest regions that begin so: then the likeliest figure of each.

    Args:
        asked: what was typed.
        regions_named: the regions that a text may mean, as `search_regions` gives them.
        topics: as `make_topics` gives them.
    """
    words = [word for word in asked.split() if fold(word) not in BETWEEN]
    indicators = [topic for topic in topics if topic.kind == "indicator"]
    # The longest name first: in "werkloosheid den bosch" the region is not "bosch".
    parted = [
        (" ".join(region_words), " ".join(others))
        for length in range(len(words) - 1, 0, -1)
        for region_words, others in ((words[:length], words[length:]), (words[-length:], words[:-length]))
    ]
    wanted = _words(asked)
    is_title = any(wanted <= _starts_of(title) for topic in topics for title in topic.titles.values())
    begun: list[FoundFigure] = []
    for region_words, others in parted:
        meant = [row for row in regions_named(region_words) if row["is_current"]]
        # Words of a title may be the name of a place, or begin that of a region, and do not mean it.
        exact = [row for row in meant if row["is_exact"] and not (row["place"] and is_title)]
        found = search_topics(others, indicators) if exact else []
        if found:
            return [FoundFigure(exact[0], topic) for topic in found]
        names = [] if is_title else [row for row in meant if not row["is_guess"] and not row["place"]]
        if not begun and names and len(region_words) >= SHORTEST_BEGINNING:
            likeliest = search_topics(others, indicators)[:1]
            begun = [FoundFigure(row, topic) for topic in likeliest for row in names[:MOST_GUESSES]]
    return begun


def _topic(
    kind: str, key: str, titles: Mapping[str, str], about: Iterable[str], synonyms: Mapping[str, Iterable[str]]
) -> Topic:
    words = _words(" ".join([*titles.values(), *about]))
    words |= {fold(said) for said, meant in synonyms.items() if words & {fold(word) for word in meant}}
    return Topic(kind, key, titles, frozenset(words))


def _with_all(choices: Iterable[Collection[str]], topics: Iterable[Topic]) -> list[Topic]:
    wanted = list(choices)
    return [topic for topic in topics if all(not topic.words.isdisjoint(words) for words in wanted)]


def _words_like(asked: str, known: Collection[str]) -> set[str]:
    if len(asked) < SHORTEST_WORD:
        return set()
    return {word for word, *_ in process.extract(asked, known, scorer=fuzz.ratio, score_cutoff=LEAST_ALIKE_WORD)}


def _words(text: str) -> set[str]:
    return set(_WORD.findall(fold(text)))


def _starts_of(title: str) -> set[str]:
    return {word[:length] for word in _words(title) for length in range(1, len(word) + 1)}
