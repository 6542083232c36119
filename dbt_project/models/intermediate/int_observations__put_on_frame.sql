-- Every figure on every published frame, before anything is worked out from others. What a source says itself goes
-- before what we add up, and both before that we do not know.
with cells as (

    select
        *,
        1 as preference
    from {{ ref('int_observations__keep_regions_on_frame') }}
    where boundary_method = 'published' and value is not null
    union all
    select
        *,
        2 as preference
    from {{ ref('int_observations__put_municipalities_on_frame') }}
    union all
    select
        *,
        2 as preference
    from {{ ref('int_observations__sum_regions_on_frame') }}
    where value is not null
    union all
    select
        *,
        3 as preference
    from {{ ref('int_observations__keep_regions_on_frame') }}
    where value is null
    union all
    select
        *,
        4 as preference
    from {{ ref('int_observations__sum_regions_on_frame') }}
    where value is null

),

ranked as (

    select
        cells.*,
        row_number() over (
            partition by cells.indicator_id, cells.region_code, cells.period_code, cells.frame_year
            order by cells.preference
        ) as place
    from cells

)

select
    indicator_id,
    region_code,
    period_code,
    frame_year,
    year,
    value,
    value_status,
    boundary_method,
    parts_count
from ranked
where place = 1
