"""The OpenAPI document is valid, keeps the NL API Design Rules, and tells the truth about every answer."""

import copy
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from jsonschema import Draft202012Validator, ValidationError
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError, ValidatorDetectError
from support import SHARED, query
from support_openapi import Json, check_body, resolve
from support_portal import ask, open_portal, release_of

from portal.api.description import RESOURCES
from portal.api.shapes import ApiResource, Parameter

RULES = SHARED / "validators" / "nl-api-design-rules.yaml"
SPECTRAL = "@stoplight/spectral-cli@6"

# What changed between releases is in no table of one; test_figure_changes.py holds it against its file.
IN_TABLES = [resource for resource in RESOURCES if resource.rows_of != "changes"]
Request = tuple[str, str, int]

# More requests than those that follow from the description: several parameters at once, and keys of other kinds.
MORE_REQUESTS: list[Request] = [
    ("/regions", "/regions?limit=1000", 200),
    ("/regions", "/regions?scheme=nuts3&isCurrent=true", 200),
    ("/regions/{regionCode}", "/regions/PV27", 200),
    ("/regions/{regionCode}", "/regions/NL01", 200),
    ("/indicators", "/indicators?limit=1000", 200),
    ("/indicators", "/indicators?theme=inner_city&buildingBlock=3", 200),
    ("/observations", "/observations?limit=1000&yearFrom=2025", 200),
    ("/observations", "/observations?limit=1000&valueStatus=suppressed&valueStatus=not_applicable", 200),
    ("/observations", "/observations?limit=1000&boundaryYear=2026&regionCode=GM0363", 200),
    ("/baseline", "/baseline?limit=1000&regionCode=GM0363&regionCode=NL01", 200),
    ("/peers", "/peers?limit=1000&regionCode=GM0363", 200),
    ("/goal-monitor", "/goal-monitor?limit=1000&regionCode=GM0363&regionCode=PV27", 200),
    ("/changes", "/changes?isBlocking=false&datasetId=cbs%2F70072ned", 200),
    ("/openapi.json", "/openapi.json", 200),
    ("/openapi.json", "/openapi.json?a=b", 400),
]


def requests_of(resource: ApiResource) -> Iterator[Request]:
    """One request at least for each answer that the document promises: the path in it, the request, the status."""
    yield resource.path, resource.path, 200
    yield resource.path, f"{resource.path}?nope=1", 400
    yield resource.path, f"{resource.path}?asOf={datetime.now(UTC):%Y-%m-%d}", 307
    yield resource.path, f"{resource.path}?asOf=2000-01-01", 404
    if resource.key:
        one = f"{resource.path}/{resource.key.example}"
        yield resource.one_path, one, 200
        yield resource.one_path, f"{one}?nope=1", 400
        yield resource.one_path, f"{one}?asOf={datetime.now(UTC):%Y-%m-%d}", 307
        yield resource.one_path, f"{resource.path}/NOPE", 404


REQUESTS = [*(request for resource in RESOURCES for request in requests_of(resource)), *MORE_REQUESTS]
FILTERS = [(resource, parameter) for resource in RESOURCES for parameter in resource.list_parameters]


@pytest.fixture(scope="module")
def portal(sample_release: Path) -> Datasette:
    opened = open_portal(sample_release)
    # As a publisher has it who sets REGIOKOMPAS_CONTACT.
    opened.metadata("contact")["email"] = "cijfers@regiokompas.example"
    return opened


@pytest.fixture(scope="module")
def document(portal: Datasette) -> Json:
    return ask(portal, "/v1/openapi.json").json()


def camel_case(name: str) -> str:
    """The name of a column as the API writes it."""
    return re.sub("_([a-z0-9])", lambda found: found[1].upper(), name)


def test_the_document_is_valid(document: Json) -> None:
    validate(document)


@pytest.mark.parametrize("part", ["openapi", "info"])
def test_an_invalid_document_is_found_out(document: Json, part: str) -> None:
    with pytest.raises((OpenAPIValidationError, ValidatorDetectError)):
        validate({name: content for name, content in document.items() if name != part})


@pytest.mark.parametrize(("path", "request_path", "status"), REQUESTS)
def test_every_answer_is_as_described(
    portal: Datasette, document: Json, path: str, request_path: str, status: int
) -> None:
    answer = ask(portal, f"/v1{request_path}")
    assert answer.status_code == status, answer.text
    response = resolve(document, document["paths"][path]["get"]["responses"][str(status)])
    promised = set(response["headers"]) - {"Link"}
    assert promised and all(name.lower() in answer.headers for name in promised)
    if status == 307:
        assert "content" not in response and not answer.content
    else:
        check_body(document, path, status, answer.json())
    refused = ask(portal, f"/v1{request_path}", headers={"accept": "image/png"})
    assert refused.status_code == 406
    check_body(document, path, 406, refused.json())


@pytest.mark.parametrize(
    ("resource", "parameter"), FILTERS, ids=[f"{resource.name}-{parameter.name}" for resource, parameter in FILTERS]
)
def test_every_parameter_accepts_and_refuses_what_the_document_says(
    portal: Datasette, document: Json, resource: ApiResource, parameter: Parameter
) -> None:
    listed = document["paths"][resource.path]["get"]["parameters"]
    described = next(found for found in listed if found["name"] == parameter.name)
    schema = described["schema"].get("items", described["schema"])
    choices = [True, False] if schema["type"] == "boolean" else schema.get("enum") or [parameter.example or 1]
    for choice in choices:
        value = str(choice).lower() if schema["type"] == "boolean" else choice
        Draft202012Validator(schema).validate(choice)
        answer = ask(portal, f"/v1{resource.path}", params={parameter.name: value, "limit": 5})
        assert answer.status_code == 200, answer.text
        check_body(document, resource.path, 200, answer.json())
        field = camel_case(parameter.column)
        if parameter.compare == "in" and not parameter.through:
            assert all(item[field] == choice for item in answer.json()["items"])
    refused = ask(portal, f"/v1{resource.path}", params={parameter.name: "no such value"})
    assert refused.status_code == 400
    assert [error["location"]["name"] for error in refused.json()["errors"]] == [parameter.name]


