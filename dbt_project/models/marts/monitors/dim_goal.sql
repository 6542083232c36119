select
    goals.goal_id,
    goals.programme_id,
    goals.theme,
    goals.sub_theme,
    goals.goal_order,
    goals.goal_nl,
    goals.goal_en,
    goals.indicator_id,
    -- What a programme wants of an indicator is told there, once.
    case
        when indicators.direction = 'closer_to_target_is_better' then 'near'
        when indicators.direction = 'higher_is_better' and indicators.target_value is not null then 'at_least'
        when indicators.direction = 'lower_is_better' and indicators.target_value is not null then 'at_most'
        when indicators.direction = 'higher_is_better' then 'rise'
        when indicators.direction = 'lower_is_better' then 'fall'
    end as desired,
    indicators.target_value,
    goals.closed_source,
    goals.gap_nl,
    goals.gap_en
from {{ ref('goals') }} as goals
left join {{ ref('indicators') }} as indicators on goals.indicator_id = indicators.indicator_id
