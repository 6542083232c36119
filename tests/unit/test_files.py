"""Files: whether they changed is known from their headers, and an error page is no file."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support_http import Answer, Memory, Site, hasty, landed, open_site, register_card

from pipelines.clients import file
from pipelines.clients.files import check_file
from pipelines.clients.pages import State
from pipelines.errors import NotThereError, SourceError, UnreachableError
from pipelines.landing.store import Landing
from pipelines.sources.access import FileAccess, Protocol
from pipelines.sources.card import SourceCard

CSV = b"jaar;ontvanger\n2023;Stichting A\n"
HTML = b"<!DOCTYPE html><html><body>Onderhoud</body></html>"


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as running:
        running.put("/a.csv", CSV)
        running.put("/b.csv", CSV + b"2024;Stichting B\n")
        yield running


def card_for(site: Site, *paths: str, **layout: Any) -> tuple[SourceCard, FileAccess]:
    urls = [path if "://" in path else site.url + path for path in paths]
    card = register_card({"protocol": "file", "urls": urls}, **layout)
    access = card.access[0]
    assert isinstance(access, FileAccess)
    return card, access


def fetch(site: Site, *paths: str, store: Memory | None = None) -> tuple[State, Memory]:
    card, access = card_for(site, *paths)
    store = store or Memory()
    return file.fetch(hasty(), "", card, access, store), store


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
    card, access = card_for(site, "/a.csv", "/b.csv")
    assert file.probe(hasty(), "", card, access) == state
    assert sorted(site.asked) == ["HEAD /a.csv", "HEAD /b.csv"]
    site.put("/b.csv", CSV + b"2025;Stichting C\n")
    assert file.probe(hasty(), "", card, access) != state


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


def test_a_server_that_refuses_to_tell_headers_only_tells_them_otherwise(site: Site) -> None:
    state, _ = fetch(site, "/a.csv", "/b.csv")
    site.heads = False
    assert fetch(site, "/a.csv", "/b.csv")[0] == state


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
        fetch(site, "/gone.csv")


# What one file does, and how that is told.
LACKS = {
    "gone": (Answer(b"", 404), NotThereError, "HTTP 404, expected 200"),
    "gone for good": (Answer(b"", 410), NotThereError, "HTTP 410, expected 200"),
    "refused": (Answer(b"no", 403), SourceError, "HTTP 403, expected 200"),
    "unable": (Answer(b"busy", 503), UnreachableError, "HTTP 503, expected 200"),
    "a page": (Answer(HTML), SourceError, "found a page of HTML or XML"),
    "empty": (Answer(b""), SourceError, "found an empty one"),
    "torn": (Answer(CSV, promised=99), SourceError, "expected a whole answer"),
    "nobody there": ("http://127.0.0.1:9/c.csv", UnreachableError, "127.0.0.1:9 did not answer"),
}


@pytest.fixture(params=LACKS.values(), ids=LACKS)
def lack(request: pytest.FixtureRequest, site: Site) -> tuple[str, type[SourceError], str]:
    """The address of a file that cannot be had, and how that is told."""
    answer, error, problem = request.param
    if isinstance(answer, str):
        return answer, error, problem
    site.put("/c.csv", answer)
    return f"{site.url}/c.csv", error, problem


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_file_that_cannot_be_had_takes_no_other_with_it(
    site: Site, lack: tuple[str, type[SourceError], str], place: int
) -> None:
    paths = ["/a.csv", "/b.csv"]
    paths.insert(place, lack[0])
    state, store = fetch(site, *paths)
    assert {name: url for name, (url, _) in store.kept.items()} == {
        f"files/{number:05d}": site.url + path for number, path in enumerate(paths) if number != place
    }
    ((url, told),) = store.lacked.items()
    assert url == lack[0] and lack[2] in told
    # So that the next run asks again.
    assert state == State("")


def test_when_no_file_can_be_had_the_first_says_why(site: Site, lack: tuple[str, type[SourceError], str]) -> None:
    store = Memory()
    with pytest.raises(SourceError, match=lack[2]) as error:
        fetch(site, lack[0], "/gone.csv", "/nowhere.csv", store=store)
    assert type(error.value) is lack[1]
    assert not store.kept and not store.lacked


def test_what_landed_before_stands_in_for_what_is_lacking(
    site: Site, lack: tuple[str, type[SourceError], str], tmp_path: Path
) -> None:
    landing, asked = Landing(tmp_path), ("", *card_for(site, "/a.csv", lack[0], "/b.csv"))
    first = landed(landing, file, *asked)
    assert [(lacking.url, lacking.is_kept) for lacking in first.lacking] == [(lack[0], False)]
    assert [r.name for r in first.resources] == ["files/00000", "files/00002"]
    # It was there once.
    kept = first.named("files/00000").model_copy(update={"name": "files/00001", "url": lack[0]})
    before = first.model_copy(update={"resources": (*first.resources, kept), "lacking": ()})
    site.put("/a.csv", CSV + b"2026;D\n")
    after = landed(landing, file, *asked, have=before)
    assert [(lacking.url, lacking.is_kept) for lacking in after.lacking] == [(lack[0], True)]
    assert [r.name for r in after.resources] == ["files/00000", "files/00001", "files/00002"]
    assert after.named("files/00001") == kept and after.named("files/00000") != before.named("files/00000")
    again = landed(landing, file, *asked, have=after)
    assert again.digest == after.digest and not again.stamp
    assert [lacking.since for lacking in again.lacking] == [lacking.since for lacking in after.lacking]


def test_headers_that_cannot_be_had_lose_no_file(site: Site) -> None:
    site.put("/a.csv", Answer(b"", 500), Answer(b"", 500), Answer(CSV))
    state, store = fetch(site, "/a.csv", "/b.csv")
    assert sorted(store.kept) == ["files/00000", "files/00001"] and not store.lacked
    assert state == State("")


def test_a_probe_that_cannot_ask_one_file_leaves_the_state_open_and_fails_when_it_can_ask_none(site: Site) -> None:
    assert file.probe(hasty(), "", *card_for(site, "/a.csv", "/gone.csv")) == State("")
    with pytest.raises(NotThereError, match=r"/gone\.csv"):
        file.probe(hasty(), "", *card_for(site, "/gone.csv", "http://127.0.0.1:9/c.csv"))


def test_files_on_a_host_that_does_not_answer_are_not_waited_for_one_by_one(site: Site) -> None:
    card, access = card_for(site, "/a.csv", *(f"http://127.0.0.1:9/{number}.csv" for number in range(20)))
    store, http = Memory(), replace(hasty(), rate=1000)
    file.fetch(http, "", card, access, store)
    told = list(store.lacked.values())
    assert list(store.kept) == ["files/00000"] and len(told) == 20
    assert all("127.0.0.1:9 did not answer earlier in this run" in problem for problem in told)


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


def test_a_card_names_its_ways() -> None:
    access = register_card({"protocol": "file", "urls": ["https://example.org/a.csv"]}).access[0]
    assert access.protocol is Protocol.FILE
