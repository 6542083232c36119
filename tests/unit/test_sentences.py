"""What a figure says in words holds: every branch of the rules, in both languages."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelines.settings import PORTAL
from portal.rounding import as_decimal
from portal.sentences import (
    ABOUT_EQUAL,
    Place,
    ToldFigure,
    is_relative,
    judgement,
    relation,
    say_all,
    say_before,
    say_beside_country,
    say_figure,
    say_place,
    with_unit,
)

TEXTS = yaml.safe_load((PORTAL / "texts" / "sentences.yml").read_text(encoding="utf-8"))["sentences"]
RATE: dict[str, Any] = {
    "decimals": 1,
    "unit_nl": "per 1.000 inwoners",
    "unit_en": "per 1,000 inhabitants",
    "kind": "rate",
    "is_comparable": 1,
    "direction": "neutral",
    "interval_kind": "none",
    "target_value": None,
}
SHARE = {**RATE, "unit_nl": "% van de winkels", "unit_en": "% of the shops", "kind": "share"}
COUNT = {**RATE, "decimals": 0, "unit_nl": "banen", "unit_en": "jobs", "kind": "count"}
ASKED: set[str] = set()


def words(lang: str) -> Any:
    def text(key: str) -> str:
        ASKED.add(key)
        return str(TEXTS[key][lang])

    return text


def figure(value: float, period: str = "2025", status: str = "final", **bounds: float) -> ToldFigure:
    return ToldFigure(value, period, status, **bounds)


@pytest.mark.parametrize(
    ("value", "indicator", "lang", "is_short", "said"),
    [
        (165.1, RATE, "nl", False, "165,1 per 1.000 inwoners"),
        (165.1, RATE, "en", True, "165.1"),
        (4.15, SHARE, "nl", False, "4,2% van de winkels"),
        (4.15, SHARE, "en", True, "4.2%"),
        (12345.0, COUNT, "nl", False, "12.345 banen"),
        (12345.0, {**COUNT, "unit_nl": "aantal", "unit_en": "number"}, "en", False, "12,345"),
        (1.05, {**RATE, "decimals": 2, "unit_nl": "Nederland = 1"}, "nl", False, "1,05 (Nederland = 1)"),
        (4.0, {**SHARE, "unit_nl": "%"}, "nl", False, "4,0%"),
    ],
)
def test_a_figure_is_written_with_its_unit(
    value: float, indicator: dict[str, Any], lang: str, is_short: bool, said: str
) -> None:
    assert with_unit(value, indicator, lang, is_short=is_short) == said


@pytest.mark.parametrize(
    ("status", "nl", "en"),
    [
        ("final", "Zwolle komt uit op 12 banen (2025).", "Zwolle stands at 12 jobs (2025)."),
        ("unstated", "Zwolle komt uit op 12 banen (2025).", "Zwolle stands at 12 jobs (2025)."),
        (
            "provisional",
            "Zwolle komt uit op 12 banen (2025, voorlopig).",
            "Zwolle stands at 12 jobs (2025, voorlopig).",
        ),
        ("estimated", "Zwolle komt uit op 12 banen (2025, voorlopig).", "Zwolle stands at 12 jobs (2025, voorlopig)."),
        (
            "revised_provisional",
            "Zwolle komt uit op 12 banen (2025, voorlopig).",
            "Zwolle stands at 12 jobs (2025, voorlopig).",
        ),
    ],
)
def test_a_status_is_said_only_if_the_figure_may_change(status: str, nl: str, en: str) -> None:
    for lang, said in (("nl", nl), ("en", en)):
        assert say_figure("Zwolle", figure(12, status=status), COUNT, "voorlopig", lang, words(lang)) == said


def test_a_sentence_begins_with_a_capital() -> None:
    said = say_figure("the Netherlands", figure(12), COUNT, "", "en", words("en"))
    assert said == "The Netherlands stands at 12 jobs (2025)."
    assert say_figure("'s-Gravenhage", figure(12), COUNT, "", "nl", words("nl")).startswith("'s-Gravenhage komt")


COUNTRY = {
    "higher": ("Dat is hoger dan in Nederland (5,0).", "That is higher than in the Netherlands (5.0)."),
    "lower": ("Dat is lager dan in Nederland (5,0).", "That is lower than in the Netherlands (5.0)."),
    "same": ("Dat is gelijk aan Nederland (5,0).", "That is the same as in the Netherlands (5.0)."),
    "about": ("Dat is ongeveer gelijk aan Nederland (5,0).", "That is about the same as in the Netherlands (5.0)."),
    "indistinct": (
        "Dat is niet te onderscheiden van Nederland (5,0).",
        "That cannot be told apart from the Netherlands (5.0).",
    ),
}


@pytest.mark.parametrize(
    ("one", "other", "indicator", "distance", "how"),
    [
        (figure(6), figure(5), RATE, None, "higher"),
        (figure(4), figure(5), RATE, None, "lower"),
        (figure(6), figure(5), RATE, 1.0, "higher"),
        (figure(5.2), figure(5), RATE, 1.0, "about"),
        (figure(4.8), figure(5), RATE, 1.0, "about"),
        (figure(5.2), figure(5), RATE, 0.0, "higher"),
        # They read the same.
        (figure(5.04), figure(4.96), RATE, None, "same"),
        (figure(5.04), figure(4.96), RATE, 0.0, "same"),
        # Intervals that touch or overlap, one that is known on one side only, and ones that do not.
        (figure(6, lower=5, upper=7), figure(5, lower=4, upper=5), RATE, None, "indistinct"),
        (figure(6, lower=4, upper=8), figure(5), RATE, None, "indistinct"),
        (figure(6), figure(5, lower=4, upper=6.5), RATE, None, "indistinct"),
        (figure(6, lower=5.5, upper=7), figure(5, lower=4.9, upper=5.1), RATE, None, "higher"),
        (figure(6, lower=5.5, upper=7), figure(5), RATE, None, "higher"),
        # A survey without margins says nothing about differences, not even if both read the same.
        (figure(60), figure(5), {**RATE, "interval_kind": "unknown"}, 1.0, "indistinct"),
        (figure(5), figure(5), {**RATE, "interval_kind": "unknown"}, 1.0, "indistinct"),
    ],
)
def test_a_figure_is_beside_the_country_as_both_are_shown_and_as_chance_allows(
    one: ToldFigure, other: ToldFigure, indicator: dict[str, Any], distance: float | None, how: str
) -> None:
    assert relation(one, other, indicator, distance) == how
    for lang, said in zip(("nl", "en"), COUNTRY[how], strict=True):
        assert say_beside_country(one, other, indicator, distance, lang, words(lang)) == said


@pytest.mark.parametrize(
    ("direction", "value", "judged"),
    [
        ("neutral", 6, None),
        ("neutral", 4, None),
        ("higher_is_better", 6, "better"),
        ("higher_is_better", 4, "worse"),
        ("lower_is_better", 6, "worse"),
        ("lower_is_better", 4, "better"),
        ("closer_to_target_is_better", 6, "better"),
        ("closer_to_target_is_better", 4, "worse"),
        ("closer_to_target_is_better", 7, None),
        ("closer_to_target_is_better", 5, None),
    ],
)
def test_only_an_indicator_with_a_better_side_is_judged(direction: str, value: float, judged: str | None) -> None:
    indicator, one, other = {**RATE, "direction": direction, "target_value": 6.0}, figure(value), figure(5)
    how = relation(one, other, indicator)
    assert judgement(how, one, other, indicator) == judged
    for lang, better, worse in (("nl", "wat gunstiger is", "wat ongunstiger is"), ("en", "more fav", "less fav")):
        said = say_beside_country(one, other, indicator, None, lang, words(lang))
        assert (better in said, worse in said) == (judged == "better", judged == "worse")


def test_a_target_that_is_not_known_judges_nothing() -> None:
    indicator = {**RATE, "direction": "closer_to_target_is_better"}
    assert judgement("higher", figure(6), figure(5), indicator) is None


@pytest.mark.parametrize("how", ["same", "about", "indistinct"])
def test_no_difference_is_no_better_side(how: str) -> None:
    assert judgement(how, figure(6), figure(5), {**RATE, "direction": "higher_is_better"}) is None


@pytest.mark.parametrize(
    ("country", "indicator"),
    [
        (None, RATE),
        (figure(5, "2024"), RATE),
        (figure(5), COUNT),
        (figure(5), {**RATE, "is_comparable": 0}),
        (figure(5), {**RATE, "kind": "index"}),
        (figure(5), {**RATE, "kind": "minimum"}),
        (figure(5), {**RATE, "kind": "coverage"}),
    ],
)
def test_what_does_not_compare_is_not_laid_beside_the_country(
    country: ToldFigure | None, indicator: dict[str, Any]
) -> None:
    assert say_beside_country(figure(6), country, indicator, None, "nl", words("nl")) == ""


@pytest.mark.parametrize("kind", ["rate", "share", "ratio", "change"])
def test_a_relative_figure_compares(kind: str) -> None:
    assert is_relative({**RATE, "kind": kind})


@pytest.mark.parametrize(
    ("place", "nl", "en"),
    [
        (
            Place(126, 217, 342, "x"),
            "Het is hoger dan in 216 van de 341 andere x.",
            "It is higher than in 216 of the 341 other x.",
        ),
        (
            Place(217, 126, 342, "x"),
            "Het is lager dan in 216 van de 341 andere x.",
            "It is lower than in 216 of the 341 other x.",
        ),
        (Place(2, 2, 3, "x"), "Het is hoger dan in 1 van de 2 andere x.", "It is higher than in 1 of the 2 other x."),
        (
            Place(1, 342, 342, "x"),
            "Geen van de 341 andere x heeft een hoger cijfer.",
            "None of the 341 other x has a higher figure.",
        ),
        (
            Place(342, 1, 342, "x"),
            "Geen van de 341 andere x heeft een lager cijfer.",
            "None of the 341 other x has a lower figure.",
        ),
        (Place(1, 1, 1342, "x"), "Het is in alle 1.342 x hetzelfde.", "It is the same in all 1,342 x."),
        (Place(1, 1, 1, "x"), "", ""),
        (None, "", ""),
    ],
)
def test_a_place_is_told_as_how_many_others_are_strictly_lower_or_higher(place: Place | None, nl: str, en: str) -> None:
    for lang, said in (("nl", nl), ("en", en)):
        assert say_place(place, figure(5), lang, words(lang)) == said
        chance = TEXTS["place_chance"][lang]
        doubted = say_place(place, figure(5, lower=4, upper=6), lang, words(lang))
        is_same = place is not None and place.from_high == place.from_low == 1
        assert doubted == (said if is_same or not said else f"{said} {chance}")


@pytest.mark.parametrize(
    ("now", "before", "indicator", "nl", "en"),
    [
        (6, figure(5, "2024"), RATE, "was het lager: 5,0 (2024).", "it was lower: 5.0 (2024)."),
        (4, figure(5, "2024"), SHARE, "was het hoger: 5,0% (2024).", "it was higher: 5.0% (2024)."),
        (
            1.04,
            figure(0.96, "2024", lower=0.5, upper=1.5),
            {**RATE, "interval_kind": "unknown"},
            "was het even hoog (2024).",
            "it was the same (2024).",
        ),
        (1.04, figure(0.96, "2024"), RATE, "was het even hoog (2024).", "it was the same (2024)."),
        (
            6,
            figure(5, "2024"),
            {**RATE, "interval_kind": "unknown"},
            "was het 5,0 (2024); dat verschil kan toeval zijn.",
            "it was 5.0 (2024); that difference may be chance.",
        ),
        (
            6,
            figure(5, "2024", lower=3, upper=7),
            RATE,
            "was het 5,0 (2024); dat verschil kan toeval zijn.",
            "it was 5.0 (2024); that difference may be chance.",
        ),
    ],
)
def test_what_it_was_before_is_told_as_both_are_shown(
    now: float, before: ToldFigure, indicator: dict[str, Any], nl: str, en: str
) -> None:
    assert say_before(figure(now), before, indicator, "nl", words("nl")) == f"In de periode daarvoor {nl}"
    assert say_before(figure(now), before, indicator, "en", words("en")) == f"In the period before, {en}"
    assert say_before(figure(now), None, indicator, "nl", words("nl")) == ""


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(0, 3), st.floats(0, 100))
def test_what_reads_the_same_is_never_called_higher_or_lower(
    one: float, other: float, decimals: int, distance: float
) -> None:
    how = relation(figure(one), figure(other), {**RATE, "decimals": decimals}, distance)
    shown = [as_decimal(value, decimals) for value in (one, other)]
    assert (how == "same") == (shown[0] == shown[1])
    if how in ("higher", "lower"):
        assert (shown[0] > shown[1]) == (how == "higher")
        assert abs(float(shown[0] - shown[1])) > ABOUT_EQUAL * distance


def test_sentences_without_anything_to_say_leave_no_trace() -> None:
    assert say_all(["a.", "", "b."]) == "a. b."


def test_every_text_of_the_rules_is_said_by_a_test() -> None:
    assert set(TEXTS) - ASKED == set()
