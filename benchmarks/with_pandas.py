"""Reads a table of CBS the way a script does, into a data frame of pandas and Parquet: what the others stand beside.

    python benchmarks/with_pandas.py pages ADDRESS
    python benchmarks/with_pandas.py bulk ZIP

Prints the seconds, its imports included, and the most memory that the process had, in MB. It imports nothing of ours,
so that any Python with pandas, pyarrow and requests can run it: name one in BENCH_PANDAS. Our own environment has no
pandas, because pandera loads it wherever it is installed; there the data frame is one of polars.
"""

import json
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

BEGAN = time.perf_counter()


def pages(address: str, target: Path) -> None:
    """Every page of a v4 table with `.json()`, a data frame of each."""
    import requests

    url = address
    frames = []
    with requests.Session() as session:
        while url:
            page = session.get(url, timeout=60).json()
            frames.append(frame_of(page["value"]))
            url = page.get("@odata.nextLink")
    write(frames, target)


def bulk(archive: str, target: Path) -> None:
    """The observations of a bulk zip."""
    with zipfile.ZipFile(archive) as opened, opened.open("Observations.csv") as member:
        try:
            import pandas as pd  # type: ignore[import-untyped] # not in our own environment

            frames = [pd.read_csv(member, sep=";", decimal=",")]
        except ImportError:
            import polars as pl

            frames = [pl.read_csv(member.read(), separator=";", decimal_comma=True)]
    write(frames, target)


def frame_of(rows: list[dict[str, Any]]) -> Any:
    """A data frame of some rows."""
    try:
        import pandas as pd
    except ImportError:
        import polars as pl

        return pl.DataFrame(rows, schema_overrides={"StringValue": pl.String})
    return pd.DataFrame(rows)


def write(frames: list[Any], target: Path) -> None:
    """All of them as Parquet."""
    try:
        import pandas as pd
    except ImportError:
        import polars as pl

        pl.concat(frames).write_parquet(target)
    else:
        pd.concat(frames).to_parquet(target)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        {"pages": pages, "bulk": bulk}[sys.argv[1]](sys.argv[2], Path(folder) / "observations.parquet")
    seconds = time.perf_counter() - BEGAN
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(json.dumps([seconds, int(status["VmHWM"].split()[0]) / 1024]))
