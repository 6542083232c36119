"""Ingests a table of CBS from a server on this machine, beside how programs do it today, each in a process of its own.

    python benchmarks/ingest.py [ROWS] [ROUNDS] [SECONDS]

The server sends gzip that it made before, 100,000 observations a page (v4) or 10,000 wide records (v3), each page
after SECONDS (0). Ours is all of it: fetching, landing, reading, every check, Parquet in the one row shape. Beside it:
v4 with requests, `.json()` and a data frame of every page (`with_pandas.py`); v3 with the package `cbsodata`; and,
without SECONDS, the limit, the bytes of the v4 pages on disk to Parquet by DuckDB and nothing else.
"""

import gzip
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.ratios import Ratio, alternately, quotient, show, speed
from pipelines.settings import CARDS
from pipelines.sources.access import CbsAccess, Protocol
from pipelines.sources.card import RowBounds, SourceCard, load_cards
from pipelines.sources.dimensions import Certainty, Dimension, DimensionCode, Measure

V4_PAGE, V3_PAGE = 100_000, 10_000
REGIONS, TOPICS = 2_000, 5
MODIFIED = "2026-11-01T02:00:00+01:00"
V4, V3, LIMIT, REQUESTS = "v4", "v3", "limit", "requests"
PANDAS = os.environ.get("BENCH_PANDAS", sys.executable)
FRAMES = "pandas" if "BENCH_PANDAS" in os.environ else "polars"
WITH_PANDAS = str(Path(__file__).with_name("with_pandas.py"))
Bodies = dict[str, bytes]
Answer = Callable[[str, str], bytes]


def card_of(protocol: str) -> SourceCard:
    """The card of the table: one category and one measure (v4), or five measures a record (v3)."""
    total = DimensionCode(code="T001081", title="Totaal", certainty=Certainty.RECORDED)
    codes = ["M000200"] if protocol == V4 else [f"Topic_{number}" for number in range(1, TOPICS + 1)]
    category = {"SBI": Dimension(role="category", codes=(total,))} if protocol == V4 else {}
    way = Protocol.CBS_ODATA4 if protocol == V4 else Protocol.CBS_ODATA3
    return load_cards(CARDS)["cbs/81575NED"].model_copy(
        update={
            "access": (CbsAccess(protocol=way),),
            "dimensions": category | {"RegioS": Dimension(role="region"), "Perioden": Dimension(role="period")},
            "measures": tuple(Measure(code=code, title=code, certainty=Certainty.RECORDED) for code in codes),
            "rows": RowBounds(min=1, max=10**9),
        }
    )


def regions() -> list[str]:
    """The regions of the table."""
    return [f"GM{number:04d}" for number in range(1, REGIONS + 1)]


