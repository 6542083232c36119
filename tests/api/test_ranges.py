"""Parts of files, of every kind of file of a release: a broken download goes on, a program reads what it needs."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from datasette.app import Datasette
from fsspec.implementations.http import HTTPFileSystem
from support_portal import ask

from pipelines.commands.server_process import serving

FILES = {
    "/downloads/observations.parquet": "tables/observations.parquet",
    "/tables/observations.csv.gz": "tables/observations.csv.gz",
    "/datapackage.json": "datapackage.json",
    "/csvw.json": "csv-metadata.json",
    "/regiokompas.db": "regiokompas.db",
}


def part(portal: Datasette, path: str, ranges: str, **headers: str) -> Any:
    return ask(portal, path, headers={"Range": f"bytes={ranges}", "Accept-Encoding": "gzip", **headers})


@pytest.mark.parametrize("path", FILES)
def test_a_part_is_sent_as_it_is_on_disk(portal: Datasette, sample_release: Path, path: str) -> None:
    whole = (sample_release / FILES[path]).read_bytes()
    size = len(whole)
    wanted = {"0-3": slice(0, 4), "10-": slice(10, None), "-4": slice(-4, None), f"0-{2 * size}": slice(None)}
    for ranges, which in wanted.items():
        answer = part(portal, path, ranges)
        assert answer.status_code == 206 and answer.content == whole[which], ranges
        assert answer.headers["content-range"].endswith(f"/{size}") and "content-encoding" not in answer.headers
    refused = part(portal, path, f"{size}-")
    assert refused.status_code == 416 and refused.headers["content-range"] == f"bytes */{size}"
    assert part(portal, path, "a-b").status_code == 400


@pytest.mark.parametrize("path", FILES)
def test_a_part_goes_on_with_the_same_file_only(portal: Datasette, sample_release: Path, path: str) -> None:
    head = ask(portal, path, "HEAD", headers={"Accept-Encoding": "identity"})
    assert head.content == b"" and head.headers["accept-ranges"] == "bytes"
    assert int(head.headers["content-length"]) == (sample_release / FILES[path]).stat().st_size
    same = part(portal, path, "0-3", **{"If-Range": head.headers["etag"]})
    other = part(portal, path, "0-3", **{"If-Range": '"another-release"'})
    assert (same.status_code, other.status_code) == (206, 200)
    assert len(other.content) == int(head.headers["content-length"])


def test_a_packed_file_says_that_it_has_no_parts_when_unpacked(portal: Datasette) -> None:
    answer = part(portal, "/downloads/observations.csv", "0-3", **{"Accept-Encoding": "identity"})
    assert answer.status_code == 200 and answer.headers["accept-ranges"] == "none"


def test_a_client_that_hangs_up_ends_the_sending(portal: Datasette, sample_release: Path) -> None:
    sent: list[int] = []

    async def main() -> None:
        await portal.invoke_startup()
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(len(message.get("body", b"")))
            if sum(sent):
                gone.set()
            await asyncio.sleep(0)

        about = {"type": "http", "method": "GET", "path": "/regiokompas.db", "raw_path": b"/regiokompas.db"}
        where = {"headers": [], "query_string": b"", "scheme": "http", "server": ("localhost", 80)}
        await portal.app()({**about, **where, "asgi": {"version": "3.0", "spec_version": "2.3"}}, receive, send)

    asyncio.run(main())
    assert 0 < sum(sent) < (sample_release / "regiokompas.db").stat().st_size / 10


class CountedFiles(HTTPFileSystem):  # type: ignore[misc]
    """Files over HTTP of which it is counted how many bytes are read; what is read is not kept."""

    def __init__(self) -> None:
        super().__init__(block_size=2**12, skip_instance_cache=True)
        self.read: list[int] = []

    def _open(self, *arguments: Any, **options: Any) -> Any:
        file = super()._open(*arguments, **{**options, "cache_type": "none"})
        fetch = file._fetch_range
        file.cache.fetcher = lambda start, end: self.read.append(end - start) or fetch(start, end)
        return file

    def modified(self, path: str) -> datetime:
        """A release never changes."""
        return datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def served(sample_release: Path) -> Iterator[str]:
    with serving(sample_release) as address:
        yield address


def test_a_program_reads_a_column_without_the_whole_file(served: str, sample_release: Path) -> None:
    path, column = "tables/observations_on_boundaries.parquet", "boundary_year"
    files = CountedFiles()
    with files.open(f"{served}/{path}") as file:
        found = pq.read_table(file, columns=[column], pre_buffer=False)
    assert found.equals(pq.read_table(sample_release / path, columns=[column]))
    assert 0 < sum(files.read) < (sample_release / path).stat().st_size / 4


def test_duckdb_answers_a_question_about_a_file_without_the_whole_of_it(served: str, sample_release: Path) -> None:
    path, files = "tables/observations_on_boundaries.parquet", CountedFiles()
    question = "select boundary_year, count(*) from read_parquet('{}') group by all order by all"
    with duckdb.connect() as database:
        # So small a file as that of the sample is read whole if it may be read ahead.
        database.execute("set disable_parquet_prefetching = true; set enable_external_file_cache = false")
        database.register_filesystem(files)
        found = database.execute(question.format(f"{served}/{path}")).fetchall()
        assert found == database.execute(question.format(sample_release.resolve() / path)).fetchall() != []
    assert 0 < sum(files.read) < (sample_release / path).stat().st_size / 10
