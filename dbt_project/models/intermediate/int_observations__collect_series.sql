-- Every figure that is not computed from others, with the day whose boundaries its region codes follow: that of the
-- division if a table has one for all periods, otherwise the first day of the period.
with published as (

    select
        observations.indicator_id,
        observations.region_code,
        observations.period_code,
        observations.value,
        observations.value_status,
        observations.is_over,
        sources.boundary_year as source_boundary_year
    from {{ ref('int_observations__select_indicators') }} as observations
    left join {{ ref('stg_raw__sources') }} as sources on observations.dataset_id = sources.dataset_id

),

granted as (

    select
        indicators.indicator_id,
        support.region_code,
        support.period_code,
        support.value,
        support.value_status,
        support.is_over,
        cast(null as integer) as source_boundary_year
    from {{ ref('int_subsidies__sum_support') }} as support
    inner join {{ ref('int_indicators__keep_available') }} as indicators
        on indicators.formula = 'register' and support.measure_code = indicators.measure_code

),

series as (

    select * from published
    union all
    select * from granted

)

select
    series.indicator_id,
    indicators.kind,
    indicators.formula,
    indicators.decimals,
    indicators.is_land,
    series.region_code,
    schemes.scheme,
    series.period_code,
    periods.year,
    coalesce(make_date(series.source_boundary_year, 1, 1), periods.start_date) as as_of,
    case when series.source_boundary_year is null then periods.end_date end as ends_on,
    series.value,
    series.value_status,
    series.is_over
from series
inner join {{ ref('int_indicators__keep_available') }} as indicators on series.indicator_id = indicators.indicator_id
inner join {{ ref('int_periods__parse_codes') }} as periods on series.period_code = periods.period_code
inner join {{ ref('int_regions__collect_codes') }} as schemes on series.region_code = schemes.region_code
