-- The municipalities of any day whose figures make up a region of a boundary year, and whether each is entirely in it.
-- A municipality of which only a part is a member never is.
select
    members.boundary_year,
    members.scheme,
    members.region_code,
    transitions.source_code,
    transitions.valid_from,
    transitions.valid_to,
    sum(members.share * (transitions.share_to - transitions.share_from)) > 0.999999 as is_whole
from {{ ref('int_regions__list_members_on_boundaries') }} as members
inner join {{ ref('int_regions__follow_boundary_changes') }} as transitions
    on
        members.boundary_year = transitions.boundary_year
        and members.municipality_code = transitions.target_code
group by
    members.boundary_year,
    members.scheme,
    members.region_code,
    transitions.source_code,
    transitions.valid_from,
    transitions.valid_to
