with codes as (

    select period_code from {{ ref('int_observations__select_indicators') }}
    union
    select period_code from {{ ref('int_subsidies__sum_support') }}
    union
    select newest_period as period_code from {{ source('raw', 'sources') }}
    where newest_period is not null

),

parsed as (

    select
        period_code,
        cast(substr(period_code, 1, 4) as integer) as year,
        substr(period_code, 5) as period_suffix,
        {{ matches('period_code', "'[0-9]{8}'") }} as is_day
    from codes

),

started as (

    select
        parsed.period_code,
        parsed.year,
        parsed.period_suffix,
        case when parsed.is_day then 'day' else coalesce(kinds.kind, 'other') end as kind,
        make_date(
            parsed.year,
            kinds.start_month,
            case when parsed.is_day then cast(substr(parsed.period_suffix, 3, 2) as integer) else 1 end
        ) as start_date,
        kinds.months,
        coalesce(kinds.title_nl, '') as part_nl,
        coalesce(kinds.title_en, '') as part_en
    from parsed
    left join {{ ref('period_kinds') }} as kinds
        on
            -- A day takes its month's row.
            case when parsed.is_day then 'MM' || substr(parsed.period_suffix, 1, 2) else parsed.period_suffix end
            = kinds.period_suffix

),

titled as (

    select
        period_code,
        year,
        kind,
        start_date,
        case
            when kind = 'day' then start_date
            else {{ last_day_after_months('start_date', 'months') }}
        end as end_date,
        case
            when kind = 'day' then cast(day(start_date) as string) || ' ' || part_nl || ' ' || cast(year as string)
            when kind = 'school_year' then cast(year as string) || '/''' || substr(cast(year + 1 as string), 3, 2)
            when kind = 'other' then cast(year as string) || ' ' || period_suffix
            else trim(cast(year as string) || ' ' || part_nl)
        end as title_nl,
        case
            when kind = 'day' then cast(day(start_date) as string) || ' ' || part_en || ' ' || cast(year as string)
            when kind = 'school_year' then cast(year as string) || '/''' || substr(cast(year + 1 as string), 3, 2)
            when kind = 'other' then cast(year as string) || ' ' || period_suffix
            else trim(cast(year as string) || ' ' || part_en)
        end as title_en
    from started

)

select * from titled
