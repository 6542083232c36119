select
    goal_id,
    programme_id,
    theme,
    sub_theme,
    goal_order,
    goal_nl,
    goal_en,
    indicator_id,
    desired,
    target_value,
    gap_nl,
    gap_en
from {{ ref('goals') }}
