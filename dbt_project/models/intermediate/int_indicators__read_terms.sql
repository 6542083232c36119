-- The terms of the indicators that this run has.
select
    terms.indicator_id,
    terms.side,
    terms.term_id,
    terms.sign,
    terms.terms_count
from {{ ref('int_indicators__split_terms') }} as terms
inner join {{ ref('int_indicators__keep_available') }} as indicators on terms.indicator_id = indicators.indicator_id
