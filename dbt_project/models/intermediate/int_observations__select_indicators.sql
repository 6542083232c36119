with indicators as (

    select
        indicator_id,
        dataset_id,
        measure_code,
        coalesce(dims, '') as dims,
        multiplier,
        decimals
    from {{ ref('int_indicators__keep_available') }}
    where formula = 'published'

),

observations as (

    select * from {{ ref('stg_raw__observations') }}
    where value_text is null

)

{% set multiplied = as_decimal('observations.value', 12) ~ ' * cast(indicators.multiplier as integer)' %}

select
    indicators.indicator_id,
    observations.region_code,
    observations.period_code,
    {{ round_to(multiplied, 'indicators.decimals') }} as value,
    observations.value_status,
    observations.is_over,
    observations.source_mark,
    observations.dataset_id,
    observations.measure_code,
    observations.dims,
    observations.landed_sha256
from observations
inner join indicators
    on
        observations.dataset_id = indicators.dataset_id
        and observations.measure_code = indicators.measure_code
        and observations.dims = indicators.dims
