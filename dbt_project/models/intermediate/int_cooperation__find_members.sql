-- The municipalities that made up each cooperation region when the pilots of Maak Verschil began, and the municipality
-- of the newest frame that each went into: the one that got the largest part, where it was divided.
with transitions as (

    select
        source_code,
        target_code,
        row_number() over (partition by source_code order by share_to - share_from desc, target_code) as heir_rank
    from {{ ref('int_regions__transitions') }}
    where
        frame_year = {{ var('newest_frame') }}
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

then_members as (

    select
        region_code,
        municipality_code
    from memberships
    where {{ is_within('make_date(' ~ var('pilots_began') ~ ', 1, 1)', 'valid_from', 'valid_to') }}
    union
    -- A list of codes of now has no municipalities of then: it stands for those that its new ones were made of.
    select
        memberships.region_code,
        heirs.source_code as municipality_code
    from memberships
    inner join {{ ref('int_regions__municipality_lifetimes') }} as lifetimes
        on
            memberships.municipality_code = lifetimes.municipality_code
            and memberships.valid_from = lifetimes.valid_from
    inner join heirs on memberships.municipality_code = heirs.target_code
    where
        memberships.scheme = 'own'
        and lifetimes.valid_from > make_date({{ var('pilots_began') }}, 1, 1)

)

select
    then_members.region_code,
    then_members.municipality_code,
    heirs.target_code
from then_members
inner join heirs on then_members.municipality_code = heirs.source_code
