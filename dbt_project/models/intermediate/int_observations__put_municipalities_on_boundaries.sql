-- The figures of municipalities on the boundaries of a year. Counts of the parts add up; anything else is kept only if
-- the municipality is unchanged. An unknown part makes the whole unknown.
with observed as (

    select * from {{ ref('int_observations__collect_series') }}
    where scheme = 'municipality'

),

-- An indicator is put on the boundaries for every period in which any municipality has a figure for it, and for every
-- period of a register, which covers a year even where it does not give an amount.
asked as (

    select
        indicator_id,
        kind,
        decimals,
        is_land,
        period_code,
        year,
        as_of,
        max(ends_on) as ends_on,
        bool_and(is_over) as is_over
    from observed
    where value is not null or formula = 'register'
    group by indicator_id, kind, decimals, is_land, period_code, year, as_of

),

parts as (

    select
        asked.indicator_id,
        asked.kind,
        asked.decimals,
        asked.period_code,
        asked.year,
        transitions.boundary_year,
        transitions.target_code as region_code,
        transitions.source_code,
        case when asked.is_land then transitions.area_from else transitions.share_from end as share_from,
        case when asked.is_land then transitions.area_to else transitions.share_to end as share_to,
        observed.value,
        coalesce(observed.value_status, 'missing') as value_status,
        coalesce(observed.is_over, asked.is_over) as is_over,
        -- A municipality that was dissolved within the period and has no figure is already counted by its heir.
        not coalesce(
            lifetimes.valid_to < asked.ends_on
            and observed.value is null
            and coalesce(observed.value_status, 'missing') <> 'suppressed',
            false
        ) as is_expected
    from asked
    inner join {{ ref('int_regions__follow_boundary_changes') }} as transitions
        on
            {{ is_within('asked.as_of', 'transitions.valid_from', 'transitions.valid_to') }}
            and {{ is_published_boundary_year('transitions.boundary_year') }}
    inner join {{ ref('int_regions__date_municipalities') }} as lifetimes
        on transitions.source_code = lifetimes.municipality_code
    left join observed
        on
            asked.indicator_id = observed.indicator_id
            and asked.period_code = observed.period_code
            and transitions.source_code = observed.region_code

),

summed as (

    select
        indicator_id,
        period_code,
        year,
        boundary_year,
        region_code,
        count(*) as parts_count,
        count(value) as known_count,
        max(case when kind in ('count', 'minimum') then 1 else 0 end) = 1 as adds_up,
        max(case when kind = 'minimum' then 1 else 0 end) = 1 as is_minimum,
        max(case when share_from > 0 or share_to < 1 then 1 else 0 end) = 1 as has_split,
        {{ exact_sum(part_of('value', 'share_from', 'share_to', 'decimals')) }} as value,
        coalesce(
            {{ worst_of(
                "case when kind <> 'minimum' or value is not null then value_status end", value_status_order()
            ) }},
            'missing'
        ) as value_status,
        bool_and(is_over) as is_over
    from parts
    where is_expected
    group by indicator_id, period_code, year, boundary_year, region_code

),

-- A source that follows a later division gives a figure for the new municipality itself, and none for its parts.
judged as (

    select
        summed.*,
        summed.known_count = 0 and ahead.value is not null as is_ahead,
        ahead.value as value_ahead,
        ahead.value_status as status_ahead
    from summed
    left join observed as ahead
        on
            summed.indicator_id = ahead.indicator_id
            and summed.period_code = ahead.period_code
            and summed.region_code = ahead.region_code

),

methods as (

    select
        judged.*,
        case
            when judged.is_ahead or (judged.parts_count = 1 and not judged.has_split) then 'published'
            -- A minimum for one part is a minimum for the whole; but a share of a minimum is not a minimum for a part.
            when judged.is_minimum and judged.known_count > 0 and not judged.has_split then 'merged'
            when judged.is_minimum or judged.known_count < judged.parts_count or not judged.adds_up then 'unavailable'
            when judged.has_split then 'split_estimate'
            else 'merged'
        end as boundary_method
    from judged

)

select
    indicator_id,
    region_code,
    period_code,
    boundary_year,
    year,
    case
        when is_ahead then value_ahead
        when boundary_method <> 'unavailable' then value
    end as value,
    case
        when is_ahead then status_ahead
        when boundary_method = 'split_estimate' then 'estimated'
        -- Known for each part, but not for the whole.
        when boundary_method = 'unavailable' and (is_minimum or known_count = parts_count) then 'missing'
        else value_status
    end as value_status,
    -- The status of an estimate once all parts of the divided municipality are together again.
    case when is_ahead then status_ahead else value_status end as status_of_parts,
    boundary_method,
    cast(parts_count as integer) as parts_count,
    is_over
from methods
