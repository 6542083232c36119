"""Every operation of the API, asked in ways that its OpenAPI document allows and in ways that it does not.

schemathesis makes the requests from the document, and holds every answer against it: no fault of the server, only the
statuses, content types and headers that it promises, and bodies that fit. What the document cannot spell, such as the
codes of all regions, is taken from the release here.
"""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from datasette.app import Datasette
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import ValidationError
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance
from support_openapi import Json, check_body
from support_portal import release_of

from portal.api.description import BASE, OPENAPI_PATH, RESOURCES
from portal.api.facts import Facts
from portal.api.query_keys import LIMIT
from portal.api.shapes import ApiResource, Parameter

# Together these take less than a minute; Hypothesis makes the same ones each time, so that a failure can be repeated.
FEW = settings(max_examples=20, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
LISTED = [resource.path for resource in RESOURCES]
KEYED = [resource.one_path for resource in RESOURCES if resource.key]


@pytest.fixture(scope="module")
def facts(portal: Datasette) -> Facts:
    return release_of(portal).api


@pytest.fixture(scope="module")
def api(portal: Datasette, facts: Facts) -> BaseSchema:
    return schemathesis.openapi.from_asgi(f"{BASE}{OPENAPI_PATH}", portal.app())


def answer_to_each(requests: st.SearchStrategy[Case], *not_checked: Any) -> set[int]:
    """Every status that was answered; raises what does not fit in the first answer that does not."""
    statuses: set[int] = set()

    @given(case=requests)
    @FEW
    def fits(case: Case) -> None:
        answer = case.call_and_validate(excluded_checks=list(not_checked))
        statuses.add(answer.status_code)
        if answer.headers.get("content-type", [""])[0].split(";")[0].endswith("json"):
            # It does not see that a member is there which the document does not name.
            check_body(case.operation.schema.raw_schema, case.operation.path, answer.status_code, answer.json())

    fits()
    return statuses


@pytest.mark.parametrize("path", [*LISTED, *KEYED, OPENAPI_PATH])
def test_what_the_document_allows_is_answered_as_it_says(api: BaseSchema, path: str) -> None:
    requests = api[path]["GET"].as_strategy(generation_mode=GenerationMode.POSITIVE)
    # A code that looks like one and is of nothing is refused, and so is a cursor that we did not give out.
    assert answer_to_each(requests, positive_data_acceptance)


@pytest.mark.parametrize("path", [*LISTED, *KEYED])
def test_what_the_document_does_not_allow_is_refused_as_it_says(api: BaseSchema, path: str) -> None:
    requests = api[path]["GET"].as_strategy(generation_mode=GenerationMode.NEGATIVE)
    assert answer_to_each(requests) >= {400}


def values(parameter: Parameter, facts: Facts) -> st.SearchStrategy[Any]:
    """The values of a parameter that a request can have."""
    if parameter.kind == "boolean":
        return st.sampled_from(["true", "false"])
    if parameter.choices:
        return st.sampled_from(sorted(facts.choices[parameter.choices]))
    if parameter.kind == "integer":
        return st.integers(parameter.minimum, parameter.maximum)
    return st.just(parameter.example)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_what_the_release_has_is_answered_as_the_document_says(
    api: BaseSchema, facts: Facts, resource: ApiResource
) -> None:
    known = {
        parameter.name: st.lists(values(parameter, facts), min_size=1, max_size=3, unique=True)
        if parameter.is_repeated
        else values(parameter, facts)
        for parameter in (*resource.list_parameters, LIMIT)
    }
    operation = api[resource.path]["GET"]
    requests = st.fixed_dictionaries({}, optional=known).map(lambda query: operation.Case(query=query))
    assert answer_to_each(requests) == {200}


@pytest.mark.parametrize(
    "resource", [resource for resource in RESOURCES if resource.key], ids=lambda resource: resource.name
)
def test_each_of_what_the_release_has_is_answered_as_the_document_says(
    api: BaseSchema, facts: Facts, resource: ApiResource
) -> None:
    assert resource.key
    operation = api[resource.one_path]["GET"]
    requests = values(resource.key, facts).map(
        lambda value: operation.Case(path_parameters={resource.key.name: value})  # type: ignore[union-attr]
    )
    assert answer_to_each(requests) == {200}


def undescribed_status(document: Json) -> None:
    del document["paths"]["/regions"]["get"]["responses"]["200"]


def undescribed_form(document: Json) -> None:
    del document["paths"]["/regions"]["get"]["responses"]["200"]["content"]["application/json"]


def undescribed_member(document: Json) -> None:
    of_region = document["components"]["schemas"]["Region"]
    del of_region["properties"]["name"]
    of_region["required"].remove("name")


def other_type(document: Json) -> None:
    document["components"]["schemas"]["Region"]["properties"]["name"]["type"] = "integer"


@pytest.mark.parametrize("spoil", [undescribed_status, undescribed_form, undescribed_member, other_type])
def test_an_answer_that_differs_from_the_document_is_found_out(
    portal: Datasette, api: BaseSchema, spoil: Callable[[Json], None]
) -> None:
    document = copy.deepcopy(dict(api.raw_schema))
    spoil(document)
    spoiled = schemathesis.openapi.from_dict(document)
    spoiled.app = portal.app()
    with pytest.raises((FailureGroup, ValidationError)):
        answer_to_each(st.just(spoiled["/regions"]["GET"].Case()))
