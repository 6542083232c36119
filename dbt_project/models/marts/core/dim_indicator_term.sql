select
    indicator_id,
    side,
    term_order,
    term_id,
    sign
from {{ ref('int_indicators__split_terms') }}