def periods(records: int, count: int = REGIONS) -> list[str]:
    """As many months as the records need for so many regions."""
    return [f"{1800 + n // 12}MM{n % 12 + 1:02d}" for n in range(-(-records // count))]


def sent(body: object) -> bytes:
    """A body as it is sent."""
    return gzip.compress(json.dumps(body, separators=(",", ":")).encode(), 1)


def pages(
    records: Iterable[dict[str, Any]], total: int, size: int, head: dict[str, Any], link: str, url: str
) -> Bodies:
    """The pages of a set of records, by how many records they skip."""
    found: Bodies = {}
    page: list[dict[str, Any]] = []
    for number, record in enumerate(records, 1):
        page.append(record)
        if len(page) == size or number == total:
            following = {link: f"{url}&$skip={number}"} if number < total else {}
            found[f"?{number - len(page)}"] = sent({**head, "value": page, **following})
            page = []
    return found


def v4_bodies(rows: int, base: str, places: list[str]) -> Bodies:
    """Everything below the address of the v4 table of some regions, by its path."""
    count, months = len(places), periods(rows, len(places))
    observations = (
        {
            "Id": i,
            "Measure": "M000200",
            "ValueAttribute": "None",
            "Value": float(i * 7919 % 99_991),
            "StringValue": None,
            "SBI": "T001081",
            "RegioS": places[i % count],
            "Perioden": months[i // count],
        }
        for i in range(rows)
    )
    sets = {
        "Properties": {"Modified": MODIFIED, "Status": "Regulier"},
        "Dimensions": {"value": [{"Identifier": name} for name in ("SBI", "RegioS", "Perioden")]},
        "MeasureCodes": {"value": [{"Identifier": "M000200", "Index": 1, "Title": "Vestigingen"}]},
        "SBICodes": {"value": [{"Identifier": "T001081", "Title": "Totaal"}]},
        "RegioSCodes": {"value": [{"Identifier": place, "Title": place} for place in places]},
        "PeriodenCodes": {"value": [{"Identifier": m, "Title": m, "Status": "Definitief"} for m in months]},
    }
    root = f"/{card_of(V4).table}"
    offered = [{"name": name, "url": name} for name in (*sets, "Observations")]
    found = {f"{root}/{name}": sent(body) for name, body in sets.items()} | {root: sent({"value": offered})}
    found[f"{root}/Observations/$count"] = gzip.compress(str(rows).encode())
    url = f"{base}{root}/Observations?$count=true"
    made = pages(observations, rows, V4_PAGE, {"@odata.count": rows}, "@odata.nextLink", url)
    return found | {f"{root}/Observations{skip}": body for skip, body in made.items()}


def v3_bodies(rows: int, base: str) -> Bodies:
    """Everything below the address of the v3 table, by its path."""
    records = rows // TOPICS
    places, months = regions(), periods(records)
    topics = [f"Topic_{number}" for number in range(1, TOPICS + 1)]
    data = [
        {
            "RegioS": places[i % REGIONS],
            "Perioden": months[i // REGIONS],
            **{topic: f"{(i * 7919 + at) % 99_991:8d}" for at, topic in enumerate(topics)},
        }
        for i in range(records)
    ]
    dimensions = [
        {"ID": 1, "Key": "RegioS", "Type": "GeoDimension", "Title": "Regio's"},
        {"ID": 2, "Key": "Perioden", "Type": "TimeDimension", "Title": "Perioden"},
    ]
    measured = [{"ID": 3 + n, "Key": t, "Type": "Topic", "Title": t, "Decimals": 0} for n, t in enumerate(topics)]
    sets = {
        "TableInfos": [{"Modified": MODIFIED[:19], "RecordCount": records}],
        "DataProperties": [*dimensions, *measured],
        "RegioS": [{"Key": place, "Title": place} for place in places],
        "Perioden": [{"Key": month, "Title": month, "Status": "Definitief"} for month in months],
    }
    table, found = card_of(V3).table, Bodies()
    for service in ("ODataApi", "ODataFeed"):
        root = f"/{service}/odata/{table}"
        offered = [{"name": name, "url": name} for name in (*sets, "UntypedDataSet", "TypedDataSet")]
        found |= {f"{root}/{name}": sent({"value": body}) for name, body in sets.items()} | {
            root: sent({"value": offered})
        }
    feed = f"/ODataFeed/odata/{table}"
    found[f"{feed}/TypedDataSet/$count"] = gzip.compress(str(records).encode())
    for name in ("UntypedDataSet", "TypedDataSet"):
        url = f"{base}{feed}/{name}?$format=json"
        made = pages(data, records, V3_PAGE, {}, "odata.nextLink", url)
        found |= {f"{feed}/{name}{skip}": body for skip, body in made.items()}
    return found


def serve(rows: int, seconds: float, telling: Connection) -> None:
    """Serve both tables until the process ends; tells the address when everything is made."""

    def made(base: str) -> Answer:
        return answering(v4_bodies(rows, base, regions()) | v3_bodies(rows, base), seconds)

    serve_gzip(made, telling)


def answering(bodies: Bodies, seconds: float = 0.0) -> Answer:
    """What is answered from bodies by their paths, each page after some seconds."""

    def answer(path: str, skip: str) -> bytes:
        paged = bodies.get(f"{path}?{skip}")
        if paged:
            time.sleep(seconds)
        return paged or bodies.get(path, b"")

    return answer


def serve_gzip(make: Callable[[str], Answer], telling: Connection) -> None:
    """Serve JSON, packed as gzip, on this machine until the process ends.

    Args:
        make: gives, for the address of the server, what is answered to a path and the records that are skipped; b"" is
            not found.
        telling: is told the address when that is made.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = answer(parts.path.rstrip("/"), parse_qs(parts.query).get("$skip", ["0"])[0])
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        base = f"http://127.0.0.1:{server.server_address[1]}"
        answer = make(base)
        telling.send(base)
        server.serve_forever()


def ours(base: str, protocol: str, folder: Path) -> None:
    """Fetch, land, read and check the table, as a run does."""
    from pipelines.clients.budget import Budget, Limits
    from pipelines.clients.http import HttpClient, open_session
    from pipelines.ingest.origins import LiveOrigin
    from pipelines.ingest.refresh import refresh
    from pipelines.landing.store import Landing
    from schemas.shapes import check_shape

    card = card_of(protocol)
    # As large as it was asked for, which can be more than a source may send.
    budget = Budget(Limits(source_bytes=10**11))
    http = HttpClient(open_session(inside=("127.0.0.1",)), budget=budget)
    origin = LiveOrigin(http, {access.protocol: base for access in card.access})
    refresh(card, origin, Landing(folder / "landing"), folder / "raw", check_shape)


def with_cbsodata(base: str, protocol: str, folder: Path) -> None:
    """The v3 table as the package gives it, in a data frame, to Parquet."""
    import cbsodata  # type: ignore[import-untyped]
    import polars as pl

    cbsodata.options.use_https = False
    rows = cbsodata.get_data(card_of(V3).table, catalog_url=base.removeprefix("http://"))
    pl.DataFrame(rows).write_parquet(folder / "observations.parquet")


def limit(base: str, protocol: str, folder: Path) -> None:
    """The rows of the v4 pages, on disk already, to Parquet and nothing else."""
    import duckdb

    columns = {"Id": "BIGINT", "Value": "DOUBLE"}
    names = ("Id", "Measure", "ValueAttribute", "Value", "StringValue", "SBI", "RegioS", "Perioden")
    fields = ", ".join(f"{name}: '{columns.get(name, 'VARCHAR')}'" for name in names)
    rows = f"read_json('{base}/*.json', format = 'array', columns = {{{fields}}})"
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute(f"copy (from {rows}) to '{folder}/observations.parquet' (format parquet, compression zstd)")


WORK: dict[str, Callable[[str, str, Path], None]] = {
    "ours": ours,
    "cbsodata": with_cbsodata,
    LIMIT: limit,
}


def work(name: str, base: str, protocol: str) -> None:
    """Do one of them in this process, and print the seconds it took and the most memory that the process had, in MB."""
    # A tool for tests, which pandera loads wherever it is installed.
    sys.modules["hypothesis"] = None  # type: ignore[assignment] # as Python itself says that it cannot be imported
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        WORK[name](base, protocol, Path(folder))
        seconds = time.perf_counter() - began
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(json.dumps([seconds, int(status["VmHWM"].split()[0]) / 1024]))


def measured(name: str, base: str, protocol: str) -> tuple[float, float]:
    """The seconds and megabytes of one of them, in a process of its own; its imports count."""
    command = [sys.executable, __file__, "--work", name, base, protocol]
    if name == REQUESTS:
        command = [PANDAS, WITH_PANDAS, "pages", f"{base}/{card_of(V4).table}/Observations?$count=true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    seconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    return seconds, megabytes


def compare(
    work: str,
    beside: str,
    rows: int,
    rounds: int,
    mine: tuple[str, str],
    other: tuple[str, str],
    protocol: str,
    goal: float,
) -> tuple[Ratio, float]:
    """Run two alternately, each a name and its address; the line of the table, and the most memory that ours took."""
    pairs = alternately(lambda: measured(*mine, protocol), lambda: measured(*other, protocol), rounds)
    ours, others, ratio = quotient([(a[0], b[0]) for a, b in pairs])
    if is_share := other[0] == LIMIT:
        ratio = ours / others
    return Ratio(work, beside, speed(rows, ours), speed(rows, others), ratio, goal, is_share), max(
        a[1] for a, _ in pairs
    )


def measure(rows: int = 3_000_000, rounds: int = 5, seconds: float = 0.0) -> list[Ratio]:
    """Start the server, then run the comparisons."""
    heard, telling = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.Process(target=serve, args=(rows, seconds, telling), daemon=True)
    server.start()
    base = heard.recv()
    mine, wait = ("ours", base), f", {seconds:g} s a page" if seconds else ""
    requests, memory = compare(
        f"ingest of CBS v4{wait}",
        f"requests, `.json()` and {FRAMES}",
        rows,
        rounds,
        mine,
        (REQUESTS, base),
        V4,
        8 if seconds else 6,
    )
    package, memory_v3 = compare(
        f"ingest of CBS v3{wait}", "the package cbsodata", rows, rounds, mine, ("cbsodata", base), V3, 4
    )
    lines = [requests, package]
    if not seconds:
        with tempfile.TemporaryDirectory() as folder:
            for skip in range(0, rows, V4_PAGE):
                body = json.loads(gzip.decompress(v4_page(base, skip)))
                Path(folder, f"{skip:09d}.json").write_text(json.dumps(body["value"], separators=(",", ":")))
            beside = "its bytes on disk to Parquet, no more"
            lines.append(compare("ingest of CBS v4", beside, rows, rounds, mine, (LIMIT, folder), V4, 2)[0])
    server.terminate()
    most = max(memory, memory_v3)
    room = f"most memory of an ingest{wait}"
    return [*lines, Ratio(room, "300 MB", f"{most:.0f} MB", "", most / 300, 1.0, is_share=True)]


def v4_page(base: str, skip: int) -> bytes:
    """A page of the v4 table as it is sent."""
    import requests

    with requests.get(
        f"{base}/{card_of(V4).table}/Observations?$skip={skip}",
        headers={"Accept-Encoding": "gzip"},
        stream=True,
        timeout=60,
    ) as answer:
        body: bytes = answer.raw.read()
    return body


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(*sys.argv[2:5])
    else:
        show(measure(*(kind(text) for kind, text in zip((int, int, float), sys.argv[1:4], strict=False))))
