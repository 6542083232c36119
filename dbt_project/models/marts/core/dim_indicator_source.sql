-- Which source tables each indicator is made of: its own, and those of all that it is worked out from. An amount of
-- registers is made of every register that has landed.
with recursive parts as (

    select
        indicator_id,
        indicator_id as part_id
    from {{ ref('dim_indicator') }}
    union
    select
        parts.indicator_id,
        terms.term_id as part_id
    from parts
    inner join {{ ref('int_indicators__split_terms') }} as terms on parts.part_id = terms.indicator_id

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
