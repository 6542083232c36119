"""What readers type finds what they mean: every name, with a slip in it; every title; every word people use instead."""

import random
import re
from dataclasses import replace
from html import unescape

import pytest
import yaml
from datasette.app import Datasette
from support_portal import ask, fetch, release_of

from pipelines.settings import PORTAL
from portal.registry import fold
from portal.search import BETWEEN, SHORTEST_BEGINNING, search_regions

SYNONYMS = yaml.safe_load((PORTAL / "synonyms.yml").read_text(encoding="utf-8"))


def with_a_slip(name: str, chance: random.Random) -> str:
    """A name with a letter less, another letter, or two in the wrong order; never its first one."""
    at = chance.randrange(1, len(name) - 1)
    return chance.choice(
        [
            name[:at] + name[at + 1 :],
            name[:at] + chance.choice("aeinrst") + name[at + 1 :],
            name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        ]
    )


def found_on(page: str) -> str:
    return unescape(page[page.index('id="found"') : page.index('id="doors"')])


def test_every_region_is_found_by_its_name_and_its_code(portal: Datasette) -> None:
    release = release_of(portal)
    for code, row in release.registry.regions.items():
        assert release.find_regions(code)[0]["region_code"] == code
        exact = {each["region_code"] for each in release.find_regions(row["name"]) if each["is_exact"]}
        assert code in exact, row["name"]


def test_every_municipality_is_found_with_a_slip_in_its_name(portal: Datasette) -> None:
    release, chance = release_of(portal), random.Random(15)
    names = {
        code: fold(row["name"])
        for code, row in release.registry.regions.items()
        if row["scheme"] == "municipality" and row["is_current"]
    }
    long = {code: name for code, name in names.items() if len(name) > 4}
    assert len(long) > 300
    lost = {}
    for code, name in long.items():
        typed = with_a_slip(name, chance)
        # What is the name of another one, or its beginning, finds that one.
        if not any(other.startswith(typed) for other in names.values()):
            found = [row["region_code"] for row in release.find_regions(typed)]
            lost |= {} if code in found else {typed: name}
    assert len(lost) <= len(long) // 50, lost


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_topic_is_found_by_its_title(portal: Datasette, lang: str) -> None:
    release = release_of(portal)
    assert {topic.kind for topic in release.topics} == {"page", "indicator", "theme", "question"}
    for topic in release.topics:
        found = release.find_topics(topic.titles[lang])
        assert topic in found[:5], topic.titles[lang]


@pytest.mark.parametrize("word", SYNONYMS)
def test_every_word_that_people_use_instead_finds_a_topic(portal: Datasette, word: str) -> None:
    release = release_of(portal)
    known = {word for topic in release.topics for word in topic.words}
    assert release.find_topics(word)
    assert known & {fold(meant) for meant in SYNONYMS[word]}, "none of its words is in any title"


@pytest.mark.parametrize(
    ("typed", "lang", "first"),
    [
        ("zwole", "nl", "Zwolle"),
        ("Apeldorn", "nl", "Apeldoorn"),
        ("0193", "nl", "/gemeente/zwolle"),
        ("brainport", "en", "Zuidoost-Brabant"),
        ("banen", "nl", "Banen"),
        ("werkeloosheid", "nl", "Werkloosheid"),
        ("faillisementen", "nl", "faillissementen"),
        ("mkb", "nl", "mkb"),
        ("vacancy", "en", "Vacancy of shops"),
        ("inner city", "en", "Vital inner cities"),
        ("werkloosheid zwolle", "nl", 'href="/gemeente/zwolle/werkloosheid"'),
        ("den haag werkloosheid", "nl", 'href="/gemeente/s-gravenhage/werkloosheid"'),
        ("unemployment in den bosch", "en", 'href="/en/municipality/s-hertogenbosch/unemployment"'),
    ],
)
def test_what_readers_typed_in_vain_is_found(portal: Datasette, typed: str, lang: str, first: str) -> None:
    answer = ask(portal, "/" if lang == "nl" else "/en", params={"q": typed})
    if answer.status_code == 302:
        assert answer.headers["location"] == first
        return
    (line, *_) = re.findall(r"<li>.*?</li>", found_on(answer.text))
    assert first in line


