"""The rows of seeds and models are held against their rules: the first that differs is told by its value."""

from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from jinja2 import Environment

from pipelines.seeds import SEEDS
from pipelines.settings import DBT_PROJECT

MACROS = (DBT_PROJECT / "macros" / "rows_fit.sql").read_text(encoding="utf-8")
MODELS = DBT_PROJECT / "models"


def told(folder: Path, kind: str) -> dict[str, dict[str, Any]]:
    """What the yml files say of each seed or model, by its name."""
    files = (yaml.safe_load(path.read_text(encoding="utf-8")) or {} for path in sorted(folder.rglob("*.yml")))
    return {table["name"]: table for file in files for table in file.get(kind, ())}


TABLES = told(SEEDS, "seeds") | told(MODELS, "models")
TESTS = {name: [test["rows_fit"] for test in table.get("data_tests", ())] for name, table in TABLES.items()}
RULES = {name: test["arguments"] for name, tests in TESTS.items() for test in tests}


class Relation(str):
    """A relation, as dbt gives it to a test: one of a seed is in a schema of its own."""

    @property
    def identifier(self) -> str:
        return str(self)

    @property
    def schema(self) -> str:
        return "main_seeds" if self == "seed" or (SEEDS / f"{self}.csv").exists() else "main"


@cache
def macros() -> Any:
    """The macros of the file, the test of dbt among them as one more."""
    source = MACROS.replace("{% test rows_fit(", "{% macro rows_fit(").replace("{% endtest %}", "{% endmacro %}")
    environment = Environment(trim_blocks=True, extensions=["jinja2.ext.do"])
    environment.globals["return"] = lambda value: value
    environment.globals["first_problem"] = lambda name: f"select problem from {name} order by problem"
    return environment.from_string(source).module


@cache
def database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def problems(rules: dict[str, Any], table: str, *others: str, name: str = "seed") -> list[str]:
    """What the test of dbt says of a table, by its own SQL."""
    related = {
        column: {**other, "to": Relation(other["to"].split("'")[1])}
        for column, other in rules.get("relationships", {}).items()
    }
    sql = macros().rows_fit(Relation(name), **{**rules, "relationships": related})
    con = database()
    con.execute("begin")
    try:
        con.execute(f'create table "{name}" as {table}')
        for other in others:
            con.execute(other)
        return [row[0] for row in con.execute(str(sql)).fetchall()]
    finally:
        con.execute("rollback")


def columns_of(name: str) -> list[str]:
    """The columns of a seed by its file, those of a model by its yml."""
    path = SEEDS / f"{name}.csv"
    if path.exists():
        return path.read_text(encoding="utf-8").splitlines()[0].split(",")
    return [column["name"] for column in TABLES[name]["columns"]]


def test_every_seed_has_rules_and_every_rule_a_column() -> None:
    assert {path.stem for path in SEEDS.glob("*.csv")} <= RULES.keys() <= TABLES.keys()
    for name, rules in RULES.items():
        asked = {column for rule in rules.values() for column in rule}
        assert asked and asked <= set(columns_of(name)), name
        for column, other in rules.get("relationships", {}).items():
            assert other["field"] in columns_of(other["to"].split("'")[1]), (name, column)


def test_a_table_has_one_test_which_is_called_after_it() -> None:
    assert len(RULES) > 60
    for name, table in TABLES.items():
        assert [test["name"] for test in TESTS[name]] in ([], [f"rows_fit_{name}"])
        assert not [column["name"] for column in table.get("columns", ()) if "data_tests" in column], name


