"""Ingests a table of CBS that is three times as large: seconds for each million, and the most memory.

    python benchmarks/growth.py [ROWS] [ROUNDS]

Tables of ROWS (3,000,000) and 10 / 3 times as many observations, each from a server on this machine and by a process
of its own, as in `ingest.py`; ROUNDS (1) times, one size after another. Ten times as many cannot be read: DuckDB would
need more memory than the 64 MB that it has for reading.
"""

import multiprocessing
import sys
from multiprocessing.connection import Connection
from statistics import median

from benchmarks.ingest import V4, answering, measured, serve_gzip, v4_bodies
from benchmarks.ratios import Ratio, show

TIMES = (1, 10 / 3)
# Linear and constant, within a tenth.
GOAL = 1.1
# So many that all months of the largest table are past.
PLACES = [f"OWN-{number}" for number in range(1, 20_001)]


def serve(rows: int, telling: Connection) -> None:
    """Serve a table until the process ends; tells the address when everything is made."""
    serve_gzip(lambda base: answering(v4_bodies(rows, base, PLACES)), telling)


def of_size(rows: int, rounds: int) -> tuple[float, float]:
    """The median seconds for each million observations, and the most memory of a process in MB."""
    heard, telling = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.Process(target=serve, args=(rows, telling), daemon=True)
    server.start()
    base = heard.recv()
    try:
        found = [measured("ours", base, V4) for _ in range(rounds)]
    finally:
        server.terminate()
        server.join()
    return median(seconds for seconds, _ in found) / rows * 1e6, max(memory for _, memory in found)


def measure(rows: int = 3_000_000, rounds: int = 1) -> list[Ratio]:
    """The lines of the table."""
    first, *others = [(n := round(rows * times), *of_size(n, rounds)) for times in TIMES]
    lines = []
    for size, seconds, memory in others:
        work, beside = f"ingest of {size / 1e6:g} M", f"ingest of {first[0] / 1e6:g} M"
        told = f"{seconds:.2f} s/Mrow", f"{first[1]:.2f} s/Mrow"
        lines.append(Ratio(work, beside, *told, seconds / first[1], GOAL, is_share=True))
        room = f"{memory:.0f} MB", f"{first[2]:.0f} MB"
        lines.append(Ratio(f"most memory of an {work}", beside, *room, memory / first[2], GOAL, is_share=True))
    return lines


if __name__ == "__main__":
    show(measure(*map(int, sys.argv[1:])))
