"""What a server sends to strangers: under one address, whole or visibly broken off, and no formula in a spreadsheet."""

import asyncio
import csv
import gzip
import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote_plus

import httpx
import polars as pl
import pytest
import requests
import uvicorn
from datasette.app import Datasette
from support_portal import ask, fetch, open_portal, release_of

from pipelines.publish.extracts import plain
from portal.csv_text import FORMULA_STARTS
from portal.serving import limits
from portal.serving.answering import AT_ONCE_BYTES
from portal.serving.server import serving_app

PUBLIC = "https://cijfers.regiokompas.nl"
WITH_LINKS = (
    "/sitemap.xml",
    "/robots.txt",
    "/atom.xml",
    "/v1/regions?limit=1",
    "/gemeente/zwolle",
    "/regiokompas/regions.json",
)
STRANGE = (
    "evil.example",
    "evil.example:80",
    "cijfers.regiokompas.nl.evil.example",
    "",
    "a b",
    "127.0.0.1.evil.example",
)
FORMULAS = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", " =1+1"]
HARMLESS = ["a=b", "1-2", "", "x@y", "'"]


@pytest.fixture(scope="module")
def public(sample_release: Path) -> Datasette:
    portal = open_portal(sample_release)
    portal._metadata_local["contact"] = {"name": "Regiokompas", "url": f"{PUBLIC}/"}
    assert release_of(portal)
    return portal


def ask_as(portal: Datasette, host: str, path: str) -> httpx.Response:
    async def main() -> httpx.Response:
        transport = httpx.ASGITransport(await serving_app(portal))
        async with httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
            return await client.get(path, headers={"Host": host})

    return asyncio.run(main())


@pytest.mark.parametrize("path", WITH_LINKS)
def test_under_other_names_nothing_is_answered_and_links_are_public(public: Datasette, path: str) -> None:
    for host in STRANGE:
        assert ask_as(public, host, path).status_code == 400, host
    for host in ("cijfers.regiokompas.nl", "CIJFERS.regiokompas.nl:443", "127.0.0.1:8001", "localhost"):
        answer = ask_as(public, host, path)
        assert answer.status_code == 200
        everything = answer.text + str(answer.headers)
        assert PUBLIC in everything or path.endswith("regions.json")
        assert not [name for name in ("127.0.0.1", "localhost", "inside", "http://cijfers") if name in everything]


def test_who_watches_it_may_use_any_name(public: Datasette) -> None:
    for path in ("/-/health", "/metrics"):
        assert ask_as(public, "10.1.2.3", path).status_code == 200


@contextmanager
def over_http(portal: Datasette) -> Iterator[str]:
    """The portal behind a web server in this process, so that its limits can be those of a test."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        app = asyncio.run(serving_app(portal))
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            until = time.monotonic() + 60
            while not server.started and time.monotonic() < until:
                time.sleep(0.05)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def test_a_stream_that_is_too_long_breaks_off_visibly(sample_release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    portal = open_portal(sample_release)
    assert release_of(portal)
    path = "/regiokompas/observations.csv?_stream=on&year__gt=2000"
    monkeypatch.setattr(limits, "STREAM_ROWS", 2500)
    with over_http(portal) as address:
        for encoding in ("identity", "gzip"):
            received = b""
            with (
                pytest.raises(requests.exceptions.ChunkedEncodingError),
                requests.get(address + path, stream=True, headers={"Accept-Encoding": encoding}, timeout=60) as answer,
            ):
                assert answer.status_code == 200
                for part in answer.iter_content(1000):
                    received += part
            assert b"This answer" not in received
        whole = requests.get(f"{address}/regiokompas/observations.csv?_stream=on&region_code=GM0193", timeout=60)
        assert whole.status_code == 200 and len(whole.text.splitlines()) > 100


def test_rows_of_a_stream_are_sent_together(sample_release: Path) -> None:
    portal = open_portal(sample_release)
    assert release_of(portal)
    path = "/regiokompas/observations.csv?_stream=on&region_code=GM0193"
    with (
        over_http(portal) as address,
        requests.get(address + path, stream=True, headers={"Accept-Encoding": "identity"}, timeout=60) as answer,
    ):
        parts = [len(part) for part in answer.raw.read_chunked()]
    assert len(parts) > 1 and min(parts[:-1]) >= AT_ONCE_BYTES


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "path",
    ["/regiokompas.db", "/downloads/regions.csv", "/downloads/regions.parquet", "/regiokompas/regions.csv", "/en"],
)
def test_the_length_is_told_once(sample_release: Path, path: str, method: str) -> None:
    portal = open_portal(sample_release)
    assert release_of(portal)
    with over_http(portal) as address, socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as raw:
        # To HEAD it may be left out.
        wanted = (0, 1) if method == "HEAD" else (1,)
        for encoding in ("identity", "gzip"):
            raw.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: {encoding}\r\n\r\n".encode())
            head = b""
            while b"\r\n\r\n" not in head:
                head += raw.recv(1)
            names = [line.partition(b":")[0].lower() for line in head.split(b"\r\n")]
            assert names.count(b"content-length") + names.count(b"transfer-encoding") in wanted, head
            if method == "GET":
                return


def test_no_text_in_csv_of_datasette_is_a_formula(portal: Datasette) -> None:
    texts = ", ".join("'" + text.replace("'", "''") + "'" for text in [*FORMULAS, *HARMLESS])
    sql = f"select {texts}, -1, -1.5, null"
    found = fetch(portal, f"/regiokompas.csv?sql={quote_plus(sql)}")
    _, row = list(csv.reader(io.StringIO(found.content.decode(), newline="")))
    *asked, notice = row
    assert asked == [*(f"'{text}" for text in FORMULAS), *HARMLESS, "-1", "-1.5", ""] and "Invented" in notice
    as_json = ask(portal, f"/regiokompas.json?_shape=arrays&sql={quote_plus(sql)}").json()["rows"][0]
    assert as_json[: len(FORMULAS)] == FORMULAS and as_json[-3:] == [-1, -1.5, None]


def test_no_text_in_a_downloaded_table_is_a_formula(sample_release: Path) -> None:
    frame = pl.DataFrame({"text": [*FORMULAS, None], "number": [-1.5, -2.0, 0.0, 1.0, 2.0, None, 3.0, -4.0]})
    for mark in (".", ","):
        written = plain(frame, mark)
        assert written["text"].to_list() == [*(f"'{text}" for text in FORMULAS), None]
        assert written["number"].to_list() == [f"-1{mark}5", "-2", "0", "1", "2", None, "3", "-4"]
    json.loads((sample_release / "release.json").read_text(encoding="utf-8"))
    for table in ("observations", "sources", "indicators", "places"):
        kinds = pl.read_parquet_schema(sample_release / "tables" / f"{table}.parquet")
        with gzip.open(sample_release / "tables" / f"{table}.csv.gz", "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                texts = [cell for name, cell in row.items() if kinds[name] == pl.String]
                assert not [text for text in texts if text.lstrip(" ").startswith(FORMULA_STARTS)]
