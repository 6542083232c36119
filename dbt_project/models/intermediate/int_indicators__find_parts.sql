-- Everything that each indicator is made from: itself, its terms, and their terms at any depth.
with recursive parts as (

    select
        indicator_id,
        indicator_id as part_id
    from {{ ref('dim_indicator') }}
    union all
    select
        parts.indicator_id,
        terms.term_id as part_id
    from parts
    inner join {{ ref('int_indicators__split_terms') }} as terms on parts.part_id = terms.indicator_id

)

select distinct
    indicator_id,
    part_id
from parts
