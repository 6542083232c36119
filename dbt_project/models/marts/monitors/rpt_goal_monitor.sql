-- Every goal for every city of the G40, every labour-market region and the country. A goal without a figure has a row
-- too, which says why there is none.
with members as (

    select * from {{ ref('int_regions__list_members_on_boundaries') }}
    where boundary_year = {{ var('newest_boundary_year') }}

),

regions as (

    select
        municipality_code as region_code,
        'municipality' as scheme
    from members
    where scheme = 'g40'
    union
    select
        region_code,
        scheme
    from members
    where scheme in ('labour_market_region', 'country')

),

cells as (

    select
        indicator_id,
        region_code,
        period_code,
        {{ year_part_of('period_code') }} as year_part,
        year,
        value,
        value_status,
        boundary_method
    from {{ ref('fct_observation_on_boundaries') }}
    where
        boundary_year = {{ var('newest_boundary_year') }}
        and is_over
        and indicator_id in (select goals.indicator_id from {{ ref('goals') }} as goals)

),

-- The newest figure; among periods that end on the same day, the longest. If there is no figure at all, the newest
-- reason.
placed as (

    select
        cells.*,
        regions.scheme,
        row_number() over (
            partition by cells.indicator_id, cells.region_code
            order by
                case when cells.value is null then 1 else 0 end,
                periods.end_date desc,
                periods.start_date asc,
                cells.period_code asc
        ) as place
    from cells
    inner join regions on cells.region_code = regions.region_code
    inner join {{ ref('int_periods__parse_codes') }} as periods on cells.period_code = periods.period_code

),

newest as (

    select * from placed
    where place = 1

),

-- Five years earlier, or else the first year since then with the same part of the year.
earlier as (

    select
        newest.indicator_id,
        newest.region_code,
        cells.period_code,
        cells.value,
        row_number() over (partition by newest.indicator_id, newest.region_code order by cells.year) as place
    from newest
    inner join cells
        on
            newest.indicator_id = cells.indicator_id
            and newest.region_code = cells.region_code
            and newest.year_part = cells.year_part
            and cells.year between newest.year - 5 and newest.year - 1
    where
        newest.value is not null
        and cells.value is not null

),

known as (

    select distinct indicator_id
    from cells
    where value is not null

),

known_at_level as (

    select distinct
        indicator_id,
        scheme
    from newest
    where value is not null

),

compared as (

    select
        goals.goal_id,
        goals.goal_order,
        goals.programme_id,
        goals.indicator_id,
        goals.desired,
        goals.target_value,
        regions.region_code,
        indicators.direction,
        indicators.decimals,
        -- A count that can be negative, such as a balance, has no percentage change.
        coalesce(indicators.kind = 'count' and indicators.min_value >= 0, false) as is_amount,
        case when goals.desired in ('at_least', 'rise') then 1 else -1 end as wanted_sign,
        newest.period_code,
        newest.year,
        newest.value,
        newest.value_status,
        newest.boundary_method,
        country.value as national_value,
        earlier.period_code as from_period,
        earlier.value as from_value,
        case
            when goals.indicator_id is null then 'no_indicator'
            when newest.value is not null then null
            when known.indicator_id is not null and known_at_level.indicator_id is null then 'not_at_this_level'
            else 'missing'
        end as gap
    from {{ ref('goals') }} as goals
    cross join regions
    left join {{ ref('indicators') }} as indicators on goals.indicator_id = indicators.indicator_id
    left join newest
        on
            goals.indicator_id = newest.indicator_id
            and regions.region_code = newest.region_code
    left join cells as country
        on
            newest.indicator_id = country.indicator_id
            and newest.period_code = country.period_code
            and country.region_code = 'NL01'
    left join earlier
        on
            newest.indicator_id = earlier.indicator_id
            and newest.region_code = earlier.region_code
            and earlier.place = 1
    left join known on goals.indicator_id = known.indicator_id
    left join known_at_level
        on
            goals.indicator_id = known_at_level.indicator_id
            and regions.scheme = known_at_level.scheme

),

{% set changed_by = difference_of('compared.value', 'compared.from_value') %}

measured as (

    select
        compared.*,
        compared.wanted_sign
        * {{ round_to(difference_of('compared.value', 'compared.target_value'), 'compared.decimals') }}
            as distance_to_target,
        compared.wanted_sign * (compared.value - compared.from_value) as improvement,
        case
            when compared.is_amount
                then {{ ratio_to(changed_by, 'compared.from_value', 1, factor='100') }}
            else {{ round_to(changed_by, 'compared.decimals') }}
        end as change
    from compared

)

select
    measured.goal_id,
    measured.region_code,
    measured.programme_id,
    measured.indicator_id,
    measured.period_code,
    measured.year,
    measured.value,
    coalesce(measured.value_status, 'missing') as value_status,
    coalesce(measured.boundary_method, 'unavailable') as boundary_method,
    measured.national_value,
    measured.direction,
    measured.desired,
    measured.target_value,
    measured.distance_to_target,
    measured.from_period,
    measured.change,
    case
        when measured.change is null then null
        when measured.is_amount then 'percent'
        else 'points'
    end as change_unit,
    case
        when measured.distance_to_target >= 0 then 'reached'
        when measured.improvement > 0 then 'closer'
        when measured.improvement < 0 then 'further'
        when measured.improvement = 0 then 'unchanged'
        else 'unknown'
    end as progress,
    measured.gap,
    this_release.notice
from measured
cross join {{ ref('stg_raw__release') }} as this_release
