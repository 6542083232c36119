"""Every way in which a file is damaged, and every kind of file that a data folder has, by where it is.

Belongs here: the harms, and the kinds. Not here: what must come of a damaged file, which the tests say.
"""

import re
from collections.abc import Callable
from pathlib import Path


def flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 0xFF
    path.write_bytes(body)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


HARM: dict[str, Callable[[Path], None]] = {
    "flipped": flip,
    "cut": cut,
    "empty": lambda path: path.write_bytes(b""),
    "missing": Path.unlink,
}
_RELEASE = r"releases/[^/]*\d{4}-\d\d-\d\d-[^/]+"
# The kinds of files of a release, which `release.json` seals, and that one itself.
OF_A_RELEASE = {
    "database": rf"{_RELEASE}/regiokompas\.db",
    "Parquet": rf"{_RELEASE}/tables/\w+\.parquet",
    "CSV": rf"{_RELEASE}/tables/\w+\.csv\.gz",
    "Dutch CSV": rf"{_RELEASE}/tables/\w+\.nl\.csv\.gz",
    "maps": rf"{_RELEASE}/maps\.json",
    "metadata": rf"{_RELEASE}/metadata\.json",
    "data package": rf"{_RELEASE}/(datapackage|csv-metadata)\.json",
    "catalogue": rf"{_RELEASE}/catalogue\.(ttl|jsonld)",
    "zstd form": rf"{_RELEASE}/(tables/[\w.]+|[\w-]+\.\w+)\.zst",
    "gzip form": rf"{_RELEASE}/[\w-]+\.\w+\.gz",
    "release.json": rf"{_RELEASE}/release\.json",
}
OF_A_SOURCE = {
    "object": r"landing/objects/\w\w/\w{64}\.gz",
    "lock": r"landing/locks/\w+/[\w.-]+\.json",
    "raw Parquet": r"raw/\w+/\w+/\w+\.parquet",
    "raw.json": r"raw/\w+/\w+/raw\.json",
}
# What a run makes anew, or looks at before it trusts it.
OF_A_BUILD = {
    "DuckDB": r"build/regiokompas\.duckdb",
    "inputs": r"build/inputs/\w+\.parquet",
    "what dbt parsed": r"build/dbt/(manifest\.json|partial_parse\.msgpack|parsed\.sha256)",
    "what dbt tells": r"build/dbt/(graph\.gpickle|(?!manifest)\w+\.json|logs/dbt\.log|(compiled|run)/.+)",
    "what the checks said": r"build/checked\.json",
    "log": r"build/run\.log",
}
BESIDE_RELEASES = {
    "timeline": r"releases/current\.csv",
    "changes": r"releases/changes/[^/]+\.json",
    "changed figures": r"releases/changes/[^/]+\.parquet",
    "history": r"releases/history/[^/]+/history\.db",
    "refusal": r"releases/refused/[^/]+\.json",
}
OF_DAGSTER = {
    "history of runs": r"dagster/history/runs\.db",
    "index of runs": r"dagster/history/runs/index\.db",
    "schedules": r"dagster/schedules/schedules\.db",
    "log of a run": r"dagster/(history/runs/[\w-]{36}\.db|storage/.+)",
    "settings of Dagster": r"dagster/dagster\.yaml",
}
OTHERS = {"lock of runs": r"run\.lock", "alerts": r"alerts\.json"}
KINDS = {**OF_A_SOURCE, **OF_A_BUILD, **OF_A_RELEASE, **BESIDE_RELEASES, **OF_DAGSTER, **OTHERS}


def kinds_of(path: str) -> list[str]:
    """The kinds that a file is of, by its path in the data folder; more or fewer than one is a mistake."""
    return [kind for kind, pattern in KINDS.items() if re.fullmatch(pattern, path)]


def first_of(kind: str, data: Path) -> Path:
    """The first file of a kind in a data folder, for a test to harm."""
    found = sorted(path for path in data.rglob("*") if path.is_file() and kind in kinds_of(_name(path, data)))
    assert found, f"there is no {kind} in {data}"
    return found[0]


def _name(path: Path, data: Path) -> str:
    return path.relative_to(data).as_posix()


def harm_one(path: Path, harm: str) -> None:
    """Harm a file, and none that shares its bytes."""
    body = path.read_bytes()
    path.unlink()
    path.write_bytes(body)
    HARM[harm](path)
