-- The source tables of each indicator: its own, and those of everything it is computed from. An amount from registers
-- has every register that it is known from.
with parts as (

    select * from {{ ref('int_indicators__find_parts') }}

),

registers as (

    select distinct
        support.measure_code,
        subsidies.dataset_id
    from {{ ref('int_subsidies__sum_support') }} as support
    inner join {{ ref('fct_subsidy') }} as subsidies on support.region_code = subsidies.region_code

)

select
    parts.indicator_id,
    indicators.dataset_id
from parts
inner join {{ ref('dim_indicator') }} as indicators on parts.part_id = indicators.indicator_id
where indicators.dataset_id is not null

union

select
    parts.indicator_id,
    registers.dataset_id
from parts
inner join {{ ref('dim_indicator') }} as indicators on parts.part_id = indicators.indicator_id
inner join registers on indicators.measure_code = registers.measure_code
where indicators.formula = 'register'
