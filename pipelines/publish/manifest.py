"""A typed, read-only view of the dbt manifest: the one authority on what is public and what it means.

Everything a reader sees is derived from the exposure, contracts, tests and `meta` in dbt: the SQLite schema, pandera
schemas, Datasette metadata, extracts.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import RegiokompasError

EXPOSURE = "open_data_api"
# The prefixes that tell models of marts apart; a published table is named after its content instead.
LAYERS = ("dim_", "fct_", "rpt_")


@dataclass(frozen=True)
class PublicColumn:
    """A column of a public table.

    `unit` is None without a unit, `references` is the (table, column) it refers to, and `formula` is the SQL that gives
    the column from others of its row, in words that DuckDB and SQLite share.
    """

    name: str
    data_type: str
    is_nullable: bool
    description_en: str
    description_nl: str
    unit: str | None
    unit_nl: str | None
    is_facet: bool
    references: tuple[str, str] | None
    is_looked_up: bool = False
    formula: str | None = None


@dataclass(frozen=True)
class PublicTable:
    """A published table, in the words of its dbt model, whose `alias` is also its name in DuckDB."""

    name: str
    model: str
    title_nl: str
    title_en: str
    description_nl: str
    description_en: str
    columns: tuple[PublicColumn, ...]
    primary_key: tuple[str, ...]
    label_column: str | None
    fts: tuple[str, ...]
    checks: tuple[dict[str, Any], ...]
    data_themes: tuple[str, ...]

    @property
    def order(self) -> str:
        """The SQL order that makes every export of the table identical: its primary key."""
        return ", ".join(f'"{c}"' for c in self.primary_key)

    @property
    def facets(self) -> tuple[str, ...]:
        """The columns whose values its page counts; there are too many regions and periods to choose from."""
        return tuple(c.name for c in self.columns if c.is_facet and c.name not in ("period_code", "region_code"))


def public_tables(manifest_path: Path) -> list[PublicTable]:
    """The tables that the exposure names, ordered so that every foreign key refers to an earlier table.

    Raises:
        RegiokompasError: a table or column lacks a Dutch or English text, a key or a public name.
    """
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    exposure = next(e for e in manifest["exposures"].values() if e["name"] == EXPOSURE)
    models = [manifest["nodes"][unique_id] for unique_id in exposure["depends_on"]["nodes"]]
    names = {m["name"]: m["alias"] for m in models}
    references = _references(manifest, names)
    tables = [_table(manifest, model, references) for model in models]
    if problems := [p for table in tables for p in _untold(table)]:
        raise RegiokompasError("\n".join(problems))
    return _sorted(tables)


def raw_descriptions(manifest_path: Path) -> dict[str, dict[str, str]]:
    """What dbt says about each column of the landed data, by table name."""
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    return {
        source["name"]: {column["name"]: column["description"].strip() for column in source["columns"].values()}
        for source in manifest["sources"].values()
    }


def _table(
    manifest: dict[str, Any], model: dict[str, Any], references: dict[tuple[str, str], tuple[str, str]]
) -> PublicTable:
    meta = model["config"]["meta"]
    keys = [tuple(c["columns"]) for c in model["constraints"] if c["type"] == "primary_key"]
    return PublicTable(
        name=model["alias"],
        model=model["name"],
        title_nl=meta.get("title_nl", ""),
        title_en=meta.get("title_en", ""),
        description_nl=meta.get("nl", ""),
        description_en=model["description"],
        columns=tuple(_column(manifest, model, c, references) for c in model["columns"].values()),
        primary_key=keys[0] if keys else (),
        label_column=meta.get("label_column"),
        fts=tuple(meta.get("fts", ())),
        checks=tuple(meta.get("checks", ())),
        data_themes=tuple(meta.get("data_themes", ())),
    )


def _column(
    manifest: dict[str, Any],
    model: dict[str, Any],
    column: dict[str, Any],
    references: dict[tuple[str, str], tuple[str, str]],
) -> PublicColumn:
    meta = column["config"]["meta"]
    required = {c["type"] for c in column.get("constraints", [])} & {"not_null", "primary_key"}
    return PublicColumn(
        name=column["name"],
        data_type=column["data_type"],
        is_nullable=not required,
        description_en=column["description"].strip(),
        description_nl=meta.get("nl") or _dutch_block(manifest, column),
        unit=meta.get("unit"),
        unit_nl=meta.get("unit_nl"),
        is_facet=bool(meta.get("facet")),
        is_looked_up=bool(meta.get("looked_up")),
        formula=meta.get("formula"),
        references=references.get((model["name"], column["name"])),
    )


def _dutch_block(manifest: dict[str, Any], column: dict[str, Any]) -> str:
    """The Dutch twin of the doc block that a column's English description comes from."""
    for block in column.get("doc_blocks") or []:
        twin = manifest["docs"].get(f"{block}_nl")
        if twin:
            return str(twin["block_contents"]).strip()
    return ""


def _references(manifest: dict[str, Any], names: dict[str, str]) -> dict[tuple[str, str], tuple[str, str]]:
    """Foreign keys between public tables, from the `relationships` that the tests `rows_fit` of dbt hold."""
    found = {}
    for node in manifest["nodes"].values():
        rules = (node.get("test_metadata") or {}).get("kwargs", {}).get("relationships", {})
        if not rules:
            continue
        child = manifest["nodes"].get(node["attached_node"], {}).get("name")
        for column, other in rules.items():
            # As its yml has it: ref('dim_region').
            parent = other["to"].split("'")[1]
            if child in names and parent in names:
                found[(child, column)] = (names[parent], str(other["field"]))
    return found


def _untold(table: PublicTable) -> list[str]:
    where = f"model {table.model}"
    needed = {
        "config.alias": not table.name.startswith(LAYERS),
        "meta.title_nl": table.title_nl,
        "meta.title_en": table.title_en,
        "meta.nl": table.description_nl,
        "description": table.description_en,
        "a primary_key constraint": table.primary_key,
        "meta.data_themes": table.data_themes,
    }
    problems = [f"{where}: {what} is missing -> add it to its yml" for what, value in needed.items() if not value]
    for column in table.columns:
        for language, text in (("English", column.description_en), ("Dutch", column.description_nl)):
            if not text:
                problems.append(f"{where} column {column.name}: no {language} description -> add it to its yml")
    return problems


def _sorted(tables: list[PublicTable]) -> list[PublicTable]:
    done: list[PublicTable] = []
    waiting = sorted(tables, key=lambda t: t.name)
    while waiting:
        names = {t.name for t in done}
        ready = [
            t
            for t in waiting
            if all(c.references[0] in {*names, t.name} for c in t.columns if c.references is not None)
        ]
        if not ready:
            raise RegiokompasError(f"tables refer to each other in a circle: {[t.name for t in waiting]}")
        done.append(ready[0])
        waiting.remove(ready[0])
    return done
