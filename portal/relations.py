"""What regions are to each other: parts, members, successors and approximations; read once per process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasette.app import Datasette

from portal.csv_text import Row
from portal.registry import fold, in_order
from portal.rows import read_rows

MEMBERSHIP = """
select distinct m.region_code, m.municipality_code, m.share, g.name, r.name as region_name, r.scheme
from region_membership as m join regions as g on g.region_code = m.municipality_code
join regions as r on r.region_code = m.region_code
where m.valid_to is null and m.region_code <> m.municipality_code order by g.name
"""
CHANGES = """
select c.*, o.scheme as old_scheme, n.scheme as new_scheme from boundary_changes as c
join regions as o on o.region_code = c.old_code join regions as n on n.region_code = c.new_code
"""
# For the Eurometropolis the regions by which it is approached.
ACROSS_BORDER = """
select distinct c.region_code, c.region_group, r.name, r.scheme, c.note_nl, c.note_en
from cross_border as c join regions as r using (region_code) order by r.name
"""
CURRENT = "select region_code, name, scheme from regions where is_current order by name, region_code"
NEIGHBOURS = """
select n.region_code as of_code, r.region_code, r.name, r.scheme
from neighbours as n join regions as r on r.region_code = n.neighbour_code order by r.name
"""


@dataclass(frozen=True)
class Relations:
    """For the code of a region: what it is part of, its members, neighbours, what it became and came from, its group.

    `across_border` has for a region of Eurostat its own row, for the Eurometropolis those by which it is approached.
    `namesakes` are the other regions of now with the same name.
    """

    part_of: Mapping[str, Sequence[Row]]
    members: Mapping[str, Sequence[Row]]
    neighbours: Mapping[str, Sequence[Row]]
    became: Mapping[str, Sequence[Row]]
    came_from: Mapping[str, Sequence[Row]]
    groups: Mapping[str, Row]
    across_border: Mapping[str, Sequence[Row]]
    namesakes: Mapping[str, Sequence[Row]]


async def read_relations(datasette: Datasette, schemes: Sequence[str]) -> Relations:
    """Returns the relations in the release; `schemes` are the kinds of region, the smallest first."""
    part_of: dict[str, list[Row]] = {}
    members: dict[str, list[Row]] = {}
    for row in await read_rows(datasette, MEMBERSHIP):
        larger = {"region_code": row["region_code"], "name": row["region_name"], "scheme": row["scheme"]}
        part_of.setdefault(row["municipality_code"], []).append(larger)
        member = {"region_code": row["municipality_code"], "name": row["name"], "scheme": "municipality"}
        members.setdefault(row["region_code"], []).append({**member, "share": row["share"]})
    neighbours: dict[str, list[Row]] = {}
    for row in await read_rows(datasette, NEIGHBOURS):
        neighbours.setdefault(row["of_code"], []).append(row)
    changes = await read_rows(datasette, CHANGES)
    across: dict[str, list[Row]] = {}
    for row in await read_rows(datasette, ACROSS_BORDER):
        for code in {row["region_code"], row["region_group"]}:
            across.setdefault(code, []).append(row)
    named: dict[str, list[Row]] = {}
    for row in await read_rows(datasette, CURRENT):
        named.setdefault(fold(row["name"]), []).append(row)
    return Relations(
        part_of={code: in_order(rows, schemes) for code, rows in part_of.items()},
        members=members,
        neighbours=neighbours,
        became=_by(sorted(changes, key=lambda row: -row["share"]), "old_code", "new_scheme"),
        came_from=_by(sorted(changes, key=lambda row: (row["changed_on"], row["old_name"])), "new_code", "old_scheme"),
        groups={row["region_code"]: row for row in await read_rows(datasette, "select * from region_groups")},
        across_border=across,
        namesakes={
            row["region_code"]: in_order((other for other in rows if other is not row), schemes)
            for rows in named.values()
            for row in rows
            if len(rows) > 1
        },
    )


def _by(changes: Sequence[Row], own: str, scheme: str) -> dict[str, list[Row]]:
    """Boundary changes by the code of one side, with the kind of region of the other."""
    found: dict[str, list[Row]] = {}
    for row in changes:
        found.setdefault(row[own], []).append({**row, "scheme": row[scheme]})
    return found
