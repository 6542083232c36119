select
    class_id,
    lower_bound,
    upper_bound,
    market,
    label_nl,
    label_en
from {{ ref('tension_classes') }}
