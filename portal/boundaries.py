"""Counts on the municipal boundaries of any year, from the figures as published and `boundary_transitions`.

The release itself has the figures on its newest boundaries only; this module does for other years what
`int_observations__put_municipalities_on_boundaries` does for that one.
"""

import json
from collections.abc import Mapping, Sequence

from datasette.app import Datasette

from portal.csv_text import Row
from portal.regroup import (
    FigurePart,
    Periods,
    Recipe,
    RegroupedFigure,
    add_up,
    mend,
    mended_by,
    part_of,
    place_on_boundaries,
)
from portal.rows import read_rows

# Their territory does not depend on municipal boundaries, or is not ours to change.
KEPT_SCHEMES = ("country", "nuts_country", "nuts2", "nuts3")

# The boundaries that the regions of a period follow: those of its source if the whole source is on one division,
# otherwise those of its first day. Only in the second case can they change within the period.
PERIODS = """
select p.period_code, coalesce(s.boundary_year || '-01-01', p.start_date) as as_of,
    case when s.boundary_year is null then p.end_date end as ends_on
from (
    select distinct o.period_code from observations as o join regions as r using (region_code)
    where o.indicator_id = :indicator and r.scheme = 'municipality' and o.value is not null
) as known join periods as p using (period_code)
join indicators as i on i.indicator_id = :indicator
left join sources as s on s.dataset_id = i.dataset_id
where as_of is not null
"""
PARTS = """
with asked as (
    select json_extract(value, '$.period_code') as period_code, json_extract(value, '$.as_of') as as_of,
        json_extract(value, '$.ends_on') as ends_on
    from json_each(:periods)
),
wanted as (
    select region_code, municipality_code, case when :is_land then area_share else share end as share
    from region_membership
    where region_code in (select value from json_each(:codes))
        and valid_from <= :day and coalesce(valid_to, '9999') >= :day
    union
    select region_code, region_code, 1.0 from regions
    where scheme = 'municipality' and region_code in (select value from json_each(:codes))
)
select w.region_code, w.share, a.period_code, t.target_code, t.source_code,
    case when :is_land then t.area_from else t.share_from end as share_from,
    case when :is_land then t.area_to else t.share_to end as share_to,
    o.value, o.value_status, ahead.value as value_ahead, ahead.value_status as status_ahead,
    not (
        coalesce(t.valid_to < a.ends_on, 0) and o.value is null and coalesce(o.value_status, 'missing') <> 'suppressed'
    ) as is_expected
from wanted as w
join boundary_transitions as t on t.boundary_year = :boundary_year and t.target_code = w.municipality_code
join asked as a on a.as_of >= t.valid_from and a.as_of <= coalesce(t.valid_to, '9999')
left join observations as o
    on o.indicator_id = :indicator and o.region_code = t.source_code and o.period_code = a.period_code
left join observations as ahead
    on ahead.indicator_id = :indicator and ahead.region_code = t.target_code and ahead.period_code = a.period_code
"""
HEIRS = """
select source_code, target_code from boundary_transitions
where boundary_year = :boundary_year and (share_from > 0 or share_to < 1)
"""
MEMBERS = """
select region_code, municipality_code from region_membership
where region_code in (select value from json_each(:codes))
    and valid_from <= :day and coalesce(valid_to, '9999') >= :day
"""


async def put_on_boundaries(
    datasette: Datasette, recipe: Recipe, codes: Sequence[str], boundary_year: int
) -> dict[str, Periods]:
    """Returns the figures of a count on the boundaries of 1 January of a year, by region and period."""
    asked = {"codes": json.dumps(list(codes)), "boundary_year": boundary_year, "day": f"{boundary_year}-01-01"}
    indicator = {"indicator": recipe.indicator_id, "is_land": recipe.is_land}
    periods = await read_rows(datasette, PERIODS, indicator)
    rows = await read_rows(datasette, PARTS, {**asked, **indicator, "periods": json.dumps(periods)})
    heirs: dict[str, set[str]] = {}
    for row in await read_rows(datasette, HEIRS, {"boundary_year": boundary_year}):
        heirs.setdefault(row["source_code"], set()).add(row["target_code"])
    members: dict[str, set[str]] = {}
    for row in await read_rows(datasette, MEMBERS, asked):
        members.setdefault(row["region_code"], set()).add(row["municipality_code"])
    return gather(rows, recipe.decimals, members, heirs)


def gather(
    rows: Sequence[Row], decimals: int, members: Mapping[str, set[str]], heirs: Mapping[str, set[str]]
) -> dict[str, Periods]:
    """Returns the figures of regions from the parts of their municipalities."""
    cells: dict[str, dict[str, dict[str, list[Row]]]] = {}
    for row in rows:
        periods = cells.setdefault(row["region_code"], {})
        periods.setdefault(row["period_code"], {}).setdefault(row["target_code"], []).append(row)
    found: dict[str, Periods] = {}
    for region_code, periods in cells.items():
        mended = mended_by(members.get(region_code, ()), heirs)
        found[region_code] = {
            period_code: _sum(targets, decimals, mended) for period_code, targets in sorted(periods.items())
        }
    return found


def _sum(targets: Mapping[str, Sequence[Row]], decimals: int, mended: set[str]) -> RegroupedFigure:
    figures = {code: _place(parts, decimals) for code, parts in targets.items()}
    shares = {code: parts[0]["share"] for code, parts in targets.items()}
    return add_up(
        [
            part_of(mend(figure) if code in mended else figure, shares[code], decimals)
            for code, figure in figures.items()
        ],
        decimals,
    )


def _place(rows: Sequence[Row], decimals: int) -> RegroupedFigure:
    parts = [
        FigurePart(
            RegroupedFigure(row["value"], row["value_status"], "published") if row["value_status"] else None,
            row["share_from"],
            row["share_to"],
            bool(row["is_expected"]),
        )
        for row in rows
    ]
    first = rows[0]
    ahead = RegroupedFigure(first["value_ahead"], first["status_ahead"], "published") if first["status_ahead"] else None
    return place_on_boundaries(parts, decimals, ahead)
