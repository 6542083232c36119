-- A region code of a kind that the seed does not know.
with unknown as (

    select
        codes.dataset_id || ': region code ''' || codes.region_code
        || case
            when remainders.pattern is not null
                then ''' is no region, but what could not be placed in one -> leave it out where the source is read'
            else ''' is of no known kind -> correct it at its source, or add its pattern to region_schemes.csv'
        end as problem
    from {{ ref('int_regions__collect_codes') }} as codes
    left join {{ ref('region_remainders') }} as remainders on {{ matches('codes.region_code', 'remainders.pattern') }}
    where codes.scheme is null

)

{{ first_problem('unknown') }}
