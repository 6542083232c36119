-- The municipalities on the newest boundaries that represent each cooperation region in all years. Their territory is
-- that of the original members, or only approximately if a member or one of its heirs is partly outside it.
with members as (

    select * from {{ ref('int_cooperation__find_members') }}

),

territory as (

    select distinct
        region_code,
        target_code,
        share,
        area_share
    from members

),

parts as (

    select
        source_code,
        target_code
    from {{ ref('int_regions__follow_boundary_changes') }}
    where
        boundary_year = {{ var('newest_boundary_year') }}
        and {{ is_within('make_date(' ~ var('pilots_began') ~ ', 1, 1)', 'valid_from', 'valid_to') }}

),

crossing as (

    select members.region_code
    from members
    inner join parts on members.municipality_code = parts.source_code
    left join territory
        on
            members.region_code = territory.region_code
            and parts.target_code = territory.target_code
    where territory.region_code is null
    union
    select territory.region_code
    from territory
    inner join parts on territory.target_code = parts.target_code
    left join members
        on
            territory.region_code = members.region_code
            and parts.source_code = members.municipality_code
    where members.region_code is null

)

select
    territory.region_code,
    territory.target_code as municipality_code,
    territory.share,
    territory.area_share,
    case when crossing.region_code is null then 'exact' else 'approximate' end as territory
from territory
left join crossing on territory.region_code = crossing.region_code