@pytest.mark.parametrize(
    ("resource", "parameter"),
    [(r, parameter) for r, parameter in FILTERS if parameter.choices and not parameter.through and r in IN_TABLES],
    ids=lambda part: part.name,
)
def test_every_value_of_the_release_can_be_asked_for(
    portal: Datasette, sample_release: Path, resource: ApiResource, parameter: Parameter
) -> None:
    table, _ = resource.answering(frozenset([parameter.name]))
    found = query(sample_release, f"select distinct {parameter.column} from {table}")
    choices = release_of(portal).api.choices[parameter.choices or ""]
    assert {value for (value,) in found if value is not None} <= set(choices)


def test_every_promised_answer_is_asked_for(document: Json) -> None:
    promised = {
        (path, int(status))
        for path, operations in document["paths"].items()
        for status in operations["get"]["responses"]
        if status not in ("304", "406")
    }
    assert promised == {(path, status) for path, _, status in REQUESTS}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body["items"][0].update(surprise=1),
        lambda body: body["items"][0].update(value="12"),
        lambda body: body["items"][0].pop("valueStatus"),
        lambda body: body["links"].update(self="not an address"),
        lambda body: body.pop("release"),
    ],
)
def test_an_answer_that_differs_is_found_out(portal: Datasette, document: Json, spoil: Any) -> None:
    body = ask(portal, "/v1/observations?limit=1").json()
    spoil(body)
    with pytest.raises(ValidationError):
        check_body(document, "/observations", 200, body)


@pytest.mark.parametrize("resource", IN_TABLES, ids=lambda resource: resource.name)
def test_fields_are_the_columns_of_the_release_with_their_texts(
    document: Json, sample_release: Path, resource: ApiResource
) -> None:
    metadata = json.loads((sample_release / "metadata.json").read_text(encoding="utf-8"))
    texts = metadata["databases"]["regiokompas"]["tables"][resource.table]
    schema = document["components"]["schemas"][resource.schema]
    columns = query(sample_release, f"select name, \"notnull\" from pragma_table_xinfo('{resource.table}')")
    told = schema["properties"]
    # Since when readers had a release, no release can say of itself.
    beside = ["currentFrom"] if resource.rows_of == "kept releases" else []
    assert list(told) == [*(camel_case(name) for name, _ in columns), *beside]
    for name, required in columns:
        about = told[camel_case(name)]
        unit = f" [{about['x-unit']}]" if "x-unit" in about else ""
        assert about.get("description", "") + unit == texts["columns"][name]
        assert ("null" in about["type"]) == (not required)
    assert schema["title"] == texts["title"]


@pytest.fixture(scope="module")
def spectral(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The linter with the rules, fetched into a folder of its own."""
    if not RULES.exists():
        pytest.skip("../shared/validators/nl-api-design-rules.yaml is absent")
    if not shutil.which("npm"):
        pytest.skip("npm is absent; on Debian: apt-get install npm")
    folder = tmp_path_factory.mktemp("spectral")
    fetch = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", SPECTRAL]
    if subprocess.run(fetch, capture_output=True, timeout=300).returncode:
        pytest.skip(f"npm could not fetch {SPECTRAL}")
    return [str(folder / "node_modules" / ".bin" / "spectral"), "lint", "--ruleset", str(RULES), "--format", "json"]


def lint(spectral: list[str], document: Json, folder: Path) -> list[str]:
    """The names of the rules that are broken, errors and warnings alike."""
    (folder / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    report = folder / "report.json"
    done = subprocess.run(
        [*spectral, "--output", str(report), "--fail-severity", "warn", str(folder / "openapi.json")],
        capture_output=True,
        text=True,
    )
    broken = [found["code"] for found in json.loads(report.read_text(encoding="utf-8"))]
    assert done.returncode == (1 if broken else 0), done.stderr
    return broken


def test_it_keeps_the_nl_api_design_rules(spectral: list[str], document: Json, tmp_path: Path) -> None:
    assert lint(spectral, document, tmp_path) == []


def test_a_broken_design_rule_is_found_out(spectral: list[str], document: Json, tmp_path: Path) -> None:
    spoiled = copy.deepcopy(document)
    del spoiled["info"]["contact"]["email"]
    spoiled["servers"] = [{"url": "/"}]
    listing = spoiled["paths"]["/observations"]["get"]
    listing["parameters"][0]["name"] = "indicator_id"
    del listing["responses"]["400"]
    del spoiled["components"]["headers"]["API-Version"]
    spoiled["paths"]["/all_regions"] = spoiled["paths"].pop("/regions")
    expected = {
        "nlgov:info-contact-fields-exist",
        "nlgov:include-major-version-in-uri",
        "nlgov:query-keys-camel-case",
        "nlgov:problem-invalid-input",
        "nlgov:paths-kebab-case",
    }
    assert expected <= set(lint(spectral, spoiled, tmp_path))
