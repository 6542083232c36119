"""Where the columns of a query come from."""

import pytest

from pipelines.orchestration.column_lineage import column_lineage

TABLES = {"a": ["id", "x", "y"], "b": ["id", "z"]}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select x from a", {"x": [("a", "x")]}),
        ("select a.x + b.z as s from a join b on a.id = b.id", {"s": [("a", "x"), ("b", "z")]}),
        ("select * from a join b using (id)", {"x": [("a", "x")], "y": [("a", "y")], "z": [("b", "z")]}),
        ("with c as (select x as u from a), d as (select * from c) select u from d", {"u": [("a", "x")]}),
        ("select x from a union all select z from b", {"x": [("a", "x"), ("b", "z")]}),
        ("select (select max(z) from b where b.id = a.id) as m from a", {"m": [("b", "z"), ("a", "id"), ("b", "id")]}),
        ("select count(*) as n, 1 as one from a", {"n": [], "one": []}),
        ("select sum(x) over (partition by y) as r from a", {"r": [("a", "x"), ("a", "y")]}),
        ("select part from a, unnest(string_split(x, ',')) as t(part)", {"part": [("a", "x")]}),
        (
            "with recursive r as (select id, x from a union all select r.id, b.z from r join b on r.id = b.id)"
            " select x from r",
            {"x": [("a", "x"), ("b", "z")]},
        ),
    ],
)
def test_a_column_comes_from_what_its_value_is_computed_from(
    sql: str, expected: dict[str, list[tuple[str, str]]]
) -> None:
    found = column_lineage(sql, TABLES)
    assert {name: found[name] for name in expected} == {name: sorted(origins) for name, origins in expected.items()}


def test_a_long_chain_of_queries_that_each_read_the_one_before_twice_takes_no_time() -> None:
    # By every path it would be 2 to the power of 60.
    steps = ["c0 as (select id, x from a)"]
    steps += [
        f"c{n} as (select l.id, l.x + r.x as x from c{n - 1} l join c{n - 1} r on l.id = r.id)" for n in range(1, 61)
    ]
    assert column_lineage(f"with {', '.join(steps)} select x from c60", TABLES) == {"x": [("a", "x")]}
