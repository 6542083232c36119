"""Which files make a release what it is: all that its making imports, and the texts that are read beside them.

How a release is asked for, served and shown is no part of it: those modules can change without making another release.
"""

import ast
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from pipelines.settings import PROJECT

# What Dagster runs: from the landed bytes to the folder of a release.
ROOT = "pipelines.definitions"
PACKAGES = ("pipelines", "portal", "schemas")
_TEXTS = {
    "pipelines/cards": {".yml"},
    "dbt_project": {".sql", ".yml", ".csv", ".md"},
    "datasette/queries": {".sql"},
}


def code_digest(project: Path = PROJECT) -> str:
    """The identity of the code that makes a release: every file that can change a byte of it."""
    digest = sha256()
    for path in code_files(project):
        digest.update(path.relative_to(project).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def code_files(project: Path = PROJECT) -> list[Path]:
    """The files that make a release, in a fixed order."""
    texts = [p for name, endings in _TEXTS.items() for p in (project / name).rglob("*") if p.suffix in endings]
    modules = imported(ROOT, project).values()
    return sorted(path for path in {*modules, *texts} if "target" not in path.parts)


def imported(module: str, project: Path = PROJECT) -> dict[str, Path]:
    """The modules of the project that a module imports, directly or not, itself and their packages included."""
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _file_of(name, project)
        if path is None or name in found:
            continue
        found[name] = path
        waiting += [name.rpartition(".")[0], *_imports(path)]
    return found


def _imports(path: Path) -> Iterator[str]:
    """Every name that a file imports; of `from a import b` also `a.b`, which may be a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file_of(name: str, project: Path) -> Path | None:
    if name.partition(".")[0] not in PACKAGES:
        return None
    path = project.joinpath(*name.split("."))
    return next((p for p in (path / "__init__.py", path.with_suffix(".py")) if p.is_file()), None)
