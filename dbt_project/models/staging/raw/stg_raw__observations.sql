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
        marks.is_zero,
        ongoing.period_code is null as is_over,
        case when observations.value is null then marks.status_of_null else marks.status_of_number end as mark_status
    from {{ source('raw', 'observations') }} as observations
    left join {{ ref('value_status') }} as marks on observations.value_attribute = marks.value_attribute
    left join {{ ref('stg_raw__ongoing') }} as ongoing
        on
            observations.dataset_id = ongoing.dataset_id
            and observations.measure_code = ongoing.measure_code
            and observations.period_code = ongoing.period_code

),

stated as (

    select
        marked.*,
        case
            -- Only StatLine gives its periods a status, and not in every table. A source that says nothing about its
            -- figures has not called them definitive either.
            when marked.mark_status = 'period' and marked.period_status is null then 'unstated'
            when marked.mark_status = 'period' then periods.value_status
            when marked.mark_status <> 'refused' then marked.mark_status
        end as value_status
    from marked
    left join {{ ref('period_status') }} as periods on marked.period_status = periods.period_status

),

final as (

    select
        dataset_id,
        measure_code,
        region_code,
        period_code,
        dims,
        case when value is null and is_zero then 0 else value end as value,
        value_text,
        -- Until a period is over its figures can change, whatever their source says about them.
        case
            when not is_over then {{ no_surer_than('value_status', "'provisional'", value_status_order()) }}
            else value_status
        end as value_status,
        is_over,
        nullif(value_attribute, 'None') as source_mark,
        period_status,
        landed_sha256
    from stated

)

select * from final
