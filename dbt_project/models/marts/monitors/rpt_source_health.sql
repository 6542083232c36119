-- The health of every source. Its reason, titles and licence are in `sources`, under the same key.
with sources as (

    select
        sources.*,
        cast(substr(this_release.newest_landed_at, 1, 10) as date) as judged_on,
        -- A table of regions is for one division; figures are judged by the present municipalities.
        case
            when sources.shape in ('regions', 'boundaries', 'places') then sources.boundary_year
            else {{ var('newest_boundary_year') }}
        end as judged_by_boundary_year
    from {{ ref('stg_raw__sources') }} as sources
    cross join {{ ref('stg_raw__release') }} as this_release

),

lifetimes as (

    select * from {{ ref('int_regions__date_municipalities') }}

),

years as (

    {{ known_boundary_years() }}

),

boundary_municipalities as (

    select
        years.boundary_year,
        lifetimes.municipality_code
    from years
    inner join lifetimes
        on {{ is_within('make_date(years.boundary_year, 1, 1)', 'lifetimes.valid_from', 'lifetimes.valid_to') }}

),

boundary_sizes as (

    select
        boundary_year,
        count(*) as municipalities_count
    from boundary_municipalities
    group by boundary_year

),

held as (

    select
        dataset_id,
        region_code,
        period_code
    from {{ ref('stg_raw__observations') }}
    where
        value is not null
        or value_text is not null
    union
    select
        dataset_id,
        region_code,
        {{ whole_year('boundary_year') }} as period_code
    from {{ ref('stg_raw__boundaries') }}
    union
    select
        dataset_id,
        municipality_code as region_code,
        {{ whole_year('boundary_year') }} as period_code
    from {{ ref('stg_raw__places') }}

),

municipal as (

    select
        held.dataset_id,
        held.region_code,
        held.period_code
    from held
    inner join lifetimes on held.region_code = lifetimes.municipality_code

),

coverage as (

    select
        sources.dataset_id,
        count(distinct boundary_municipalities.municipality_code) as municipalities_count
    from sources
    inner join municipal on sources.dataset_id = municipal.dataset_id
    left join boundary_municipalities
        on
            municipal.region_code = boundary_municipalities.municipality_code
            and sources.judged_by_boundary_year = boundary_municipalities.boundary_year
            -- The table of a division has no period of its own.
            and (sources.shape = 'regions' or sources.newest_period = municipal.period_code)
    group by sources.dataset_id

),

changes as (

    select
        dataset_id,
        count(*) as drift_count,
        sum(case when is_blocking then 1 else 0 end) as blocking_count
    from {{ ref('stg_raw__drift') }}
    group by dataset_id

),

measured as (

    select
        indicators.dataset_id,
        count(*) as indicators_count,
        count(blocked.indicator_id) as blocked_indicators_count
    from {{ ref('indicators') }} as indicators
    left join {{ ref('stg_raw__blocked') }} as blocked on indicators.indicator_id = blocked.indicator_id
    group by indicators.dataset_id

)

select
    sources.dataset_id,
    sources.state,
    sources.newest_period,
    {{ days_between('periods.end_date', 'sources.judged_on') }} as age_days,
    sources.landed_at,
    sources.expected_next,
    coalesce(cast(sources.expected_next as date) < sources.judged_on, false) as is_overdue,
    cast(coalesce(changes.drift_count, 0) as integer) as drift_count,
    cast(coalesce(changes.blocking_count, 0) as integer) as blocking_count,
    cast(coverage.municipalities_count as integer) as municipalities_count,
    cast(case when coverage.dataset_id is not null then boundary_sizes.municipalities_count end as integer)
        as municipalities_expected,
    cast(coalesce(measured.indicators_count, 0) as integer) as indicators_count,
    cast(coalesce(measured.blocked_indicators_count, 0) as integer) as blocked_indicators_count,
    sources.notice
from sources
left join {{ ref('int_periods__parse_codes') }} as periods on sources.newest_period = periods.period_code
left join coverage on sources.dataset_id = coverage.dataset_id
left join boundary_sizes on sources.judged_by_boundary_year = boundary_sizes.boundary_year
left join changes on sources.dataset_id = changes.dataset_id
left join measured on sources.dataset_id = measured.dataset_id
