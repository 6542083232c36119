-- Two rows with one key would make a figure depend on the order of reading.
with duplicated as (

    select
        dataset_id || ': ' || cast(count(*) as string) || ' rows for one key ' || measure_code || ' ' || region_code
        || ' ' || period_code || ' ' || dims || ', expected 1 -> check the dimensions of the card' as problem
    from {{ ref('stg_cbs__observations') }}
    group by dataset_id, measure_code, region_code, period_code, dims
    having count(*) > 1

)

{{ first_problem('duplicated') }}
