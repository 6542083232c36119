-- A name that is hidden in one spelling is hidden in all others, in every register.
with hidden as (

    select
        recipient_key,
        min(recipient_kind) as recipient_kind,
        min(recipient) as recipient
    from {{ source('raw', 'subsidies') }}
    where recipient_kind <> 'organisation' and recipient_key is not null
    group by recipient_key

)

select
    subsidies.dataset_id,
    cast(subsidies.row_number as integer) as row_number,
    subsidies.region_code,
    subsidies.grantor,
    cast(subsidies.year as integer) as year,
    subsidies.scheme,
    subsidies.theme,
    coalesce(hidden.recipient, subsidies.recipient) as recipient,
    coalesce(hidden.recipient_kind, subsidies.recipient_kind) as recipient_kind,
    subsidies.status,
    subsidies.amount_requested_eur,
    subsidies.amount_granted_eur,
    subsidies.amount_settled_eur,
    subsidies.landed_sha256
from {{ source('raw', 'subsidies') }} as subsidies
left join hidden on subsidies.recipient_key = hidden.recipient_key
