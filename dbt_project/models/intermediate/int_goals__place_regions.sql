-- The regions for which goals are followed, each with the regions whose figure can stand in for its own: itself, then
-- the larger regions that it is in, from small to large.
with members as (

    select * from {{ ref('int_regions__list_members_on_boundaries') }}
    where
        boundary_year = {{ var('newest_boundary_year') }}
        and scheme in (
            'municipality', 'labour_market_region', 'corop', 'province', 'country', 'g4', 'g40', 'm50', 'p10'
        )

),

regions as (

    select distinct
        region_code,
        scheme
    from members
    where scheme <> 'corop'

),

larger as (

    select
        municipality_code as region_code,
        region_code as figure_region_code,
        case scheme when 'labour_market_region' then 1 when 'corop' then 2 when 'province' then 3 end as distance
    from members
    where scheme in ('labour_market_region', 'corop', 'province')

),

countries as (

    select distinct region_code from members
    where scheme = 'country'

)

select
    region_code,
    region_code as figure_region_code,
    0 as distance
from regions
union all
select
    region_code,
    figure_region_code,
    distance
from larger
union all
select
    regions.region_code,
    countries.region_code as figure_region_code,
    4 as distance
from regions
cross join countries
where regions.region_code <> countries.region_code
