-- One row for each cell of the tables of UWV, with its measures side by side.
with cells as (

    select
        region_code,
        period_code,
        replace(dims, 'OCCUPATION=', '') as occupation_name,
        measure_code,
        value,
        value_text,
        {{ rank_in('value_status', value_status_order()) }} as status_rank,
        dataset_id,
        landed_sha256
    from {{ ref('stg_raw__observations') }}
    where dataset_id = 'uwv/spanningsindicator'

)

select
    region_code,
    period_code,
    occupation_name,
    max(case when measure_code = 'vacancies' then value end) as vacancies_count,
    max(case when measure_code = 'ww_short' then value end) as ww_short_count,
    max(case when measure_code = 'tension' then value end) as tension_published,
    max(case when measure_code = 'tension_label' then value_text end) as tension_label_uwv,
    -- The tension is computed from these two, so it is as certain as the less certain of them.
    max(case when measure_code in ('vacancies', 'ww_short') then status_rank end) as status_rank,
    max(dataset_id) as dataset_id,
    max(landed_sha256) as landed_sha256
from cells
group by region_code, period_code, occupation_name
