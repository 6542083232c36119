"""What the OpenAPI document of the API says of an answer, and whether a body is that."""

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

Json = dict[str, Any]


def resolve(document: Json, node: Json) -> Json:
    """The part of the document that a reference points at."""
    while "$ref" in node:
        found: Any = document
        for name in node["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        node = found
    return node


def check_body(document: Json, path: str, status: int, body: Any) -> None:
    """Raise ValidationError when the body is not what the document says of this answer."""
    response = resolve(document, document["paths"][path]["get"]["responses"][str(status)])
    form = "application/json" if status < 400 else "application/problem+json"
    schema = {**response["content"][form]["schema"], "components": document["components"]}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(body)
