"""CKAN: the right file of a package, over a real catalogue of published packages and over HTTP with odd ones."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support import Standin
from support_http import Answer, Memory, Site, hasty, open_site, register_card

from pipelines.clients import ckan
from pipelines.clients.http import HttpClient
from pipelines.errors import MismatchError, NotThereError, SourceError, UnreachableError
from pipelines.settings import CARDS
from pipelines.sources.access import CkanAccess, ResourceRule
from pipelines.sources.card import SourceCard, load_cards

CSV = b"jaar;ontvanger\n2023;Stichting A\n"
CC0 = "http://creativecommons.org/publicdomain/zero/1.0/deed.nl"
FILE_TYPE = "http://publications.europa.eu/resource/authority/file-type/"
UNKNOWN = "http://standaarden.overheid.nl/owms/terms/licentieonbekend"


def resource(name: str, form: str = f"{FILE_TYPE}CSV", **more: Any) -> dict[str, Any]:
    found = {
        "name": name,
        "format": form,
        "license_id": CC0,
        "created": "2023-05-01T10:00:00.000000",
        "url": "https://example.org/about",
        "download_url": [f"https://example.org/{name}"],
    }
    return found | more


def package(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "p", "license_id": CC0, "modified": "2023-05-02", "resources": list(resources), **more}


def answer(found: dict[str, Any]) -> dict[str, Any]:
    return {"help": "h", "success": True, "result": found}


def card_for(**resources: Any) -> tuple[SourceCard, CkanAccess]:
    card = register_card({"protocol": "ckan", "package": "p", "resources": resources})
    access = card.access[0]
    assert isinstance(access, CkanAccess)
    return card, access


def chosen(found: dict[str, Any], **rule: Any) -> list[str]:
    return [r.name for r in ckan.choose(card_for()[0], found, ResourceRule.model_validate(rule))]


def barred(found: dict[str, Any]) -> str:
    """Why the only file of a package may not be fetched."""
    (file,) = ckan.wanted(card_for()[0], found, ResourceRule())
    return str(file.barred)


ZIPS = package(
    resource("week 19", f"{FILE_TYPE}ZIP", created="2023-05-12T08:00:00.000000"),
    resource("week 20", "zip", created="2023-05-19T08:00:00.000000"),
    resource("uitleg", "PDF"),
    resource("week 18", f"{FILE_TYPE}ZIP", created="2023-05-05T08:00:00.000000"),
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"format": "ZIP"}, ["week 18", "week 19", "week 20"]),
        ({"format": "zip", "newest": 1}, ["week 20"]),
        ({"format": "ZIP", "newest": 2}, ["week 19", "week 20"]),
        ({"format": "ZIP", "newest": 9}, ["week 18", "week 19", "week 20"]),
        ({"name": r"^week 1\d$"}, ["week 18", "week 19"]),
        ({"format": "pdf"}, ["uitleg"]),
    ],
)
def test_resources_are_chosen_by_format_name_and_age(rule: dict[str, Any], expected: list[str]) -> None:
    assert chosen(ZIPS, **rule) == expected


DUO = [
    (f"Gediplomeerden {kind} {level}", f"gediplomeerden{file}{short}.csv")
    for kind, short in (("hoger beroepsonderwijs", "hbo"), ("wetenschappelijk onderwijs", "wo"))
    for level, file in (
        ("inclusief geslacht", "gesl"),
        ("niveau opleiding", ""),
        ("inclusief opleidingsvorm", "oplv"),
    )
]


def test_of_the_six_files_on_graduates_the_card_chooses_one_at_its_own_address() -> None:
    """DUO's catalogue has the address of the file as `url`, a format in capitals, and its licence on the package."""
    files = [
        {"name": name, "format": "CSV", "created": "2023-05-02T13:30:23.3", "url": f"https://duo.example/{file}"}
        for name, file in DUO
    ]
    card = load_cards(CARDS)["duo/hbo_graduates"]
    access = card.access[0]
    assert isinstance(access, CkanAccess)
    found = ckan.wanted(card, {"name": access.package, "license_id": "cc-by", "resources": files}, access.resources)
    assert [(file.url, file.barred) for file in found] == [("https://duo.example/gediplomeerdenoplvhbo.csv", None)]


def test_when_a_harvest_made_all_at_once_the_date_in_the_address_tells_the_newest() -> None:
    # A harvester registers resources in whatever order, some milliseconds apart.
    made = [
        resource(
            name, download_url=[f"https://example.org/UWVopenmatchdata{day}.zip"], created=f"2023-06-01T04:00:{at}"
        )
        for name, day, at in (("a", "20230516", "01.5"), ("b", "20191126", "02.5"), ("c", "20230509", "03.5"))
    ]
    assert chosen(package(*made), newest=1) == ["a"]


