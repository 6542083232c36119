"""Datasette's metadata, from the dbt manifest and the questions: no title, unit or description is written twice."""

import json
import re
from html import escape
from pathlib import Path
from typing import Any

from pipelines.publish.manifest import PublicColumn, PublicTable
from pipelines.publish.queries import load_queries
from pipelines.publish.sqlite import FACET_COUNTS

DATABASE = "regiokompas"
NAME = "Regiokompas"
CODE = re.compile(r"`([^`]+)`")
# A table can contain figures from many publishers: this page lists them with their terms, source by source.
SOURCES = f"/{DATABASE}/sources"
LICENCE = {"license": "per bron / by source", "license_url": SOURCES}
SOURCE = {"source": "Regiokompas, uit open bronnen / from open sources", "source_url": SOURCES}


def contact_of(public_url: str, email: str) -> dict[str, str]:
    """Who is responsible for a release: the publisher's name, web address, and email address if there is one."""
    return {"name": NAME, "url": public_url.rstrip("/") + "/"} | ({"email": email} if email else {})


def datasette_metadata(
    tables: list[PublicTable], queries: Path, release: dict[str, Any], contact: dict[str, str]
) -> dict[str, Any]:
    """The metadata of one release, as Datasette 0.65 reads it.

    Args:
        tables: the public tables.
        queries: the folder of questions that become canned queries.
        release: the one row of the table `release`.
        contact: who is responsible for it, see `contact_of`.
    """
    notice = f"<p><strong>{escape(release['notice'])}</strong></p>" if release["notice"] else ""
    return {
        "title": release["title_nl"],
        "description": release["title_en"],
        "contact": contact,
        **LICENCE,
        **SOURCE,
        "databases": {
            DATABASE: {
                "title": release["title_nl"],
                "description_html": (
                    f'{notice}<p lang="nl">{escape(release["title_nl"])}.</p>'
                    f'<p lang="en">{escape(release["title_en"])}. Release <code>{release["release_id"]}</code>.</p>'
                ),
                **LICENCE,
                **SOURCE,
                "tables": {t.name: {**_table(t, notice), **LICENCE, **SOURCE} for t in tables} | _hidden(tables),
                "queries": load_queries(queries),
            }
        },
    }


def write_metadata(content: dict[str, Any], path: Path) -> None:
    """Write the metadata so that equal content gives equal bytes."""
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _table(table: PublicTable, notice: str) -> dict[str, Any]:
    content: dict[str, Any] = {
        "title": f"{table.title_nl} / {table.title_en}",
        "title_nl": table.title_nl,
        "title_en": table.title_en,
        "description_nl": plain_text(table.description_nl),
        "description_en": plain_text(table.description_en),
        "description_html": (
            f'{notice}<p lang="nl">{_html(table.description_nl)}</p><p lang="en">{_html(table.description_en)}</p>'
        ),
        "columns": {c.name: _column(c) for c in table.columns},
        "facets": list(table.facets),
    }
    if table.label_column:
        content["label_column"] = table.label_column
    return content


def _column(column: PublicColumn) -> str:
    unit = f" [{column.unit}]" if column.unit else ""
    return plain_text(f"{column.description_nl} / {column.description_en}{unit}")


def plain_text(text: str) -> str:
    """Returns a description without its markup."""
    return CODE.sub(r"\1", text)


def _html(text: str) -> str:
    return CODE.sub(r"<code>\1</code>", escape(text))


def _hidden(tables: list[PublicTable]) -> dict[str, Any]:
    return {name: {"hidden": True} for name in (FACET_COUNTS, *(f"{t.name}_fts" for t in tables if t.fts))}
