-- Breaks in series according to the marks of their sources. A break that no mark shows is a usage warning of its
-- indicator.
with marked as (

    select
        observations.indicator_id,
        observations.region_code,
        observations.period_code,
        observations.source_mark,
        observations.dataset_id
    from {{ ref('int_observations__select_indicators') }} as observations
    inner join {{ ref('value_status') }} as marks on observations.source_mark = marks.value_attribute
    where marks.is_series_break

),

series as (

    select distinct
        indicator_id,
        region_code
    from {{ ref('fct_observation_on_boundaries') }}

)

select
    parts.indicator_id,
    marked.region_code,
    marked.period_code,
    parts.part_id,
    marked.source_mark,
    marked.dataset_id
from marked
inner join {{ ref('int_indicators__find_parts') }} as parts on marked.indicator_id = parts.part_id
inner join series on parts.indicator_id = series.indicator_id and marked.region_code = series.region_code
