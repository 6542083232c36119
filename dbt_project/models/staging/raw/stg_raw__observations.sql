with marked as (

    select
        observations.dataset_id,
        observations.measure_code,
        observations.region_code,
        observations.period_code,
        observations.dims,
        observations.value,
        observations.value_text,
        observations.value_attribute,
        observations.period_status,
        observations.landed_sha256,
        marks.means_zero,
        case when observations.value is null then marks.status_of_null else marks.status_of_number end as mark_status
    from {{ source('raw', 'observations') }} as observations
    left join {{ ref('value_status') }} as marks on observations.value_attribute = marks.value_attribute

),

final as (

    select
        marked.dataset_id,
        marked.measure_code,
        marked.region_code,
        marked.period_code,
        marked.dims,
        case when marked.value is null and marked.means_zero then 0 else marked.value end as value,
        marked.value_text,
        case
            -- Only StatLine gives its periods a status, and not in every table. Whoever says nothing of its figures
            -- has not called them definitive either.
            when marked.mark_status = 'period' and marked.period_status is null then 'unstated'
            when marked.mark_status = 'period' then periods.value_status
            when marked.mark_status <> 'refused' then marked.mark_status
        end as value_status,
        nullif(marked.value_attribute, 'None') as source_mark,
        marked.period_status,
        marked.landed_sha256
    from marked
    left join {{ ref('period_status') }} as periods on marked.period_status = periods.period_status

)

select * from final
