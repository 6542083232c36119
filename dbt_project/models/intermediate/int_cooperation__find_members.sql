-- The municipalities that made up each cooperation region when the pilots of Maak Verschil began, and the municipality
-- on the newest boundaries that each went into: if it was divided, the one that got the largest part. Only in an own
-- region does each heir count for its part.
with transitions as (

    select
        source_code,
        target_code,
        row_number() over (partition by source_code order by share_to - share_from desc, target_code) as heir_rank
    from {{ ref('int_regions__follow_boundary_changes') }}
    where
        boundary_year = {{ var('newest_boundary_year') }}
        and {{ is_within('make_date(' ~ var('pilots_began') ~ ', 1, 1)', 'valid_from', 'valid_to') }}

),

heirs as (

    select
        source_code,
        target_code
    from transitions
    where heir_rank = 1

),

memberships as (

    select * from {{ ref('int_regions__collect_memberships') }}
    where scheme in ('proeftuin', 'cooperation', 'own')

),

listed_then as (

    select
        region_code,
        municipality_code
    from memberships
    where {{ is_within('make_date(' ~ var('pilots_began') ~ ', 1, 1)', 'valid_from', 'valid_to') }}

),

replaced as (

    select distinct
        listed_then.region_code,
        transitions.target_code
    from listed_then
    inner join transitions on listed_then.municipality_code = transitions.source_code

),

then_members as (

    select
        region_code,
        municipality_code
    from listed_then
    union
    -- A list of present codes has no former municipalities: it stands for those that its new ones were formed from. An
    -- heir that took the place of former members stands for those members alone.
    select
        memberships.region_code,
        heirs.source_code as municipality_code
    from memberships
    inner join {{ ref('int_regions__date_municipalities') }} as lifetimes
        on
            memberships.municipality_code = lifetimes.municipality_code
            and memberships.valid_from = lifetimes.valid_from
    inner join heirs on memberships.municipality_code = heirs.target_code
    left join replaced
        on
            memberships.region_code = replaced.region_code
            and memberships.municipality_code = replaced.target_code
    where
        memberships.scheme = 'own'
        and memberships.share = 1
        and lifetimes.valid_from > make_date({{ var('pilots_began') }}, 1, 1)
        and replaced.region_code is null

),

-- An own region says itself which heirs took the place of its members, and for what part.
went_on as (

    select
        then_members.region_code,
        then_members.municipality_code,
        memberships.municipality_code as target_code,
        memberships.share,
        memberships.area_share
    from then_members
    inner join transitions on then_members.municipality_code = transitions.source_code
    inner join memberships
        on
            then_members.region_code = memberships.region_code
            and transitions.target_code = memberships.municipality_code
    where
        memberships.scheme = 'own'
        and {{ is_within(
            'make_date(' ~ var('newest_boundary_year') ~ ', 1, 1)', 'memberships.valid_from', 'memberships.valid_to'
        ) }}

)

select * from went_on
union all
select
    then_members.region_code,
    then_members.municipality_code,
    heirs.target_code,
    cast(1 as double) as share,
    cast(1 as double) as area_share
from then_members
inner join heirs on then_members.municipality_code = heirs.source_code
left join went_on
    on
        then_members.region_code = went_on.region_code
        and then_members.municipality_code = went_on.municipality_code
where went_on.region_code is null
