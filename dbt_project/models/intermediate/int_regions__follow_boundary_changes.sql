-- Where the figures of a municipality go on the boundaries of each year. Forward in time, a figure follows its
-- municipality through mergers and splits. Back in time, only a change of code can be undone: a figure of a merged
-- municipality cannot be taken apart.
with recursive years as (

    {{ known_boundary_years() }}

),

lifetimes as (

    select * from {{ ref('int_regions__date_municipalities') }}

),

changes as (

    select
        changed_on,
        old_code,
        new_code,
        kind,
        {{ start_of_part('share') }} as share_from,
        {{ end_of_part('share') }} as share_to,
        {{ start_of_part('area_share') }} as area_from,
        {{ end_of_part('area_share') }} as area_to
    from {{ ref('boundary_changes') }}

),

walk as (

    select
        years.boundary_year,
        lifetimes.municipality_code as source_code,
        lifetimes.municipality_code as target_code,
        cast(0 as double) as share_from,
        cast(1 as double) as share_to,
        cast(0 as double) as area_from,
        cast(1 as double) as area_to
    from years
    cross join lifetimes
    union all
    select
        walk.boundary_year,
        walk.source_code,
        changes.new_code as target_code,
        walk.share_from + (walk.share_to - walk.share_from) * changes.share_from as share_from,
        walk.share_from + (walk.share_to - walk.share_from) * changes.share_to as share_to,
        walk.area_from + (walk.area_to - walk.area_from) * changes.area_from as area_from,
        walk.area_from + (walk.area_to - walk.area_from) * changes.area_to as area_to
    from walk
    inner join changes
        on
            walk.target_code = changes.old_code
            and changes.changed_on <= make_date(walk.boundary_year, 1, 1)

),

on_boundaries as (

    select
        walk.boundary_year,
        walk.source_code,
        walk.target_code,
        walk.share_from,
        walk.share_to,
        walk.area_from,
        walk.area_to,
        sources.valid_from,
        sources.valid_to
    from walk
    inner join lifetimes as targets
        on
            walk.target_code = targets.municipality_code
            and {{ is_within('make_date(walk.boundary_year, 1, 1)', 'targets.valid_from', 'targets.valid_to') }}
    inner join lifetimes as sources on walk.source_code = sources.municipality_code
    union all
    select
        years.boundary_year,
        changes.new_code as source_code,
        changes.old_code as target_code,
        cast(0 as double) as share_from,
        cast(1 as double) as share_to,
        cast(0 as double) as area_from,
        cast(1 as double) as area_to,
        changes.changed_on as valid_from,
        cast(null as date) as valid_to
    from changes
    inner join years on changes.changed_on > make_date(years.boundary_year, 1, 1)
    inner join lifetimes as targets
        on
            changes.old_code = targets.municipality_code
            and {{ is_within('make_date(years.boundary_year, 1, 1)', 'targets.valid_from', 'targets.valid_to') }}
    where changes.kind = 'rename'

),

-- From the day on which its territory changes, a municipality is no longer the one of the boundary year.
outgrown as (

    select
        on_boundaries.boundary_year,
        on_boundaries.source_code,
        on_boundaries.target_code,
        min(changes.changed_on) as outgrown_on
    from on_boundaries
    inner join changes
        on
            (on_boundaries.source_code = changes.old_code or on_boundaries.source_code = changes.new_code)
            and make_date(on_boundaries.boundary_year, 1, 1) < changes.changed_on
            and on_boundaries.valid_from < changes.changed_on
    group by on_boundaries.boundary_year, on_boundaries.source_code, on_boundaries.target_code

)

select
    on_boundaries.boundary_year,
    on_boundaries.source_code,
    on_boundaries.target_code,
    on_boundaries.share_from,
    on_boundaries.share_to,
    on_boundaries.area_from,
    on_boundaries.area_to,
    on_boundaries.valid_from,
    least(
        coalesce(on_boundaries.valid_to, {{ day_before('outgrown.outgrown_on') }}),
        coalesce({{ day_before('outgrown.outgrown_on') }}, on_boundaries.valid_to)
    ) as valid_to
from on_boundaries
left join outgrown
    on
        on_boundaries.boundary_year = outgrown.boundary_year
        and on_boundaries.source_code = outgrown.source_code
        and on_boundaries.target_code = outgrown.target_code
