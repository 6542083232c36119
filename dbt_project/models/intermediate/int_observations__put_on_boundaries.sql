-- Every figure on all published boundaries, before anything is worked out from others. What a source says itself goes
-- before what we add up, and both before that we do not know.
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