@pytest.mark.parametrize(
    ("more", "address"),
    [
        ({}, "https://example.org/a"),
        ({"download_url": []}, "https://example.org/about"),
        ({"download_url": None}, "https://example.org/about"),
        ({"download_url": "https://example.org/text"}, "https://example.org/text"),
        ({"download_url": ["https://example.org/1", "https://example.org/2"]}, "https://example.org/1"),
    ],
)
def test_the_download_comes_before_the_page_about_it(more: dict[str, Any], address: str) -> None:
    found = ckan.choose(card_for()[0], package(resource("a", **more)), ResourceRule())
    assert [r.address for r in found] == [address]


def test_when_nothing_fits_the_error_lists_what_there_is() -> None:
    with pytest.raises(MismatchError) as error:
        chosen(ZIPS, format="XLSX")
    assert "no resource of the package fits" in str(error.value) and '"XLSX"' in str(error.value)
    assert all(text in str(error.value) for text in ("'week 19' (ZIP)", "'week 20' (zip)", "'uitleg' (PDF)"))


@pytest.mark.parametrize(
    ("of_package", "of_resource", "open_"),
    [
        (CC0, CC0, True),
        (CC0, "", True),
        ("", CC0, True),
        (CC0, UNKNOWN, False),
        (UNKNOWN, CC0, False),
        ("http://standaarden.overheid.nl/owms/terms/geslotenlicentie", "", False),
        (CC0, "http://standaarden.overheid.nl/owms/terms/geogedeeld", False),
        ("notspecified", "", False),
        ("other-closed", "", False),
        ("", "", False),
    ],
)
def test_an_unknown_licence_is_not_open(of_package: str, of_resource: str, open_: bool) -> None:
    found = package(resource("a", license_id=of_resource), license_id=of_package)
    if open_:
        assert barred(found) == "None"
        return
    assert "an unknown licence is not open" in barred(found)


def test_an_address_that_is_none_is_refused() -> None:
    found = package(resource("a", download_url=["ftp://x/a"]))
    assert "has the address 'ftp://x/a', expected one that begins with http" in barred(found)


def test_an_address_that_two_resources_share_is_asked_once_and_not_when_one_of_them_is_closed() -> None:
    twice = [resource(name, download_url=["https://x.example/a"]) for name in ("open", "too")]
    (file,) = ckan.wanted(card_for()[0], package(*twice), ResourceRule())
    assert file.url == "https://x.example/a" and file.barred is None
    closed = resource("closed", download_url=["https://x.example/a"], license_id=UNKNOWN)
    assert "'closed' has the licence" in barred(package(*twice, closed))
    assert "'closed' has the licence" in barred(package(closed, *twice))


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as running:
        running.put("/2023.csv", CSV)
        running.put("/package_show?id=p", answer(package(resource("a", download_url=[f"{running.url}/2023.csv"]))))
        yield running


def test_package_and_files_are_kept(site: Site) -> None:
    store = Memory()
    state = ckan.fetch(hasty(), site.url, *card_for(format="CSV"), store)
    assert list(store.kept) == ["package", "files/00000"]
    assert store.kept["files/00000"] == (f"{site.url}/2023.csv", CSV)
    # The file says nothing of its day, so the day of the package is told.
    assert state.modified == "2023-05-02"
    assert ckan.probe(hasty(), site.url, *card_for(format="CSV")) == state


def test_a_package_that_is_not_there_is_named_and_the_next_way_may_be_tried(site: Site) -> None:
    error = {"success": False, "error": {"__type": "Not Found Error", "message": "Niet gevonden"}}
    site.put("/package_show?id=p", Answer(str(error).replace("'", '"').replace("False", "false").encode(), 404))
    with pytest.raises(NotThereError, match=r"does not give the package p: Niet gevonden"):
        ckan.probe(hasty(), site.url, *card_for())
    assert len(site.asked) == 1


def test_a_catalogue_without_success_is_asked_again_and_its_reason_told(site: Site) -> None:
    site.put("/package_show?id=p", {"success": False, "error": {"message": "Zoekmachine onbereikbaar"}})
    with pytest.raises(SourceError, match=r"the catalogue says: Zoekmachine onbereikbaar.*\(tried 2 times\)"):
        ckan.probe(hasty(), site.url, *card_for())