def test_every_postcode_leads_to_its_municipality_by_its_digits_alone_or_as_a_whole(portal: Datasette) -> None:
    release = release_of(portal)
    assert len(release.registry.postcodes) > 500
    real = {postcode: codes for postcode, codes in release.registry.postcodes.items() if postcode[0] != "0"}
    for postcode, codes in real.items():
        for typed in (postcode, f"{postcode} AB", f"{postcode}ab"):
            found = release.find_regions(typed)
            assert [(row["region_code"], row["is_exact"], row["place"]) for row in found] == [
                (codes[0], True, postcode)
            ]
    assert ask(portal, "/", params={"q": "8011"}).headers["location"] == "/gemeente/zwolle"
    assert ask(portal, "/en", params={"q": "8011 PK"}).headers["location"] == "/en/municipality/zwolle"


def test_a_postcode_in_several_municipalities_is_a_choice_the_largest_part_first(portal: Datasette) -> None:
    registry = replace(release_of(portal).registry, postcodes={"8163": ["GM0246", "GM0232"], "1900": ["GM0383"]})

    def found(typed: str) -> list[tuple[str, bool, str | None]]:
        rows = search_regions(typed, registry, ("municipality",), {})
        return [(row["region_code"], row["is_exact"], row["place"]) for row in rows]

    assert found("8163 PK") == [("GM0246", False, "8163"), ("GM0232", False, "8163")]
    # It is also the code of a municipality, so one of both would be a guess.
    assert found("1900") == [("GM1900", False, None), ("GM0383", False, "1900")]
    assert found("1900 AB") == [("GM0383", True, "1900")]
    assert found("GM1900") == [("GM1900", True, None)]


def test_no_other_postcode_is_guessed_for_one_that_is_not_known(portal: Datasette) -> None:
    assert release_of(portal).find_regions("8099") == []
    assert "postcode" in found_on(ask(portal, "/", params={"q": "8099"}).text)


def test_every_place_of_the_country_leads_to_its_municipality(portal: Datasette) -> None:
    """Those that the portal was once asked for in vain among them."""
    release, lost = release_of(portal), []
    assert sum(map(len, release.registry.places.values())) > 2400
    for code, places in release.registry.places.items():
        for name in places.values():
            if code not in {row["region_code"] for row in release.find_regions(name)}:
                lost.append((name, code))
    assert lost == []
    for name, page in {"Hoofddorp": "haarlemmermeer", "Dokkum": "noardeast-fryslan", "IJmuiden": "velsen"}.items():
        assert ask(portal, "/", params={"q": name}).headers["location"] == f"/gemeente/{page}"


def test_a_guess_is_said_to_be_one(portal: Datasette) -> None:
    assert "Er is geen “zwole”. Bedoelde u:" in found_on(fetch(portal, "/?q=zwole").text)
    assert "There is no “zwole”. Did you mean:" in found_on(fetch(portal, "/en?q=zwole").text)
    assert "Bedoelde u" not in found_on(fetch(portal, "/?q=utrecht").text)


@pytest.mark.parametrize(
    ("path", "lang", "meant"),
    [
        ("/zwole", "nl", "/gemeente/zwolle"),
        ("/gemeenten/almere", "nl", "/gemeente/almere"),
        ("/en/towns/almere", "en", "/en/municipality/almere"),
        ("/indicator-over/werkloosheid", "nl", "/indicator/unemployment_share_pct"),
        ("/en/topics/unemployment", "en", "/en/indicator/unemployment_share_pct"),
        ("/en/nothing-at-all-like-it", "en", None),
    ],
)
def test_an_address_that_does_not_exist_gets_our_page_and_what_it_may_mean(
    portal: Datasette, path: str, lang: str, meant: str | None
) -> None:
    answer = ask(portal, path)
    assert answer.status_code == 404 and f'<html lang="{lang}"' in answer.text
    assert {"nl": "Deze pagina bestaat niet", "en": "This page does not exist"}[lang] in answer.text
    assert (f'href="{meant}"' in answer.text) if meant else "Did you mean" not in answer.text


@pytest.mark.parametrize("path", ["/regiokompas/nope", "/regiokompas/nope.json", "/nope.csv", "/v1/nope", "/-/nope"])
def test_what_programs_ask_for_is_answered_as_it_was(portal: Datasette, path: str) -> None:
    answer = ask(portal, path)
    assert answer.status_code == 404 and "Deze pagina bestaat niet" not in answer.text


