with series as (

    select distinct
        indicator_id,
        region_code
    from {{ ref('fct_observation_on_boundaries') }}

)

select
    breaks.indicator_id,
    series.region_code,
    breaks.period_code,
    breaks.part_id,
    breaks.source_mark,
    breaks.dataset_id
from {{ ref('int_series__find_breaks') }} as breaks
inner join series
    on
        breaks.indicator_id = series.indicator_id
        and (breaks.region_code is null or breaks.region_code = series.region_code)
