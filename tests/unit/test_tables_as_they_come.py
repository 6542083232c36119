"""What tables of CBS differ in and what makes no difference: the kind of a dimension, and a period without a status."""

import csv
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.clients import cbs_bulk, cbs_odata3, cbs_odata4
from pipelines.clients.description import Description
from pipelines.clients.odata import Rows
from pipelines.settings import CARDS
from pipelines.sources.card import SourceCard, load_cards

Sets = dict[str, list[dict[str, Any]]]
CARD = SourceCard.model_validate(
    load_cards(CARDS)["cbs/70072ned"].model_dump()
    | {"measures": [{"code": "Banen", "title": "Banen", "unit": "aantal", "certainty": "recorded"}]}
)
REGIONS = ["NL01", "PV20", "GM0363"]
KEPT = {"RegioS": set(REGIONS), "Perioden": {"2025JJ00"}}


def v4_sets(kind: str, period: dict[str, Any]) -> Sets:
    return {
        "Properties": [{"Modified": "2026-11-01T02:00:00+01:00"}],
        "Dimensions": [{"Identifier": "RegioS", "Kind": kind}, {"Identifier": "Perioden", "Kind": "TimeDimension"}],
        "MeasureCodes": [{"Identifier": "Banen", "Index": 1, "Title": "Banen", "Unit": "aantal", "Decimals": 0}],
        "RegioSCodes": [{"Identifier": code, "Index": i, "Title": code} for i, code in enumerate(REGIONS)],
        "PeriodenCodes": [{"Identifier": "2025JJ00", "Index": 1, "Title": "2025"} | period],
    }


def by_v4(kind: str, period: dict[str, Any]) -> Description:
    return cbs_odata4.description(CARD, v4_sets(kind, period).__getitem__)


def by_bulk(kind: str, period: dict[str, Any]) -> Description:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, rows in {**v4_sets(kind, period), "Observations": [{"Id": 0}]}.items():
            text = io.StringIO()
            writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
            writer.writeheader()
            writer.writerows(rows)
            archive.writestr(f"{name}.csv", text.getvalue())
    return cbs_bulk.description(CARD, cbs_bulk.metadata(body.getvalue()))


def by_v3(kind: str, period: dict[str, Any]) -> Description:
    sets: Sets = {
        "DataProperties": [
            {"ID": 0, "Type": kind, "Key": "RegioS"},
            {"ID": 1, "Type": "TimeDimension", "Key": "Perioden"},
            {"ID": 2, "Type": "Topic", "Key": "Banen_1", "Title": "Banen", "Unit": "aantal", "Decimals": 0},
        ],
        "RegioS": [{"Key": f"{code:<8}", "Title": code} for code in REGIONS],
        "Perioden": [{"Key": "2025JJ00", "Title": "2025"} | period],
    }
    rows: Rows = sets.__getitem__
    return cbs_odata3.description(CARD, rows)


ROADS = pytest.mark.parametrize("describe", [by_v4, by_v3, by_bulk])


@ROADS
@pytest.mark.parametrize("kind", ["GeoDimension", "GeoDetail", "Dimension"])
def test_regions_are_those_of_the_card_whatever_kind_their_dimension_has(
    describe: Callable[..., Description], kind: str
) -> None:
    found = describe(kind, {"Status": "Definitief"})
    assert {name: {code for code, _ in codes.values()} for name, codes in found.codes.items()} == KEPT


@ROADS
@pytest.mark.parametrize("period", [{}, {"Status": None}, {"Status": ""}, {"Status": "  "}], ids=str)
def test_a_period_without_a_status_is_one_without_a_status(
    describe: Callable[..., Description], period: dict[str, Any]
) -> None:
    ((_, code),) = describe("GeoDimension", period).codes["Perioden"].values()
    assert code.status is None


@ROADS
def test_a_status_is_taken_without_its_padding(describe: Callable[..., Description]) -> None:
    ((_, code),) = describe("GeoDimension", {"Status": "Voorlopig "}).codes["Perioden"].values()
    assert code.status == "Voorlopig"
