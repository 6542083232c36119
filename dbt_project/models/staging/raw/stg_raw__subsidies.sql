select
    dataset_id,
    cast(row_number as integer) as row_number,
    region_code,
    grantor,
    cast(year as integer) as year,
    scheme,
    theme,
    recipient,
    recipient_kind,
    status,
    amount_requested_eur,
    amount_granted_eur,
    amount_settled_eur,
    landed_sha256
from {{ source('raw', 'subsidies') }}
