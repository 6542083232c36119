"""Turns the questions in datasette/queries/*.sql into Datasette's canned queries.

A question is an SQL file that starts with YAML in comments, between two lines `-- ---`:
title_nl, title_en, description_nl, description_en and, if it takes any, parameters by name, each with default,
nl and en.
"""

import re
from html import escape
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.errors import RegiokompasError

FRONT_MATTER = re.compile(r"\A-- ---\n(?P<yaml>(?:--.*\n)+?)-- ---\n(?P<sql>.+)\Z", re.DOTALL)
PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)\b")


class QueryError(RegiokompasError):
    """A question whose file cannot be read; the message names the file and says what to change."""


class QueryParameter(BaseModel):
    """A value that the reader of a question may choose."""

    model_config = ConfigDict(extra="forbid")

    default: str
    nl: str
    en: str


class Question(BaseModel):
    """The words around a question, in both languages."""

    model_config = ConfigDict(extra="forbid")

    title_nl: str
    title_en: str
    description_nl: str
    description_en: str
    parameters: dict[str, QueryParameter] = {}


def load_queries(folder: Path) -> dict[str, dict[str, object]]:
    """Returns the canned queries of a folder by name, in the order of their file names.

    A file is named `<order>_<name>.sql`. Besides what Datasette knows (title, description_html, sql, params,
    hide_sql), an entry keeps title_nl, title_en, description_nl, description_en and defaults for our own pages.

    Raises:
        QueryError: a file lacks its front matter, a text or a parameter, or has one too many.
    """
    return {re.sub(r"^\d+_", "", path.stem): _read_query(path) for path in sorted(folder.glob("*.sql"))}


def _read_query(path: Path) -> dict[str, object]:
    match = FRONT_MATTER.match(path.read_text(encoding="utf-8"))
    if match is None:
        raise QueryError(f"{path.name}: start the file with YAML in comments between two lines `-- ---`")
    try:
        question = Question.model_validate(yaml.safe_load(re.sub(r"(?m)^-- ?", "", match["yaml"])))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise QueryError(f"{path.name}: {place}: {first['msg']}") from error
    sql = match["sql"].strip()
    used, described = set(PARAMETER.findall(sql)), set(question.parameters)
    if used != described:
        raise QueryError(f"{path.name}: the SQL takes {sorted(used)}, the front matter describes {sorted(described)}")
    return {
        "title": f"{question.title_nl} / {question.title_en}",
        "description_html": _description(question),
        "sql": _with_defaults(sql, question.parameters),
        "params": list(question.parameters),
        "hide_sql": False,
        "defaults": {name: parameter.default for name, parameter in question.parameters.items()},
        **question.model_dump(exclude={"parameters"}),
    }


def _with_defaults(sql: str, parameters: dict[str, QueryParameter]) -> str:
    # Datasette passes an empty text for a parameter that was not filled in, and has no defaults.
    def with_default(match: re.Match[str]) -> str:
        default = parameters[match[1]].default.replace("'", "''")
        return f"coalesce(nullif(:{match[1]}, ''), '{default}')"

    return PARAMETER.sub(with_default, sql)


def _description(question: Question) -> str:
    parts = []
    for lang, text in (("nl", question.description_nl), ("en", question.description_en)):
        parts.append(f'<p lang="{lang}">{escape(text)}</p>')
        chosen = "Leeg betekent" if lang == "nl" else "Empty means"
        items = [
            f"<li><code>{name}</code>: {escape(getattr(p, lang))}. {chosen} <code>{escape(p.default)}</code>.</li>"
            for name, p in question.parameters.items()
        ]
        if items:
            parts.append(f'<ul class="bullets" lang="{lang}">{"".join(items)}</ul>')
    return "\n".join(parts)
