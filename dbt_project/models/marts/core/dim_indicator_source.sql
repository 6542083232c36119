-- The source tables of each indicator: its own, and those of everything it is computed from. An amount from registers
-- has every register that has landed.
with parts as (

    select * from {{ ref('int_indicators__find_parts') }}

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
cross join {{ ref('fct_subsidy') }} as registers
where indicators.formula = 'register'
