select
    subsidies.dataset_id,
    subsidies.row_number,
    subsidies.region_code,
    subsidies.grantor,
    subsidies.year,
    subsidies.scheme,
    subsidies.theme,
    schemes.is_support,
    subsidies.is_repeated,
    subsidies.recipient,
    subsidies.recipient_kind,
    subsidies.status,
    subsidies.amount_requested_eur,
    subsidies.amount_granted_eur,
    subsidies.amount_settled_eur,
    origins.origin_id,
    origins.notice
from {{ ref('int_subsidies__mark_repeated') }} as subsidies
left join {{ ref('dim_origin') }} as origins
    on
        subsidies.dataset_id = origins.dataset_id
        and subsidies.landed_sha256 = origins.landed_sha256
left join {{ ref('support_schemes') }} as schemes
    on
        subsidies.region_code = schemes.region_code
        and subsidies.scheme = schemes.scheme
