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
    chance.lower,
    chance.upper,
    chance.interval_kind,
    release.notice
from preferred
left join {{ ref('int_observations__measure_chance') }} as chance
    on
        preferred.indicator_id = chance.indicator_id
        and preferred.region_code = chance.region_code
        and preferred.period_code = chance.period_code
        and preferred.boundary_year = chance.boundary_year
        and preferred.value is not null
cross join {{ ref('stg_raw__release') }} as release
