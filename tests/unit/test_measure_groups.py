"""Measures that share a title are told apart by the group that they stand in, by every way to a table of CBS."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from support_http import Answer, Memory, Site, hasty, open_site

from pipelines.clients import cbs_bulk, cbs_odata3, cbs_odata4
from pipelines.clients.description import Description, SourceMeasure, match
from pipelines.clients.odata import Rows, group_titles
from pipelines.errors import MismatchError
from pipelines.settings import CARDS
from pipelines.sources.access import CbsAccess, Protocol
from pipelines.sources.card import SourceCard, load_cards
from pipelines.sources.dimensions import Measure

TITLE = "Middelbaar beroepsonderwijs"
# Id, title and the group around it; the topics of today's regional key figures that share a title.
GROUPS = [("1", "Onderwijs ", ""), ("2", "Studenten", "1"), ("3", "Gediplomeerden", "1")]
TOPICS = [("MiddelbaarBeroepsonderwijs_105", "2"), ("MiddelbaarBeroepsonderwijs_110", "3")]
FOUND = {"MiddelbaarBeroepsonderwijs_105": ("Onderwijs", "Studenten"), TOPICS[1][0]: ("Onderwijs", "Gediplomeerden")}
CARD = SourceCard.model_validate(
    load_cards(CARDS)["cbs/70072ned"].model_dump()
    | {"measures": [{"code": "Mbo", "title": TITLE, "unit": "aantal", "group": "gediplomeerden", "certainty": "seen"}]}
)
DIMENSIONS = (("RegioS", "GeoDimension", "NL01"), ("Perioden", "TimeDimension", "2025JJ00"))


def v4_sets(*, groups: bool = True) -> dict[str, list[dict[str, Any]]]:
    """The metadata of a table as v4 sends it."""
    sets: dict[str, list[dict[str, Any]]] = {
        "Properties": [{"Modified": "2026-11-01T02:00:00+01:00"}],
        "Dimensions": [{"Identifier": name, "Kind": kind} for name, kind, _ in DIMENSIONS],
        "MeasureCodes": [
            {"Identifier": code, "Index": i, "Title": TITLE, "Unit": "aantal", "Decimals": 0, "MeasureGroupId": group}
            for i, (code, group) in enumerate(TOPICS)
        ],
    }
    sets |= {f"{name}Codes": [{"Identifier": code, "Index": 1, "Title": code}] for name, _, code in DIMENSIONS}
    if groups:
        sets["MeasureGroups"] = [{"Id": i, "Title": title, "ParentId": around or None} for i, title, around in GROUPS]
    return sets


def zipped(sets: dict[str, list[dict[str, Any]]]) -> bytes:
    """The same as the members of a bulk zip, with what such a zip has beside."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, rows in {**sets, "Observations": [{"Id": 0}]}.items():
            text = io.StringIO()
            writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
            writer.writeheader()
            writer.writerows(rows)
            archive.writestr(f"{name}.csv", text.getvalue())
    return body.getvalue()


def v3_rows(*, groups: bool = True) -> Rows:
    """The metadata of a table as v3 sends it: groups and topics in one list, by running number."""
    listed: list[dict[str, Any]] = [
        {"ID": i, "Type": kind, "Key": name} for i, (name, kind, _) in enumerate(DIMENSIONS)
    ]
    listed += [
        {
            "ID": 10 + int(i),
            "ParentID": 10 + int(around) if around else None,
            "Type": "TopicGroup",
            "Key": "",
            "Title": t,
        }
        for i, t, around in GROUPS
        if groups
    ]
    listed += [
        {"ID": 20 + i, "ParentID": 10 + int(group) if groups else None, "Type": "Topic", "Key": code, "Title": TITLE}
        | {"Unit": "aantal", "Decimals": 0}
        for i, (code, group) in enumerate(TOPICS)
    ]
    sets: dict[str, list[dict[str, Any]]] = {name: [{"Key": code, "Title": code}] for name, _, code in DIMENSIONS}
    return ({"DataProperties": listed} | sets).__getitem__


