-- Counts of the regions of a boundary year, added up from its municipalities. What a split estimated is exact again if
-- all parts of the split are in the region. If only a part of a municipality is a member, that part of its figure
-- counts and the result is an estimate: `int_regions__trace_members` never has it as whole.
with members as (

    select * from {{ ref('int_regions__list_members_on_boundaries') }}
    where scheme <> 'municipality'

),

torn as (

    select
        region_code,
        boundary_year,
        source_code,
        valid_from,
        valid_to
    from {{ ref('int_regions__trace_members') }}
    where not is_whole

),

days as (

    select distinct
        indicator_id,
        period_code,
        as_of
    from {{ ref('int_observations__collect_series') }}
    where
        scheme = 'municipality'
        and kind = 'count'
        and value is not null

),

torn_on as (

    select distinct
        days.indicator_id,
        days.period_code,
        torn.boundary_year,
        torn.region_code
    from days
    inner join torn on {{ is_within('days.as_of', 'torn.valid_from', 'torn.valid_to') }}

),

cells as (

    select
        on_boundaries.*,
        indicators.decimals,
        indicators.is_land,
        case
            when on_boundaries.boundary_method = 'split_estimate' then on_boundaries.status_of_parts
            else on_boundaries.value_status
        end as status_without_split
    from {{ ref('int_observations__put_municipalities_on_boundaries') }} as on_boundaries
    inner join {{ ref('int_indicators__keep_available') }} as indicators
        on on_boundaries.indicator_id = indicators.indicator_id and indicators.kind = 'count'

),

summed as (

    select
        cells.indicator_id,
        cells.period_code,
        cells.year,
        cells.boundary_year,
        members.region_code,
        count(*) as members_count,
        count(cells.value) as known_count,
        sum(cells.parts_count) as parts_count,
        {{ exact_sum(part_of(
            'cells.value',
            '0',
            'case when cells.is_land then members.area_share else members.share end',
            'cells.decimals'
        )) }} as value,
        {{ worst_of('cells.status_without_split', value_status_order()) }} as value_status,
        bool_and(cells.is_over) as is_over
    from cells
    inner join members
        on
            cells.boundary_year = members.boundary_year
            and cells.region_code = members.municipality_code
    group by cells.indicator_id, cells.period_code, cells.year, cells.boundary_year, members.region_code

),

judged as (

    select
        summed.*,
        case
            when summed.known_count < summed.members_count then 'unavailable'
            when torn_on.region_code is not null then 'split_estimate'
            else 'merged'
        end as boundary_method
    from summed
    left join torn_on
        on
            summed.indicator_id = torn_on.indicator_id
            and summed.period_code = torn_on.period_code
            and summed.boundary_year = torn_on.boundary_year
            and summed.region_code = torn_on.region_code

)

select
    indicator_id,
    region_code,
    period_code,
    boundary_year,
    year,
    case when boundary_method <> 'unavailable' then value end as value,
    case when boundary_method = 'split_estimate' then 'estimated' else value_status end as value_status,
    boundary_method,
    cast(parts_count as integer) as parts_count,
    is_over
from judged
