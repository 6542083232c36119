with codes as (

    select period_code from {{ ref('int_observations__select_indicators') }}
    union
    select period_code from {{ ref('int_subsidies__sum_support') }}
    union
    select period_code from {{ ref('int_labour__read_tension') }}
    union
    select newest_period as period_code from {{ ref('stg_raw__sources') }}
    where newest_period is not null
    union
    select period_code from {{ ref('known_breaks') }}

),

marked as (

    select
        period_code,
        {{ year_of('period_code') }} as year,
        {{ year_part_of('period_code') }} as year_part,
        {{ matches('period_code', "'[0-9]{8}'") }} as is_day
    from codes

),

parsed as (

    select
        period_code,
        year,
        year_part,
        is_day,
        -- A day uses the row of its month.
        case when is_day then 'MM' else {{ first_of_part('period_code') }} end as period_letters,
        case
            when is_day then cast({{ first_of_part('period_code') }} as integer)
            else cast({{ last_of_part('period_code') }} as integer)
        end as number,
        case when is_day then cast({{ last_of_part('period_code') }} as integer) else 1 end as day_of_month
    from marked

),

started as (

    select
        parsed.period_code,
        parsed.year,
        parsed.year_part,
        parsed.number,
        case when parsed.is_day then 'day' else kinds.kind end as kind,
        make_date(parsed.year, nullif(kinds.start_month, 0), parsed.day_of_month) as first_of_months,
        kinds.months,
        -- The week in which it begins, and how many weeks it lasts.
        case kinds.kind when 'week' then parsed.number when 'four_weeks' then 4 * parsed.number - 3 end as first_week,
        case kinds.kind when 'week' then 1 when 'four_weeks' then 4 end as weeks,
        replace(coalesce(kinds.title_nl, ''), '{n}', cast(parsed.number as string)) as part_nl,
        replace(coalesce(kinds.title_en, ''), '{n}', cast(parsed.number as string)) as part_en
    from parsed
    left join {{ ref('period_kinds') }} as kinds
        on
            parsed.period_letters = kinds.period_letters
            and parsed.number between kinds.first_number and kinds.last_number

),

dated as (

    select
        period_code,
        year,
        year_part,
        kind,
        part_nl,
        part_en,
        case
            when weeks is null then first_of_months
            -- CBS cuts weeks off at the start and end of a year.
            else greatest({{ monday_of_week('year', 'first_week') }}, make_date(year, 1, 1))
        end as start_date,
        case
            when kind = 'day' then first_of_months
            when weeks is null then {{ last_day_after_months('first_of_months', 'months') }}
            else least(
                {{ day_before(monday_of_week('year', 'first_week + weeks')) }},
                make_date(year, 12, 31)
            )
        end as end_date
    from started

),

titled as (

    select
        period_code,
        year,
        year_part,
        kind,
        start_date,
        end_date,
        case
            when kind = 'day' then cast(day(start_date) as string) || ' ' || part_nl || ' ' || cast(year as string)
            when kind = 'school_year' then cast(year as string) || '/''' || substr(cast(year + 1 as string), 3, 2)
            else trim(part_nl || ' ' || cast(year as string))
        end as title_nl,
        case
            when kind = 'day' then cast(day(start_date) as string) || ' ' || part_en || ' ' || cast(year as string)
            when kind = 'school_year' then cast(year as string) || '/''' || substr(cast(year + 1 as string), 3, 2)
            else trim(part_en || ' ' || cast(year as string))
        end as title_en
    from dated

)

select * from titled
