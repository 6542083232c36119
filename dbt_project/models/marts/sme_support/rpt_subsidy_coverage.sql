with landed as (

    select
        region_code,
        sum(case when is_repeated then 0 else 1 end) as rows_count,
        min(year) as first_year,
        max(year) as last_year,
        max(notice) as notice
    from {{ ref('fct_subsidy') }}
    group by region_code

)

select
    municipalities.region_code,
    case
        when landed.region_code is not null then 'loaded'
        when registers.region_code is null then 'not_checked'
        when registers.form = 'none' then 'no_register'
        when registers.is_machine_readable then 'register_not_loaded'
        else 'not_machine_readable'
    end as coverage,
    registers.form,
    -- For a register that is not loaded, the list has the years, such as `2020-2024`, or `2012-` for an ongoing one.
    coalesce(landed.first_year, cast(substr(registers.years, 1, 4) as integer)) as first_year,
    case
        when landed.region_code is not null then landed.last_year
        when registers.years not like '%-' then cast(substr(registers.years, length(registers.years) - 3) as integer)
    end as last_year,
    -- Empty rather than 0 if it is not loaded: the number of rows is unknown.
    cast(landed.rows_count as integer) as rows_count,
    registers.page_url,
    registers.checked_on,
    registers.note_nl,
    registers.note_en,
    landed.notice
from {{ ref('dim_region') }} as municipalities
left join {{ ref('subsidy_registers') }} as registers on municipalities.region_code = registers.region_code
left join landed on municipalities.region_code = landed.region_code
where
    municipalities.scheme = 'municipality'
    and municipalities.is_current
