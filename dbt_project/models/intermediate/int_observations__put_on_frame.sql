-- Every figure on every published frame, before anything is worked out from others. What a source says itself goes
-- before what we add up, and both before that we do not know.
with cells as (

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
        is_over,
        case when value is null then 3 else 1 end as preference
    from {{ ref('int_observations__keep_regions_on_frame') }}
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
        is_over,
        2 as preference
    from {{ ref('int_observations__put_municipalities_on_frame') }}
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
        is_over,
        case when value is null then 4 else 2 end as preference
    from {{ ref('int_observations__sum_regions_on_frame') }}

)

{{ most_preferred('cells') }}
