-- The indicators of this release. What a changed source now gives under the same code could be another figure, and what
-- a check refused is no figure at all: such an indicator is in none of the steps that follow.
select indicators.*
from {{ ref('indicators') }} as indicators
left join {{ ref('stg_raw__blocked') }} as blocked on indicators.indicator_id = blocked.indicator_id
where blocked.indicator_id is null
