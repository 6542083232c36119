select
    features.region_code,
    features.feature,
    features.feature_group,
    features.value,
    features.z_score,
    features.period_code,
    cast(release.notice as string) as notice
from {{ ref('int_peers__measure_features') }} as features
cross join {{ source('raw', 'release') }} as release
