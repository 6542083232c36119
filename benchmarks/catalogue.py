"""Ingests many tables of CBS in one process, and looks through all of them: what a whole catalogue would cost.

    python benchmarks/catalogue.py [TABLES] [ROWS]

A server on this machine makes TABLES (200) of ROWS (250,000) observations each; they differ in every byte that lands.
All of them are fetched, landed, read and checked one after another, then asked for news, and then read as one. Prints
seconds, processor time, memory and bytes, of which docs/scale.md works out what more would take.
"""

import gzip
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.ingest import V4, Answer, card_of, regions, serve_gzip, v4_bodies
from benchmarks.runs import size_of
from pipelines.sources.card import SourceCard

HEAD = "| step | seconds | processor | Mrow/s | most MB | bytes an observation |\n|---|---:|---:|---:|---:|---:|"
ONE = card_of(V4).table


def cards_of(tables: int) -> list[SourceCard]:
    """A card for each of the tables; nobody has to be spared who is on this machine."""
    one = card_of(V4).model_copy(update={"rate": 10_000.0})
    return [one.model_copy(update={"table": f"{number:05}NED"}) for number in range(tables)]


def serve(rows: int, telling: Connection) -> None:
    """Serve every table until the process ends: each is the same one, under its own id."""

    def made(base: str) -> Answer:
        texts = {path: gzip.decompress(body) for path, body in v4_bodies(rows, base, regions()).items()}

        def answer(path: str, skip: str) -> bytes:
            table, _, rest = path.strip("/").partition("/")
            same = f"/{ONE}/{rest}".rstrip("/")
            text = texts.get(f"{same}?{skip}") or texts.get(same)
            if not text:
                return b""
            body = gzip.compress(text.replace(ONE.encode(), table.encode()), 1)
            # As if it had been packed at another moment, so that no two tables share a byte of what lands.
            return body[:4] + int(table[:5]).to_bytes(4, "little") + body[8:]

        return answer

    serve_gzip(made, telling)


def said(step: str, began: tuple[float, float], rows: int, size: int = 0) -> None:
    """Print a row: what a step took since it began."""
    seconds, processor = time.perf_counter() - began[0], time.process_time() - began[1]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    each = f"{size / rows:.1f}" if size else ""
    print(
        f"| {step} | {seconds:.1f} | {processor:.1f} | {rows / seconds / 1e6:.2f} | {most:.0f} | {each} |", flush=True
    )


def now() -> tuple[float, float]:
    """The moment, and the processor time of this process until then."""
    return time.perf_counter(), time.process_time()


def ingest(base: str, cards: list[SourceCard], rows: int, folder: Path) -> None:
    """Take the tables in, ask for news of them, and look through all."""
    import duckdb

    from pipelines.clients.http import HttpClient, open_session
    from pipelines.ingest.origins import LiveOrigin
    from pipelines.ingest.refresh import refresh
    from pipelines.landing.store import Landing
    from schemas.shapes import check_shape

    http = HttpClient(open_session(inside=("127.0.0.1",)))
    landing, raw = Landing(folder / "landing"), folder / "raw"
    every = rows * len(cards)
    for step in ("fetched, landed, read and checked", "asked for news, of which there was none"):
        began, read = now(), 0
        for card in cards:
            origin = LiveOrigin(http, {access.protocol: base for access in card.access})
            read += refresh(card, origin, landing, raw, check_shape).rows
        said(step, began, every)
    for name, part in (("landing", folder / "landing"), ("raw", raw)):
        said(f"kept in {name}", now(), every, size_of(part))
    files = f"read_parquet('{raw}/**/observations.parquet')"
    with duckdb.connect(config={"memory_limit": "256MB", "threads": 2, "temp_directory": str(folder)}) as con:
        began = now()
        (found,) = con.execute(f"select count(*) from {files} where value is not null").fetchone() or (0,)
        said("every figure counted", began, every)
        began = now()
        con.execute(f"select dataset_id, max(value) from {files} where region_code = 'GM0193' group by all").fetchall()
        said("those of one municipality", began, every)
    if found != read:
        raise AssertionError(f"{found} figures of the {read} that were read")


def main() -> None:
    """Start the server, then measure."""
    tables = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 250_000
    heard, telling = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.Process(target=serve, args=(rows, telling), daemon=True)
    server.start()
    base = heard.recv()
    print(f"{tables} tables of {rows:,} observations; {os.cpu_count()} processors\n\n{HEAD}")
    with tempfile.TemporaryDirectory() as folder:
        ingest(base, cards_of(tables), rows, Path(folder))
    server.terminate()


if __name__ == "__main__":
    main()
