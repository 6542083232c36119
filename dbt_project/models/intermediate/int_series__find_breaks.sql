-- Where sources count differently from a certain period: marked by the source in one region, or known to us and in all
-- of them (then without a region). A break is one of everything that is made of what broke.
with breaks as (

    select
        observations.indicator_id as part_id,
        observations.region_code,
        observations.period_code,
        observations.source_mark,
        observations.dataset_id
    from {{ ref('int_observations__select_indicators') }} as observations
    inner join {{ ref('value_status') }} as marks on observations.source_mark = marks.value_attribute
    where marks.is_series_break

    union all

    select
        known.indicator_id as part_id,
        cast(null as string) as region_code,
        known.period_code,
        cast(null as string) as source_mark,
        indicators.dataset_id
    from {{ ref('known_breaks') }} as known
    inner join {{ ref('indicators') }} as indicators on known.indicator_id = indicators.indicator_id

)

select
    parts.indicator_id,
    breaks.part_id,
    breaks.region_code,
    breaks.period_code,
    coalesce(periods.start_date, make_date({{ year_of('breaks.period_code') }}, 1, 1)) as start_date,
    breaks.source_mark,
    breaks.dataset_id
from breaks
inner join {{ ref('int_indicators__find_parts') }} as parts on breaks.part_id = parts.part_id
left join {{ ref('int_periods__parse_codes') }} as periods on breaks.period_code = periods.period_code