RULE = {
    "not_null": ["a"],
    "unique": ["a", ["b", "c"]],
    "accepted_values": {"b": ["x", "y"], "c": [1, 2]},
    "relationships": {"d": {"to": "ref('others')", "field": "other"}},
}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("('1', 'x', 1, 'o'), ('2', null, null, null), ('3', null, null, null)", []),
        ("(null, 'x', 1, 'o')", ["a row has no a{} -> give it one, or remove the row"]),
        ("('1', 'x', 1, 'o'), ('1', 'y', 2, 'o')", ["column a holds '1' in 2 rows, expected one -> remove the others"]),
        (
            "('1', 'x', 1, 'o'), ('2', 'x', 1, 'o')",
            ["columns b, c hold 'x', '1' in 2 rows, expected one -> remove the others"],
        ),
        ("('1', 'z', 1, 'o')", ["column b holds 'z', expected one of: x, y"]),
        ("('1', 'x', 3, 'o')", ["column c holds '3', expected one of: 1, 2"]),
        ("('1', 'x', 1, 'p')", ["column d holds 'p', expected one that is in column other of others"]),
    ],
)
@pytest.mark.parametrize("name", ["seed", "model"])
def test_a_row_that_does_not_fit_is_told_by_its_column_and_value(name: str, values: str, expected: list[str]) -> None:
    found = problems(
        RULE,
        f"select * from (values {values}) as t(a, b, c, d)",
        "create table others as select 'o' as other",
        name=name,
    )
    # In a file a person can do something about it.
    lines = [line if name == "seed" else line.split(" -> ")[0] for line in expected]
    assert found == [f"{name}{'.csv' if name == 'seed' else ''}: {line.replace('{}', '')}" for line in lines]


def made(name: str, /, **values: str) -> str:
    """A row of a table in which only some columns hold something."""
    cells = (f"'{values[each]}'" if each in values else "cast(null as varchar)" for each in columns_of(name))
    return "select " + ", ".join(f'{cell} as "{each}"' for cell, each in zip(cells, columns_of(name), strict=True))


def full(name: str) -> str:
    """A row of a table in which every column holds something."""
    return made(name, **dict.fromkeys(columns_of(name), "something"))


@pytest.mark.parametrize("name", RULES)
def test_each_rule_of_each_table_refuses_a_row_that_breaks_it(name: str) -> None:
    rules, called = RULES[name], f"{name}.csv" if (SEEDS / f"{name}.csv").exists() else name
    for column in rules.get("not_null", ()):
        rule = {"not_null": [column]}
        assert problems(rule, full(name), name=name) == []
        empty = made(name, **{each: "something" for each in columns_of(name) if each != column})
        assert problems(rule, empty, name=name)[0].startswith(f"{called}: a row has no {column}")
    for column in rules.get("unique", ()):
        rule = {"unique": [column]}
        assert problems(rule, full(name), name=name) == []
        twice = f"{full(name)} union all {full(name)}"
        assert f"{called}: column {column} holds 'something' in 2 rows" in problems(rule, twice, name=name)[0]
    for column, values in rules.get("accepted_values", {}).items():
        rule = {"accepted_values": {column: values}}
        rows = " union all ".join(made(name, **{column: str(value)}) for value in values)
        assert problems(rule, rows, name=name) == []
        found = problems(rule, made(name, **{column: "other"}), name=name)
        assert found == [f"{called}: column {column} holds 'other', expected one of: {', '.join(map(str, values))}"]
    for column, other in rules.get("relationships", {}).items():
        rule = {"relationships": {column: other}}
        to = other["to"].split("'")[1]
        # A table can refer to itself.
        row, parents = made(name, **{column: "child"}), [f"create table {to} as {full(to)}"] if to != name else []
        assert problems(rule, made(name), *parents, name=name) == []
        (found_one,) = problems(rule, row, *parents, name=name)
        assert found_one.startswith(f"{called}: column {column} holds 'child', expected one that is in column ")
        there = f"insert into {to} ({other['field']}) values ('child')"
        assert problems(rule, row, *parents, there, name=name) == []


@pytest.mark.parametrize("name", sorted(path.stem for path in SEEDS.glob("*.csv")))
def test_every_seed_fits(name: str) -> None:
    def rows(seed: str) -> str:
        return f"select * from read_csv('{SEEDS / f'{seed}.csv'}', all_varchar = true)"

    parents = {other["to"].split("'")[1] for other in RULES[name].get("relationships", {}).values()} - {name}
    others = [f"create table {parent} as {rows(parent)}" for parent in sorted(parents)]
    assert problems(RULES[name], rows(name), *others, name=name) == []
