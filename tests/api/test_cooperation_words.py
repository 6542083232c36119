"""What the figures of a cooperation say: a sentence for every branch of the rules, and which years are compared."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipelines.settings import PORTAL
from portal.context import read_texts
from portal.cooperation import (
    BETWEEN,
    LESS,
    MORE,
    UNKNOWN,
    UNSURE,
    CooperationFigure,
    began_in,
    figures_by_indicator,
    headlines_of,
    members_of,
    say_all_courses,
    say_course,
)
from portal.registry import Registry
from portal.series import Words

TEXTS = read_texts(PORTAL)["cooperation_sentences"]
JOBS = {"indicator_id": "jobs_count", "kind": "count", "interval_kind": "none", "title_nl": "Banen", "title_en": "Jobs"}


def words(lang: str) -> Words:
    return lambda key: TEXTS[key][lang]


def row(year: int, base: int | None, own: float | None, alike: float | None, rest: float | None) -> dict[str, Any]:
    return {
        "indicator_id": "jobs_count",
        "year": year,
        "phase": "before" if year < 2016 else "after",
        "base_year": base,
        "region_index": own,
        "similar_index": alike,
        "rest_of_country_index": rest,
    }


BASE = row(2016, 2016, 100.0, 100.0, 100.0)
HIGHER, LOWER = row(2025, 2016, 112.0, 108.0, 109.0), row(2025, 2016, 104.0, 108.0, 109.0)
# Of an earlier year the lowest index is the largest rise.
ROSE_MORE, ROSE_LESS = row(2010, 2016, 90.0, 95.0, 94.0), row(2010, 2016, 97.0, 95.0, 94.0)


def figure(*rows: dict[str, Any], **about: Any) -> CooperationFigure:
    return figures_by_indicator(rows, {"jobs_count": {**JOBS, **about}})["jobs_count"]


COURSE = (
    "Met 2016 als 100 stond de regio in 2025 op {}, vergelijkbare gemeenten op 108,0 en de rest van Nederland op 109,0."
)
ENGLISH = (
    "With 2016 as 100, the region stood at {} in 2025, similar municipalities at 108.0 and the rest of the Netherlands"
    " at 109.0."
)
BEFORE_UNKNOWN = (
    "Of dat voor 2016 ook al zo was, is niet te zien: van die jaren zijn er geen cijfers om te vergelijken."
)


@pytest.mark.parametrize(
    ("given", "lang", "said"),
    [
        (figure(BASE), "nl", "Er zijn te weinig jaren om een ontwikkeling te zien."),
        (
            figure(BASE, HIGHER),
            "nl",
            f"{COURSE.format('112,0')} Zij kwam dus hoger uit dan beide. {BEFORE_UNKNOWN}",
        ),
        (
            figure(ROSE_MORE, BASE, HIGHER),
            "nl",
            f"{COURSE.format('112,0')} Zij kwam dus hoger uit dan beide. Van 2010 tot 2016 was dat ook al zo, dus het"
            " verschil is geen teken van de samenwerking.",
        ),
        (
            figure(ROSE_LESS, BASE, HIGHER),
            "en",
            f"{ENGLISH.format('112.0')} So it ended higher than both. From 2010 to 2016 that was not so. That does not"
            " prove that the cooperation did it.",
        ),
        (
            figure(ROSE_LESS, BASE, LOWER),
            "en",
            f"{ENGLISH.format('104.0')} So it ended lower than both. From 2010 to 2016 that was so too, so the"
            " difference is no sign of the cooperation.",
        ),
        (
            figure(ROSE_MORE, BASE, LOWER),
            "nl",
            f"{COURSE.format('104,0')} Zij kwam dus lager uit dan beide. Van 2010 tot 2016 was dat niet zo. Dat bewijst"
            " niet dat het door de samenwerking komt.",
        ),
        (
            figure(ROSE_MORE, BASE, row(2025, 2016, 108.5, 108.0, 109.0)),
            "nl",
            f"{COURSE.format('108,5')} Zij kwam dus niet hoger of lager uit dan beide.",
        ),
        # As high as one of them is not higher than both.
        (
            figure(BASE, row(2025, 2016, 109.0, 108.0, 109.0)),
            "en",
            f"{ENGLISH.format('109.0')} So it ended neither higher nor lower than both.",
        ),
        (
            figure(BASE, HIGHER, interval_kind="unknown"),
            "nl",
            f"{COURSE.format('112,0')} Het is een steekproef waarvan de marges onbekend zijn, dus verschillen kunnen"
            " toeval zijn.",
        ),
        (
            figure(BASE, row(2025, 2016, 112.0, None, 109.0)),
            "en",
            "With 2016 as 100, the region stood at 112.0 in 2025 and the rest of the Netherlands at 109.0. So it ended"
            " higher than the rest of the Netherlands. Whether that was so before 2016 cannot be seen: there are no"
            " figures of those years to compare.",
        ),
        (
            figure(BASE, row(2025, 2016, 102.0, None, 109.0)),
            "nl",
            "Met 2016 als 100 stond de regio in 2025 op 102,0 en de rest van Nederland op 109,0. Zij kwam dus lager uit"
            f" dan de rest van Nederland. {BEFORE_UNKNOWN}",
        ),
        (
            figure(BASE, row(2025, 2016, 109.0, None, 109.0)),
            "nl",
            "Met 2016 als 100 stond de regio in 2025 op 109,0 en de rest van Nederland op 109,0. Zij hield dus gelijke"
            " tred met de rest van Nederland.",
        ),
    ],
)
def test_a_course_in_words(given: CooperationFigure, lang: str, said: str) -> None:
    assert say_course(given, 2016, lang, words(lang)) == said


def test_only_years_on_one_side_of_a_break_are_compared() -> None:
    before = [row(year, 2014, year - 1914.0, year - 1914.0, year - 1914.0) for year in (2010, 2012, 2014)]
    late = [row(2015, 2016, 97.0, 97.0, 97.0), BASE, row(2019, 2016, 130.0, 110.0, 110.0)]
    newest = [row(2021, 2021, 100.0, 100.0, 100.0), row(2024, 2021, 90.0, 95.0, 96.0)]
    found = figure(*before, *late, *newest)
    assert found.before is not None and (found.before.year, found.before.base_year) == (2010, 2014)
    assert found.since is not None and (found.since.year, found.since.base_year) == (2024, 2021)
    assert found.apart == LESS and found.apart_before == BETWEEN


def test_the_newest_year_that_all_have_is_compared() -> None:
    found = figure(BASE, row(2024, 2016, 110.0, 105.0, 106.0), row(2025, 2016, 112.0, None, 107.0))
    assert found.since is not None and found.since.year == 2024 and found.apart == MORE
    assert figure(BASE, row(2025, 2016, None, 110.0, 107.0)).apart == UNKNOWN
    assert figure(BASE, HIGHER, interval_kind="unknown").apart == UNSURE


def test_the_first_year_since_is_the_one_after_the_last_before() -> None:
    assert began_in([row(2015, 2016, 1, 1, 1), row(2018, 2016, 1, 1, 1)]) == 2016
    assert began_in([row(2016, 2016, 1, 1, 1)]) == 2016 and began_in([]) is None


def test_the_first_figures_are_those_of_growth_and_have_a_course() -> None:
    about = {name: {**JOBS, "indicator_id": name} for name in ("jobs_count", "rate", "short", "establishments_count")}
    rows = [
        {**each, "indicator_id": name} for name in about for each in ([BASE] if name == "short" else [BASE, HIGHER])
    ]
    found = headlines_of(figures_by_indicator(rows, about), ["short", "rate", "other"])
    assert [each.indicator["indicator_id"] for each in found] == ["establishments_count", "jobs_count", "rate"]


def test_all_courses_in_words() -> None:
    found = [
        figure(BASE, HIGHER),
        figure(BASE, LOWER),
        figure(BASE, LOWER),
        figure(BASE, HIGHER, interval_kind="unknown"),
    ]
    assert say_all_courses(found, "nl", words("nl")) == (
        "Van de 4 kerncijfers hieronder, naast vergelijkbare gemeenten en de rest van Nederland: bij 1 kwam de regio"
        " hoger uit dan beide; bij 2 kwam de regio lager uit dan beide; bij 1 kan het verschil toeval zijn. Van voor"
        " 2016 is er geen enkele reeks, dus of de regio toen al een andere kant op ging, is niet te zien."
    )
    known = [figure(ROSE_MORE, BASE, row(2025, 2016, 108.5, 108.0, 109.0))]
    assert say_all_courses(known, "en", words("en")) == (
        "Of the 1 headline figures below, beside similar municipalities and the rest of the Netherlands: in 1 neither"
        " higher nor lower than both. Only jobs have years before 2016; in the others it cannot be seen whether the"
        " region already went another way then."
    )


def test_members_are_municipalities_of_now() -> None:
    names = {"A": "Aa", "B": "Bee", "C": "Cee", "D": "Dee", "E": "Ee"}
    registry = SimpleNamespace(
        regions={code: {"name": name} for code, name in names.items()}, successors={"B": "A"}, heirs={"D": ["E", "A"]}
    )
    listed = [
        ("A", "2016-01-01", None, 1.0),
        ("B", "2016-01-01", "2018-12-31", 1.0),
        ("C", "2015-01-01", "2020-06-30", 1.0),
        ("D", "2016-01-01", "2020-12-31", 1.0),
        ("E", "2021-01-01", None, 0.4),
    ]
    rows = [
        {"municipality_code": code, "valid_from": start, "valid_to": end, "share": share}
        for code, start, end, share in listed
    ]
    gone, whole, heir = members_of(rows, cast(Registry, registry))
    assert (gone.code, gone.until, gone.parts) == ("C", "2020-06-30", [])
    assert (whole.code, whole.since, whole.until) == ("A", "2016-01-01", None)
    assert [(part.name, part.until) for part in whole.parts] == [("Bee", "2018-12-31")]
    # Who got the largest part goes on as a member since the day of the one that was divided.
    assert (heir.code, heir.since, heir.until, heir.share) == ("E", "2016-01-01", None, 0.4)
