"""Mangled answers: every reader refuses them in our own words or reads them, and never fails in another way.

An answer is cut, has bytes flipped, pieces swapped or a page of HTML put in; and, since such damage is mostly stopped
by the JSON around the figures, single values inside the JSON are replaced too.
"""

import copy
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support_http import BASE, register_card

from pipelines.clients import (
    cbs_odata3,
    cbs_odata4,
    ckan,
    eurostat,
    hal,
    jsons,
    odata,
    ogc_features,
    opendatasoft,
    rijksfinancien,
    wfs,
)
from pipelines.clients.files import check_file
from pipelines.clients.jsonstat import read_cube
from pipelines.errors import RegiokompasError
from pipelines.sources.access import (
    CkanAccess,
    HalAccess,
    OgcAccess,
    OpendatasoftAccess,
    RijksfinancienAccess,
    WfsAccess,
)
from pipelines.sources.card import SourceCard

HAL = HalAccess.model_validate({"protocol": "hal", "path": "a/b", "embedded": "b"})
WFS = WfsAccess.model_validate({"protocol": "wfs", "feature_type": "a:b", "sort_by": "c"})
PAYMENTS = RijksfinancienAccess.model_validate({"protocol": "rijksfinancien", "since": 2017})
ODS = {
    version: OpendatasoftAccess.model_validate(
        {"protocol": "opendatasoft", "host": "https://example.org", "dataset": "d", "version": version}
    )
    for version in ("1.0", "2.1")
}
CKAN_CARD = register_card({"protocol": "ckan", "package": "p"})
CKAN = CkanAccess.model_validate({"protocol": "ckan", "package": "p", "resources": {"format": "CSV", "name": "a"}})
OGC = OgcAccess.model_validate({"protocol": "ogc_features", "collection": "c", "query": {"jaarcode": "2026"}})
OGC_CARD = SourceCard.model_validate(
    {
        **BASE,
        "publisher": "pdok",
        "access": [{"protocol": "ogc_features", "collection": "c"}],
        "boundaries": {"boundary_year": 2026, "code": "statcode", "name": "statnaam"},
    }
)
EUROSTAT_CARD = SourceCard.model_validate(
    {
        **BASE,
        "publisher": "eurostat",
        "access": [{"protocol": "eurostat", "dataset": "d"}],
        "dimensions": {
            "unit": {"role": "measure"},
            "sex": {"role": "category", "codes": [{"code": "T", "title": "Total", "certainty": "seen"}]},
            "geo": {"role": "region"},
            "time": {"role": "period"},
        },
        "measures": [{"code": "NR", "title": "Number", "unit": "x", "certainty": "seen"}],
    }
)
CUBE = {
    "updated": "2026-02-06T23:00:00+0100",
    "id": ["freq", "unit", "sex", "geo", "time"],
    "size": [1, 1, 1, 2, 2],
    "value": {"0": 1.5, "3": 2},
    "status": {"1": "c", "3": "p"},
    "dimension": {
        "freq": {"category": {"index": {"A": 0}}},
        "unit": {"category": {"index": {"NR": 0}, "label": {"NR": "Number"}}},
        "sex": {"category": {"index": ["T"]}},
        "geo": {"category": {"index": {"NL34": 0, "BE254": 1}}},
        "time": {"category": {"index": {"2022": 0, "2023": 1}}},
    },
}
AREA = [[4.9, 52.3], [5.0, 52.3], [5.0, 52.4], [4.9, 52.3]]
FEATURES = {
    "type": "FeatureCollection",
    "numberReturned": 1,
    "numberMatched": 1,
    "links": [{"rel": "next", "href": "https://example.org/2"}],
    "features": [
        {
            "id": "gemeenten.1",
            "properties": {"statcode": "GM0363", "statnaam": "Amsterdam", "jaarcode": 2026},
            "geometry": {"type": "MultiPolygon", "coordinates": [[AREA]]},
        }
    ],
}
PACKAGE = {
    "success": True,
    "result": {
        "license_id": "cc0",
        "resources": [
            {"name": "a", "format": "x/CSV", "download_url": ["https://e.org/20240101"], "url": "", "created": "2024"}
        ],
    },
}
PAGE = {
    "_links": {"next": {"href": "https://example.org/2"}},
    "_embedded": {"b": [{"jaar": 2023}]},
    "page": {"number": 1, "size": 1, "totalElements": 2},
}
HITS = {"nhits": 1, "records": [{"fields": {"aantal": 1.0, "geo_point_2d": [51.4, 5.4]}}]}
PAID = {
    "beleid": {
        "naam": "Totaal",
        "realisatie": {"2024": 12.5},
        "hoofdstukken": [
            {
                "naam": "Economische Zaken",
                "realisatie": {"2024": 12.5},
                "artikelen": [
                    {
                        "naam": "Bedrijvenbeleid",
                        "realisatie": {"2024": 12.5},
                        "regelingen": [{"naam": "MIT", "realisatie": {"2024": 12.5}}],
                    }
                ],
            }
        ],
    }
}
OBSERVATIONS = {"@odata.context": "c", "@odata.count": 1, "value": [{"Id": 1, "Measure": "M1", "Value": 2.0}]}
SET = {"odata.metadata": "m", "value": [{"Key": "T001", "Title": "Totaal"}], "odata.nextLink": "https://example.org"}


