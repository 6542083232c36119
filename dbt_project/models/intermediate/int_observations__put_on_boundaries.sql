-- Every figure on all published boundaries, before anything is computed from others. A source's own figure takes
-- precedence over what we add up, and both over an unknown figure.
with cells as (

    select
        {{ figure_columns() }},
        case when value is null then 3 else 1 end as preference
    from {{ ref('int_observations__keep_regions_on_boundaries') }}
    union all
    select
        {{ figure_columns() }},
        2 as preference
    from {{ ref('int_observations__put_municipalities_on_boundaries') }}
    union all
    select
        {{ figure_columns() }},
        case when value is null then 4 else 2 end as preference
    from {{ ref('int_observations__sum_regions_on_boundaries') }}

)

{{ most_preferred('cells') }}
