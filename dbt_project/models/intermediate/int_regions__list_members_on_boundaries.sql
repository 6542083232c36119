-- The municipalities of a boundary year that make up each region on it.
with years as (

    {{ known_boundary_years() }}

)

select
    years.boundary_year,
    memberships.scheme,
    memberships.region_code,
    memberships.municipality_code,
    memberships.share,
    memberships.area_share
from years
inner join {{ ref('int_regions__collect_memberships') }} as memberships
    on {{ is_within('make_date(years.boundary_year, 1, 1)', 'memberships.valid_from', 'memberships.valid_to') }}
where {{ is_published_boundary_year('years.boundary_year') }}
