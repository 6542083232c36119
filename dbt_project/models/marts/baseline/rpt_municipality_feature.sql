select
    features.region_code,
    features.feature,
    features.feature_group,
    features.value,
    features.z_score,
    features.period_code,
    releases.notice
from {{ ref('int_peers__measure_features') }} as features
cross join {{ ref('stg_raw__release') }} as releases
