with registers as (

    select distinct
        region_code,
        year,
        dataset_id
    from {{ ref('stg_raw__subsidies') }}
    where year is not null

),

-- A year of a register can occur twice, as a file of its own and in the ongoing register: the latter counts.
preferred as (

    select
        registers.region_code,
        registers.year,
        registers.dataset_id,
        row_number() over (
            partition by registers.region_code, registers.year
            order by case when sources.state in ('archived', 'stopped') then 1 else 0 end, registers.dataset_id
        ) as preference
    from registers
    inner join {{ ref('stg_raw__sources') }} as sources on registers.dataset_id = sources.dataset_id

)

select
    subsidies.*,
    coalesce(preferred.preference > 1, false) as is_repeated
from {{ ref('stg_raw__subsidies') }} as subsidies
left join preferred
    on
        subsidies.dataset_id = preferred.dataset_id
        and subsidies.region_code = preferred.region_code
        and subsidies.year = preferred.year
