with boundary_years as (

    select
        region_code,
        scheme,
        boundary_year,
        max(region_name) as region_name
    from {{ ref('int_regions__read_divisions') }}
    group by region_code, scheme, boundary_year

),

bounded as (

    select
        region_code,
        min(boundary_year) as first_boundary_year,
        max(boundary_year) as last_boundary_year
    from boundary_years
    group by region_code

),

boundary_names as (

    select
        region_code,
        region_name,
        row_number() over (partition by region_code order by boundary_year desc) as name_rank
    from boundary_years
    where region_name is not null

),

code_names as (

    select
        code as region_code,
        title as region_name,
        row_number() over (partition by code order by dataset_id, title) as name_rank
    from {{ ref('stg_raw__codes') }}
    where
        role = 'region'
        and title <> code

),

own_names as (

    select
        region_code,
        name_nl as region_name
    from {{ ref('region_groups') }}
    union
    select
        region_code,
        name_nl as region_name
    from {{ ref('cross_border_regions') }}
    union
    select
        region_code,
        name as region_name
    from {{ ref('stg_raw__selections') }}
    union
    select
        old_code as region_code,
        min(old_name) as region_name
    from {{ ref('boundary_changes') }}
    group by old_code

),

-- A region is current while any municipality is a member of it; one that never has members counts as current.
standing as (

    select
        region_code,
        max(case when valid_to is null then 1 else 0 end) = 1 as is_current
    from {{ ref('int_regions__collect_memberships') }}
    group by region_code

)

select
    used.region_code,
    coalesce(boundary_names.region_name, code_names.region_name, own_names.region_name, used.region_code) as name,
    used.scheme,
    coalesce(standing.is_current, used.scheme <> 'municipality') as is_current,
    bounded.first_boundary_year,
    bounded.last_boundary_year
from {{ ref('int_regions__collect_codes') }} as used
left join bounded on used.region_code = bounded.region_code
left join boundary_names on used.region_code = boundary_names.region_code and boundary_names.name_rank = 1
left join code_names on used.region_code = code_names.region_code and code_names.name_rank = 1
left join own_names on used.region_code = own_names.region_code
left join standing on used.region_code = standing.region_code
