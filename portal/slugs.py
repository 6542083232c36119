"""The words by which regions and indicators are named in addresses: `zwolle`, `vestigingen-per-1000-inwoners`.

They are made from the names and titles of the release, here and nowhere else. Two that would be equal get their code.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from portal.csv_text import Row

# CBS adds this to the name of a municipality that shares it with its province or has another in daily use.
_KIND_IN_NAME = re.compile(r"\s*\(gemeente\)$")
_THOUSANDS = re.compile(r"(?<=\d)[ ,.\N{NO-BREAK SPACE}](?=\d{3}\b)")
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")


def without_accents(text: str) -> str:
    """Returns text in lower case, without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()


def slug_of(text: str) -> str:
    """Returns text as a part of an address: lower case, without accents, words joined by hyphens."""
    letters = without_accents(_THOUSANDS.sub("", _KIND_IN_NAME.sub("", text.strip())))
    return _NOT_A_LETTER.sub("-", letters).strip("-")


def tidy_code(text: str) -> str:
    """Returns a code as CBS writes it, if only capitals, spaces or the letters of a municipality are missing."""
    code = re.sub(r"[\s_-]", "", text).upper()
    return f"GM{code.zfill(4)}" if code.isdigit() else code


@dataclass(frozen=True)
class Slugs:
    """The slugs of a release, and what each is the slug of."""

    regions: Mapping[str, str]
    """By the code of a region."""
    indicators: Mapping[str, Mapping[str, str]]
    """By language, and by the id of an indicator."""
    _codes: Mapping[tuple[str, str], str]
    _other_names: Mapping[tuple[str, str], str]
    _ids: Mapping[str, Mapping[str, str]]
    _former_ids: Mapping[str, Mapping[str, str]]

    def region_code(self, scheme: str, asked: str) -> str | None:
        """Returns the code of a region of a kind: by its slug, its code however written, or another of its names."""
        slug = slug_of(asked)
        for known, key in ((self._codes, (scheme, slug)), (self._other_names, (scheme, slug))):
            if key in known:
                return known[key]
        # As written too: the code of an own region has dashes.
        codes = {asked.strip().upper(), tidy_code(asked)}
        return next((code for code in sorted(codes) if code in self.regions), None)

    def indicator_id(self, asked: str, lang: str) -> str | None:
        """Returns the id of an indicator: by its slug in the language or in the other one, by its id, or as it was."""
        slug = slug_of(asked)
        languages = (lang, *(other for other in self._ids if other != lang))
        for known in (self._ids, self._former_ids):
            for each in languages:
                if slug in known.get(each, {}):
                    return known[each][slug]
        written = asked.strip().lower()
        return written if written in self.indicators[lang] else None


def slugs_of(
    regions: Iterable[Row],
    indicators: Iterable[Row],
    other_names: Mapping[str, Sequence[str]],
    languages: Sequence[str],
    earlier_titles: Iterable[tuple[str, str, str]] = (),
) -> Slugs:
    """Returns the slugs of the regions and indicators of a release.

    Args:
        regions: all regions, also those that ended.
        indicators: the indicators that there are now.
        other_names: the other names of regions, by region code.
        languages: the languages of the pages.
        earlier_titles: titles that indicators had before, newest first: indicator, language, title.
    """
    listed, rows = list(regions), list(indicators)
    named: dict[str, str] = {}
    schemes = {row["region_code"]: row["scheme"] for row in listed}
    for scheme in sorted(set(schemes.values())):
        of_scheme = [row for row in listed if row["scheme"] == scheme]
        now = {row["region_code"]: row["name"] for row in of_scheme if row["is_current"]}
        past = {row["region_code"]: row["name"] for row in of_scheme if not row["is_current"]}
        current = _unique(now, set())
        # The name of a region that ended may be that of one that exists: the latter has it.
        named |= current | _unique(past, set(current.values()))
    codes = {(schemes[code], slug): code for code, slug in named.items()}
    others: dict[tuple[str, str], str] = {}
    for code, names in other_names.items():
        for name in names if code in schemes else ():
            others.setdefault((schemes[code], slug_of(name)), code)
    titled = {lang: _unique({row["indicator_id"]: row[f"title_{lang}"] for row in rows}, set()) for lang in languages}
    ids = {lang: {slug: name for name, slug in slugs.items()} for lang, slugs in titled.items()}
    former: dict[str, dict[str, str]] = {}
    for name, lang, title in earlier_titles:
        if name in titled.get(lang, {}):
            former.setdefault(lang, {}).setdefault(slug_of(title), name)
    return Slugs(named, titled, codes, others, ids, former)


def _unique(names: Mapping[str, str], taken: set[str]) -> dict[str, str]:
    """The slug of each name by its key; those that are equal, or taken, end with their key."""
    plain = {key: slug_of(name) or slug_of(key) for key, name in names.items()}
    slugs = list(plain.values())
    return {
        key: f"{slug}-{slug_of(key)}" if slug in taken or slugs.count(slug) > 1 else slug for key, slug in plain.items()
    }
