"""A name of a class or of a type is of one thing: nobody has to ask which `Table` is meant."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.settings import PROJECT

FOLDERS = ("pipelines", "schemas", "portal", "datasette/plugins")
MODULES = sorted(path for folder in FOLDERS for path in (PROJECT / folder).rglob("*.py"))


def names_of_types(path: Path) -> Iterator[str]:
    """The public classes and type aliases of a module; a type variable is a name for its own module only."""
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript | ast.BinOp):
            # Constants are written in capitals.
            yield from (
                target.id for target in node.targets if isinstance(target, ast.Name) and not target.id.isupper()
            )


def public(path: Path) -> list[str]:
    return [name for name in names_of_types(path) if name[0].isupper()]


FOUND = {path: public(path) for path in MODULES}


def test_classes_and_aliases_are_found() -> None:
    found = {name for names in FOUND.values() for name in names}
    assert {"SourceCard", "Indicator", "Row", "AsgiApp", "Access", "Figure", "ApiAnswer"} <= found
    assert len(found) > 200


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_a_type_has_a_name_that_no_other_module_has(path: Path) -> None:
    others = {name: other for other in MODULES if other != path for name in FOUND[other]}
    twice = {name: others[name].relative_to(PROJECT).as_posix() for name in FOUND[path] if name in others}
    assert not twice, f"{path.name} has names that other modules have: {twice} -> say whose it is in one of them"


# What is written down outside of Python: in landings and in a table of the release.
KEPT_ON_DISK = {"invented", "blocks"}


def classes(path: Path) -> list[ast.ClassDef]:
    return [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.ClassDef)]


BASES = {kind.name: {ast.unparse(base) for base in kind.bases} for path in MODULES for kind in classes(path)}


def is_of_a_file(name: str) -> bool:
    """Whether a class is a part of a card or a row of a seed, whose keys are those of the file."""
    return name in ("Strict", "SeedRow") or any(is_of_a_file(base) for base in BASES.get(name, ()))


def booleans(path: Path) -> Iterator[str]:
    """The fields and properties of a module that are true or false, but for keys of cards and columns of seeds."""
    for kind in classes(path):
        for node in kind.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and not is_of_a_file(kind.name):
                name, told = node.target.id, node.annotation
            elif isinstance(node, ast.FunctionDef) and "property" in map(ast.unparse, node.decorator_list):
                name, told = node.name, node.returns
            else:
                continue
            if told is not None and ast.unparse(told) in ("bool", "bool | None"):
                yield name


def test_a_boolean_says_what_is_or_what_it_has() -> None:
    found = {name: path.name for path in MODULES for name in booleans(path)}
    assert len(found) > 20
    wrong = {name: file for name, file in found.items() if not name.lstrip("_").startswith(("is_", "has_"))}
    assert wrong.keys() == KEPT_ON_DISK, f"{wrong} -> begin a boolean with is_ or has_"
