"""What names tell: a class or a type is of one thing (which `Table`?), and what is true or false says so."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Run

from pipelines.database import connect
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


BOOLEAN = ("is_", "has_")


def booleans(path: Path) -> Iterator[str]:
    """The fields and properties of a module that are true or false, with keys of cards and columns of seeds."""
    for kind in (node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.ClassDef)):
        for node in kind.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                name, told = node.target.id, node.annotation
            elif isinstance(node, ast.FunctionDef) and "property" in map(ast.unparse, node.decorator_list):
                name, told = node.name, node.returns
            else:
                continue
            if told is not None and ast.unparse(told) in ("bool", "bool | None"):
                yield name


def test_a_boolean_says_what_is_or_what_it_has() -> None:
    found = {name: path.name for path in MODULES for name in booleans(path)}
    assert {"is_optional", "has_year_in_name", "is_zero", "is_invented"} <= found.keys(), "of cards, seeds and landings"
    wrong = {name: file for name, file in found.items() if not name.lstrip("_").startswith(BOOLEAN)}
    assert not wrong, f"{wrong} -> begin a boolean with is_ or has_"


COLUMNS = "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() where not internal"
DBT = PROJECT / "dbt_project"


def test_a_column_is_true_or_false_just_when_its_name_says_so(sample_run: Run) -> None:
    with connect(sample_run.data / "build" / "regiokompas.duckdb", read_only=True) as con:
        columns = con.sql(COLUMNS).fetchall()
    made = [*(DBT / "models").rglob("*.sql"), *(DBT / "seeds").glob("*.csv")]
    assert len({table for table, *_ in columns}) == len(made), "every model and every seed"
    wrong = [
        f"{table}.{column} is {data_type}"
        for table, column, data_type in columns
        if column.startswith(BOOLEAN) != (data_type == "BOOLEAN")
    ]
    assert not wrong, f"{wrong} -> begin a boolean column with is_ or has_, and no other column"
