"""Which files determine a release: every module imported to make it, and the texts that are read with them.

How a release is requested, kept, served and shown is left out: those modules can change without making another release.
"""

from hashlib import sha256
from pathlib import Path

from pipelines.imported import files_behind
from pipelines.settings import PACKAGES, PROJECT

# What Dagster runs: from the landed bytes to the folder of a release.
ROOT = "pipelines.definitions"
_TEXTS = {"dbt_project": {".sql", ".yml", ".csv", ".md"}, "datasette/queries": {".sql"}}
_CARDS = "pipelines/cards"
# A run loads it where it keeps its work in storage, which changes no byte of a release.
STORAGE = "pipelines/storage"


def code_digest(packages: Path = PACKAGES, project: Path = PROJECT) -> str:
    """The identity of the code that makes a release: every file that can change a byte of it."""
    digest = sha256()
    for name, path in code_files(packages, project).items():
        digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def code_files(packages: Path = PACKAGES, project: Path = PROJECT) -> dict[str, Path]:
    """The files that determine a release, by a name that is the same in a checkout and in an installed copy.

    Args:
        packages: the folder of our packages.
        project: the folder of dbt_project/ and datasette/.
    """
    kept = packages / STORAGE
    modules = [path for path in files_behind([ROOT], packages).values() if kept not in path.parents]
    cards = (packages / _CARDS).glob("*.yml")
    texts = [p for name, endings in _TEXTS.items() for p in (project / name).rglob("*") if p.suffix in endings]
    found = {path.relative_to(packages).as_posix(): path for path in (*modules, *cards)}
    found |= {path.relative_to(project).as_posix(): path for path in texts}
    return dict(sorted((name, path) for name, path in found.items() if not name.startswith("dbt_project/target/")))
