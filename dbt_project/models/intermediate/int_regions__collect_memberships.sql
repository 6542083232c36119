-- Every scheme that groups municipalities: each membership with its first and last day, its source and when that was
-- read. Only in an own region can a part of a municipality be a member: the part of an heir that came from a divided
-- one.
select
    memberships.scheme,
    memberships.region_code,
    memberships.municipality_code,
    memberships.valid_from,
    memberships.valid_to,
    cast(1 as double) as share,
    cast(1 as double) as area_share,
    memberships.dataset_id as source,
    cast(substr(sources.landed_at, 1, 10) as date) as checked_on
from {{ ref('int_regions__read_memberships') }} as memberships
left join {{ ref('stg_raw__sources') }} as sources on memberships.dataset_id = sources.dataset_id

union all

select
    'municipality' as scheme,
    municipality_code as region_code,
    municipality_code,
    valid_from,
    valid_to,
    cast(1 as double) as share,
    cast(1 as double) as area_share,
    'boundary_changes.csv' as source,
    cast(null as date) as checked_on
from {{ ref('int_regions__date_municipalities') }}

union all

select
    region_groups.scheme,
    members.region_code,
    members.municipality_code,
    members.valid_from,
    members.valid_to,
    cast(1 as double) as share,
    cast(1 as double) as area_share,
    members.source,
    members.checked_on
from {{ ref('region_group_members') }} as members
inner join {{ ref('region_groups') }} as region_groups on members.region_code = region_groups.region_code

union all

select
    'own' as scheme,
    selections.region_code,
    selections.municipality_code,
    greatest(coalesce(selections.valid_from, lifetimes.valid_from), lifetimes.valid_from) as valid_from,
    coalesce(least(selections.valid_to, lifetimes.valid_to), selections.valid_to, lifetimes.valid_to) as valid_to,
    selections.share,
    selections.area_share,
    selections.file as source,
    cast(null as date) as checked_on
from {{ ref('stg_raw__selections') }} as selections
inner join {{ ref('int_regions__date_municipalities') }} as lifetimes
    on selections.municipality_code = lifetimes.municipality_code
