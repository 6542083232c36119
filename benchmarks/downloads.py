"""How fast files of a release are sent, beside Datasette's own streamed CSV and beside nginx that sends the same file.

    python benchmarks/downloads.py [ROUNDS]

Serves the current release by `regiokompas serve`, by Datasette as it is without anything of ours, and by an nginx that
has only the files, one after another, and takes each file as a whole, packed where it can be, ROUNDS (5) times. Of a
table counts how long that takes; of what is made for a region, which is smaller, how many bytes a second come.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import requests

from benchmarks.ratios import Ratio, show
from pipelines.commands.server_process import HOST, free_port, serving
from pipelines.publish.release import CURRENT
from pipelines.settings import Settings
from tools.behind_nginx import has_nginx, nginx_with

# What is sent as a file, by its address with us and within a release; what is made for a region has no file.
FILES = {
    "a table as CSV": ("/downloads/observations.csv", "tables/observations.csv.gz"),
    "a table as Parquet": ("/downloads/observations.parquet", "tables/observations.parquet"),
}
MADE = {"the zip of a municipality": "/gemeente/zwolle.zip", "its Excel file": "/gemeente/zwolle.xlsx"}
STREAMED = "/regiokompas/observations.csv?_stream=on&_labels=off"
GOAL, GOAL_OF_NGINX = 50, 0.7
ALONE = "sendfile on; server {{ listen 127.0.0.1:{{port}}; root {root}; }}"


@contextmanager
def stock_datasette(release: Path) -> Iterator[str]:
    """Serves a release by Datasette as it is, without a limit to its CSV; gives its address when it answers.

    Raises:
        SystemExit: it ended.
    """
    port = free_port()
    command = [sys.executable, "-P", "-m", "datasette", "serve", "--immutable", str(release / "regiokompas.db")]
    command += ["--port", str(port), "--setting", "max_csv_mb", "0"]
    address = f"http://{HOST}:{port}"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _answers(address):
            if process.poll() is not None:
                raise SystemExit(f"Datasette ended with {process.returncode}")
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=10).ok
    except requests.RequestException:
        return False


def taken(address: str, rounds: int) -> tuple[float, int]:
    """The seconds that it takes to get what is at an address, and its bytes as they are sent.

    Raises:
        SystemExit: it is not there.
    """
    seconds, size = [], 0
    for _ in range(rounds):
        began = time.perf_counter()
        with requests.get(address, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=600) as answer:
            if answer.status_code != 200:
                raise SystemExit(f"{address} answers {answer.status_code}")
            size = sum(len(part) for part in answer.raw.stream(1 << 20, decode_content=False))
        seconds.append(time.perf_counter() - began)
    return median(seconds), size


def measure(rounds: int = 5, part: str = "") -> list[Ratio]:
    """The lines of the table; `part` is what Datasette streams less than all of, which takes it a minute."""
    release = (Settings.from_environment().releases / CURRENT).resolve(strict=True)
    with serving(release) as address:
        ours = {name: taken(address + path, rounds) for name, (path, _) in FILES.items()}
        made = {name: taken(address + path, rounds) for name, path in MADE.items()}
    with stock_datasette(release) as address:
        streamed, size = taken(address + STREAMED + part, 1)
    beside = "Datasette's streamed CSV"
    lines = [_line(name, beside, seconds, streamed, GOAL) for name, (seconds, _) in ours.items()]
    for name, (seconds, bytes_) in made.items():
        mine, other = bytes_ / seconds, size / streamed
        told = f"{mine / 1e6:.2f} MB/s", f"{other / 1e6:.2f} MB/s"
        lines.append(Ratio(f"making and sending {name}", beside, *told, mine / other))
    if has_nginx():
        with nginx_with(ALONE.format(root=release)) as address:
            sent = {name: taken(f"{address}/{file}", rounds)[0] for name, (_, file) in FILES.items()}
        beside = "nginx that has the file"
        lines += [_line(name, beside, ours[name][0], sent[name], GOAL_OF_NGINX) for name in FILES]
    return lines


def _line(name: str, beside: str, ours: float, other: float, goal: float) -> Ratio:
    return Ratio(f"sending {name}", beside, f"{ours * 1000:.1f} ms", f"{other * 1000:.1f} ms", other / ours, goal)


if __name__ == "__main__":
    show(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
