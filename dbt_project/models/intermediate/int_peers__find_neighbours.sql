-- The municipalities that border on each other, if the boundaries are those of exactly the municipalities of the newest
-- year: where one is missing, those around it would seem to have fewer neighbours than they have.
with municipalities as (

    select distinct municipality_code
    from {{ ref('int_regions__list_members_on_boundaries') }}
    where
        boundary_year = {{ var('newest_boundary_year') }}
        and scheme = 'country'

),

drawn as (

    select
        boundaries.dataset_id,
        count(*) as areas_count,
        count(municipalities.municipality_code) as municipalities_count
    from {{ ref('stg_raw__boundaries') }} as boundaries
    left join municipalities on boundaries.region_code = municipalities.municipality_code
    where boundaries.boundary_year = {{ var('newest_boundary_year') }}
    group by boundaries.dataset_id

),

expected as (

    select count(*) as municipalities_count
    from municipalities

)

select
    neighbours.region_code,
    neighbours.neighbour_code,
    neighbours.dataset_id
from {{ ref('stg_raw__neighbours') }} as neighbours
inner join drawn on neighbours.dataset_id = drawn.dataset_id
cross join expected
where
    drawn.areas_count = drawn.municipalities_count
    and drawn.municipalities_count = expected.municipalities_count
