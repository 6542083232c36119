"""/v1, the API for programs; `portal/api/description.py` defines its paths and their parameters."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils import add_cors_headers
from datasette.utils.asgi import Request

from portal.answers import has_already
from portal.api import bodies, cursors, negotiation, queries
from portal.api.description import API_VERSION, BASE, OPENAPI_PATH, RESOURCES
from portal.api.openapi import document
from portal.api.parameters import Asked, expected, read_day, read_query, read_value, refuse_query
from portal.api.problems import PROBLEMS, Fault, ProblemError, invalid
from portal.api.query_keys import AS_OF, CURSOR, OF_EVERY_LIST
from portal.api.shapes import ApiResource, Parameter
from portal.context import context_of
from portal.csv_text import write_csv
from portal.pages import DATABASE, FROZEN, language, own_address, render
from portal.revisions import list_changes
from portal.timeline import NoReleaseError, kept_releases, release_on

METHODS = ("GET", "HEAD", "OPTIONS")
CACHE = "public, max-age=60"


@dataclass(frozen=True)
class ApiAnswer:
    """The body of a successful response, its media type, and links to more; or the address that has the answer."""

    body: str
    form: str
    next_url: str | None = None
    moved_to: str | None = None


Answering = Callable[[Request, Datasette], Awaitable[ApiAnswer]]


async def answer_list(resource: ApiResource, request: Request, datasette: Datasette) -> ApiAnswer:
    """Returns a page of a list."""
    facts = context_of(datasette).api
    form = negotiation.choose(request.headers.get("accept"), (negotiation.JSON, negotiation.CSV))
    if then := _as_it_was(request, datasette):
        return ApiAnswer("", form, moved_to=then)
    asked = read_query(resource, query_pairs(request), facts)
    table = facts.tables[asked.table]
    rows = await _rows(resource, asked, datasette)
    items = [bodies.to_item(row, table) for row in rows[: asked.limit]]
    next_url = None
    if len(rows) > asked.limit:
        position = tuple(rows[asked.limit - 1][name] for name in table.key)
        next_url = _page_url(request, datasette, cursors.encode(facts.release_id, table.name, position))
    if form == negotiation.CSV:
        return ApiAnswer(write_csv(items, [c.field for c in table.columns], dutch=False), form, next_url)
    links = {"self": own_address(datasette, request, request.full_path)} | ({"next": next_url} if next_url else {})
    around = {"release": facts.release_id, "notice": facts.notice, "links": links, "items": items}
    return ApiAnswer(_dump(around), form, next_url)


async def _rows(resource: ApiResource, asked: Asked, datasette: Datasette) -> list[Any]:
    """The rows of a page, and one more if there are more."""
    context = context_of(datasette)
    if resource.rows_of == "release":
        found = await datasette.get_database(DATABASE).execute(*queries.list_sql(asked, context.api))
        return list(found)
    if resource.rows_of == "changes":
        wanted = {parameter.column: values for parameter, values in asked.filters}
        return await asyncio.to_thread(list_changes, context.folder, wanted, asked.after, asked.limit + 1)
    # An earlier release can lack a column that this one has.
    empty = dict.fromkeys(column.name for column in context.api.tables[asked.table].columns)
    kept = sorted(kept_releases(context.folder), key=lambda row: str(row["release_id"]))
    rows = [{**empty, **row} for row in kept if asked.after is None or (row["release_id"],) > asked.after]
    return rows[: asked.limit + 1]


async def answer_one(key: Parameter, resource: ApiResource, request: Request, datasette: Datasette) -> ApiAnswer:
    """Returns one row, with the rows that belong to it."""
    facts = context_of(datasette).api
    form = negotiation.choose(request.headers.get("accept"), (negotiation.JSON,))
    if then := _as_it_was(request, datasette):
        return ApiAnswer("", form, moved_to=then)
    refuse_query(query_pairs(request))
    value = read_value(key, request.url_vars["key"], facts)
    if value is None:
        raise ProblemError(
            "not-found", f"There is no such {key.name} in this release; expected {expected(key, facts).en}."
        )
    database = datasette.get_database(DATABASE)
    table = facts.tables[resource.table]
    row = (await database.execute(queries.one_sql(table), {"key": value})).first()
    links = {"self": own_address(datasette, request, request.full_path)}
    content = {"release": facts.release_id, "notice": facts.notice, "links": links, **bodies.to_item(row, table)}
    for nested in resource.nested:
        other = facts.tables[nested.table]
        found = await database.execute(queries.nested_sql(nested, other), {"key": value})
        content[nested.field] = [bodies.to_item(each, other) for each in found]
    return ApiAnswer(_dump(content), form)


async def answer_document(request: Request, datasette: Datasette) -> ApiAnswer:
    """Returns the OpenAPI document."""
    form = negotiation.choose(request.headers.get("accept"), (negotiation.JSON,))
    refuse_query(query_pairs(request))
    return ApiAnswer(_dump(document(context_of(datasette).api)), form)


async def answer_nothing(request: Request, datasette: Datasette) -> ApiAnswer:
    """Reports that there is nothing at an address."""
    names = ", ".join(f"{BASE}{path}" for path in (*(r.path for r in RESOURCES), OPENAPI_PATH))
    slash = " Addresses do not end with a slash." if request.path.endswith("/") else ""
    raise ProblemError("not-found", f"There is nothing at this address.{slash} There are {names}.")


def view(answering: Answering) -> Callable[..., Awaitable[Response]]:
    """Returns a view that sends a response, or the problem raised instead, with the headers of the API."""

    async def send(request: Request, datasette: Datasette) -> Response:
        headers = {"API-Version": API_VERSION, "Vary": "Accept"}
        if datasette.cors:
            add_cors_headers(headers)
        if request.method == "OPTIONS":
            headers |= {"Allow": ", ".join(METHODS), "Access-Control-Allow-Methods": ", ".join(METHODS)}
            return Response("", status=204, headers=headers)
        try:
            if request.method not in METHODS:
                allowed = {"Allow": ", ".join(METHODS)}
                raise ProblemError("method-not-allowed", f"{request.method} is not allowed here.", headers=allowed)
            answer = await answering(request, datasette)
        except ProblemError as problem:
            body = _dump(problem.to_dict(own_address(datasette, request, f"{BASE}/docs")))
            headers |= problem.headers
            return Response(_body(request, body), problem.status, headers, content_type=negotiation.PROBLEM)
        headers["Cache-Control"] = CACHE
        if answer.moved_to:
            return Response("", 307, {**headers, "Location": answer.moved_to})
        return _good(request, answer, headers, context_of(datasette).release_id)

    return send


def _as_it_was(request: Request, datasette: Datasette) -> str | None:
    """The address in the release of the day that a request asks for; None if it asks for no day."""
    pairs, context = query_pairs(request), context_of(datasette)
    day = read_day(pairs, context.api, datetime.now(UTC).date())
    if day is None:
        return None
    if request.scope.get("frozen"):
        detail = f"An address below {FROZEN} is of one release; ask {AS_OF.name} of the same address without it."
        raise invalid([Fault(AS_OF.name, "frozen", detail)])
    try:
        release_id = release_on(context.folder, day)
    except NoReleaseError as error:
        raise ProblemError("not-found", str(error)) from error
    rest = urlencode([(name, text) for name, text in pairs if name != AS_OF.name])
    return f"{FROZEN}/{release_id}{request.path}{'?' if rest else ''}{rest}"


def _good(request: Request, answer: ApiAnswer, headers: dict[str, str], release_id: str) -> Response:
    # A release never changes, so its id, the API version and the media type are as good as a hash of the response.
    headers["ETag"] = f'"{API_VERSION}-{release_id}-{answer.form.split("/")[1]}"'
    if answer.next_url:
        headers["Link"] = f'<{answer.next_url}>; rel="next"'
    if has_already(request.headers.get("if-none-match"), headers["ETag"]):
        return Response("", 304, headers)
    content_type = f"{answer.form}; charset=utf-8" + ("; header=present" if answer.form == negotiation.CSV else "")
    return Response(_body(request, answer.body), 200, headers, content_type=content_type)


def _body(request: Request, body: str) -> str:
    return "" if request.method == "HEAD" else body


def _dump(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def query_pairs(request: Request) -> list[tuple[str, str]]:
    """Returns every key and value of the query, including empty ones."""
    return parse_qsl(request.query_string, keep_blank_values=True)


def _page_url(request: Request, datasette: Datasette, cursor: str) -> str:
    pairs = [(name, value) for name, value in query_pairs(request) if name != CURSOR.name]
    return own_address(datasette, request, f"{request.path}?{urlencode([*pairs, (CURSOR.name, cursor)])}")


async def docs(request: Request, datasette: Datasette) -> Response:
    """Serves /v1/docs and /en/v1/docs: the same description, for people."""
    lang = language(request)
    facts = context_of(datasette).api

    def values(parameter: Parameter) -> str:
        return "" if parameter is CURSOR else expected(parameter, facts)[lang]

    context = {
        "base": BASE,
        "resources": RESOURCES,
        "paging": OF_EVERY_LIST,
        "problems": PROBLEMS,
        "facts": facts,
        "values": values,
        "boundary_year": facts.choices["boundary_years"][-1],
        "openapi_path": OPENAPI_PATH,
        "api_address": own_address(datasette, request, BASE),
        "api_version": API_VERSION,
    }
    return await render(datasette, request, "api_v1.html", "api", context)


@hookimpl
def skip_csrf(scope: dict[str, Any]) -> bool:
    """Lets the API itself refuse a POST: it cannot change anything here."""
    return bool(scope["path"].startswith(f"{BASE}/"))


def _bind(answer: Callable[..., Awaitable[ApiAnswer]], resource: ApiResource) -> Answering:
    async def answering(request: Request, datasette: Datasette) -> ApiAnswer:
        return await answer(resource, request, datasette)

    return answering


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Makes a route for every path in the description; any other path below /v1 is answered with a problem."""
    routes: list[tuple[str, Any]] = [(rf"^(/en)?{BASE}(/docs)?$", docs)]
    for resource in RESOURCES:
        routes.append((rf"^{BASE}{resource.path}$", view(_bind(answer_list, resource))))
        if resource.key:
            answer = partial(answer_one, resource.key)
            routes.append((rf"^{BASE}{resource.path}/(?P<key>[^/]+)$", view(_bind(answer, resource))))
    routes.append((rf"^{BASE}{OPENAPI_PATH}$".replace(".", r"\."), view(answer_document)))
    return [*routes, (rf"^{BASE}/.*$", view(answer_nothing))]
