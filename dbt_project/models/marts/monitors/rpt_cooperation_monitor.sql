with sums as (

    select * from {{ ref('int_cooperation__add_up_terms') }}

),

-- The rest of the country is the country without the region, on each side of a ratio.
sides as (

    select
        sums.indicator_id,
        sums.side,
        sums.region_code,
        sums.year,
        sums.value,
        sums.value_status,
        sums.boundary_method,
        cast({{ difference_of('country.value', 'sums.value') }} as double) as rest_value,
        {{ worst_of_two('sums.value_status', 'country.value_status', value_status_order()) }} as rest_status,
        similar_sums.value as similar_value,
        coalesce(similar_sums.value_status, 'missing') as similar_status
    from sums
    inner join sums as country
        on
            sums.indicator_id = country.indicator_id
            and sums.side = country.side
            and sums.year = country.year
            and country.party = 'country'
    left join sums as similar_sums
        on
            sums.indicator_id = similar_sums.indicator_id
            and sums.side = similar_sums.side
            and sums.year = similar_sums.year
            and sums.region_code = similar_sums.region_code
            and similar_sums.party = 'similar'
    where sums.party = 'region'

),

figures as (

    select
        numerators.indicator_id,
        numerators.region_code,
        numerators.year,
        indicators.decimals,
        {{ quotient_of(
            'numerators.value',
            'case when denominators.side is null then 1 else denominators.value end',
            factor='coalesce(indicators.factor, 1)'
        ) }} as value,
        {{ quotient_of(
            'numerators.rest_value',
            'case when denominators.side is null then 1 else denominators.rest_value end',
            factor='coalesce(indicators.factor, 1)'
        ) }} as rest_value,
        {{ quotient_of(
            'numerators.similar_value',
            'case when denominators.side is null then 1 else denominators.similar_value end',
            factor='coalesce(indicators.factor, 1)'
        ) }} as similar_value,
        coalesce(denominators.value = 0, false) as has_no_base,
        coalesce(denominators.similar_value = 0, false) as similar_has_no_base,
        coalesce(denominators.rest_value = 0, false) as rest_has_no_base,
        {{ worst_of_two(
            'numerators.value_status', "coalesce(denominators.value_status, 'final')", value_status_order()
        ) }} as value_status,
        {{ worst_of_two(
            'numerators.rest_status', "coalesce(denominators.rest_status, 'final')", value_status_order()
        ) }} as rest_status,
        {{ worst_of_two(
            'numerators.similar_status', "coalesce(denominators.similar_status, 'final')", value_status_order()
        ) }} as similar_status,
        {{ worst_of_two(
            'numerators.boundary_method', "coalesce(denominators.boundary_method, 'published')", boundary_method_order()
        ) }} as boundary_method
    from sides as numerators
    inner join {{ ref('indicators') }} as indicators on numerators.indicator_id = indicators.indicator_id
    left join sides as denominators
        on
            numerators.indicator_id = denominators.indicator_id
            and numerators.region_code = denominators.region_code
            and numerators.year = denominators.year
            and denominators.side = 'denominator'
    where numerators.side = 'numerator'

),

-- Breaks in the series of a region: those in all regions, in the country, or in a part of the region.
breaks as (

    select distinct
        territory.region_code,
        found.indicator_id,
        found.start_date
    from {{ ref('int_series__find_breaks') }} as found
    inner join {{ ref('int_cooperation__find_territory') }} as territory
        on
            found.region_code is null
            or found.region_code in (territory.municipality_code, territory.region_code, 'NL01')

),

-- The stretches between breaks, counted from 0.
stretches as (

    select
        figures.indicator_id,
        figures.region_code,
        figures.year,
        count(breaks.start_date) as stretch
    from figures
    left join breaks
        on
            figures.indicator_id = breaks.indicator_id
            and figures.region_code = breaks.region_code
            and breaks.start_date <= make_date(figures.year, 12, 31)
    group by figures.indicator_id, figures.region_code, figures.year

),

-- An index needs a year in which both have something to compare with, on the same side of any break: the first since
-- the pilots began, or else the last before.
bases as (

    select
        figures.indicator_id,
        figures.region_code,
        stretches.stretch,
        figures.year,
        figures.value,
        figures.rest_value,
        figures.similar_value,
        row_number() over (
            partition by figures.indicator_id, figures.region_code, stretches.stretch
            order by
                case when figures.year >= {{ var('pilots_began') }} then 0 else 1 end,
                abs(figures.year - {{ var('pilots_began') }})
        ) as place
    from figures
    inner join stretches
        on
            figures.indicator_id = stretches.indicator_id
            and figures.region_code = stretches.region_code
            and figures.year = stretches.year
    where
        figures.value > 0
        and figures.rest_value > 0

),

indexed as (

    select
        figures.*,
        bases.year as base_year,
        {{ round_to('100 * figures.value / bases.value', 1) }} as region_index,
        {{ round_to('100 * figures.rest_value / bases.rest_value', 1) }} as rest_index,
        {{ round_to('100 * figures.similar_value / nullif(bases.similar_value, 0)', 1) }} as similar_index
    from figures
    inner join stretches
        on
            figures.indicator_id = stretches.indicator_id
            and figures.region_code = stretches.region_code
            and figures.year = stretches.year
    left join bases
        on
            figures.indicator_id = bases.indicator_id
            and figures.region_code = bases.region_code
            and stretches.stretch = bases.stretch
            and bases.place = 1

),

then_members as (

    select
        region_code,
        count(distinct municipality_code) as members_count
    from {{ ref('int_cooperation__find_members') }}
    group by region_code

),

similar_counts as (

    select
        region_code,
        count(distinct peer_code) as similar_count
    from {{ ref('int_cooperation__find_similar') }}
    group by region_code

),

now_members as (

    select
        region_code,
        count(*) as members_count
    from {{ ref('int_regions__list_members_on_boundaries') }}
    where boundary_year = {{ var('newest_boundary_year') }}
    group by region_code

),

territories as (

    select distinct
        region_code,
        territory
    from {{ ref('int_cooperation__find_territory') }}

)

select
    indexed.region_code,
    indexed.indicator_id,
    indexed.year,
    case when indexed.year < {{ var('pilots_began') }} then 'before' else 'after' end as phase,
    {{ round_to('indexed.value', 'indexed.decimals') }} as value,
    case when indexed.has_no_base then 'not_applicable' else indexed.value_status end as value_status,
    indexed.boundary_method,
    {{ round_to('indexed.rest_value', 'indexed.decimals') }} as rest_of_country_value,
    case when indexed.rest_has_no_base then 'not_applicable' else indexed.rest_status end as rest_of_country_status,
    {{ round_to('indexed.similar_value', 'indexed.decimals') }} as similar_value,
    case when indexed.similar_has_no_base then 'not_applicable' else indexed.similar_status end as similar_status,
    indexed.base_year,
    indexed.region_index,
    indexed.rest_index as rest_of_country_index,
    indexed.similar_index,
    {{ round_to(difference_of('indexed.region_index', 'indexed.rest_index'), 1) }} as difference_points,
    cast(coalesce(similar_counts.similar_count, 0) as integer) as similar_count,
    territories.territory,
    cast(then_members.members_count as integer) as members_then,
    cast(coalesce(now_members.members_count, 0) as integer) as members_now,
    this_release.notice
from indexed
inner join territories on indexed.region_code = territories.region_code
inner join then_members on indexed.region_code = then_members.region_code
left join similar_counts on indexed.region_code = similar_counts.region_code
left join now_members on indexed.region_code = now_members.region_code
cross join {{ ref('stg_raw__release') }} as this_release