class Reader(NamedTuple):
    """A good answer, and how it is read."""

    good: Any
    read: Callable[[bytes], Any]


def page_of_cbs(body: bytes) -> Any:
    """The head of a page of either CBS way, and its rows still as bytes."""
    envelope = odata.read_envelope(body)
    return envelope.head, bytes(envelope.rows), odata.next_link(envelope.head)


READERS = {
    "eurostat rows": Reader(CUBE, lambda body: eurostat.statistics_rows(EUROSTAT_CARD, read_cube(body)).rows()),
    "eurostat cube": Reader(CUBE, lambda body: read_cube(body).codes),
    "ogc page": Reader(FEATURES, lambda body: ogc_features.read_page(body, OGC)),
    "ogc rows": Reader(FEATURES, lambda body: ogc_features.boundary_rows(OGC_CARD, ogc_features.features(body)).rows()),
    "ckan": Reader(PACKAGE, lambda body: ckan.choose(CKAN_CARD, ckan.read_package(body), CKAN.resources)),
    "wfs page": Reader(FEATURES, wfs.read_page),
    "wfs records": Reader(FEATURES, lambda body: wfs.records(body, WFS)),
    "years": Reader({"2017": "2017", "2018": "2018"}, rijksfinancien.read_years),
    "payments": Reader(PAID, lambda body: rijksfinancien.records(body, PAYMENTS)),
    "hal page": Reader(PAGE, lambda body: hal.read_page(body, HAL)),
    "hal records": Reader(PAGE, lambda body: hal.records(body, HAL)),
    "opendatasoft 1.0": Reader(HITS, lambda body: opendatasoft.records(body, ODS["1.0"])),
    "opendatasoft hits": Reader(HITS, opendatasoft.read_hits),
    "opendatasoft 2.1": Reader([{"aantal": 1.0}], lambda body: opendatasoft.records(body, ODS["2.1"])),
    "opendatasoft count": Reader({"total_count": 2, "results": []}, opendatasoft.read_total),
    "cbs page": Reader(OBSERVATIONS, page_of_cbs),
    "cbs page of v3": Reader(SET, page_of_cbs),
    "cbs set": Reader(SET, odata.read_rows),
    "cbs next": Reader(SET, lambda body: odata.next_link(jsons.read_json(body))),
    "cbs count": Reader(123456, cbs_odata4.read_count),
}
JSON_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
HTML = b"<!DOCTYPE html><html><body>Onderhoud</body></html>"
FUZZ = settings(max_examples=200, deadline=2000, suppress_health_check=[HealthCheck.too_slow])


def read_or_refuse(reader: Reader, body: bytes) -> Any:
    """What is read, or None when it was refused in our own words; any other failure comes through."""
    try:
        return reader.read(body)
    except RegiokompasError as error:
        assert "\n" not in str(error)
    except ValueError as error:
        # What Python itself says of bytes, numbers and JSON are kinds of ValueError, and no words of ours.
        if type(error) is not ValueError:
            raise
    return None


def encoded(content: Any) -> bytes:
    return json.dumps(content).encode()


@pytest.mark.parametrize("name", READERS)
def test_the_good_answers_are_read(name: str) -> None:
    assert READERS[name].read(encoded(READERS[name].good))


