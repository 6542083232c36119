select
    source_rows.dataset_id,
    source_rows.outcome,
    outcomes.title_nl,
    outcomes.title_en,
    source_rows.rows_count
from {{ ref('stg_raw__source_rows') }} as source_rows
left join {{ ref('row_outcomes') }} as outcomes on source_rows.outcome = outcomes.outcome
