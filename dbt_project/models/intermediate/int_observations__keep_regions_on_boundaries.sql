-- The source's own figures for regions above the municipality. Such a figure holds on the boundaries if the region had
-- the same territory on the day of the figure; the country always had, and Eurostat regions are not ours to change.
with observed as (

    select * from {{ ref('int_observations__collect_series') }}
    where scheme <> 'municipality'

),

days as (

    select distinct as_of from observed

),

lay_in as (

    select
        days.as_of,
        memberships.region_code,
        memberships.municipality_code as source_code
    from days
    inner join {{ ref('int_regions__collect_memberships') }} as memberships
        on {{ is_within('days.as_of', 'memberships.valid_from', 'memberships.valid_to') }}
    where memberships.scheme <> 'municipality'

),

lies_in as (

    select
        days.as_of,
        sources.boundary_year,
        sources.region_code,
        sources.source_code,
        sources.is_whole
    from days
    inner join {{ ref('int_regions__trace_members') }} as sources
        on {{ is_within('days.as_of', 'sources.valid_from', 'sources.valid_to') }}
    where sources.scheme <> 'municipality'

),

same_territory as (

    select
        lies_in.as_of,
        lies_in.boundary_year,
        lies_in.region_code,
        sum(case when lay_in.source_code is not null and lies_in.is_whole then 1 else 0 end) as kept_count,
        count(*) as now_count
    from lies_in
    left join lay_in
        on
            lies_in.as_of = lay_in.as_of
            and lies_in.region_code = lay_in.region_code
            and lies_in.source_code = lay_in.source_code
    group by lies_in.as_of, lies_in.boundary_year, lies_in.region_code

),

then_counts as (

    select
        as_of,
        region_code,
        count(*) as then_count
    from lay_in
    group by as_of, region_code

),

boundary_years as (

    {{ known_boundary_years() }}

),

judged as (

    select
        observed.indicator_id,
        observed.region_code,
        observed.period_code,
        boundary_years.boundary_year,
        observed.year,
        observed.value,
        observed.value_status,
        observed.is_over,
        observed.scheme in ('country', 'nuts_country', 'nuts2', 'nuts3')
        or coalesce(
            same_territory.kept_count = same_territory.now_count
            and same_territory.kept_count = then_counts.then_count,
            false
        ) as is_same
    from observed
    inner join boundary_years on {{ is_published_boundary_year('boundary_years.boundary_year') }}
    left join same_territory
        on
            observed.as_of = same_territory.as_of
            and observed.region_code = same_territory.region_code
            and boundary_years.boundary_year = same_territory.boundary_year
    left join then_counts
        on
            observed.as_of = then_counts.as_of
            and observed.region_code = then_counts.region_code

)

select
    indicator_id,
    region_code,
    period_code,
    boundary_year,
    year,
    case when is_same then value end as value,
    case when is_same or value is null then value_status else 'missing' end as value_status,
    case when is_same then 'published' else 'unavailable' end as boundary_method,
    1 as parts_count,
    is_over
from judged
