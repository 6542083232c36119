"""Answers 400 to parameters of a table that mean nothing, and sends who wants a whole table to its ready-made file."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils import add_cors_headers, tilde_decode

from portal.asgi import AsgiApp, Receive, Scope, Send, around
from portal.context import context_of
from portal.pages import DATABASE
from portal.release_form import PACKED
from portal.revisions import HISTORY
from portal.serving.table_parameters import is_whole_table, problem_of

OF_A_DATABASE = re.compile(rf"^/(?P<database>{DATABASE}|{HISTORY})(?:$|\.|/(?P<table>.*))")
FORMATS = (".json", ".csv", ".blob")


@hookimpl
def asgi_wrapper(datasette: Datasette) -> Callable[[AsgiApp], AsgiApp]:
    """Looks at the parameters before Datasette does."""

    async def handle(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        about = OF_A_DATABASE.match(path)
        if not about:
            await app(scope, receive, send)
            return
        # The first request of all comes here before Datasette has started.
        await datasette.invoke_startup()
        asked = _pairs(scope.get("query_string", b""))
        table = about["table"] or ""
        columns = await _columns(datasette, about["database"], table)
        if told := problem_of(asked, columns):
            await _refuse(path, told).asgi_send(send)
        elif columns is not None and about["database"] == DATABASE and (file := _ready_made(datasette, table, asked)):
            await Response.redirect(file).asgi_send(send)
        else:
            await app(scope, receive, send)

    return around(handle)


def _pairs(query: bytes) -> list[tuple[str, str]]:
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True)


async def _columns(datasette: Datasette, name: str, path: str) -> list[str] | None:
    """The columns of the table at a path below a database; None if it is a row, a question, or nothing."""
    if name not in datasette.databases:
        return None
    database = datasette.get_database(name)
    names = await database.table_names()
    table = next((name for name in _names_of(path) if name in names), None)
    return await database.table_columns(table) if table else None


def _names_of(path: str) -> list[str]:
    return [
        tilde_decode(path),
        *(tilde_decode(path.removesuffix(suffix)) for suffix in FORMATS if path.endswith(suffix)),
    ]


def _ready_made(datasette: Datasette, path: str, asked: list[tuple[str, str]]) -> str | None:
    """The address of the file with all that a stream of CSV is asked for, if the release has one."""
    table = path.removesuffix(".csv")
    is_stream = path.endswith(".csv") and any(name == "_stream" and value for name, value in asked)
    if not is_stream or not is_whole_table(asked):
        return None
    folder = context_of(datasette).folder / "tables"
    is_there = (folder / f"{table}.csv{PACKED}").is_file() or (folder / f"{table}.csv").is_file()
    return f"/downloads/{table}.csv" if is_there else None


def _refuse(path: str, told: str) -> Response:
    headers: dict[str, str] = {}
    add_cors_headers(headers)
    answer: Response
    if path.endswith(".json"):
        answer = Response.json({"ok": False, "error": told, "status": 400, "title": None}, status=400, headers=headers)
    else:
        answer = Response.text(told, status=400, headers=headers)
    return answer
