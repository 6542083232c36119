-- A region code of a kind that the seed does not know.
with unknown as (

    select distinct
        observations.dataset_id || ': region code ''' || observations.region_code
        || ''' is of no known kind -> add its prefix to region_schemes.csv' as problem
    from {{ ref('int_observations__select_indicators') }} as observations
    left join {{ ref('region_schemes') }} as schemes
        on
            substr(observations.region_code, 1, 2) = schemes.prefix
            and length(observations.region_code) = schemes.code_length
    where schemes.prefix is null

)

{{ first_problem('unknown') }}
