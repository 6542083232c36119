-- Every known figure of the present regions on the newest boundaries, for periods that were over when it landed, as it
-- is shown; which of them is the latest of its region, and which are from before a break, so that the latest cannot be
-- compared with them.
with regions as (

    select distinct
        scheme,
        region_code
    from {{ ref('int_regions__list_members_on_boundaries') }}
    where boundary_year = {{ var('newest_boundary_year') }}

),

figures as (

    select
        observations.indicator_id,
        regions.scheme,
        observations.region_code,
        observations.period_code,
        periods.kind as period_kind,
        -- A month says less about a place than a year, so if both are known the year counts.
        case periods.kind
            when 'year' then 1
            when 'school_year' then 2
            when 'half_year' then 3
            when 'quarter' then 4
            when 'month' then 5
            when 'four_weeks' then 6
            when 'week' then 7
            when 'day' then 8
            else 9
        end as kind_order,
        periods.start_date,
        observations.value,
        -- Figures that read the same are compared as the same.
        {{ round_to('observations.value', 'indicators.decimals') }} as shown_value,
        observations.lower,
        observations.upper,
        observations.interval_kind,
        observations.value_status,
        observations.boundary_method
    from {{ ref('fct_observation_on_boundaries') }} as observations
    inner join regions on observations.region_code = regions.region_code
    inner join {{ ref('dim_indicator') }} as indicators on observations.indicator_id = indicators.indicator_id
    inner join {{ ref('int_periods__parse_codes') }} as periods on observations.period_code = periods.period_code
    where
        observations.boundary_year = {{ var('newest_boundary_year') }}
        and observations.value is not null
        and observations.is_over

),

placed as (

    select
        figures.*,
        row_number() over (
            -- Codes of one kind of period sort chronologically.
            partition by figures.indicator_id, figures.region_code
            order by figures.kind_order asc, figures.period_code desc
        ) = 1 as is_latest,
        max(figures.period_code) over (partition by figures.indicator_id, figures.period_kind) as national_period
    from figures

),

last_breaks as (

    select
        placed.indicator_id,
        placed.region_code,
        max(breaks.start_date) as broken_on
    from placed
    inner join {{ ref('int_series__find_breaks') }} as breaks
        on
            placed.indicator_id = breaks.indicator_id
            and (breaks.region_code is null or placed.region_code = breaks.region_code)
            and placed.start_date >= breaks.start_date
    where placed.is_latest
    group by placed.indicator_id, placed.region_code

)

select
    placed.indicator_id,
    placed.scheme,
    placed.region_code,
    placed.period_code,
    placed.period_kind,
    placed.start_date,
    placed.value,
    placed.shown_value,
    placed.lower,
    placed.upper,
    placed.interval_kind,
    placed.value_status,
    placed.boundary_method,
    placed.is_latest,
    coalesce(placed.start_date < last_breaks.broken_on, false) as is_before_break,
    placed.national_period
from placed
left join last_breaks
    on
        placed.indicator_id = last_breaks.indicator_id
        and placed.region_code = last_breaks.region_code
