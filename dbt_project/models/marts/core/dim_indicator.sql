with indicators as (

    select
        *,
        kind in ('share', 'rate', 'ratio', 'change') as is_relative
    from {{ ref('indicators') }}

)

select
    indicators.indicator_id,
    indicators.theme,
    indicators.sub_theme,
    indicators.building_block,
    indicators.title_nl,
    indicators.title_en,
    indicators.definition_nl,
    indicators.definition_en,
    indicators.unit_nl,
    indicators.unit_en,
    indicators.decimals,
    indicators.direction,
    indicators.kind,
    -- Not for how much of a source is known so far.
    indicators.kind not in ('minimum', 'coverage') as is_comparable,
    -- A count is the size of a region, and differences between samples of unknown error may be chance.
    indicators.is_relative and indicators.interval_kind <> 'unknown' as is_ranked,
    indicators.is_relative,
    indicators.is_flow,
    {{ is_unit_of_land('indicators.unit_en') }} as is_land,
    annual.indicator_id is not null as is_annual,
    indicators.interval_kind,
    indicators.formula,
    indicators.numerator,
    indicators.denominator,
    indicators.factor,
    indicators.lag_years,
    indicators.dataset_id,
    indicators.measure_code,
    coalesce(indicators.dims, '') as dims,
    indicators.multiplier,
    indicators.min_value,
    indicators.max_value,
    indicators.lowest_level,
    indicators.target_value,
    indicators.target_source,
    indicators.usage_warnings,
    case when blocked.indicator_id is null then 'available' else 'blocked' end as state,
    blocked.reason as state_reason
from indicators
left join {{ ref('stg_raw__blocked') }} as blocked on indicators.indicator_id = blocked.indicator_id
left join {{ ref('int_indicators__find_annual') }} as annual on indicators.indicator_id = annual.indicator_id
