-- A municipality in an own selection that no region table, no boundary and no figure has ever known.
with unknown as (

    select
        'selection ' || selections.file || ': municipality_code ''' || selections.municipality_code
        || ''' has never existed, expected a code as in the table regions -> correct it in the file' as problem
    from {{ ref('stg_raw__selections') }} as selections
    left join {{ ref('dim_region') }} as regions
        on selections.municipality_code = regions.region_code and regions.scheme = 'municipality'
    where regions.region_code is null

)

{{ first_problem('unknown') }}
