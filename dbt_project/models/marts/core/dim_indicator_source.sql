-- Which source tables each indicator is made of: its own, and those of all that it is worked out from. An amount of
-- registers is made of every register that has landed.
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