def test_a_page_about_a_file_is_no_file(site: Site) -> None:
    site.put("/page", Answer(b"<html>Download here</html>"))
    site.put("/package_show?id=p", answer(package(resource("a", download_url=[], url=f"{site.url}/page"))))
    with pytest.raises(SourceError, match="found a page of HTML or XML"):
        ckan.fetch(hasty(), site.url, *card_for(), Memory())


# What one of three resources is like, and how that is told.
LACKS = {
    "gone": ({"download_url": ["{site}/gone.csv"]}, NotThereError, "HTTP 404, expected 200"),
    "a page": ({"download_url": [], "url": "{site}/page"}, SourceError, "found a page of HTML or XML"),
    "nobody there": ({"download_url": ["http://127.0.0.1:9/a"]}, UnreachableError, "127.0.0.1:9 did not answer"),
    "a closed licence": ({"license_id": UNKNOWN}, MismatchError, "an unknown licence is not open"),
    "no address": ({"download_url": None, "url": None}, MismatchError, "has the address ''"),
}


@pytest.mark.parametrize("place", [0, 1, 2, None])
@pytest.mark.parametrize(("like", "kind", "told"), LACKS.values(), ids=LACKS)
def test_a_resource_that_cannot_be_had_takes_no_other_with_it(
    site: Site, like: dict[str, Any], kind: type[SourceError], told: str, place: int | None
) -> None:
    site.put("/page", Answer(b"<html>Download here</html>"))
    like = {key: json.loads(json.dumps(value).replace("{site}", site.url)) for key, value in like.items()}
    good = [resource(f"{n}.csv", download_url=[f"{site.url}/{n}.csv"], created=f"{n}-05-01") for n in (2021, 2023)]
    site.put("/2021.csv", CSV)
    offered = good if place is not None else []
    # The resources are taken by age.
    created = f"{2020 + 2 * (place or 0)}-05-01"
    site.put("/package_show?id=p", answer(package(*offered, resource("lacks", created=created, **like))))
    store = Memory()
    if place is None:
        with pytest.raises(SourceError, match=told) as error:
            ckan.fetch(hasty(), site.url, *card_for(), store)
        assert type(error.value) is kind
        return
    state = ckan.fetch(hasty(), site.url, *card_for(), store)
    assert sorted(store.kept) == [*(f"files/{number:05d}" for number in range(3) if number != place), "package"]
    ((_, problem),) = store.lacked.items()
    assert told in problem and not state.stamp and not state.modified


@pytest.mark.standin
class TestOfPublishedPackages:
    """The catalogue of the stand-in, with the file that the ministries published."""

    @staticmethod
    def asking(standin: Standin) -> tuple[HttpClient, str, SourceCard, CkanAccess]:
        card = register_card(
            {"protocol": "ckan", "package": "subsidies-ministeries-2015", "resources": {"format": "CSV"}}
        )
        access = card.access[0]
        assert isinstance(access, CkanAccess)
        return hasty(), f"{standin.address}/data/api/3/action", card, access

    def test_the_file_lands_whole(self, standin: Standin) -> None:
        standin.heal()
        store = Memory()
        ckan.fetch(*self.asking(standin), store)
        url, body = store.kept["files/00000"]
        assert url.endswith("/files/national/subsidiesministeries2015.csv")
        # The published file has 25,163 grants; a header comes before them, and some texts have lines of their own.
        assert body.count(b"\n") >= 25_163

    def test_a_second_probe_finds_it_unchanged_without_fetching_it(self, standin: Standin) -> None:
        standin.heal()
        http, base, card, access = self.asking(standin)
        state = ckan.fetch(http, base, card, access, Memory())
        assert state.stamp and state.modified
        again = ckan.probe(http, base, card, access)
        assert again == state

    def test_an_unknown_package_is_named(self, standin: Standin) -> None:
        http, base, card, _ = self.asking(standin)
        access = CkanAccess.model_validate({"protocol": "ckan", "package": "subsidies-2099"})
        with pytest.raises(NotThereError, match="subsidies-2099: Niet gevonden"):
            ckan.probe(http, base, card, access)

    @pytest.mark.parametrize("kind", ["html200", "truncate", "http503", "empty"])
    def test_a_passing_fault_does_no_harm(self, standin: Standin, kind: str) -> None:
        standin.fault(kind, "subsidiesministeries2015", 1)
        http, base, card, access = self.asking(standin)
        try:
            ckan.fetch(http, base, card, access, Memory())
        finally:
            standin.heal()
