"""How a new card is written: as YAML for a person to read, with everything that could be chosen as comments."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import yaml

from pipelines.card import Cadence, RowBounds
from pipelines.clients.odata import SourceCode, SourceMeasure
from pipelines.settings import DBT_PROJECT

MEASURES_AT_FIRST = 8
_PLAIN = re.compile(r"[^\W\d_][\w .;/()+-]*")
_HEAD = """\
# Made by `regiokompas new-source cbs {table}` from what CBS says of the table. What it cannot know is yours to decide:
# the English title, and which codes and measures to keep; those that are not kept stand below as comments.
defaults:
  publisher: cbs
  roads: [{{protocol: cbs_odata4}}, {{protocol: cbs_odata3}}]
  licence: CC BY 4.0
  licence_url: https://creativecommons.org/licenses/by/4.0/deed.nl
  attribution: "Bron: CBS"

cards:
  - table: {table}
    title:
      nl: {title}
      en: {title}  # still the Dutch title: translate it
    homepage: https://opendata.cbs.nl/statline/#/CBS/nl/dataset/{table}
    cadence: {cadence}
"""


@dataclass(frozen=True)
class NewDimension:
    """A dimension: its role, and of what it has what is kept and what is only mentioned.

    Codes are kept one by one in a category dimension; of regions whole levels are, and of periods whole kinds.
    """

    name: str
    role: str
    codes: tuple[SourceCode, ...]
    words: tuple[str, ...] = ()
    other_words: tuple[str, ...] = ()
    other_codes: tuple[SourceCode, ...] = ()


@dataclass(frozen=True)
class NewMeasure:
    """A measure: the code on the card, the source's whole key where the code alone is not enough, and its words."""

    code: str
    alias: str | None
    source: SourceMeasure

    @property
    def multiplier(self) -> int:
        """What its figures are multiplied by: 1000 for the unit `x 1 000`."""
        times = re.fullmatch(r"x (1[0 ]*)", self.source.unit.strip())
        return int(times[1].replace(" ", "")) if times else 1


@dataclass(frozen=True)
class Table:
    """What a new card says of a table.

    Attributes:
        table: the table id.
        title: the Dutch title.
        cadence: how often figures come.
        ended: since when no figures come any more.
        dimensions: every dimension.
        measures: every measure with figures, in the order of the source.
    """

    table: str
    title: str
    cadence: Cadence
    ended: str | None
    dimensions: tuple[NewDimension, ...]
    measures: tuple[NewMeasure, ...]

    @property
    def kept(self) -> tuple[NewMeasure, ...]:
        """The measures that the card begins with."""
        return self.measures[:MEASURES_AT_FIRST]

    @classmethod
    def of(
        cls,
        table: str,
        *,
        title: str,
        cadence: Cadence,
        ended: str | None,
        roles: dict[str, str],
        codes: dict[str, list[SourceCode]],
        measures: list[SourceMeasure],
        keys_run: bool,
    ) -> "Table":
        """Choose what to keep of a table.

        Args:
            table: the table id.
            title: the Dutch title.
            cadence: how often figures come.
            ended: since when no figures come any more, if so.
            roles: the role of each dimension.
            codes: the code list of each dimension.
            measures: the measures with figures.
            keys_run: whether the keys of measures end in a running number, as those of v3 do.
        """
        dimensions = tuple(_dimension(name, role, codes[name]) for name, role in roles.items())
        return cls(table, " ".join(title.split()), cadence, ended, dimensions, tuple(_measures(measures, keys_run)))


def card_text(table: Table, rows: RowBounds) -> str:
    """The file with the card of a table, as YAML."""
    head = _HEAD.format(table=table.table, title=_scalar(table.title), cadence=table.cadence.value)
    lines = [*_ended(table), "    dimensions:"]
    for dimension in table.dimensions:
        lines += _dimension_lines(dimension)
    lines.append("    measures:")
    lines += [f"      - {_measure(measure)}" for measure in table.kept]
    lines += [f"      # - {_measure(measure)}" for measure in table.measures[MEASURES_AT_FIRST:]]
    lines.append(f"    rows: {{min: {rows.min}, max: {rows.max}}}")
    return head + "\n".join(lines) + "\n"


