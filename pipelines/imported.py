"""Which files of ours the code of a module is made of, by following its imports: what a fingerprint of code covers."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from pipelines.settings import PROJECT

Imported = tuple[str, str]
"""A module, and the name that is imported from it; the name is empty where the module itself is."""


def files_behind(modules: Iterable[str]) -> list[Path]:
    """The files of some modules and of everything of ours that they import, directly or not, in their order."""
    found: set[Path] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        new = {file for file in _files_of(module) if file not in found}
        found |= new
        # The name may be a module itself, as in `from pipelines.clients import hal`.
        waiting += [part for file in new for of, name in imports_of(file) for part in (of, f"{of}.{name}")]
    return sorted(found)


@cache
def imports_of(file: Path) -> frozenset[Imported]:
    """What a file imports, wherever it does so."""
    return frozenset(_imports(ast.parse(file.read_bytes()), file))


def _imports(tree: ast.AST, file: Path) -> Iterator[Imported]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            beside = file.relative_to(PROJECT).parts[: -node.level] if node.level else ()
            module = ".".join((*beside, *([node.module] if node.module else [])))
            yield from ((module, alias.name) for alias in node.names)


def _files_of(module: str) -> Iterator[Path]:
    """The file of a module and those of the packages around it; none of a module that is not ours."""
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        path = PROJECT.joinpath(*parts[:depth])
        yield from (file for file in (path / "__init__.py", path.with_suffix(".py")) if file.is_file())
