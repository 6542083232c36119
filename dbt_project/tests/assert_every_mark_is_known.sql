-- A mark or a period status that the seeds do not know has no status, and would pass for a figure.
with unknown as (

    select
        dataset_id || ': mark ''' || coalesce(source_mark, 'None') || ''''
        || case when value is null then ' without' else ' with' end || ' a number, in a period with status '''
        || coalesce(period_status, '') || ''', in ' || cast(count(*) as string) || ' rows such as '
        || min(measure_code || ' ' || region_code || ' ' || period_code)
        || ', is not in the seeds -> add it to value_status.csv or period_status.csv' as problem
    from {{ ref('stg_raw__observations') }}
    where
        value_text is null
        and value_status is null
    group by dataset_id, source_mark, period_status, value is null

)

{{ first_problem('unknown') }}
