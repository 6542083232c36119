with cells as (

    -- A source's own figure takes precedence over one that we compute.
    select
        *,
        case when boundary_method = 'unavailable' then 3 else 1 end as preference
    from {{ ref('int_observations__put_on_boundaries') }}
    union all
    select
        {{ figure_columns() }},
        2 as preference
    from {{ ref('int_observations__derive') }}

),

preferred as (

    {{ most_preferred('cells') }}

)

select
    preferred.*,
    coalesce(margins.lower, chance.lower) as lower,
    coalesce(margins.upper, chance.upper) as upper,
    coalesce(margins.interval_kind, chance.interval_kind) as interval_kind,
    release.notice
from preferred
left join {{ ref('int_observations__measure_chance') }} as chance
    on
        preferred.indicator_id = chance.indicator_id
        and preferred.region_code = chance.region_code
        and preferred.period_code = chance.period_code
        and preferred.boundary_year = chance.boundary_year
        and preferred.value is not null
-- The margins of a figure hold for the region that it was published for.
left join {{ ref('int_observations__read_margins') }} as margins
    on
        preferred.indicator_id = margins.indicator_id
        and preferred.region_code = margins.region_code
        and preferred.period_code = margins.period_code
        and preferred.boundary_method = 'published'
        and preferred.value is not null
cross join {{ ref('stg_raw__release') }} as release
