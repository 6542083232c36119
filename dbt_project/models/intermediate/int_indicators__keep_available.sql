-- The indicators of this release. A changed source may now give a different figure under the same code, and a figure
-- that a check refused is no figure at all: such an indicator is in none of the following steps.
select
    indicators.*,
    {{ is_unit_of_land('indicators.unit_en') }} as is_land
from {{ ref('indicators') }} as indicators
left join {{ ref('stg_raw__blocked') }} as blocked on indicators.indicator_id = blocked.indicator_id
where blocked.indicator_id is null
