-- An indicator row that selects nothing is a typing error in the seed, unless its source has not landed at all.
with measures as (

    select
        dataset_id,
        measure_code,
        count(*) as sources_count
    from {{ ref('stg_cbs__measures') }}
    group by dataset_id, measure_code

),

selected as (

    select
        indicator_id,
        count(*) as rows_count
    from {{ ref('int_observations__select_indicators') }}
    group by indicator_id

),

wrong as (

    select
        'indicators.csv: indicator ' || indicators.indicator_id
        || case
            when sources.dataset_id is null
                then
                    ' asks for ' || indicators.dataset_id
                    || ', for which there is no card -> add one or correct dataset_id'
            when measures.sources_count > 1
                then
                    ' selects ' || cast(measures.sources_count as string) || ' measures with code '
                    || indicators.measure_code || ' of ' || indicators.dataset_id
                    || ', expected 1 -> give the measure a code of its own on the card'
            else
                ' selects no row of ' || indicators.dataset_id || ' with measure_code ''' || indicators.measure_code
                || ''' and dims ''' || coalesce(indicators.dims, '') || ''' -> correct measure_code or dims'
        end as problem
    from {{ ref('indicators') }} as indicators
    left join {{ ref('dim_source') }} as sources on indicators.dataset_id = sources.dataset_id
    left join measures
        on
            indicators.dataset_id = measures.dataset_id
            and indicators.measure_code = measures.measure_code
    left join selected on indicators.indicator_id = selected.indicator_id
    where
        sources.dataset_id is null
        or measures.sources_count > 1
        or (selected.rows_count is null and sources.state <> 'absent')

)

{{ first_problem('wrong') }}
