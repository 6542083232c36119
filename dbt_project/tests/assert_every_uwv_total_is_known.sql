-- A total that passes for a group would be counted twice in the sum over all groups.
with unknown as (

    select
        'uwv/spanningsindicator: occupation ''' || occupation_name
        || ''' looks like a total and is taken for a group -> add it to uwv_occupations.csv' as problem
    from {{ ref('int_labour__link_occupations') }}
    where
        occupation_level = 'uwv_group'
        and (
            lower(occupation_name) like 'tota%'
            or lower(occupation_name) like 'alle %'
        )

)

{{ first_problem('unknown') }}
