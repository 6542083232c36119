-- Why a present region has no figure at all for an indicator, one row for each such region and indicator.
with regions as (

    select distinct
        members.scheme,
        members.region_code,
        schemes.level_order
    from {{ ref('int_regions__list_members_on_boundaries') }} as members
    inner join {{ ref('region_schemes') }} as schemes on members.scheme = schemes.scheme
    where members.boundary_year = {{ var('newest_boundary_year') }}

),

known as (

    select
        indicator_id,
        region_code
    from {{ ref('int_baseline__read_figures') }}
    where is_latest

),

known_indicators as (

    select distinct indicator_id
    from {{ ref('int_baseline__read_figures') }}

),

known_levels as (

    select distinct
        indicator_id,
        scheme
    from {{ ref('int_baseline__read_figures') }}

),

-- What is computed from an amount in a register lacks a figure for the same reason as the register.
terms as (

    select
        indicator_id,
        indicator_id as term_id
    from {{ ref('dim_indicator') }}
    union
    select
        indicator_id,
        term_id
    from {{ ref('int_indicators__read_terms') }}

),

reasons as (

    select
        terms.indicator_id,
        support.region_code,
        support.period_code,
        max(support.gap) as gap
    from terms
    inner join {{ ref('dim_indicator') }} as amounts on terms.term_id = amounts.indicator_id
    inner join {{ ref('int_subsidies__sum_support') }} as support on amounts.measure_code = support.measure_code
    where
        amounts.formula = 'register'
        and support.gap is not null
    group by terms.indicator_id, support.region_code, support.period_code

),

-- The status of the newest row without a figure.
blanks as (

    select
        indicator_id,
        region_code,
        period_code,
        value_status,
        boundary_method,
        row_number() over (
            partition by indicator_id, region_code order by year desc, period_code desc
        ) as newest_first
    from {{ ref('fct_observation_on_boundaries') }}
    where
        boundary_year = {{ var('newest_boundary_year') }}
        and value is null
        and is_over

)

select
    regions.region_code,
    indicators.indicator_id,
    case
        when regions.level_order > levels.level_order then 'not_published_at_level'
        when indicators.state = 'blocked' then 'blocked'
        when blanks.value_status in ('suppressed', 'not_applicable') then blanks.value_status
        when reasons.gap is not null then reasons.gap
        when blanks.boundary_method = 'unavailable' then 'not_on_these_boundaries'
        -- Other regions have it, but none of this kind.
        when
            blanks.indicator_id is null
            and known_levels.indicator_id is null
            and known_indicators.indicator_id is not null
            then 'not_published_at_level'
        else 'missing'
    end as gap
from regions
cross join {{ ref('dim_indicator') }} as indicators
left join {{ ref('region_schemes') }} as levels on indicators.lowest_level = levels.scheme
left join known
    on
        indicators.indicator_id = known.indicator_id
        and regions.region_code = known.region_code
left join known_indicators on indicators.indicator_id = known_indicators.indicator_id
left join known_levels
    on
        indicators.indicator_id = known_levels.indicator_id
        and regions.scheme = known_levels.scheme
left join blanks
    on
        indicators.indicator_id = blanks.indicator_id
        and regions.region_code = blanks.region_code
        and blanks.newest_first = 1
left join reasons
    on
        blanks.indicator_id = reasons.indicator_id
        and blanks.region_code = reasons.region_code
        and blanks.period_code = reasons.period_code
where known.region_code is null
