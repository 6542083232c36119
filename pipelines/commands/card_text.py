"""How a new card is written: as YAML for a person to read, with every other choice as a comment."""

import json
import re
from collections.abc import Iterable

import yaml

from pipelines.clients.description import SourceCode
from pipelines.commands.new_table import MEASURES_AT_FIRST, NewDimension, NewMeasure, NewTable
from pipelines.sources.card import RowBounds

# A table id may begin with digits, as 80072ned does; most texts that do are numbers or days to YAML.
_PLAIN = re.compile(r"([^\W\d_]|\d+(?=[A-Za-z]{3}))[\w .;/()+-]*")
_HEAD = """\
# Made by `regiokompas new-source cbs {table}` from what CBS says of the table. What it cannot know is yours to decide:
# the English title, and which codes and measures to keep; those that are not kept are below as comments.
defaults:
  publisher: cbs
  access: [{{protocol: cbs_odata4}}, {{protocol: cbs_odata3}}]
  licence: CC BY 4.0
  licence_url: https://creativecommons.org/licenses/by/4.0/deed.nl
  attribution: "Bron: CBS"

cards:
  - table: {id}
    title:
      nl: {title}
      en: {title}  # still the Dutch title: translate it
    homepage: https://opendata.cbs.nl/statline/#/CBS/nl/dataset/{table}
    cadence: {cadence}
"""


def card_text(table: NewTable, rows: RowBounds) -> str:
    """The file with the card of a table, as YAML."""
    words = {"id": _scalar(table.table), "title": _scalar(table.title), "cadence": table.cadence.value}
    head = _HEAD.format(table=table.table, **words)
    lines = [*_ended(table)]
    lines += [f"    period: {_scalar(table.period)}  # as given, since no dimension has it"] if table.period else []
    lines.append("    dimensions:")
    for dimension in table.dimensions:
        lines += _dimension_lines(dimension)
    lines.append("    measures:")
    lines += [f"      - {_measure(measure)}" for measure in table.kept]
    lines += [f"      # - {_measure(measure)}" for measure in table.measures[MEASURES_AT_FIRST:]]
    lines.append(f"    rows: {{min: {rows.min}, max: {rows.max}}}")
    return head + "\n".join(lines) + "\n"


def _ended(table: NewTable) -> list[str]:
    if table.ended is None:
        return []
    return [
        "    ended:",
        f"      since: {table.ended}  # its last change; correct it if you know better",
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
    # Days have no letters to select them by, so a table with days is requested in full.
    words = [] if "" in dimension.words else dimension.words
    kept = f", {key}: [{', '.join(map(_scalar, words))}]" if words else ""
    beside = [word or "days" for word in (dimension.other_words if words else ())]
    others = f"  # it also has these {key}: {', '.join(beside)}" if beside else ""
    return [f"      {name}: {{role: {role}{kept}}}{others}"]


def _code(code: SourceCode) -> str:
    return _mapping({"code": code.code, "title": code.title or code.code, "certainty": "recorded"}.items())


def _measure(measure: NewMeasure) -> str:
    source = measure.source
    parts = {"code": measure.code, "title": source.title or source.code}
    parts |= {"unit": source.unit} if source.unit.strip() else {}
    parts |= {"group": measure.group} if measure.group else {}
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
