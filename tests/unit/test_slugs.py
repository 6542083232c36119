"""Addresses name every region and indicator by words, each by its own."""

import pytest

from portal.slugs import Slugs, slug_of, slugs_of

REGIONS = [
    {"region_code": "GM0193", "name": "Zwolle", "scheme": "municipality", "is_current": 1},
    {"region_code": "GM0014", "name": "Groningen (gemeente)", "scheme": "municipality", "is_current": 1},
    {"region_code": "GM0518", "name": "'s-Gravenhage (gemeente)", "scheme": "municipality", "is_current": 1},
    {"region_code": "GM0373", "name": "Bergen (NH.)", "scheme": "municipality", "is_current": 1},
    {"region_code": "GM0893", "name": "Bergen (L.)", "scheme": "municipality", "is_current": 1},
    {"region_code": "GM0001", "name": "Dubbel", "scheme": "municipality", "is_current": 1},
    {"region_code": "GM0002", "name": "Dubbel", "scheme": "municipality", "is_current": 1},
    {"region_code": "GM0003", "name": "Zwolle", "scheme": "municipality", "is_current": 0},
    {"region_code": "PV20", "name": "Groningen (PV)", "scheme": "province", "is_current": 1},
    {"region_code": "OWN-NOORD-OOST", "name": "Noord-Oost", "scheme": "own", "is_current": 1},
]
INDICATORS = [
    {"indicator_id": "jobs_count", "title_nl": "Banen", "title_en": "Jobs"},
    {
        "indicator_id": "establishments_per_1000_rate",
        "title_nl": "Vestigingen per 1.000 inwoners",
        "title_en": "Establishments per 1,000 inhabitants",
    },
    {"indicator_id": "one_count", "title_nl": "Gelijk", "title_en": "One"},
    {"indicator_id": "two_count", "title_nl": "Gelijk", "title_en": "Two"},
]


@pytest.fixture(scope="module")
def slugs() -> Slugs:
    return slugs_of(REGIONS, INDICATORS, {"GM0518": ["Den Haag", "The Hague"], "GM9999": ["Nowhere"]}, ("nl", "en"))


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Vestigingen per 1.000 inwoners", "vestigingen-per-1000-inwoners"),
        ("Establishments per 1,000 inhabitants", "establishments-per-1000-inhabitants"),
        ("Súdwest-Fryslân", "sudwest-fryslan"),
        ("'s-Gravenhage (gemeente)", "s-gravenhage"),
        ("Bergen (NH.)", "bergen-nh"),
        ("Nederland = 1", "nederland-1"),
        ("Personen tot 105% van de armoedegrens", "personen-tot-105-van-de-armoedegrens"),
    ],
)
def test_a_slug_is_words_of_plain_letters(text: str, slug: str) -> None:
    assert slug_of(text) == slug


def test_equal_names_end_with_their_code_and_who_exists_goes_before_who_ended(slugs: Slugs) -> None:
    assert slugs.regions["GM0193"] == "zwolle" and slugs.regions["GM0003"] == "zwolle-gm0003"
    assert (slugs.regions["GM0001"], slugs.regions["GM0002"]) == ("dubbel-gm0001", "dubbel-gm0002")
    assert slugs.indicators["nl"]["one_count"] == "gelijk-one-count" and slugs.indicators["en"]["one_count"] == "one"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("zwolle", "GM0193"),
        ("Zwolle", "GM0193"),
        ("GM0193", "GM0193"),
        ("gm0193", "GM0193"),
        ("193", "GM0193"),
        ("den-haag", "GM0518"),
        ("s-gravenhage", "GM0518"),
        ("zwolle-gm0003", "GM0003"),
        ("nergens", None),
        ("GM9999", None),
    ],
)
def test_a_region_is_found_by_its_slug_its_code_or_another_name(slugs: Slugs, asked: str, code: str | None) -> None:
    assert slugs.region_code("municipality", asked) == code


def test_a_name_is_that_of_a_region_of_its_kind(slugs: Slugs) -> None:
    assert slugs.region_code("municipality", "groningen") == "GM0014"
    assert slugs.region_code("province", "groningen-pv") == "PV20"
    assert slugs.region_code("own", "own-noord-oost") == "OWN-NOORD-OOST" == slugs.region_code("own", "noord-oost")


@pytest.mark.parametrize("asked", ["banen", "jobs", "jobs_count", "JOBS_COUNT", "Banen"])
def test_an_indicator_is_found_in_both_languages_and_by_its_id(slugs: Slugs, asked: str) -> None:
    assert slugs.indicator_id(asked, "nl") == "jobs_count" == slugs.indicator_id(asked, "en")
    assert slugs.indicator_id("nothing", "nl") is None


def test_a_title_that_an_indicator_had_still_leads_to_it() -> None:
    earlier = [
        ("jobs_count", "nl", "Werk"),
        ("jobs_count", "nl", "Arbeidsplaatsen"),
        # A title that another one has now is that of the other one, and so is the newest of two that were equal.
        ("two_count", "nl", "Banen"),
        ("one_count", "nl", "Werk"),
        ("gone_count", "nl", "Weg"),
    ]
    slugs = slugs_of(REGIONS, INDICATORS, {}, ("nl", "en"), earlier)
    for lang in ("nl", "en"):
        found = {asked: slugs.indicator_id(asked, lang) for asked in ("werk", "arbeidsplaatsen", "banen", "weg")}
        assert found == {"werk": "jobs_count", "arbeidsplaatsen": "jobs_count", "banen": "jobs_count", "weg": None}
    assert slugs.indicators["nl"]["jobs_count"] == "banen"
