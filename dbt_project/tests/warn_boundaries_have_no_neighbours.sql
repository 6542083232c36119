{{ config(severity='warn') }}
-- Boundaries from which no neighbours follow leave out a whole group of peers, and nothing else shows that.
with drawn as (

    select distinct dataset_id
    from {{ ref('stg_raw__boundaries') }}
    where boundary_year = {{ var('newest_boundary_year') }}

),

found as (

    select distinct dataset_id
    from {{ ref('int_peers__find_neighbours') }}

)

select
    drawn.dataset_id || ': no municipality has neighbours by these boundaries -> see whether they are of exactly the'
    || ' municipalities of {{ var('newest_boundary_year') }}, and have the same points on both sides of a border'
        as problem
from drawn
left join found on drawn.dataset_id = found.dataset_id
where found.dataset_id is null
order by problem
