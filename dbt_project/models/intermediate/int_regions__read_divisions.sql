-- The region tables of CBS have pairs of columns, code and name, whose numbers shift every year; some years have no
-- names. So a column is recognised by the codes in it, and the column of names by coming right after it. Up to 2012 the
-- codes are bare numbers, which say no kind: of those years only the municipalities themselves are read, from the keys.
with cells as (

    select
        observations.dataset_id,
        sources.boundary_year,
        observations.region_code as municipality_code,
        measures.source_index,
        observations.value_text
    from {{ ref('stg_raw__observations') }} as observations
    inner join {{ ref('stg_raw__sources') }} as sources on observations.dataset_id = sources.dataset_id
    inner join {{ ref('stg_raw__measures') }} as measures
        on
            observations.dataset_id = measures.dataset_id
            and observations.measure_code = measures.measure_code
    where
        sources.shape = 'regions'
        and observations.value_text is not null

),

texts as (

    select distinct value_text from cells
    where not {{ has_no_digit('value_text') }}

),

codes as (

    select
        texts.value_text as region_code,
        schemes.scheme
    from texts
    inner join {{ ref('region_schemes') }} as schemes on {{ matches('texts.value_text', 'schemes.pattern') }}
    -- The NUTS codes in these tables stopped in 2016 and are of an older version than those of Eurostat's figures.
    where schemes.is_in_region_tables

),

coded as (

    select
        cells.dataset_id,
        cells.boundary_year,
        cells.municipality_code,
        cells.source_index,
        codes.scheme,
        codes.region_code
    from cells
    inner join codes on cells.value_text = codes.region_code

),

named as (

    select
        coded.dataset_id,
        cast(coded.boundary_year as integer) as boundary_year,
        coded.municipality_code,
        coded.scheme,
        coded.region_code,
        names.value_text as region_name
    from coded
    left join cells as names
        on
            coded.dataset_id = names.dataset_id
            and coded.municipality_code = names.municipality_code
            and coded.source_index + 1 = names.source_index
            -- Every code has a digit and no name has one: a code may be followed by the code of another scheme.
            and {{ has_no_digit('names.value_text') }}

),

countries as (

    select distinct
        cells.dataset_id,
        cast(cells.boundary_year as integer) as boundary_year,
        cells.municipality_code,
        'country' as scheme,
        'NL01' as region_code,
        'Nederland' as region_name
    from cells
    inner join {{ ref('region_schemes') }} as schemes
        on
            schemes.scheme = 'municipality'
            and {{ matches('cells.municipality_code', 'schemes.pattern') }}

)

select * from named
union all
select * from countries
