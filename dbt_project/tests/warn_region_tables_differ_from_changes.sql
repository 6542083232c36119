{{ config(severity='warn') }}
-- The region tables of CBS and the seed of boundary changes tell the same municipalities on 1 January of every year. A
-- table that does not is told: the seed has to be corrected, and the figures of all others are right without it.
with tables as (

    select distinct
        boundary_year,
        dataset_id,
        municipality_code
    from {{ ref('int_regions__read_divisions') }}

),

years as (

    select distinct
        boundary_year,
        dataset_id
    from tables

),

lives as (

    select
        years.boundary_year,
        years.dataset_id,
        lifetimes.municipality_code
    from years
    inner join {{ ref('int_regions__date_municipalities') }} as lifetimes
        on {{ is_within('make_date(years.boundary_year, 1, 1)', 'lifetimes.valid_from', 'lifetimes.valid_to') }}

),

differs as (

    select
        coalesce(tables.dataset_id, lives.dataset_id) || ': '
        || coalesce(tables.municipality_code, lives.municipality_code)
        || case when tables.municipality_code is null then ' is not in the table of ' else ' is in the table of ' end
        || cast(coalesce(tables.boundary_year, lives.boundary_year) as string)
        || case when tables.municipality_code is null then ', though it existed' else ', though it did not exist' end
        || ' on 1 January by the seed -> correct boundary_changes.csv, or add the change' as problem
    from tables
    full outer join lives
        on
            tables.boundary_year = lives.boundary_year
            and tables.municipality_code = lives.municipality_code
    where tables.municipality_code is null or lives.municipality_code is null

)

select problem from differs
order by problem