@pytest.mark.parametrize(
    ("path", "first", "url"),
    [
        ("/suggestions.json?q=zwo", ("Gemeente", "Zwolle"), "/gemeente/zwolle"),
        ("/en/suggestions.json?q=zwo", ("Municipality", "Zwolle"), "/en/municipality/zwolle"),
        (
            "/suggestions.json?q=hoek van holland",
            ("Gemeente; hier ligt Hoek van Holland", "Rotterdam"),
            "/gemeente/rotterdam",
        ),
        ("/suggestions.json?q=zwole", ("Gemeente", "Zwolle"), "/gemeente/zwolle"),
        ("/suggestions.json?q=haaren", ("Gemeente, opgeheven", "Haaren"), "/gemeente/haaren"),
        (
            "/suggestions.json?q=werkloosheid zwolle",
            ("cijfer", "Werkloosheid: Zwolle"),
            "/gemeente/zwolle/werkloosheid",
        ),
        ("/en/suggestions.json?q=digitalisation", ("indicator", None), None),
    ],
)
def test_what_is_typed_is_suggested(
    portal: Datasette, path: str, first: tuple[str, str | None], url: str | None
) -> None:
    found = fetch(portal, path).json()["suggestions"]
    assert found[0]["kind"] == first[0] and len(found) <= 11
    assert first[1] in (found[0]["words"], None) and url in (found[0]["url"], None)
    for each in found:
        assert ask(portal, each["url"]).status_code == 200, each


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_region_that_is_begun_beside_an_indicator_suggests_its_figure(portal: Datasette, lang: str) -> None:
    """Of every first word of a title and every municipality, in both orders, from two letters of its name on."""
    release, chance = release_of(portal), random.Random(24)
    names = {
        row["name"]
        for row in release.registry.regions.values()
        if row["scheme"] == "municipality" and row["is_current"]
    }
    indicators = {"nl": "werkloosheid", "en": "unemployment"}[lang]
    address = {"nl": "/suggestions.json", "en": "/en/suggestions.json"}[lang]
    tried = [name for name in sorted(names) if re.fullmatch(r"[A-Z][a-z]{4,}", name)]
    for name in chance.sample(tried, 6):
        for letters in range(SHORTEST_BEGINNING, len(name)):
            begun = name[:letters].lower()
            # "Werkloosheid de" has not begun the name of anything.
            for typed in (f"{indicators} {begun}", f"{begun} {indicators}") if begun not in BETWEEN else ():
                found = fetch(portal, f"{address}?q={typed}").json()["suggestions"]
                found = [each for each in found if each["kind"] in ("cijfer", "figure")]
                assert found, typed
                meant = {row["name"] for row in release.find_regions(begun)}
                assert all(re.sub(r" \(.*", "", each["words"].rpartition(": ")[2]) in str(meant) for each in found), (
                    typed
                )


@pytest.mark.parametrize("typed", ["werkloosheid zw", "zw werkloosheid", "werkloosheid in zwo", "werkloosheid zwoll"])
def test_half_a_name_suggests_the_figure_of_the_region(portal: Datasette, typed: str) -> None:
    found = fetch(portal, f"/suggestions.json?q={typed}").json()["suggestions"]
    assert "/gemeente/zwolle/werkloosheid" in [each["url"] for each in found][:3]


def test_words_that_are_a_topic_together_are_no_region_and_indicator(portal: Datasette) -> None:
    for topic in release_of(portal).topics:
        for title in topic.titles.values():
            found = ask(portal, "/suggestions.json", params={"q": title}).json()["suggestions"]
            assert found and found[0]["kind"] != "cijfer", title


def test_what_is_gone_is_suggested_by_its_whole_name_only(portal: Datasette) -> None:
    kinds = [each["kind"] for each in fetch(portal, "/suggestions.json?q=werk").json()["suggestions"]]
    assert kinds[-3:] == ["indicator"] * 3 and not any("opgeheven" in kind for kind in kinds)
    assert "opgeheven" in fetch(portal, "/suggestions.json?q=werkendam").json()["suggestions"][0]["kind"]


def test_nothing_typed_and_nothing_meant_suggest_nothing(portal: Datasette) -> None:
    for query in ("", "%20", "qqqxxx", "%3Cscript%3E", "x" * 5000):
        assert fetch(portal, f"/suggestions.json?q={query}").json() == {"suggestions": []}
