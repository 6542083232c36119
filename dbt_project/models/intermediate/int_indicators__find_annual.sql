-- What a flow is related to a stock for: bankruptcies among firms, crimes among inhabitants. Those of a month are no
-- rate of a year, so such an indicator has figures of whole years only.
select terms.indicator_id
from {{ ref('int_indicators__split_terms') }} as terms
inner join {{ ref('indicators') }} as parts on terms.term_id = parts.indicator_id
inner join {{ ref('indicators') }} as indicators on terms.indicator_id = indicators.indicator_id
where indicators.formula in ('published', 'ratio')
group by terms.indicator_id
having
    max(case when terms.side = 'numerator' and parts.is_flow then 1 else 0 end) = 1
    and max(case when terms.side = 'denominator' and not parts.is_flow then 1 else 0 end) = 1
