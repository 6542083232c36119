-- Moving figures to other boundaries makes nothing and loses nothing: where every municipality of then has a figure,
-- those of the boundary year add up to the same total, splits and all.
with series as (

    select * from {{ ref('int_observations__collect_series') }}
    where
        scheme = 'municipality'
        and kind = 'count'

),

before as (

    select
        series.indicator_id,
        series.period_code,
        transitions.boundary_year,
        sum(series.value) as total
    from series
    -- Each municipality of then once, by the first part of it.
    inner join {{ ref('int_regions__follow_boundary_changes') }} as transitions
        on
            series.region_code = transitions.source_code
            and transitions.share_from = 0
            and {{ is_within('series.as_of', 'transitions.valid_from', 'transitions.valid_to') }}
            and {{ is_published_boundary_year('transitions.boundary_year') }}
    group by series.indicator_id, series.period_code, transitions.boundary_year
    having count(*) = count(series.value)

),

after as (

    select
        indicator_id,
        period_code,
        boundary_year,
        sum(value) as total
    from {{ ref('int_observations__put_municipalities_on_boundaries') }}
    group by indicator_id, period_code, boundary_year
    having count(*) = count(value)

),

differs as (

    select
        before.indicator_id || ' ' || before.period_code || ': municipalities add up to '
        || cast(after.total as string) || ' on the boundaries of ' || cast(before.boundary_year as string)
        || ', and to ' || cast(before.total as string)
        || ' as published -> see boundary_changes.csv and'
        || ' int_regions__follow_boundary_changes' as problem
    from before
    inner join after
        on
            before.indicator_id = after.indicator_id
            and before.period_code = after.period_code
            and before.boundary_year = after.boundary_year
    where abs(before.total - after.total) > 0.000001 * greatest(1, abs(before.total))

)

{{ first_problem('differs') }}
