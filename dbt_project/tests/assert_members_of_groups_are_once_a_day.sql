-- A municipality that is twice in a group on one day would be counted twice.
with members as (

    select
        region_code,
        municipality_code,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by region_code, municipality_code order by valid_from) as next_from
    from {{ ref('region_group_members') }}

),

overlapping as (

    select
        'region_group_members.csv: ' || municipality_code || ' is a member of ' || region_code || ' from '
        || cast(valid_from as string) || ' and ends before that, or is a member again before that ends'
        || ' -> correct valid_from or valid_to' as problem
    from members
    where valid_to < valid_from or next_from <= coalesce(valid_to, next_from)

)

{{ first_problem('overlapping') }}
