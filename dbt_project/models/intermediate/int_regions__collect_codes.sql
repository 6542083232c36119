-- Every region code that is used in anything published, once, with its kind; a code that matches no pattern has none.
with used as (

    select distinct
        region_code,
        dataset_id
    from {{ ref('int_observations__select_indicators') }}
    union all
    select distinct
        region_code,
        dataset_id
    from {{ ref('int_regions__read_divisions') }}
    union all
    select distinct
        region_code,
        dataset_id
    from {{ ref('stg_raw__subsidies') }}
    union all
    select distinct
        region_code,
        dataset_id
    from {{ ref('int_labour__add_up') }}
    union all
    select
        region_code,
        dataset_id
    from {{ ref('stg_raw__boundaries') }}
    union all
    select
        municipality_code as region_code,
        dataset_id
    from {{ ref('stg_raw__places') }}
    union all
    select
        region_code,
        'municipality_tiles.csv' as dataset_id
    from {{ ref('municipality_tiles') }}
    union all
    select
        region_code,
        source as dataset_id
    from {{ ref('int_regions__collect_memberships') }}
    union all
    select
        region_code,
        'region_groups.csv' as dataset_id
    from {{ ref('region_groups') }}
    union all
    select
        region_code,
        'cross_border_regions.csv' as dataset_id
    from {{ ref('cross_border_regions') }}

),

codes as (

    select
        region_code,
        min(dataset_id) as dataset_id
    from used
    group by region_code

)

select
    codes.region_code,
    schemes.scheme,
    codes.dataset_id
from codes
left join {{ ref('region_schemes') }} as schemes on {{ matches('codes.region_code', 'schemes.pattern') }}
