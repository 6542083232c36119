-- Vacancies and benefits as UWV gives them, and added up where UWV gives no row: for the country, and for segments,
-- classes and all occupations together. Ratios are never added up. A sum that lacks a part has no number.
with given as (

    select
        readings.region_code,
        readings.period_code,
        occupations.occupation_code,
        occupations.occupation_level,
        occupations.brc_code,
        occupations.title_nl,
        occupations.title_en,
        occupations.segment_code,
        occupations.class_code,
        readings.vacancies_count,
        readings.ww_short_count,
        readings.tension_published,
        readings.tension_label_uwv,
        readings.status_rank,
        'published' as method,
        cast(null as integer) as parts_count,
        cast(null as integer) as parts_known_count,
        readings.dataset_id,
        readings.landed_sha256
    from {{ ref('int_labour__read_tension') }} as readings
    inner join {{ ref('int_labour__link_occupations') }} as occupations
        on readings.occupation_name = occupations.occupation_name

),

newest_boundary_year as (

    select
        boundary_year,
        count(distinct region_code) as regions_count,
        row_number() over (order by boundary_year desc) as boundary_rank
    from {{ ref('int_regions__read_divisions') }}
    where scheme = 'labour_market_region'
    group by boundary_year

),

-- The number of labour-market regions in the country: those of the region table, or all that UWV has in the quarter.
expected_regions as (

    select
        given.period_code,
        greatest(count(distinct given.region_code), coalesce(max(newest_boundary_year.regions_count), 0)) as parts_count
    from given
    left join newest_boundary_year on newest_boundary_year.boundary_rank = 1
    where given.region_code <> 'NL01'
    group by given.period_code

),

country_given as (

    select
        period_code,
        occupation_code
    from given
    where region_code = 'NL01'

),

country as (

    select
        'NL01' as region_code,
        given.period_code,
        given.occupation_code,
        given.occupation_level,
        max(given.brc_code) as brc_code,
        max(given.title_nl) as title_nl,
        max(given.title_en) as title_en,
        max(given.segment_code) as segment_code,
        max(given.class_code) as class_code,
        {{ whole_sum('given.vacancies_count', 'max(expected_regions.parts_count)') }} as vacancies_count,
        {{ whole_sum('given.ww_short_count', 'max(expected_regions.parts_count)') }} as ww_short_count,
        cast(null as double) as tension_published,
        cast(null as string) as tension_label_uwv,
        greatest(
            max(given.status_rank),
            case
                when count(*) < max(expected_regions.parts_count) then {{ rank_in("'missing'", value_status_order()) }}
                else 1
            end
        ) as status_rank,
        'aggregated' as method,
        cast(max(expected_regions.parts_count) as integer) as parts_count,
        cast(count(given.vacancies_count + given.ww_short_count) as integer) as parts_known_count,
        max(given.dataset_id) as dataset_id,
        case when min(given.landed_sha256) = max(given.landed_sha256) then max(given.landed_sha256) end as landed_sha256
    from given
    inner join expected_regions on given.period_code = expected_regions.period_code
    left join country_given
        on
            given.period_code = country_given.period_code
            and given.occupation_code = country_given.occupation_code
    where
        given.region_code <> 'NL01'
        and country_given.occupation_code is null
    group by given.period_code, given.occupation_code, given.occupation_level
    -- A class or total that not every region has is added up from its groups instead.
    having
        given.occupation_level in ('group', 'uwv_group')
        or count(*) >= max(expected_regions.parts_count)

),

areas as (

    select * from given
    union all
    select * from country

),

-- Each group is a part of its segment and its class, if these are known, and of all occupations.
parts as (

    select
        *,
        segment_code as whole_code
    from areas
    where
        occupation_level in ('group', 'uwv_group')
        and segment_code is not null
    union all
    select
        *,
        class_code as whole_code
    from areas
    where
        occupation_level in ('group', 'uwv_group')
        and class_code is not null
    union all
    select
        *,
        'total' as whole_code
    from areas
    where occupation_level in ('group', 'uwv_group')

),

-- A group that UWV has anywhere in the quarter is expected in every region.
expected_parts as (

    select
        period_code,
        whole_code,
        count(distinct occupation_code) as parts_count
    from parts
    group by period_code, whole_code

),

wholes as (

    select
        parts.region_code,
        parts.period_code,
        parts.whole_code as occupation_code,
        {{ whole_sum('parts.vacancies_count', 'max(expected_parts.parts_count)') }} as vacancies_count,
        {{ whole_sum('parts.ww_short_count', 'max(expected_parts.parts_count)') }} as ww_short_count,
        greatest(
            max(parts.status_rank),
            case
                when count(*) < max(expected_parts.parts_count) then {{ rank_in("'missing'", value_status_order()) }}
                else 1
            end
        ) as status_rank,
        cast(max(expected_parts.parts_count) as integer) as parts_count,
        cast(count(parts.vacancies_count + parts.ww_short_count) as integer) as parts_known_count,
        max(parts.dataset_id) as dataset_id,
        case when min(parts.landed_sha256) = max(parts.landed_sha256) then max(parts.landed_sha256) end as landed_sha256
    from parts
    inner join expected_parts
        on
            parts.period_code = expected_parts.period_code
            and parts.whole_code = expected_parts.whole_code
    group by parts.region_code, parts.period_code, parts.whole_code

),

added as (

    select
        wholes.region_code,
        wholes.period_code,
        wholes.occupation_code,
        coalesce(occupations.level, 'total') as occupation_level,
        occupations.code as brc_code,
        coalesce(occupations.title_nl, 'Alle beroepen') as title_nl,
        coalesce(occupations.title_en, 'All occupations') as title_en,
        case when occupations.level = 'segment' then occupations.code end as segment_code,
        substr(occupations.code, 1, 2) as class_code,
        wholes.vacancies_count,
        wholes.ww_short_count,
        cast(null as double) as tension_published,
        cast(null as string) as tension_label_uwv,
        wholes.status_rank,
        'aggregated' as method,
        wholes.parts_count,
        wholes.parts_known_count,
        wholes.dataset_id,
        wholes.landed_sha256
    from wholes
    left join {{ ref('occupations') }} as occupations on wholes.occupation_code = occupations.code
    left join areas
        on
            wholes.region_code = areas.region_code
            and wholes.period_code = areas.period_code
            and wholes.occupation_code = areas.occupation_code
    where areas.occupation_code is null

)

select * from areas
union all
select * from added
