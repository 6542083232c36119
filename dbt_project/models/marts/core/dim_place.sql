-- What each municipality became: one whole municipality on the newest boundaries. A divided municipality became
-- several, so where its places are now is unknown.
with heirs as (

    select
        source_code,
        target_code,
        share_from,
        share_to,
        rank() over (partition by source_code order by valid_from desc) as lateness
    from {{ ref('int_regions__follow_boundary_changes') }}
    where boundary_year = {{ var('newest_boundary_year') }}

),

whole_heirs as (

    select
        source_code,
        target_code
    from heirs
    where
        lateness = 1
        and share_from = 0
        and share_to = 1

)

select
    places.dataset_id,
    places.place_code,
    places.name,
    places.boundary_year,
    places.municipality_code,
    places.addresses_count,
    whole_heirs.target_code as current_municipality_code,
    origins.origin_id,
    origins.notice
from {{ ref('stg_raw__places') }} as places
left join whole_heirs on places.municipality_code = whole_heirs.source_code
left join {{ ref('dim_origin') }} as origins
    on
        places.dataset_id = origins.dataset_id
        and places.landed_sha256 = origins.landed_sha256
