with source as (

    select
        dataset_id,
        measure_code,
        region_code,
        period_code,
        dims,
        value,
        value_text,
        value_attribute,
        period_status,
        landed_sha256,
        -- A blank cell has an empty mark on the wire, and a seed cannot hold an empty text.
        coalesce(nullif(value_attribute, ''), 'blank') as mark
    from {{ source('raw', 'observations') }}

),

marked as (

    select
        source.*,
        marks.means_zero,
        case when source.value is null then marks.status_of_null else marks.status_of_number end as mark_status
    from source
    left join {{ ref('value_status') }} as marks on source.mark = marks.value_attribute

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
