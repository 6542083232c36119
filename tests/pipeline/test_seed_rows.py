"""The rows of seeds are held against what their columns can hold: the first that differs is told by its value."""

from typing import Any

import duckdb
import pytest
import yaml
from jinja2 import Environment

from pipelines.seeds import SEEDS
from pipelines.settings import DBT_PROJECT

MACROS = {name: (DBT_PROJECT / "macros" / f"{name}.sql").read_text(encoding="utf-8") for name in ("rows_fit",)}
RULES = {
    seed["name"]: test["rows_fit"]["arguments"]
    for path in sorted(SEEDS.glob("*.yml"))
    for seed in yaml.safe_load(path.read_text(encoding="utf-8"))["seeds"]
    for test in seed.get("data_tests", [])
    if "rows_fit" in test
}


class Model(str):
    """A relation, as dbt gives it to a test."""

    identifier = "seed"


def problems(rules: dict[str, Any], table: str) -> list[str]:
    """What the test of dbt says of a table, by its own SQL."""
    source = (
        MACROS["rows_fit"].replace("{% test rows_fit(", "{% macro rows_fit(").replace("{% endtest %}", "{% endmacro %}")
    )
    environment = Environment(trim_blocks=True)
    environment.globals["first_problem"] = lambda name: f"select problem from {name} order by problem"
    sql = environment.from_string(source).module.rows_fit(Model("seed"), **rules)  # type: ignore[attr-defined]
    with duckdb.connect() as con:
        con.execute(f"create table seed as {table}")
        return [row[0] for row in con.execute(str(sql)).fetchall()]


def test_every_seed_has_rules_and_every_rule_a_column() -> None:
    assert {path.stem for path in SEEDS.glob("*.csv")} == RULES.keys()
    for name, rules in RULES.items():
        header = (SEEDS / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
        asked = {*rules.get("not_null", ()), *rules.get("unique", ()), *rules.get("accepted_values", ())}
        assert asked and asked <= set(header), name


RULE = {"not_null": ["a"], "unique": ["a"], "accepted_values": {"b": ["x", "y"], "c": [1, 2]}}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ("('1', 'x', 1), ('2', null, null)", []),
        ("(null, 'x', 1)", ["seed.csv: a row has no a -> give it one, or remove the row"]),
        ("('1', 'x', 1), ('1', 'y', 2)", ["seed.csv: column a holds '1' in 2 rows, expected one -> remove the others"]),
        ("('1', 'z', 1)", ["seed.csv: column b holds 'z', expected one of: x, y"]),
        ("('1', 'x', 3)", ["seed.csv: column c holds '3', expected one of: 1, 2"]),
    ],
)
def test_a_row_that_does_not_fit_is_told_by_its_column_and_value(values: str, told: list[str]) -> None:
    assert problems(RULE, f"select * from (values {values}) as t(a, b, c)") == told


@pytest.mark.parametrize("name", RULES)
def test_each_rule_of_each_seed_refuses_a_row_that_breaks_it(name: str) -> None:
    path = SEEDS / f"{name}.csv"
    columns = duckdb.sql(f"select * from read_csv('{path}', all_varchar = true) limit 0").columns
    whole = f"select * from read_csv('{path}', all_varchar = true)"
    assert problems(RULES[name], whole) == []
    rules = RULES[name]
    for column in rules.get("not_null", ()):
        row = ", ".join("null" if each == column else f'"{each}"' for each in columns)
        assert f"{column}" in str(
            problems({"not_null": [column]}, f"{whole} union all select {row} from ({whole} limit 1)")
        )
    for column in rules.get("unique", ()):
        assert "in 2 rows" in str(problems({"unique": [column]}, f"{whole} union all ({whole} limit 1)"))
    for column, values in rules.get("accepted_values", {}).items():
        row = ", ".join(f"'other' as \"{each}\"" if each == column else f'"{each}"' for each in columns)
        found = problems({"accepted_values": {column: values}}, f"select {row} from ({whole} limit 1)")
        assert found == [f"seed.csv: column {column} holds 'other', expected one of: {', '.join(map(str, values))}"]
