-- The 95 per cent interval that a source gives with its figures: in tables of CBS under two codes beside that of the
-- figure itself.
with indicators as (

    select
        indicator_id,
        dataset_id,
        measure_code,
        dims,
        multiplier,
        decimals
    from {{ ref('int_indicators__keep_available') }}
    where interval_kind = 'source'

),

bounds as (

    select
        indicators.indicator_id,
        indicators.decimals,
        observations.region_code,
        observations.period_code,
        observations.value * indicators.multiplier as bound,
        observations.dims = replace(indicators.dims, '{{ var("code_of_value") }}', '{{ var("code_of_lower_bound") }}')
            as is_lower
    from {{ ref('stg_raw__observations') }} as observations
    inner join indicators
        on
            observations.dataset_id = indicators.dataset_id
            and observations.measure_code = indicators.measure_code
            and observations.dims in (
                replace(indicators.dims, '{{ var("code_of_value") }}', '{{ var("code_of_lower_bound") }}'),
                replace(indicators.dims, '{{ var("code_of_value") }}', '{{ var("code_of_upper_bound") }}')
            )

),

paired as (

    select
        indicator_id,
        region_code,
        period_code,
        decimals,
        max(case when is_lower then bound end) as lower_bound,
        max(case when not is_lower then bound end) as upper_bound
    from bounds
    group by indicator_id, region_code, period_code, decimals

)

select
    indicator_id,
    region_code,
    period_code,
    {{ round_to('lower_bound', 'decimals') }} as lower,
    {{ round_to('upper_bound', 'decimals') }} as upper,
    'source' as interval_kind
from paired
where
    lower_bound is not null
    and upper_bound is not null
