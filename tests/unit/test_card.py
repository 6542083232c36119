"""A card that does not say what it must say is refused, with its name and the key."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from support_periods import CODES, NUMBERED

from pipelines.errors import CardError
from pipelines.settings import CARDS
from pipelines.sources.access import Protocol
from pipelines.sources.card import Shape, load_cards
from pipelines.sources.dimensions import Dimension
from pipelines.sources.periods import letters_of, period_kinds

Content = dict[str, Any]


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Callable[[Content], object]], Path]:
    """Writes the real cards with one change, and returns their folder."""

    def write(change: Callable[[Content], object]) -> Path:
        content = yaml.safe_load((CARDS / "cbs.yml").read_text(encoding="utf-8"))
        change(content)
        (tmp_path / "cbs.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
        return tmp_path

    return write


def first(content: Content) -> Content:
    return dict.__getitem__(content, "cards")[0]


def test_every_card_is_read_in_order() -> None:
    cards = load_cards(CARDS)
    written = [
        f"{ {**content['defaults'], **entry}['publisher'] }/{entry['table']}"
        for path in sorted(CARDS.glob("*.yml"))
        for content in [yaml.safe_load(path.read_text(encoding="utf-8"))]
        for entry in content["cards"]
    ]
    assert list(cards) == written
    assert list(cards)[:2] == ["cbs/81575NED", "cbs/70072ned"]
    assert {c.slug for c in cards.values()} >= {"cbs__81575NED", "den_haag__subsidies"}
    assert cards["cbs/83583NED"].dimension("region") is None


def test_every_source_family_has_cards_of_every_shape() -> None:
    cards = load_cards(CARDS).values()
    publishers = {card.publisher for card in cards}
    assert publishers >= {"cbs", "uwv", "eurostat", "pdok", "rijk", "amsterdam", "utrecht", "zaanstad"}
    assert {card.shape for card in cards} == set(Shape)
    assert {access.protocol for card in cards for access in card.access} >= set(Protocol) - {Protocol.OPENDATASOFT}


def test_a_dimension_keeps_what_its_card_asks_for() -> None:
    region = Dimension.model_validate({"role": "region", "levels": ["GM", "NL"]})
    assert [code for code in ("GM0363", "NL01", "PV27", "CR23") if region.keeps(code)] == ["GM0363", "NL01"]
    period = Dimension.model_validate({"role": "period", "kinds": ["JJ"], "since": 2015})
    codes = ("2014JJ00", "2015JJ00", "2016KW01", "2026JJ00")
    assert [code for code in codes if period.keeps(code)] == ["2015JJ00", "2026JJ00"]
    assert Dimension.model_validate({"role": "category"}).is_whole and not period.is_whole


def test_a_table_of_figures_may_say_which_division_its_regions_follow(written: Callable[..., Path]) -> None:
    assert load_cards(CARDS)["cbs/81575NED"].boundary_year is None
    card = load_cards(written(lambda c: first(c).update(region_boundary_year=2025)))["cbs/81575NED"]
    assert (card.shape, card.boundary_year) == (Shape.OBSERVATIONS, 2025)


def one_period(content: Content, period: object) -> None:
    first(content)["dimensions"].pop("Perioden")
    first(content)["period"] = period


FINAL = {"status": "Definitief"}


def reports(content: Content, *told: dict[str, str], **more: object) -> None:
    """Periods that the codes of a dimension stand for."""
    codes = [
        {"code": f"X00{number}", "title": f"Rapport {number}", "certainty": "seen", **each}
        for number, each in enumerate(told, start=1)
    ]
    first(content)["dimensions"]["Perioden"] = {"role": "period", "codes": codes, **more}


def test_codes_may_stand_for_periods(written: Callable[..., Path]) -> None:
    told = ({"period": "2024KW01", "status": "Voorlopig"}, {"period": "2024JJ00", **FINAL})
    card = load_cards(written(lambda c: reports(c, *told)))["cbs/81575NED"]
    codes = card.dimensions["Perioden"].codes
    assert [(code.code, code.read_as, code.status) for code in codes] == [
        ("X001", "2024KW01", "Voorlopig"),
        ("X002", "2024JJ00", "Definitief"),
    ]


def test_a_card_may_ask_for_every_kind_of_period_with_letters(written: Callable[..., Path]) -> None:
    letters = list(dict.fromkeys(kind.letters for kind in period_kinds()))
    cards = load_cards(written(lambda c: first(c)["dimensions"]["Perioden"].update(kinds=letters)))
    dimension = cards["cbs/81575NED"].dimensions["Perioden"]
    assert [code for code in CODES if dimension.keeps(code)] == NUMBERED
    for one in letters:
        only = Dimension.model_validate({"role": "period", "kinds": [one]})
        assert {letters_of(code) for code in CODES if only.keeps(code)} == {one}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: first(c).update(colour="red"), ["cbs/81575NED", "cbs.yml", "unknown key `colour`", "rows"]),
        (lambda c: first(c)["title"].update(fr="x"), ["cbs/81575NED", "unknown key `title.fr`"]),
        (lambda c: first(c)["measures"][0].update(x=1), ["cbs/81575NED", "unknown key `measures.0.x`"]),
        (lambda c: first(c).pop("title"), ["cbs/81575NED", "key `title` is missing"]),
        (lambda c: first(c)["title"].pop("en"), ["cbs/81575NED", "key `title.en` is missing"]),
        (lambda c: c["defaults"].pop("licence"), ["cbs/81575NED", "key `licence` is missing"]),
        (lambda c: first(c).update(cadence="daily"), ["cbs/81575NED", "key `cadence` holds 'daily'", "yearly"]),
        (lambda c: first(c)["title"].update(nl="  "), ["cbs/81575NED", "key `title.nl`"]),
        (lambda c: first(c)["rows"].update(min="many"), ["cbs/81575NED", "key `rows.min` holds 'many'"]),
        (lambda c: first(c)["rows"].update(min=9, max=8), ["cbs/81575NED", "key `rows`", "min 9 is larger than max 8"]),
        (lambda c: first(c).update(access=[{"protocol": "fax"}]), ["cbs/81575NED", "key `access.0`", "fax"]),
        (lambda c: first(c).update(access=[]), ["cbs/81575NED", "key `access`"]),
        (
            lambda c: first(c).update(
                access=[{"protocol": "cbs_odata4"}, {"protocol": "file", "urls": ["https://x.nl/a"]}]
            ),
            ["cbs/81575NED", "`layout`"],
        ),
        (lambda c: first(c).update(layout={"format": "csv", "columns": {}}), ["cbs/81575NED", "`layout"]),
        (lambda c: first(c).update(dimensions={}), ["cbs/81575NED", "`dimensions`"]),
        (lambda c: first(c)["dimensions"]["Perioden"].update(levels=["GM"]), ["cbs/81575NED", "region dimension"]),
        (lambda c: first(c)["dimensions"]["RegioS"].update(since=2015), ["cbs/81575NED", "period dimension"]),
        (lambda c: first(c).update(measures=[]), ["cbs/81575NED", "`measures`", "`region_boundary_year`"]),
        (
            lambda c: first(c).update(region_boundary_year=2025, dimensions={"Perioden": {"role": "period"}}),
            ["cbs/81575NED", "`region_boundary_year`", "a dimension or a column of regions"],
        ),
        (lambda c: first(c)["measures"].append(first(c)["measures"][0]), ["cbs/81575NED", "twice: M000200"]),
        (
            lambda c: first(c)["dimensions"].update(Wijken={"role": "region"}),
            ["cbs/81575NED", "at most one region, one period"],
        ),
        (
            lambda c: first(c)["dimensions"].pop("Perioden"),
            ["cbs/81575NED", "key `card`", "which period the figures are of", "`role: period`, or `period`"],
        ),
        (lambda c: first(c).update(period="2024JJ00"), ["cbs/81575NED", "`period` is for a table", "leave it out"]),
        (lambda c: one_period(c, "2024KW00"), ["key `period` holds '2024KW00'", "not a period", "2026KW03"]),
        (lambda c: one_period(c, 20060101), ["key `period` holds 20060101", "YAML reads as a number", "in quotes"]),
        (lambda c: one_period(c, date(2024, 1, 1)), ["holds 2024-01-01", "YAML reads as a day", "in quotes"]),
        (lambda c: first(c).update(table=37456), ["key `table` holds 37456", "YAML reads as a number", "in quotes"]),
        (
            lambda c: first(c)["dimensions"]["BedrijfstakkenBranchesSBI2008"]["codes"][0].update(code=1),
            ["codes.0.code` holds 1", "YAML reads as a number", "in quotes, just as the source writes it"],
        ),
        (
            lambda c: first(c)["dimensions"]["Perioden"].update(kinds=[False]),
            ["kinds.0` holds False", "YAML reads as yes or no", "in quotes"],
        ),
        (lambda c: first(c)["dimensions"]["Perioden"].update(kinds=["QQ"]), ["kinds.0` holds 'QQ'", "JJ, HJ, KW"]),
        (
            lambda c: reports(c, {"period": "2024JJ00"}),
            ["cbs/81575NED", "X001", "needs a `period` and a `status`", "`kinds` and `since`"],
        ),
        (lambda c: reports(c, {}), ["X001", "needs a `period` and a `status`"]),
        (lambda c: reports(c, {"period": "2024MM13", **FINAL}), ["codes.0.period` holds '2024MM13'", "not a period"]),
        (
            lambda c: reports(c, {"period": "2024JJ00", "status": "Zeker"}),
            ["codes.0.status` holds 'Zeker'", "Definitief, Voorlopig, NaderVoorlopig"],
        ),
        (
            lambda c: reports(c, {"period": "2024JJ00", **FINAL}, {"period": "2024JJ00", **FINAL}),
            ["several codes stand for the period 2024JJ00", "keep the one"],
        ),
        (
            lambda c: reports(c, {"period": "2024JJ00", **FINAL}, since=2020),
            ["either `codes`, or `kinds` and `since`"],
        ),
        (
            lambda c: first(c)["dimensions"]["BedrijfstakkenBranchesSBI2008"]["codes"][0].update(period="2024JJ00"),
            ["T001081", "belong to codes of a dimension of periods"],
        ),
        (lambda c: first(c).update(places={"boundary_year": 2021}), ["give one of", "`places` (places and their"]),
        (lambda c: first(c).update(table="../x"), ["cbs/../x", "key `table`"]),
        (lambda c: c["cards"].append(first(c)), ["card cbs/81575NED is listed twice"]),
        (lambda c: c.update(extra=1), ["cbs.yml", "`defaults` and `cards`"]),
        (lambda c: c.update(cards=[]), ["no cards found"]),
    ],
)
def test_a_wrong_card_is_named_with_its_key(
    written: Callable[..., Path], change: Callable[[Content], object], told: list[str]
) -> None:
    with pytest.raises(CardError) as error:
        load_cards(written(change))
    text = str(error.value)
    assert all(part in text for part in told), text
    assert "\n" not in text