def described(access: str, *, groups: bool = True) -> Description:
    if access == "v3":
        return cbs_odata3.description(CARD, v3_rows(groups=groups))
    if access == "bulk":
        return cbs_bulk.description(CARD, cbs_bulk.metadata(zipped(v4_sets(groups=groups))))
    return cbs_odata4.description(CARD, v4_sets(groups=groups).__getitem__)


@pytest.mark.parametrize("access", ["v3", "v4", "bulk"])
def test_the_group_of_the_card_chooses_among_measures_with_one_title(access: str) -> None:
    found = described(access)
    assert {m.code: m.groups for m in found.all_measures} == FOUND
    assert {code: source for source, (code, _) in found.measures.items()} == {"Mbo": "MiddelbaarBeroepsonderwijs_110"}


@pytest.mark.parametrize("access", ["v3", "v4", "bulk"])
def test_without_groups_several_are_refused_rather_than_guessed(access: str) -> None:
    with pytest.raises(MismatchError, match=r"matches 2 of the source: .*_105 .*_110 "):
        described(access, groups=False)


@pytest.mark.parametrize(
    ("group", "told"),
    [
        ("Gediplomeerden", "found"),
        ("GEDIPLOMEERDEN  ", "found"),
        ("Onderwijs", r"matches 2 .*_105 \(.*, aantal\) in Onderwijs / Studenten, .*_110 .* in Onderwijs / Gedi"),
        ("Leerlingen", r"\(Middelbaar beroepsonderwijs, group Leerlingen\) is not in the source"),
        (None, "matches 2 of the source"),
    ],
)
def test_a_group_is_that_of_the_measure_or_one_around_it(group: str | None, told: str) -> None:
    wanted = Measure.model_validate({"code": "Mbo", "title": TITLE, "certainty": "seen", "group": group})
    offered = [SourceMeasure(code, 0, TITLE, "aantal", 0, groups) for code, groups in FOUND.items()]
    if told == "found":
        assert match(CARD, "measure", wanted, offered) == offered[1]
    else:
        with pytest.raises(MismatchError, match=told):
            match(CARD, "measure", wanted, offered)


def test_a_code_that_stands_in_another_group_is_not_the_one_that_is_meant() -> None:
    wanted = Measure.model_validate(
        {"code": TOPICS[0][0], "title": "-", "certainty": "seen", "group": "Gediplomeerden"}
    )
    offered = [SourceMeasure(code, 0, TITLE, "aantal", 0, groups) for code, groups in FOUND.items()]
    with pytest.raises(MismatchError, match="is not in the source"):
        match(CARD, "measure", wanted, offered)


@pytest.mark.parametrize(
    ("groups", "innermost", "titles"),
    [
        ({"1": ("A", ""), "2": ("B", "1")}, "2", ("A", "B")),
        ({"1": ("A", ""), "2": ("B", "1")}, "", ()),
        ({}, "3000790_1", ()),
        ({"1": ("A", "2"), "2": ("B", "1")}, "1", ("B", "A")),
    ],
    ids=["nested", "none", "not listed", "in a circle"],
)
def test_groups_are_told_from_the_outside_in(
    groups: dict[str, tuple[str, str]], innermost: str, titles: tuple[str, ...]
) -> None:
    assert group_titles(groups, innermost) == titles


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as running:
        yield running


@pytest.mark.parametrize("groups", [True, False])
def test_groups_are_fetched_where_the_table_offers_them_and_nowhere_else(site: Site, groups: bool) -> None:
    sets = v4_sets(groups=groups)
    site.put("/70072ned", {"value": [{"name": name} for name in (*sets, "Observations")]})
    site.put("/70072ned/Properties", Answer(json.dumps(sets.pop("Properties")[0]).encode()))
    for name, rows in sets.items():
        site.put(f"/70072ned/{name}", {"value": rows})
    access, store = CbsAccess(protocol=Protocol.CBS_ODATA4), Memory()
    cbs_odata4.look(hasty(), site.url, CARD, access, store)
    assert ("MeasureGroups" in store.kept) == groups == ("/70072ned/MeasureGroups" in site.asked)
