"""Addresses below /release/<id>: each kind of page as it was in that release, with its links in the same release."""

import html
import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from datasette.app import Datasette
from support_portal import ask, fetch, open_portal, release_of

from portal.pages import FROZEN, PATHS

EARLIER, UNKNOWN_FORM, DAMAGED = "sample-2026-10-01-earlier", "sample-2026-09-01-otherform", "sample-2026-08-01-damaged"
ZWOLLE = "/gemeente/zwolle/vestigingen-per-1000-inwoners"
RATE = "establishments_per_1000_inhabitants_rate"
LINKS = re.compile(r'\s(?:href|src|action)="(/[^"]*)"')
# What is linked and read in full; a table of the release is as large as it is.
TOO_LARGE = ("/downloads/", "/regiokompas", "/tables/")
PARTS = {
    **{"code": "GM0193", "scheme": "corop", "indicator": "jobs_count", "name": "using", "region": "GM0193"},
    **{"group": "g40", "cooperation": "PT02", "border": "eurometropool", "theme": "human_capital", "block": "3"},
}
PARTS_OF = {
    **{page: {"code": "CR11", "region": "CR11"} for page in PATHS if page.startswith(("region", "figure", "embed"))},
    **{page: {"code": "AM11"} for page in PATHS if page.startswith("labour_m") and "{code}" in PATHS[page]["nl"]},
}


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
    return sorted({path.format(**PARTS | PARTS_OF.get(page, {})) for page in PATHS for path in PATHS[page].values()})


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