@pytest.mark.parametrize("name", [name for name in READERS if name != "cbs count"])
def test_no_part_of_an_answer_is_taken_for_the_whole(name: str) -> None:
    whole = encoded(READERS[name].good)
    for length in range(len(whole)):
        assert read_or_refuse(READERS[name], whole[:length]) is None, whole[:length]


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("body", [b"", b" ", HTML, b"\xff\xfe\x00", b"null", b"[]", b"{}", b"[" * 100_000, b"\0" * 50])
def test_what_is_no_answer_at_all_is_refused(name: str, body: bytes) -> None:
    assert not read_or_refuse(READERS[name], body)


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@FUZZ
def test_damaged_bytes_do_no_other_harm(name: str, data: st.DataObject) -> None:
    body = encoded(READERS[name].good)
    places = st.integers(0, len(body))
    one, two = sorted((data.draw(places), data.draw(places)))
    damage = data.draw(st.sampled_from(["flip", "drop", "swap", "double", "html", "noise"]))
    if damage == "flip":
        mangled = bytearray(body)
        mangled[one % len(body)] ^= 1 << data.draw(st.integers(0, 7))
        body = bytes(mangled)
    elif damage == "drop":
        body = body[:one] + body[two:]
    elif damage == "swap":
        body = body[two:] + body[one:two] + body[:one]
    elif damage == "double":
        body = body[:two] + body[one:]
    else:
        body = body[:one] + (HTML if damage == "html" else data.draw(st.binary(max_size=20))) + body[two:]
    read_or_refuse(READERS[name], body)


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@FUZZ
def test_another_value_anywhere_does_no_other_harm(name: str, data: st.DataObject) -> None:
    content = copy.deepcopy(READERS[name].good)
    if not isinstance(content, dict | list):
        return
    place: Any = content
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, dict | list) or data.draw(st.booleans()):
            break
        place = inner
    change = data.draw(st.sampled_from(["replace", "remove"] + ["rename"] * isinstance(place, dict)))
    if change == "replace":
        place[key] = data.draw(JSON_ANYTHING)
    else:
        moved = place.pop(key)
        if change == "rename":
            place[data.draw(st.text(max_size=5))] = moved
    read_or_refuse(READERS[name], encoded(content))


@given(values=st.lists(st.none() | st.floats() | st.integers() | st.text(max_size=3), min_size=4, max_size=4))
@FUZZ
def test_a_figure_is_read_as_it_stands_or_refused(values: list[Any]) -> None:
    rows = read_or_refuse(READERS["eurostat rows"], encoded({**CUBE, "value": values, "status": {}}))
    if rows is not None:
        assert [row[4] for row in rows] == [None if v is None else float(v) for v in values]
        assert [row[5] for row in rows] == [":" if v is None else "None" for v in values]


@given(body=st.binary(max_size=200))
@FUZZ
def test_any_bytes_are_a_file_or_refused(body: bytes) -> None:
    for layout in ({}, {"format": "json"}, {"format": "xlsx"}, {"member": "*.csv"}):
        card = register_card({"protocol": "file", "urls": ["https://example.org/a"]}, **layout)
        read_or_refuse(Reader(None, lambda body, card=card: check_file(card, body)), body)


CBS_CARD = SourceCard.model_validate(
    {
        **BASE,
        "publisher": "cbs",
        "access": [{"protocol": "cbs_odata4"}, {"protocol": "cbs_odata3"}],
        "dimensions": {"RegioS": {"role": "region"}, "Perioden": {"role": "period"}},
        "measures": [{"code": "M1", "title": "Vestigingen", "unit": "aantal", "certainty": "recorded"}],
    }
)
CODES = {
    "RegioS": [{"Identifier": "GM0363", "Key": "GM0363    ", "Index": 1, "Title": "Amsterdam"}],
    "Perioden": [{"Identifier": "2025JJ00", "Key": "2025JJ00", "Index": 1, "Title": "2025", "Status": "Definitief"}],
}
MEASURE = {"Identifier": "M1", "Index": 1, "Title": "Vestigingen", "Unit": "aantal", "Decimals": 0}
METADATA: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "v4": (
        cbs_odata4.description,
        {
            "Dimensions": [{"Identifier": "RegioS"}, {"Identifier": "Perioden"}],
            "MeasureCodes": [MEASURE],
            "RegioSCodes": CODES["RegioS"],
            "PeriodenCodes": CODES["Perioden"],
        },
    ),
    "v3": (
        cbs_odata3.description,
        {
            "DataProperties": [
                {"Key": "RegioS", "Type": "GeoDimension"},
                {"Key": "Perioden", "Type": "TimeDimension"},
                {**MEASURE, "Key": "M1", "Type": "Topic", "ID": 2},
            ],
            **CODES,
        },
    ),
}


@pytest.mark.parametrize("access", METADATA)
def test_good_metadata_is_read(access: str) -> None:
    describe, sets = METADATA[access]
    assert describe(CBS_CARD, sets.__getitem__).measures


@pytest.mark.parametrize("access", METADATA)
@given(data=st.data())
@FUZZ
def test_metadata_with_another_value_does_no_other_harm(access: str, data: st.DataObject) -> None:
    describe, sets = METADATA[access]
    changed = copy.deepcopy(sets)
    row = data.draw(st.sampled_from([row for rows in changed.values() for row in rows]))
    key = data.draw(st.sampled_from(sorted(row)))
    if data.draw(st.booleans()):
        row[key] = data.draw(JSON_ANYTHING)
    else:
        del row[key]
    read_or_refuse(Reader(None, lambda _: describe(CBS_CARD, changed.__getitem__)), b"")
