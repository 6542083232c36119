select
    feature,
    feature_group,
    is_in_economy,
    is_in_population,
    indicator_id,
    per_indicator_id,
    is_logarithm,
    title_nl,
    title_en
from {{ ref('peer_features') }}
