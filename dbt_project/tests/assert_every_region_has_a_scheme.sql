-- A region code of a kind that the seed does not know.
with unknown as (

    select
        dataset_id || ': region code ''' || region_code
        || ''' is of no known kind -> correct it at its source, or add its pattern to region_schemes.csv' as problem
    from {{ ref('int_regions__collect_codes') }}
    where scheme is null

)

{{ first_problem('unknown') }}
