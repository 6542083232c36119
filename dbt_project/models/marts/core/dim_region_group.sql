-- Groups state how many members they have; the list that we found can be shorter.
with members as (

    select
        region_code,
        count(*) as found_count
    from {{ ref('int_regions__list_members_on_boundaries') }}
    where boundary_year = {{ var('newest_boundary_year') }}
    group by region_code

)

select
    region_groups.scheme,
    region_groups.region_code,
    region_groups.name_nl,
    region_groups.name_en,
    region_groups.claimed_count,
    cast(coalesce(members.found_count, 0) as integer) as found_count,
    region_groups.source,
    region_groups.checked_on,
    region_groups.note_nl,
    region_groups.note_en
from {{ ref('region_groups') }} as region_groups
left join members on region_groups.region_code = members.region_code
