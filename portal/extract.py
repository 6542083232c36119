"""The download of one region: its figures, what they mean and their licences, as a zip.

The columns and their meanings come from the Data Package of the release, the instructions from the texts of the
portal. The same release always gives the same bytes.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from portal.csv_text import Row, write_columns
from portal.data_package import (
    LANGUAGES,
    Json,
    csv_on_the_web,
    dutch,
    licences_and_sources,
    table_schema,
    written,
)

# The values of each column, by its name and in the order of the rows.
ColumnValues = Mapping[str, Sequence[Any]]
Texts = dict[str, dict[str, dict[str, str]]]

EXCEL_FOLDER = "excel"
# The oldest time that a zip can hold: a real one would make every zip different.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
READABLE_BY_ALL = 0o644 << 16
WARNINGS = "usage_warnings"


@dataclass(frozen=True)
class Join:
    """Columns of another table that make a row readable without that table; `their_key` if the key has another name."""

    table: str
    key: str
    columns: tuple[str, ...]
    their_key: str = ""


@dataclass(frozen=True)
class ExtractPart:
    """A table of the release with rows for a region, as SQL: which rows, and which columns are joined to them."""

    table: str
    where: str
    joins: tuple[Join, ...] = ()


REGION = Join("regions", "region_code", ("name",))
PEER = Join("regions", "peer_code", ("name",), their_key="region_code")
INDICATOR = Join("indicators", "indicator_id", ("title_nl", "title_en", "unit_nl", "unit_en"))
ORIGIN = Join("origins", "origin_id", ("dataset_id", "source_modified"))
TERMS = Join("sources", "dataset_id", ("licence", "attribution", "homepage_url"))
OF_REGION = "region_code = :code"
ITS_INDICATORS = f"""indicator_id in (
    select indicator_id from observations_on_boundaries where {OF_REGION}
    union select indicator_id from observations where {OF_REGION}
    union select indicator_id from baseline where {OF_REGION}
)"""
ITS_ORIGINS = f"origin_id in (select origin_id from observations where {OF_REGION})"
ITS_SOURCES = f"""dataset_id in (
    select dataset_id from origins where {ITS_ORIGINS}
    union select dataset_id from indicator_sources where {ITS_INDICATORS}
)"""
PARTS = (
    ExtractPart("observations_on_boundaries", OF_REGION, (REGION, INDICATOR)),
    ExtractPart("observations", OF_REGION, (REGION, INDICATOR, ORIGIN)),
    ExtractPart("baseline", OF_REGION, (REGION, INDICATOR)),
    ExtractPart("baseline_peers", OF_REGION, (REGION, INDICATOR)),
    ExtractPart("similar_municipalities", OF_REGION, (PEER,)),
    ExtractPart("peer_features", f"exists (select 1 from similar_municipalities where {OF_REGION})"),
    ExtractPart("indicators", ITS_INDICATORS, (TERMS,)),
    ExtractPart("sources", ITS_SOURCES),
    ExtractPart("origins", ITS_ORIGINS),
)


@dataclass(frozen=True)
class ExtractTable:
    """A table of an extract: what it is, as a resource of a Data Package, and the values of its columns by name."""

    resource: Json
    columns: ColumnValues

    @property
    def name(self) -> str:
        """Its name in the release."""
        return str(self.resource["name"])

    @property
    def fields(self) -> list[Json]:
        """Its columns."""
        return list(self.resource["schema"]["fields"])


@dataclass(frozen=True)
class Extract:
    """Everything that the release says about one region, in one language."""

    package: Json
    tables: list[ExtractTable]
    readme_name: str
    readme: str


def query(part: ExtractPart, package: Json) -> str:
    """Returns the SQL for the rows of a part, in the order of its key; `:code` is the region."""
    schema = _resource(package, part.table)["schema"]
    columns = [f"t.{_quoted(field['name'])}" for field in schema["fields"]]
    columns += [f"{join.table}.{_quoted(column)}" for join in part.joins for column in join.columns]
    joins = [
        f"left join {j.table} on {j.table}.{_quoted(j.their_key or j.key)} = t.{_quoted(j.key)}" for j in part.joins
    ]
    order = ", ".join(f"t.{_quoted(name)}" for name in schema["primaryKey"])
    source = f"(select * from {part.table} where {part.where}) as t"
    return f"select {', '.join(columns)} from {source} {' '.join(joins)} order by {order}"


def make_extract(
    release: Json, texts: Texts, region: Row, columns: Mapping[str, ColumnValues], lang: str, notice: str | None
) -> Extract:
    """Returns the extract of a region.

    Args:
        release: the Data Package of the whole release.
        texts: the texts of the portal.
        region: the row of the region.
        columns: what `query` gives for each part, by its table.
        lang: the language; columns in the other one are left out.
        notice: the notice of a release of invented figures.
    """
    tables = [_table(part, release, texts, columns[part.table], lang) for part in PARTS]
    tables.append(_columns_table(tables, texts, lang))
    title = texts["extract"]["title"][lang].format(name=region["name"], code=region["region_code"])
    created = {"created": release["created"]} if "created" in release else {}
    package = {
        "$schema": release["$schema"],
        "name": f"{release['name']}-{region['region_code'].lower()}",
        "id": f"{release['id']}/{region['region_code']}",
        "version": release["version"],
        "title": title,
        "titles": {lang: title},
        **({"description": notice} if notice else {}),
        **created,
        **licences_and_sources(rows_of(columns["sources"])),
    }
    readme = _readme(package, tables, texts["extract"], lang)
    return Extract(package, tables, texts["extract"]["readme_name"][lang], readme)


def zip_bytes(extract: Extract) -> bytes:
    """Returns the extract as a zip: every table as CSV in two forms, one for Dutch Excel, and their descriptions."""
    files: dict[str, bytes] = {}
    resources = []
    for table in extract.tables:
        plain, excel = f"{table.name}.csv", f"{EXCEL_FOLDER}/{table.name}.csv"
        files[plain], files[excel] = (csv_bytes(table, dutch=is_dutch) for is_dutch in (False, True))
        whole = {**table.resource, "path": plain}
        resources += [_with_file(r, files) for r in (whole, dutch(table.resource, excel))]
    package = {**extract.package, "resources": resources}
    told = {
        extract.readme_name: extract.readme.replace("\n", "\r\n").encode(),
        "datapackage.json": written(package),
        "csv-metadata.json": written(csv_on_the_web(package)),
    }
    return _zipped({**told, **files})


def csv_bytes(table: ExtractTable, *, dutch: bool) -> bytes:
    """Returns a table as CSV."""
    return write_columns({field["name"]: table.columns[field["name"]] for field in table.fields}, dutch=dutch).encode()


def rows_of(columns: ColumnValues) -> list[Row]:
    """Returns the rows of a table of which the columns are given."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = READABLE_BY_ALL
            archive.writestr(entry, content)
    return out.getvalue()


