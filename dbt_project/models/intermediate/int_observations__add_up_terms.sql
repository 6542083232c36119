-- Numerators and denominators on the boundaries: the signed sum of their terms, known only if every term is.
select
    terms.indicator_id,
    terms.side,
    cells.region_code,
    cells.period_code,
    cells.boundary_year,
    cells.year,
    case when count(cells.value) = max(terms.terms_count) then {{ exact_sum('terms.sign * cells.value') }} end as value,
    {{ worst_of('cells.value_status', value_status_order()) }} as value_status,
    {{ worst_of('cells.boundary_method', boundary_method_order()) }} as boundary_method,
    max(cells.parts_count) as parts_count,
    bool_and(cells.is_over) as is_over,
    count(*) = max(terms.terms_count) as is_complete
from {{ ref('int_indicators__read_terms') }} as terms
inner join {{ ref('int_observations__put_on_boundaries') }} as cells on terms.term_id = cells.indicator_id
group by
    terms.indicator_id,
    terms.side,
    cells.region_code,
    cells.period_code,
    cells.boundary_year,
    cells.year
