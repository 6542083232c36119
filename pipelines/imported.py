"""Which of our files a module depends on, found by following its imports: what a fingerprint of code covers."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from threading import Lock

from pipelines.settings import PACKAGES

OURS = ("pipelines", "portal", "schemas")
# Python 3.11 confuses the parsers of two threads: "AST constructor recursion depth mismatch".
_PARSING = Lock()
_STATEMENT = re.compile(rb"^[ \t]*((?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+(?:\([^)]*\)|[^\n]*))", re.MULTILINE)
Imported = tuple[str, str]
"""A module, and the name imported from it; the name is empty where the module itself is imported."""


def files_behind(modules: Iterable[str], root: Path = PACKAGES) -> dict[str, Path]:
    """Our modules that some modules import, directly or indirectly, including themselves and their parent packages.

    Args:
        modules: where to start.
        root: the folder that our packages are in.

    Returns:
        The file of each module, by module name, sorted by name.
    """
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        file = None if name in found else _file_of(name, root)
        if file is None:
            continue
        found[name] = file
        # The name may be a module itself, as in `from pipelines.clients import hal`.
        waiting += [part for of, what in imports_of(file, root) for part in (of, f"{of}.{what}")]
        waiting.append(name.rpartition(".")[0])
    return dict(sorted(found.items()))


@cache
def imports_of(file: Path, root: Path = PACKAGES) -> frozenset[Imported]:
    """What a file imports, anywhere in it.

    Only lines that may be imports are parsed: that takes a tenth of the time, and every run does it.
    """
    code = file.read_bytes()
    with _PARSING:
        try:
            tree = ast.parse(b"\n".join(_STATEMENT.findall(code)))
        except SyntaxError:
            # A line of prose that begins like one.
            tree = ast.parse(code)
    return frozenset(_imports(tree, file.relative_to(root)))


def _imports(tree: ast.AST, file: Path) -> Iterator[Imported]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            beside = file.parts[: -node.level] if node.level else ()
            module = ".".join((*beside, *([node.module] if node.module else [])))
            yield from ((module, alias.name) for alias in node.names)


def _file_of(name: str, root: Path) -> Path | None:
    if name.partition(".")[0] not in OURS:
        return None
    path = root.joinpath(*name.split("."))
    return next((file for file in (path / "__init__.py", path.with_suffix(".py")) if file.is_file()), None)
