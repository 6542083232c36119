-- Numerators and denominators of yearly figures, added up over the fixed territory of each cooperation region and over
-- its similar municipalities, and those of the country. A count is its own numerator; only what is made from counts can
-- be added up.
with wanted as (

    select
        terms.indicator_id,
        terms.side,
        terms.term_id,
        terms.sign
    from {{ ref('int_indicators__read_terms') }} as terms
    inner join {{ ref('int_indicators__keep_available') }} as indicators on terms.indicator_id = indicators.indicator_id
    where
        indicators.formula in ('sum', 'ratio')
        or (indicators.formula = 'published' and indicators.kind <> 'count')
    union all
    select
        indicator_id,
        'numerator' as side,
        indicator_id as term_id,
        1 as sign
    from {{ ref('int_indicators__keep_available') }}
    where
        formula in ('published', 'register')
        and kind = 'count'

),

of_rates as (

    select wanted.indicator_id
    from wanted
    inner join {{ ref('int_indicators__keep_available') }} as indicators on wanted.term_id = indicators.indicator_id
    where indicators.kind <> 'count'

),

terms as (

    select
        wanted.*,
        indicators.decimals,
        indicators.is_land
    from wanted
    inner join {{ ref('int_indicators__keep_available') }} as indicators on wanted.term_id = indicators.indicator_id
    left join of_rates on wanted.indicator_id = of_rates.indicator_id
    where of_rates.indicator_id is null

),

cells as (

    select
        indicator_id,
        region_code,
        period_code,
        year,
        value,
        value_status,
        boundary_method
    from {{ ref('fct_observation_on_boundaries') }}
    where
        boundary_year = {{ var('newest_boundary_year') }}
        and is_over
        and period_code = {{ whole_year('year') }}

),

-- Years in which any municipality has a figure for each term: these need an answer, even if that is that one is
-- missing. What no municipality ever has, such as vacancies, cannot be expected of these regions.
municipal as (

    select
        terms.indicator_id,
        cells.period_code,
        cells.year,
        count(distinct terms.side || ' ' || terms.term_id) as terms_count
    from terms
    inner join cells on terms.term_id = cells.indicator_id
    inner join {{ ref('int_regions__list_members_on_boundaries') }} as municipalities
        on
            cells.region_code = municipalities.region_code
            and municipalities.scheme = 'municipality'
            and municipalities.boundary_year = {{ var('newest_boundary_year') }}
    where cells.value is not null
    group by terms.indicator_id, cells.period_code, cells.year

),

term_counts as (

    select
        indicator_id,
        count(*) as terms_count
    from terms
    group by indicator_id

),

asked as (

    select
        municipal.indicator_id,
        municipal.period_code,
        municipal.year
    from municipal
    inner join term_counts
        on
            municipal.indicator_id = term_counts.indicator_id
            and municipal.terms_count = term_counts.terms_count

),

parts as (

    select
        'region' as party,
        region_code,
        municipality_code as part_code,
        share,
        area_share
    from {{ ref('int_cooperation__find_territory') }}
    union all
    select distinct
        'similar' as party,
        region_code,
        peer_code as part_code,
        cast(1 as double) as share,
        cast(1 as double) as area_share
    from {{ ref('int_cooperation__find_similar') }}
    union all
    select
        'country' as party,
        'NL01' as region_code,
        'NL01' as part_code,
        cast(1 as double) as share,
        cast(1 as double) as area_share

)

select
    asked.indicator_id,
    terms.side,
    parts.party,
    parts.region_code,
    asked.year,
    case when count(cells.value) = count(*) then {{
        exact_sum('terms.sign * (' ~ part_of(
            'cells.value',
            '0',
            'case when terms.is_land then parts.area_share else parts.share end',
            'terms.decimals'
        ) ~ ')')
    }} end as value,
    -- What includes only a part of a municipality is an estimate.
    {{ worst_of(
        worst_of_two(
            "coalesce(cells.value_status, 'missing')",
            "case when parts.share < 1 then 'estimated' else coalesce(cells.value_status, 'missing') end",
            value_status_order()
        ),
        value_status_order()
    ) }} as value_status,
    {{ worst_of(
        worst_of_two(
            "coalesce(cells.boundary_method, 'unavailable')",
            "case when parts.share < 1 then 'split_estimate' else 'published' end",
            boundary_method_order()
        ),
        boundary_method_order()
    ) }} as boundary_method
from asked
inner join terms on asked.indicator_id = terms.indicator_id
cross join parts
left join cells
    on
        terms.term_id = cells.indicator_id
        and asked.period_code = cells.period_code
        and parts.part_code = cells.region_code
group by asked.indicator_id, terms.side, parts.party, parts.region_code, asked.year
