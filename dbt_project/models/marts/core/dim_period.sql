with codes as (

    select distinct
        period_code,
        cast(substr(period_code, 1, 4) as integer) as year,
        substr(period_code, 5, 4) as period_suffix
    from {{ ref('int_observations__select_indicators') }}

),

started as (

    select
        codes.period_code,
        codes.year,
        coalesce(kinds.kind, 'other') as kind,
        make_date(codes.year, kinds.start_month, 1) as start_date,
        kinds.months,
        trim(
            cast(codes.year as string) || ' '
            || case when kinds.kind is null then codes.period_suffix else coalesce(kinds.title_nl, '') end
        ) as title_nl,
        trim(
            cast(codes.year as string) || ' '
            || case when kinds.kind is null then codes.period_suffix else coalesce(kinds.title_en, '') end
        ) as title_en
    from codes
    left join {{ ref('period_kinds') }} as kinds on codes.period_suffix = kinds.period_suffix

)

select
    period_code,
    year,
    kind,
    start_date,
    {{ last_day_after_months('start_date', 'months') }} as end_date,
    title_nl,
    title_en
from started
