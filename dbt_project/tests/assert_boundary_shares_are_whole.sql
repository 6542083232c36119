-- Of a municipality that ends, nothing is lost and nothing counted twice.
with changes as (

    select
        changed_on,
        old_code,
        min(old_name) as old_name,
        sum(share) as total,
        sum(area_share) as total_area,
        count(*) as rows_count,
        count(distinct new_code) as heirs_count
    from {{ ref('boundary_changes') }}
    group by changed_on, old_code

),

broken as (

    select
        'boundary_changes.csv: ' || old_code || ' ' || old_name || ' on ' || cast(changed_on as string)
        || ': its shares add up to ' || cast(total as string) || ' of the inhabitants and '
        || cast(total_area as string) || ' of the area over ' || cast(rows_count as string)
        || ' rows, expected 1 with every heir once -> correct the rows of ' || old_code as problem
    from changes
    where abs(total - 1) > 0.0000001 or abs(total_area - 1) > 0.0000001 or rows_count > heirs_count

)

{{ first_problem('broken') }}