def _with_file(resource: Json, files: dict[str, bytes]) -> Json:
    content = files[resource["path"]]
    return {**resource, "bytes": len(content), "hash": f"sha256:{sha256(content).hexdigest()}"}


def _table(part: ExtractPart, release: Json, texts: Texts, found: ColumnValues, lang: str) -> ExtractTable:
    whole = _resource(release, part.table)
    fields, columns = _fields(part, release), dict(found)
    if any(field["name"] == WARNINGS for field in fields):
        column = f"warnings_{lang}"
        fields.append(_own_field(column, "string", texts))
        columns[column] = [_warnings(codes, texts, lang) for codes in columns[WARNINGS]]
    # SQLite has no booleans.
    for name in [field["name"] for field in fields if field["type"] == "boolean"]:
        columns[name] = [None if value is None else bool(value) for value in columns[name]]
    other = next(f"_{each}" for each in LANGUAGES if each != lang)
    kept = [_in_language(field, lang) for field in fields if not field["name"].endswith(other)]
    here = {each.table for each in PARTS}
    keys = [k for k in whole["schema"].get("foreignKeys", []) if k["reference"]["resource"] in here]
    told = {key: whole[key] for key in ("name", "type", "format", "mediatype", "encoding")}
    texts_of = {"titles": {lang: whole["titles"][lang]}, "descriptions": {lang: whole["descriptions"][lang]}}
    count = len(columns[whole["schema"]["primaryKey"][0]])
    resource = _resource_with(told, texts_of, kept, whole["schema"]["primaryKey"], keys, count, lang)
    return ExtractTable(resource, columns)


