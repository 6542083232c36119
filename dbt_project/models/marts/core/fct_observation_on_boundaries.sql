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
    release.notice
from preferred
cross join {{ ref('stg_raw__release') }} as release
