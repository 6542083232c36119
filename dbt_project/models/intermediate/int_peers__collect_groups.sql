-- The groups in which municipalities are compared. In most groups each member is compared with all others; the most
-- similar and the neighbours are the peers of one municipality, and only that one is compared there.
with members as (

    select
        case scheme when 'country' then 'all' else scheme end as peer_group,
        region_code as peer_group_code,
        municipality_code as region_code,
        true as is_compared
    from {{ ref('int_regions__list_members_on_boundaries') }}
    where
        boundary_year = {{ var('newest_boundary_year') }}
        and scheme in ('country', 'province', 'g40', 'm50', 'p10')

),

sizes as (

    select
        'size_class' as peer_group,
        size_classes.size_class as peer_group_code,
        features.region_code,
        true as is_compared
    from {{ ref('int_peers__measure_features') }} as features
    inner join {{ ref('size_classes') }} as size_classes
        on
            features.value >= size_classes.min_inhabitants
            and (features.value < size_classes.max_inhabitants or size_classes.max_inhabitants is null)
    where features.feature = 'population_count'

),

-- Those that took in a whole municipality, or were made of several; who only got a part of one did not merge.
merged as (

    select distinct
        'merged' as peer_group,
        'merged' as peer_group_code,
        followed.target_code as region_code,
        true as is_compared
    from {{ ref('boundary_changes') }} as changes
    inner join {{ ref('int_regions__follow_boundary_changes') }} as followed
        on changes.new_code = followed.source_code
    where
        changes.kind = 'merger'
        and changes.changed_on >= make_date({{ var('oldest_boundary_year') }}, 1, 1)
        and changes.changed_on <= make_date({{ var('newest_boundary_year') }}, 1, 1)
        and followed.boundary_year = {{ var('newest_boundary_year') }}
        and followed.share_from = 0
        and followed.share_to = 1

),

bordering as (

    select
        'neighbours' as peer_group,
        region_code as peer_group_code,
        neighbour_code as region_code,
        false as is_compared
    from {{ ref('int_peers__find_neighbours') }}
    union
    select
        'neighbours' as peer_group,
        region_code as peer_group_code,
        region_code,
        true as is_compared
    from {{ ref('int_peers__find_neighbours') }}

),

resembling as (

    select
        'similar_' || similarity_kind as peer_group,
        region_code as peer_group_code,
        peer_code as region_code,
        false as is_compared
    from {{ ref('int_peers__find_similar') }}
    union all
    select
        'similar_' || similarity_kind as peer_group,
        region_code as peer_group_code,
        region_code,
        true as is_compared
    from {{ ref('int_peers__find_similar') }}
    where similarity_rank = 1

)

select * from members
union all
select * from sizes
union all
select * from merged
union all
select * from bordering
union all
select * from resembling
