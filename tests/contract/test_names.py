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
    assert {"SourceCard", "Indicator", "Row", "AsgiApp", "Road", "Figure", "ApiAnswer"} <= found
    assert len(found) > 200


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_a_type_has_a_name_that_no_other_module_has(path: Path) -> None:
    others = {name: other for other in MODULES if other != path for name in FOUND[other]}
    twice = {name: others[name].relative_to(PROJECT).as_posix() for name in FOUND[path] if name in others}
    assert not twice, f"{path.name} has names that other modules have: {twice} -> say whose it is in one of them"