def _dimension(name: str, role: str, codes: list[SourceCode]) -> NewDimension:
    if role == "category":
        total = next((c for c in codes if _is_total(c)), codes[0])
        return NewDimension(name, role, (total,), other_codes=tuple(c for c in codes if c is not total))
    word = slice(0, 2) if role == "region" else slice(4, 6)
    known = _known_levels([c.code for c in codes]) if role == "region" else _known_kinds()
    words = list(dict.fromkeys(c.code[word] for c in codes))
    kept = tuple(w for w in words if w in known) or tuple(words)
    others = tuple(w for w in words if w not in kept)
    return NewDimension(name, role, tuple(c for c in codes if c.code[word] in kept), kept, others)


def _is_total(code: SourceCode) -> bool:
    return code.title.strip().casefold().startswith("totaal") or code.code.startswith("T00")


def _known_levels(codes: list[str]) -> set[str]:
    """The levels of which every code is a region that the seed knows."""
    patterns = [re.compile(row["pattern"]) for row in _seed("region_schemes")]
    unknown = {code[:2] for code in codes if not any(pattern.fullmatch(code) for pattern in patterns)}
    return {code[:2] for code in codes} - unknown


def _known_kinds() -> set[str]:
    return {row["period_suffix"][:2] for row in _seed("period_kinds")}


def _seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _measures(measures: list[SourceMeasure], keys_run: bool) -> Iterator[NewMeasure]:
    """Codes without the running number, which shifts when CBS puts a topic in.

    Where several have one stem, the whole key tells them apart, and the code gets a number of ours.
    """
    stems = [re.sub(r"_\d+$", "", m.code) if keys_run else m.code for m in measures]
    times, seen = Counter(stems), Counter[str]()
    for stem, measure in zip(stems, measures, strict=True):
        seen[stem] += 1
        code = stem if seen[stem] == 1 else f"{stem}No{seen[stem]}"
        yield NewMeasure(code, measure.code if times[stem] > 1 else None, measure)


def _ended(table: Table) -> list[str]:
    if table.ended is None:
        return []
    return [
        "    ended:",
        f"      since: {table.ended}  # its last change; correct it when you know better",
        "      state: stopped",
        "      reason:",
        "        nl: Volgens het CBS zelf is de tabel stopgezet.",
        "        en: CBS itself says that the table was stopped.",
    ]


def _dimension_lines(dimension: NewDimension) -> list[str]:
    name, role = _scalar(dimension.name), dimension.role
    if role == "category":
        lines = [f"      {name}:", f"        role: {role}", "        codes:"]
        lines += [f"          - {_code(code)}" for code in dimension.codes]
        return lines + [f"          # - {_code(code)}" for code in dimension.other_codes]
    key = "levels" if role == "region" else "kinds"
    kept = f", {key}: [{', '.join(dimension.words)}]"
    others = f"  # it has these {key} too: {', '.join(dimension.other_words)}" if dimension.other_words else ""
    return [f"      {name}: {{role: {role}{kept}}}{others}"]


def _code(code: SourceCode) -> str:
    return _mapping({"code": code.code, "title": code.title or code.code, "certainty": "recorded"}.items())


def _measure(measure: NewMeasure) -> str:
    source = measure.source
    parts = {"code": measure.code, "title": source.title or source.code}
    parts |= {"unit": source.unit} if source.unit.strip() else {}
    parts |= {"certainty": "recorded"}
    text = _mapping(parts.items())
    if measure.alias:
        text = f"{text[:-1]}, aliases: [{_scalar(measure.alias)}]}}"
    return text if measure.multiplier == 1 else f"{text}  # its indicators need the multiplier {measure.multiplier}"


def _mapping(parts: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{key}: {_scalar(value)}" for key, value in parts) + "}"


def _scalar(text: str) -> str:
    """A text as YAML reads it back: plain where that is safe, quoted elsewhere."""
    text = " ".join(text.split())
    plain = _PLAIN.fullmatch(text) and yaml.safe_load(text) == text
    return text if plain else json.dumps(text, ensure_ascii=False)
