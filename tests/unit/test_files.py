"""Files: whether they changed is known from their headers, and an error page is no file."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from support_http import Answer, Memory, Site, hasty, open_site, register_card

from pipelines.card import SourceCard
from pipelines.clients import file
from pipelines.clients.files import check_file
from pipelines.clients.pages import State
from pipelines.errors import NotThereError, SourceError
from pipelines.roads import FileRoad, Protocol

CSV = b"jaar;ontvanger\n2023;Stichting A\n"
HTML = b"<!DOCTYPE html><html><body>Onderhoud</body></html>"


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as running:
        running.put("/a.csv", CSV)
        running.put("/b.csv", CSV + b"2024;Stichting B\n")
        yield running


def card_for(site: Site, *paths: str, **layout: Any) -> tuple[SourceCard, FileRoad]:
    urls = [site.url + path for path in paths]
    card = register_card({"protocol": "file", "urls": urls}, **layout)
    road = card.roads[0]
    assert isinstance(road, FileRoad)
    return card, road


def fetch(site: Site, *paths: str, store: Memory | None = None) -> tuple[State, Memory]:
    card, road = card_for(site, *paths)
    store = store or Memory()
    return file.fetch(hasty(), "", card, road, store), store


def test_files_are_kept_in_order_with_their_addresses(site: Site) -> None:
    state, store = fetch(site, "/a.csv", "/b.csv")
    assert store.kept == {
        "files/00000": (f"{site.url}/a.csv", CSV),
        "files/00001": (f"{site.url}/b.csv", CSV + b"2024;Stichting B\n"),
    }
    assert state.stamp


def test_a_probe_asks_for_headers_only_and_knows_the_same_file_again(site: Site) -> None:
    state, _ = fetch(site, "/a.csv", "/b.csv")
    site.asked.clear()
    card, road = card_for(site, "/a.csv", "/b.csv")
    assert file.probe(hasty(), "", card, road) == state
    assert sorted(site.asked) == ["HEAD /a.csv", "HEAD /b.csv"]
    site.put("/b.csv", CSV + b"2025;Stichting C\n")
    assert file.probe(hasty(), "", card, road) != state


def test_the_newest_last_modified_is_when_the_files_changed(site: Site) -> None:
    site.put("/a.csv", Answer(CSV, headers={"Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"}))
    site.put("/b.csv", Answer(CSV, headers={"Last-Modified": "Thu, 22 Oct 2015 07:28:00 GMT"}))
    state, _ = fetch(site, "/a.csv", "/b.csv")
    assert state.modified == "2015-10-22T07:28:00+00:00"


@pytest.mark.parametrize("heads", [True, False])
def test_a_server_that_tells_nothing_leaves_the_state_open(site: Site, heads: bool) -> None:
    site.tags, site.heads = False, heads
    state, store = fetch(site, "/a.csv")
    assert state == State("") and store.resumed == []


def test_one_file_without_a_tag_leaves_the_state_of_all_open(site: Site) -> None:
    site.tags = False
    site.put("/a.csv", Answer(CSV, headers={"ETag": '"1"'}))
    assert fetch(site, "/a.csv", "/b.csv")[0] == State("")


def test_a_state_that_was_told_only_once_stays_open(site: Site) -> None:
    site.tags = False
    site.put("/a.csv", Answer(b"<html>", headers={"X": "1"}), Answer(CSV), Answer(CSV, headers={"ETag": '"1"'}))
    assert fetch(site, "/a.csv")[0] == State("")


def test_after_a_crash_only_what_is_missing_is_fetched(site: Site) -> None:
    _, first = fetch(site, "/a.csv", "/b.csv")
    earlier = {"files/00000": first.kept["files/00000"]}
    site.asked.clear()
    _, second = fetch(site, "/a.csv", "/b.csv", store=Memory(earlier))
    assert second.kept == first.kept
    assert [path for path in site.asked if not path.startswith("HEAD")] == ["/b.csv"]


def test_a_file_that_changes_meanwhile_is_refused(site: Site) -> None:
    site.put("/a.csv", Answer(CSV), Answer(CSV), Answer(CSV + b"2024;B\n"))
    with pytest.raises(SourceError, match=r"a file changed while it was read .* -> run again"):
        fetch(site, "/a.csv")


def test_a_file_that_is_gone_is_not_there(site: Site) -> None:
    with pytest.raises(NotThereError):
        fetch(site, "/a.csv", "/gone.csv")


@pytest.mark.parametrize(
    ("body", "headers", "problem"),
    [
        (HTML, {}, "found a page of HTML or XML"),
        (b"\xef\xbb\xbf \n<html>", {}, "found a page of HTML or XML"),
        (b'<?xml version="1.0"?><Error/>', {}, "found a page of HTML or XML"),
        (CSV, {"Content-Type": "text/html; charset=utf-8"}, "found a page of type text/html"),
        (b"", {}, "found an empty one"),
        (b"\xef\xbb\xbf\n", {}, "found an empty one"),
        (b"PK\x03\x04...", {}, "found a zip or a workbook"),
    ],
)
def test_what_is_no_csv_is_refused(site: Site, body: bytes, headers: dict[str, str], problem: str) -> None:
    site.put("/a.csv", Answer(body, headers=headers))
    with pytest.raises(SourceError, match=rf"zaanstad/t1 at {site.url}/a.csv: expected a .*{problem}"):
        fetch(site, "/a.csv")


def test_half_a_file_is_refused(site: Site) -> None:
    site.put("/a.csv", Answer(CSV[:9], promised=len(CSV)))
    with pytest.raises(SourceError, match="expected a whole answer"):
        fetch(site, "/a.csv")


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", CSV * 50)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("layout", "good", "bad"),
    [
        ({"member": "*.csv"}, zipped(), zipped()[:-30]),
        ({"member": "*.csv"}, zipped(), CSV),
        ({"format": "xlsx"}, zipped(), HTML),
        ({"format": "json"}, b' [{"jaar": 2023}]\n', b'[{"jaar": 20'),
        ({"format": "json"}, b'\xef\xbb\xbf{"a": []}', CSV),
        ({}, CSV, zipped()),
        ({}, b"\xef\xbb\xbf" + CSV, b"\0" * 40),
    ],
)
def test_each_format_is_told_from_another(layout: dict[str, Any], good: bytes, bad: bytes) -> None:
    card = register_card({"protocol": "file", "urls": ["https://example.org/a"]}, **layout)
    check_file(card, good)
    with pytest.raises(ValueError, match=r"expected a (whole )?file of type"):
        check_file(card, bad)


def test_a_card_names_its_roads() -> None:
    road = register_card({"protocol": "file", "urls": ["https://example.org/a.csv"]}).roads[0]
    assert road.protocol is Protocol.FILE
