"""The OpenAPI 3.1 document, made from the description and the release."""

import re

from portal.api import negotiation
from portal.api.description import API_VERSION, BASE, LICENCE, OPENAPI_PATH, RESOURCES
from portal.api.facts import Column, Facts, Table
from portal.api.problems import PROBLEMS
from portal.api.query_keys import AS_OF, DEFAULT_LIMIT, LIMIT, MAX_VALUES, OF_EVERY_LIST
from portal.api.shapes import ApiResource, ApiText, Nested, Parameter
from portal.data_package import Json

TITLE = ApiText(
    "Regiokompas: open cijfers per gemeente en regio", "Regiokompas: open figures by municipality and region"
)
OPENAPI_ABOUT = ApiText("Deze beschrijving", "This description")
JSON_TYPES = {"text": "string", "integer": "integer", "boolean": "boolean"}


def document(facts: Facts) -> Json:
    """Returns the whole document; the same release always gives the same document."""
    paths: Json = {}
    for resource in RESOURCES:
        paths[resource.path] = {"get": _list_operation(resource, facts)}
        if resource.key and resource.one_about:
            paths[resource.one_path] = {"get": _one_operation(resource, resource.key, resource.one_about, facts)}
    paths[OPENAPI_PATH] = {"get": _document_operation()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE.both,
            "summary": facts.notice or TITLE.both,
            "description": f"Release {facts.release_id}. {facts.notice or ''}".strip(),
            "version": API_VERSION,
            "contact": dict(facts.contact),
            "license": LICENCE,
        },
        "servers": [{"url": BASE}],
        "tags": [{"name": resource.name, "description": resource.list_about.both} for resource in RESOURCES],
        "paths": paths,
        "components": {
            "schemas": _schemas(facts),
            "headers": _headers(),
            "responses": {_response_name(name): _problem_response(name) for name in PROBLEMS}
            | {
                "NotModified": {"description": "The client already has it.", "headers": _header_refs("ETag")},
                "AsOf": {"description": AS_OF.about.both, "headers": _header_refs("Location")},
            },
        },
    }


def _list_operation(resource: ApiResource, facts: Facts) -> Json:
    name = _page_name(resource)
    rows = {"schema": {"type": "string", "description": "One row per item, with its fields as columns."}}
    return {
        "operationId": f"list{name.removesuffix('Page')}",
        "tags": [resource.name],
        "summary": resource.list_about.both,
        "parameters": [parameter_object(p, facts) for p in (*resource.list_parameters, *OF_EVERY_LIST)],
        "responses": {
            "200": {
                "description": resource.list_about.both,
                "headers": _header_refs("ETag", "Link"),
                "content": {negotiation.JSON: {"schema": _ref(name)}, negotiation.CSV: rows},
            },
            **_other_responses("invalid-request", "not-found", "not-acceptable", moved=True),
        },
    }


def _one_operation(resource: ApiResource, key: Parameter, about: ApiText, facts: Facts) -> Json:
    return {
        "operationId": f"get{resource.schema}",
        "tags": [resource.name],
        "summary": about.both,
        "parameters": [parameter_object(key, facts, place="path"), parameter_object(AS_OF, facts)],
        "responses": {
            "200": {
                "description": about.both,
                "headers": _header_refs("ETag"),
                "content": {negotiation.JSON: {"schema": _ref(_one_name(resource))}},
            },
            **_other_responses("invalid-request", "not-found", "not-acceptable", moved=True),
        },
    }


def _document_operation() -> Json:
    return {
        "operationId": "getOpenapi",
        "summary": OPENAPI_ABOUT.both,
        "responses": {
            "200": {
                "description": OPENAPI_ABOUT.both,
                "headers": _header_refs("ETag"),
                "content": {negotiation.JSON: {"schema": {"type": "object", "required": ["openapi", "info", "paths"]}}},
            },
            **_other_responses("invalid-request", "not-acceptable"),
        },
    }


def parameter_object(parameter: Parameter, facts: Facts, place: str = "query") -> Json:
    """Returns a parameter as OpenAPI writes it."""
    schema = _value_schema(parameter, facts)
    repeated = parameter.is_repeated and place == "query"
    if repeated:
        schema = {"type": "array", "items": schema, "maxItems": MAX_VALUES}
    found: Json = {
        "name": parameter.name,
        "in": place,
        "required": place == "path",
        "description": parameter.about.both + (f" {BASE}{parameter.listed_at}" if parameter.listed_at else ""),
        "schema": schema,
    }
    if repeated:
        found |= {"style": "form", "explode": True}
    if parameter.example is not None:
        found["example"] = [parameter.example] if repeated else parameter.example
    return found


def _value_schema(parameter: Parameter, facts: Facts) -> Json:
    schema: Json = {"type": JSON_TYPES[parameter.kind]}
    if parameter.choices and parameter.is_spelled:
        schema["enum"] = list(facts.choices[parameter.choices])
    if parameter.pattern:
        schema["pattern"] = parameter.pattern
    if parameter.format:
        schema["format"] = parameter.format
    if parameter.minimum is not None:
        schema |= {"minimum": parameter.minimum, "maximum": parameter.maximum}
    return {**schema, "default": DEFAULT_LIMIT} if parameter is LIMIT else schema


