-- The features by which municipalities are compared, each in the newest year for which nearly all of them have it.
with municipalities as (

    select region_code
    from {{ ref('int_regions__list_members_on_boundaries') }}
    where
        boundary_year = {{ var('newest_boundary_year') }}
        and scheme = 'municipality'

),

figures as (

    select
        observations.indicator_id,
        observations.region_code,
        observations.period_code,
        observations.value
    from {{ ref('fct_observation_on_boundaries') }} as observations
    inner join municipalities on observations.region_code = municipalities.region_code
    inner join {{ ref('int_periods__parse_codes') }} as periods on observations.period_code = periods.period_code
    where
        observations.boundary_year = {{ var('newest_boundary_year') }}
        and observations.value is not null
        and observations.is_over
        and periods.kind = 'year'

),

measured as (

    select
        features.feature,
        features.feature_group,
        features.is_logarithm,
        figures.region_code,
        figures.period_code,
        case
            when features.per_indicator_id is null then figures.value
            else 100 * figures.value / nullif(totals.value, 0)
        end as value
    from {{ ref('peer_features') }} as features
    inner join figures on features.indicator_id = figures.indicator_id
    left join figures as totals
        on
            features.per_indicator_id = totals.indicator_id
            and figures.region_code = totals.region_code
            and figures.period_code = totals.period_code

),

scaled as (

    select
        feature,
        feature_group,
        region_code,
        period_code,
        value,
        case
            when not is_logarithm then value
            when value > 0 then ln(value)
        end as scaled_value
    from measured

),

newest_periods as (

    select
        feature,
        max(period_code) as period_code
    from (
        select
            feature,
            period_code
        from scaled
        where scaled_value is not null
        group by feature, period_code
        having 10 * count(*) >= 9 * (select count(*) from municipalities)
    ) as well_known
    group by feature

),

chosen as (

    select scaled.*
    from scaled
    inner join newest_periods
        on
            scaled.feature = newest_periods.feature
            and scaled.period_code = newest_periods.period_code
    where scaled.scaled_value is not null

),

bounds as (

    select
        feature,
        percentile_cont(0.01) within group (order by scaled_value) as lowest,
        percentile_cont(0.99) within group (order by scaled_value) as highest
    from chosen
    group by feature

),

-- One municipality that is far from all others would otherwise make the differences among the others look small.
clipped as (

    select
        chosen.*,
        greatest(bounds.lowest, least(bounds.highest, chosen.scaled_value)) as clipped_value
    from chosen
    inner join bounds on chosen.feature = bounds.feature

),

spreads as (

    select
        feature,
        avg(clipped_value) as mean,
        stddev_pop(clipped_value) as deviation
    from clipped
    group by feature

)

select
    clipped.region_code,
    clipped.feature,
    clipped.feature_group,
    {{ round_to('clipped.value', 6) }} as value,
    -- Rounded, so that the order in which an engine adds up makes no difference; distances use these rounded figures.
    -- A feature that is equal for all distinguishes none.
    coalesce({{ round_to('(clipped.clipped_value - spreads.mean) / nullif(spreads.deviation, 0)', 6) }}, 0) as z_score,
    clipped.period_code
from clipped
inner join spreads on clipped.feature = spreads.feature
