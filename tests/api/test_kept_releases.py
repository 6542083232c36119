"""Addresses below /release/<id>: each kind of page as it was in that release, with its links in the same release."""

import html
import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from datasette.app import Datasette
from support_page_kinds import address_of
from support_portal import ask, fetch, open_portal, release_of
from support_releases import make_release

from pipelines.publish.release import publish
from portal.api.description import RESOURCES
from portal.pages import FROZEN, PATHS
from portal.timeline import moments_of

EARLIER, UNKNOWN_FORM, DAMAGED = "sample-2026-10-01-earlier", "sample-2026-09-01-otherform", "sample-2026-08-01-damaged"
FIGURE = ("jobs_count", "GM0193", "2025JJ00")
ZWOLLE = "/gemeente/zwolle/vestigingen-per-1000-inwoners"
RATE = "establishments_per_1000_inhabitants_rate"
LINKS = re.compile(r'\s(?:href|src|action)="(/[^"]*)"')
# What is linked and read in full; a table of the release is as large as it is.
TOO_LARGE = ("/downloads/", "/regiokompas", "/tables/")


@pytest.fixture(scope="module")
def several(sample_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Datasette:
    """The portal of the sample, beside an earlier release with another figure and two that cannot be shown."""
    releases = tmp_path_factory.mktemp("kept")
    current = shutil.copytree(sample_release, releases / sample_release.resolve().name, copy_function=os.link)
    for name, form in ((EARLIER, None), (UNKNOWN_FORM, 999), (DAMAGED, None)):
        folder = shutil.copytree(sample_release, releases / name, copy_function=os.link)
        told = json.loads((folder / "release.json").read_text(encoding="utf-8")) | {"release_id": name}
        told |= {"release_format": form} if form else {}
        (folder / "release.json").unlink()
        (folder / "release.json").write_text(json.dumps(told), encoding="utf-8")
        (folder / "regiokompas.db").unlink()
    shutil.copy(sample_release / "regiokompas.db", releases / EARLIER)
    with closing(sqlite3.connect(releases / EARLIER / "regiokompas.db")) as db:
        db.execute("update release set release_id = ?", [EARLIER])
        for table in ("baseline", "observations_on_boundaries"):
            changed = f"update {table} set value = 99.9 where indicator_id = ? and region_code = 'GM0193'"
            db.execute(f"{changed} and period_code = '2025JJ00'", [RATE])
        db.commit()
    return open_portal(current)


def pages() -> list[str]:
    return sorted({address_of(page, lang) for page in PATHS for lang in PATHS[page]})


@pytest.mark.parametrize("path", pages())
@pytest.mark.parametrize("is_newest", [True, False])
def test_every_page_is_there_and_links_only_within_its_release(several: Datasette, path: str, is_newest: bool) -> None:
    release = release_of(several).release_id if is_newest else EARLIER
    base = f"{FROZEN}/{release}"
    now, frozen = ask(several, path), ask(several, f"{base}{path}")
    assert frozen.status_code == now.status_code and frozen.headers["x-robots-tag"] == "noindex"
    assert frozen.headers["x-regiokompas-release"] == release
    if now.status_code in (301, 302):
        assert frozen.headers["location"] == f"{base}{now.headers['location']}"
        return
    links = LINKS.findall(frozen.text)
    assert links and all(link.startswith(f"{base}/") for link in links)
    assert release in html.unescape(frozen.text)


def test_a_page_says_of_which_release_it_is(several: Datasette) -> None:
    newest = release_of(several).release_id
    bases = ("", f"{FROZEN}/{newest}", f"{FROZEN}/{EARLIER}")
    now, kept, earlier = (fetch(several, f"{base}{ZWOLLE}").text for base in bases)
    assert "notice frozen" not in now
    assert f"vaste adres in release {newest}" in kept
    assert f"Zo was deze pagina in release {EARLIER}" in earlier and newest in earlier
    assert "99,9" in earlier and "99,9" not in kept and "99,9" not in now


def test_what_a_page_offers_is_of_its_release(several: Datasette) -> None:
    base = f"{FROZEN}/{EARLIER}"
    links = [html.unescape(link) for link in LINKS.findall(fetch(several, f"{base}{ZWOLLE}").text)]
    asked = [link.partition("#")[0] for link in links if not link.removeprefix(base).startswith(TOO_LARGE)]
    files = [link for link in asked if link.startswith(f"{base}{ZWOLLE}.")]
    assert {link.rpartition(".")[2] for link in files} >= {"csv", "svg", "png", "bib", "ris"}
    for link in dict.fromkeys(asked):
        assert ask(several, link).status_code in (200, 301, 302), link
    assert "99.9" in fetch(several, f"{base}{ZWOLLE}.csv").text
    assert "99.9" not in fetch(several, f"{ZWOLLE}.csv").text


def test_a_citation_has_the_address_that_keeps_the_figure(several: Datasette) -> None:
    release = release_of(several).release_id
    cited = f"{FROZEN}/{release}{ZWOLLE}"
    assert cited in fetch(several, f"{ZWOLLE}.bib").text and cited in fetch(several, f"{ZWOLLE}.ris").text
    assert cited in fetch(several, ZWOLLE).text and fetch(several, cited)
    assert f"{FROZEN}/{EARLIER}{ZWOLLE}" in fetch(several, f"{FROZEN}/{EARLIER}{ZWOLLE}.bib").text


@pytest.mark.parametrize("release", [UNKNOWN_FORM, DAMAGED, "nothing", "%2e%2e", "A", f"{EARLIER}.x"])
@pytest.mark.parametrize("path", [ZWOLLE, "/en/maps"])
def test_a_release_that_is_not_kept_leads_to_the_newest(several: Datasette, release: str, path: str) -> None:
    answer = ask(several, f"{FROZEN}/{release}{path}")
    assert answer.status_code == 404
    if release != "%2e%2e":
        assert f'href="{path}"' in answer.text


@pytest.mark.parametrize("path", [f"{FROZEN}/{EARLIER}", f"{FROZEN}/{EARLIER}{FROZEN}/{EARLIER}/"])
def test_what_is_no_page_of_a_release_is_not_there(several: Datasette, path: str) -> None:
    assert ask(several, path).status_code == 404


THEN, SINCE = "2026-10-01T09:00:00Z", "2026-11-02T09:00:00Z"


def timeline(*moments: tuple[str, str, str]) -> str:
    return "current_from,release_id,is_invented\n" + "".join(f"{','.join(moment)}\n" for moment in moments)


@pytest.fixture
def two_days(several: Datasette) -> Datasette:
    """The same portal, where readers had the earlier release from 1 October, and published figures in between."""
    newest = release_of(several)
    moments = (THEN, EARLIER, "true"), ("2026-10-20T09:00:00Z", "2026-10-20-real", "false")
    gone = ("2026-10-10T09:00:00Z", DAMAGED, "true"), ("2026-10-12T09:00:00Z", EARLIER, "true")
    told = timeline(*moments, *gone, (SINCE, newest.release_id, "true"))
    (newest.folder.resolve().parent / "current.csv").write_text(told, encoding="utf-8")
    return several


ASKED = f"/v1/baseline?indicatorId={RATE}&regionCode=GM0193"


@pytest.mark.parametrize(
    ("day", "release"),
    [
        ("2026-10-01", EARLIER),
        ("2026-10-09", EARLIER),
        # A release that was current once more, after another; published figures are not those of the sample.
        ("2026-10-12", EARLIER),
        ("2026-11-01", EARLIER),
        ("2026-11-02", None),
        ("2026-11-30", None),
    ],
)
def test_a_day_leads_to_the_release_that_readers_had_at_its_end(
    two_days: Datasette, day: str, release: str | None
) -> None:
    base = f"{FROZEN}/{release or release_of(two_days).release_id}"
    for path in (ASKED, "/v1/regions/GM0193", "/v1/observations?regionCode=GM0193&limit=3"):
        answer = ask(two_days, f"{path}{'&' if '?' in path else '?'}asOf={day}")
        assert (answer.status_code, answer.headers["location"]) == (307, f"{base}{path}")
        found = fetch(two_days, answer.headers["location"]).json()
        assert found["release"] == (release or release_of(two_days).release_id)
    (item,) = fetch(two_days, f"{base}{ASKED}").json()["items"]
    assert (item["value"] == 99.9) == bool(release)
    page = ask(two_days, f"{ZWOLLE}?asOf={day}")
    assert (page.status_code, page.headers["location"]) == (302, f"{base}{ZWOLLE}")
    beside = ask(two_days, f"{ZWOLLE}?group=g40&asOf={day}").headers["location"]
    assert beside == f"{base}{ZWOLLE}?group=g40"
    assert '<option value="g40" selected>' in fetch(two_days, beside).text


@pytest.mark.parametrize(
    ("day", "status", "told"),
    [
        ("2026-09-30", 404, "No release was current on 2026-09-30; the first is of 2026-10-01."),
        ("2026-10-11", 404, f"Release {DAMAGED}, which was current on 2026-10-11, is no longer kept."),
        ("2026-02-31", 400, "There is no day 2026-02-31."),
        ("9999-12-31", 400, "9999-12-31 is to come; the last day is "),
        ("1 mei", 400, "asOf is '1 mei'; expected something like 2026-10-01."),
        ("", 400, "asOf is ''; expected something like 2026-10-01."),
        ("2026-10-01&asOf=2026-10-02", 400, "asOf is given 2 times; the maximum is 1."),
    ],
)
def test_a_day_without_a_release_is_refused_with_the_reason(
    two_days: Datasette, day: str, status: int, told: str
) -> None:
    answer = ask(two_days, f"{ASKED}&asOf={day}")
    assert answer.status_code == status and told in answer.json()["detail"]
    if status == 404:
        page = ask(two_days, f"{ZWOLLE}?asOf={day}")
        assert page.status_code == 404 and f"Van {day} is geen release bewaard" in page.text
        assert f'href="{ZWOLLE}"' in page.text


def test_every_list_of_the_api_can_be_asked_of_a_day_and_its_pages_stay_in_that_release(two_days: Datasette) -> None:
    for resource in RESOURCES:
        path = f"/v1{resource.path}?limit=1"
        where = ask(two_days, f"{path}&asOf=2026-10-01").headers["location"]
        assert where == f"{FROZEN}/{EARLIER}{path}"
        first = fetch(two_days, where)
        links = first.json()["links"]
        assert all(link.startswith(f"http://localhost{FROZEN}/{EARLIER}/v1/") for link in links.values())
        if "next" in links:
            assert links["next"] in first.headers["link"]
            second = fetch(two_days, links["next"].removeprefix("http://localhost"))
            assert second.json()["items"] != first.json()["items"]
    refused = ask(two_days, f"{FROZEN}/{EARLIER}{ASKED}&asOf=2026-10-01")
    assert refused.status_code == 400 and refused.json()["errors"][0]["code"] == "frozen"


def test_the_list_of_releases_has_each_that_is_kept_and_since_when_readers_had_it(two_days: Datasette) -> None:
    newest = release_of(two_days).release_id
    found = fetch(two_days, "/v1/releases").json()["items"]
    assert [(item["releaseId"], item["currentFrom"]) for item in found] == sorted([(EARLIER, THEN), (newest, SINCE)])
    assert all(item["isInvented"] and item["releaseFormat"] for item in found)
    pages = [fetch(two_days, "/v1/releases?limit=1").json()]
    pages.append(fetch(two_days, pages[0]["links"]["next"].removeprefix("http://localhost")).json())
    assert [item for page in pages for item in page["items"]] == found and "next" not in pages[1]["links"]


def test_a_release_that_was_current_before_that_was_recorded_is_there(sample_release: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(sample_release, tmp_path / sample_release.resolve().name, copy_function=os.link)
    alone = open_portal(folder)
    (item,) = fetch(alone, "/v1/releases").json()["items"]
    assert item["releaseId"] == folder.name and item["currentFrom"] is None
    assert ask(alone, f"{ASKED}&asOf=2026-10-01").json()["detail"].endswith("no earlier day was recorded.")
    assert 'name="asOf"' not in fetch(alone, ZWOLLE).text


def test_the_page_of_a_figure_asks_for_a_day_and_a_frozen_page_does_not(two_days: Datasette) -> None:
    page = fetch(two_days, ZWOLLE).text
    assert 'name="asOf" min="2026-10-01"' in page and "1 oktober 2026" in page
    assert 'name="asOf"' not in fetch(two_days, f"{FROZEN}/{EARLIER}{ZWOLLE}").text


def test_the_timeline_has_a_line_each_time_that_a_release_becomes_current(tmp_path: Path) -> None:
    releases, began = tmp_path / "releases", datetime.now(UTC)
    first = make_release(releases, "a", {FIGURE: (10, "final")})
    publish(first.folder, releases, first.release_id)
    make_release(releases, "sample", {FIGURE: (10, "final")}, invented=True)
    second = make_release(releases, "b", {FIGURE: (11, "final")})
    publish(first.folder, releases, first.release_id)
    published = [moment.release_id for moment in moments_of(first.folder)]
    assert published == [moment.release_id for moment in moments_of(second.folder)] == ["a", "b", "a"]
    assert [moment.release_id for moment in moments_of(releases / "sample")] == ["sample"]
    times = [datetime.fromisoformat(moment.current_from) for moment in moments_of(first.folder)]
    assert times == sorted(times) and began - timedelta(seconds=1) <= times[0] <= times[-1] <= datetime.now(UTC)