def _schemas(facts: Facts) -> Json:
    schemas: Json = {"Problem": _problem_schema()}
    for resource in RESOURCES:
        schemas[resource.schema] = _row_schema(facts.tables[resource.table])
        rows = _ref(resource.schema)
        if resource.other_table:
            _, table, name = resource.other_table
            schemas[name] = _row_schema(facts.tables[table])
            rows = {"oneOf": [rows, _ref(name)]}
        schemas[_page_name(resource)] = _page_schema(rows)
        for nested in resource.nested:
            schemas[_nested_name(nested)] = _row_schema(facts.tables[nested.table])
        if resource.key:
            schemas[_one_name(resource)] = _one_schema(resource, facts)
    return dict(sorted(schemas.items()))


def _row_schema(table: Table) -> Json:
    return {
        "type": "object",
        "title": f"{table.title_nl} / {table.title_en}",
        "description": f"{table.description_nl} / {table.description_en}",
        "properties": {column.field: _column_schema(column) for column in table.columns},
        "required": [column.field for column in table.columns],
        "additionalProperties": False,
    }


def _column_schema(column: Column) -> Json:
    schema: Json = {"type": [column.json_type, "null"] if column.is_nullable else column.json_type}
    if column.description:
        schema["description"] = column.description
    return {**schema, "x-unit": column.unit} if column.unit else schema


def _around() -> Json:
    """What surrounds the rows in every response."""
    link = {"type": "string", "format": "uri", "pattern": "^https?://"}
    return {
        "release": {"type": "string", "description": "De uitgave waaruit dit komt. / The release this comes from."},
        "notice": {
            "type": ["string", "null"],
            "description": "Bij verzonnen cijfers staat dat hier. / If the figures are invented, this says so.",
        },
        "links": {
            "type": "object",
            "properties": {"self": link, "next": link},
            "required": ["self"],
            "additionalProperties": False,
        },
    }


def _page_schema(rows: Json) -> Json:
    around = {**_around(), "items": {"type": "array", "items": rows}}
    return {"type": "object", "properties": around, "required": list(around), "additionalProperties": False}


def _one_schema(resource: ApiResource, facts: Facts) -> Json:
    schema = _row_schema(facts.tables[resource.table])
    lists = {
        nested.field: {"type": "array", "items": _ref(_nested_name(nested)), "description": nested.about.both}
        for nested in resource.nested
    }
    # In some tables each row has a notice of its own: it is the same one.
    properties = {**_around(), **schema["properties"], **lists}
    about = resource.one_about.both if resource.one_about else schema["title"]
    return {**schema, "title": about, "properties": properties, "required": list(properties)}


def _problem_schema() -> Json:
    text = {"type": "string"}
    fault = {
        "in": {"type": "string", "enum": ["query", "path"]},
        "location": {"type": "object", "properties": {"name": text}, "required": ["name"]},
        "code": text,
        "detail": text,
    }
    members = {
        "type": {"type": "string", "format": "uri"},
        "title": text,
        "status": {"type": "integer"},
        "detail": text,
    }
    errors = {"type": "array", "items": {"type": "object", "properties": fault, "required": list(fault)}}
    return {"type": "object", "properties": {**members, "errors": errors}, "required": list(members)}


def _problem_response(name: str) -> Json:
    return {
        "description": PROBLEMS[name][2].both,
        "headers": _header_refs(),
        "content": {negotiation.PROBLEM: {"schema": _ref("Problem")}},
    }


def _other_responses(*problems: str, moved: bool = False) -> Json:
    refs = (
        {"304": "NotModified"}
        | ({"307": "AsOf"} if moved else {})
        | {str(PROBLEMS[name][0]): _response_name(name) for name in problems}
    )
    return {status: {"$ref": f"#/components/responses/{name}"} for status, name in refs.items()}


def _headers() -> Json:
    texts = {
        "API-Version": ApiText("Volledig versienummer van de API.", "Full version number of the API."),
        "ETag": ApiText("Blijft gelijk zolang de uitgave dat blijft.", "Stays the same as long as the release does."),
        "Location": ApiText(
            "Hetzelfde adres in de uitgave van die dag.", "The same address in the release of that day."
        ),
        "Link": ApiText("De volgende bladzijde, rel=next, als die er is.", "The next page, rel=next, if there is one."),
    }
    return {name: {"description": about.both, "schema": {"type": "string"}} for name, about in texts.items()}


def _header_refs(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("API-Version", *names)}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _response_name(problem: str) -> str:
    return _joined(problem)


def _page_name(resource: ApiResource) -> str:
    return f"{_joined(resource.name)}Page"


def _one_name(resource: ApiResource) -> str:
    return f"One{resource.schema}"


def _nested_name(nested: Nested) -> str:
    return _joined(nested.table)


def _joined(name: str) -> str:
    return "".join(word.capitalize() for word in re.split("[-_]", name))
