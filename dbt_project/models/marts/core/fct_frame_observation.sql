with cells as (

    -- What a source says itself goes before what we work out.
    select
        *,
        1 as preference
    from {{ ref('int_observations__put_on_frame') }}
    where boundary_method <> 'unavailable'
    union all
    select
        indicator_id,
        region_code,
        period_code,
        frame_year,
        year,
        value,
        value_status,
        boundary_method,
        parts_count,
        2 as preference
    from {{ ref('int_observations__derive') }}
    union all
    select
        *,
        3 as preference
    from {{ ref('int_observations__put_on_frame') }}
    where boundary_method = 'unavailable'

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
    ranked.indicator_id,
    ranked.region_code,
    ranked.period_code,
    ranked.frame_year,
    ranked.year,
    ranked.value,
    ranked.value_status,
    ranked.boundary_method,
    ranked.parts_count,
    cast(release.notice as string) as notice
from ranked
cross join {{ source('raw', 'release') }} as release
where ranked.place = 1
