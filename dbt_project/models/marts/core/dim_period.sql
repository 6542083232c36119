select
    period_code,
    year,
    year_part,
    kind,
    start_date,
    end_date,
    title_nl,
    title_en
from {{ ref('int_periods__parse_codes') }}