def _resource_with(
    told: Json, texts: Json, fields: list[Json], primary_key: Sequence[str], keys: list[Json], rows: int, lang: str
) -> Json:
    return {
        **told,
        "title": texts["titles"][lang],
        "description": texts["descriptions"][lang],
        **texts,
        "rows": rows,
        "schema": table_schema(fields, primary_key, keys),
    }


def _fields(part: ExtractPart, release: Json) -> list[Json]:
    """The columns of a part, with those of another table right after the key that they belong to."""
    found = []
    for field in _resource(release, part.table)["schema"]["fields"]:
        found.append(field)
        for join in part.joins:
            if join.key == field["name"]:
                theirs = {f["name"]: f for f in _resource(release, join.table)["schema"]["fields"]}
                found += [_may_be_empty(theirs[column]) for column in join.columns]
    return found


def _may_be_empty(field: Json) -> Json:
    return {key: value for key, value in field.items() if key not in ("constraints", "missingValues")}


def _in_language(field: Json, lang: str) -> Json:
    text = field["descriptions"][lang]
    told = {**field, "description": text, "descriptions": {lang: text}}
    return {**told, "unit": field["units"][lang], "units": {lang: field["units"][lang]}} if "units" in field else told


def _warnings(codes: str | None, texts: Texts, lang: str) -> str | None:
    known = texts["usage_warning_texts"]
    return " ".join(known[code][lang] if code in known else code for code in codes.split(";")) if codes else None


def _columns_table(tables: list[ExtractTable], texts: Texts, lang: str) -> ExtractTable:
    names = ("table_name", "column_name", "data_type", "unit", "description")
    rows = [(t.name, f["name"], f["type"], f.get("unit"), f["description"]) for t in tables for f in t.fields]
    words = texts["extract_tables"]
    told = {"name": "columns", **{key: tables[0].resource[key] for key in ("type", "format", "mediatype", "encoding")}}
    texts_of = {
        "titles": {lang: words["columns"][lang]},
        "descriptions": {lang: words["columns_description"][lang]},
    }
    fields = [_in_language(_own_field(name, "string", texts), lang) for name in names]
    resource = _resource_with(told, texts_of, fields, names[:2], [], len(rows), lang)
    return ExtractTable(resource, dict(zip(names, zip(*rows, strict=True), strict=True)))


def _own_field(name: str, kind: str, texts: Texts) -> Json:
    return {"name": name, "type": kind, "descriptions": texts["extract_columns"][name]}


def _readme(package: Json, tables: list[ExtractTable], words: dict[str, dict[str, str]], lang: str) -> str:
    def say(key: str) -> str:
        return words[key][lang].format(release=package["version"])

    title = package["title"]
    lines = [title, "=" * len(title), say("release"), package.get("description", ""), ""]
    lines += [say("contents"), "-" * len(say("contents"))]
    lines += [
        f"{t.name}.csv: {t.resource['title']} ({t.resource['rows']} {say('rows')}). {t.resource['description']}"
        for t in tables
    ]
    lines += ["", *(say(key) for key in ("excel_folder", "machines", "empty", "guarded")), ""]
    lines += [say("licences"), "-" * len(say("licences"))]
    lines += [f"{licence['title']}: {licence['path']}" for licence in package.get("licenses", [])]
    lines += ["", say("attributions"), "-" * len(say("attributions"))]
    lines += [source["title"] for source in package.get("sources", [])]
    return "\n".join([*lines, say("cite"), ""])


def _resource(package: Json, name: str) -> Json:
    found: Json = next(resource for resource in package["resources"] if resource["name"] == name)
    return found


def _quoted(name: str) -> str:
    return f'"{name}"'
