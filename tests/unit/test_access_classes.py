"""What a card may say of a way, and what is refused before anything is asked."""

import inspect
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from pipelines.clients import registry
from pipelines.settings import PROJECT, Settings
from pipelines.sources.access import (
    SPOKEN_AT,
    Access,
    CbsAccess,
    CkanAccess,
    DropAccess,
    EurostatAccess,
    FileAccess,
    Form,
    HalAccess,
    Host,
    OgcAccess,
    OpendatasoftAccess,
    Protocol,
    RijksfinancienAccess,
    WfsAccess,
    server_of,
    servers_of,
)

ROAD: TypeAdapter[Access] = TypeAdapter(Access)
HOW = {"nl": "Download de tabel.", "en": "Download the table."}


ROADS: list[tuple[dict[str, Any], type]] = [
    ({"protocol": "cbs_odata4"}, CbsAccess),
    ({"protocol": "cbs_bulk"}, CbsAccess),
    ({"protocol": "ckan", "package": "uwv-open-match-data", "resources": {"format": "ZIP", "newest": 1}}, CkanAccess),
    ({"protocol": "opendatasoft", "host": "https://data.eindhoven.nl", "dataset": "x"}, OpendatasoftAccess),
    ({"protocol": "hal", "path": "subsidies/openbaar_subsidieregister", "embedded": "x"}, HalAccess),
    ({"protocol": "ogc_features", "collection": "gemeente_gegeneraliseerd"}, OgcAccess),
    ({"protocol": "wfs", "feature_type": "WarmteAtlas:IBISbedrijventerreinen", "sort_by": "RIN_NUMMER"}, WfsAccess),
    ({"protocol": "eurostat", "dataset": "nama_10r_3gdp", "query": {"geo": ["BE254"]}}, EurostatAccess),
    ({"protocol": "rijksfinancien", "since": 2017}, RijksfinancienAccess),
    ({"protocol": "file", "urls": ["https://example.org/a%20b.csv"]}, FileAccess),
    ({"protocol": "drop", "page": "https://example.org", "how": HOW}, DropAccess),
]


@pytest.mark.parametrize(("said", "kind"), ROADS)
def test_a_way_is_told_by_its_protocol_and_written_back_as_it_was(said: dict[str, Any], kind: type) -> None:
    access = ROAD.validate_python(said)
    assert type(access) is kind
    assert ROAD.validate_json(ROAD.dump_json(access)) == access


@pytest.mark.parametrize(("said", "kind"), ROADS)
def test_an_address_is_confirmed_unless_the_way_says_otherwise(said: dict[str, Any], kind: type) -> None:
    assert ROAD.validate_python(said).is_confirmed
    assert ROAD.validate_python(said | {"certainty": "recorded"}).is_confirmed
    assert not ROAD.validate_python(said | {"certainty": "assumed"}).is_confirmed
    with pytest.raises(ValidationError, match="Input should be 'recorded', 'seen' or 'assumed'"):
        ROAD.validate_python(said | {"certainty": "sure"})


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"protocol": "ftp"}, "does not match any of the expected tags"),
        ({"protocol": "cbs_odata4", "table": "81575NED"}, "Extra inputs are not permitted"),
        ({"protocol": "cbs_odata3", "host": "https://a.nl"}, "Input should be 'dataderden' or 'duo'"),
        ({"protocol": "ckan", "package": "a/../b"}, "String should match pattern"),
        ({"protocol": "ckan", "package": "a", "resources": {"name": "("}}, "not a regular expression"),
        ({"protocol": "ckan", "package": "a", "resources": {"newest": 0}}, "greater than or equal to 1"),
        ({"protocol": "opendatasoft", "host": "data.eindhoven.nl", "dataset": "x"}, "String should match pattern"),
        ({"protocol": "opendatasoft", "host": "https://x.nl", "dataset": "x", "version": "2.0"}, "Input should be"),
        ({"protocol": "eurostat", "dataset": "x", "query": {"geo": []}}, "at least 1 item"),
        ({"protocol": "file", "urls": []}, "at least 1 item"),
        ({"protocol": "file", "urls": ["https://a.nl/x", "https://a.nl/x"]}, "an address is given twice"),
        ({"protocol": "file", "urls": ["/etc/passwd"]}, "String should match pattern"),
        ({"protocol": "drop", "page": "https://a.nl", "how": {"nl": "Zo."}}, "Field required"),
    ],
)
def test_a_way_that_cannot_be_gone_is_refused(said: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        ROAD.validate_python(said)


@pytest.mark.parametrize("host", Host)
def test_a_host_goes_with_the_protocol_that_it_speaks_and_no_other(host: Host) -> None:
    hosted = {
        p: way
        for way, kind in ROADS
        if "host" in kind.model_fields and kind is not OpendatasoftAccess
        for p in get_args(kind.__annotations__["protocol"])
    }
    assert len(set(SPOKEN_AT.values()) & set(hosted)) == len(set(SPOKEN_AT.values()))
    for protocol, way in hosted.items():
        said = way | {"protocol": protocol, "host": host}
        if protocol is SPOKEN_AT[host]:
            access = ROAD.validate_python(said)
            assert server_of(access) is host and host in servers_of(protocol)
            assert server_of(ROAD.validate_python(way | {"protocol": protocol})) is protocol
            assert registry.addresses(Settings())[host].startswith("https://")
        else:
            with pytest.raises(ValidationError, match=f"`host: {host}` goes with `protocol: {SPOKEN_AT[host]}` alone"):
                ROAD.validate_python(said)


def test_every_protocol_has_a_client_of_the_kind_that_its_way_leads_to() -> None:
    kinds = {
        Form.CBS_TABLE: registry.CBS,
        Form.TABLE: {**registry.RECORDS, **registry.FILES},
        Form.AREAS: registry.AREAS,
        Form.CUBE: registry.CUBES,
    }
    ways = get_args(get_args(Access)[0])
    leads = {protocol: access.leads_to for access in ways for protocol in get_args(access.__annotations__["protocol"])}
    assert {protocol: form for form, clients in kinds.items() for protocol in clients} == leads
    assert set(leads) == set(Protocol) == set(registry.CLIENTS)
    assert sum(map(len, kinds.values())) == len(leads)
    assert {registry.told_by(protocol) for protocol in Protocol} == set(registry.ASKED)


def test_what_differs_from_client_to_client_is_asked_of_the_client() -> None:
    """A zip is not read as pages are, and so on; but nothing outside of the registry goes through all protocols."""
    told = {
        path: set(re.findall(r"\bProtocol\.([A-Z][A-Z0-9_]+)", path.read_text(encoding="utf-8")))
        for path in (PROJECT / "pipelines").rglob("*.py")
        if "sample" not in path.parts
    }
    many = {path for path, names in told.items() if len(names) > 2}
    assert many == {Path(registry.__file__), Path(inspect.getfile(CbsAccess))}
    assert all(told[path] == set(Protocol.__members__) for path in many)
