-- Vacancies and benefits as UWV gives them, and added up where UWV gives no row: for the country, and for segments,
-- classes and all occupations together. Ratios are never added up. A part is a row of UWV; a sum is made of those in
-- which both counts are known, and has no number if these are too few.
with readings as (

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
        readings.vacancies_count + readings.ww_short_count is not null as is_known,
        readings.dataset_id,
        readings.landed_sha256
    from {{ ref('int_labour__read_tension') }} as readings
    inner join {{ ref('int_labour__link_occupations') }} as occupations
        on readings.occupation_name = occupations.occupation_name

),

-- A row of UWV in the form in which parts are added up: its counts, and these again if both are known.
given as (

    select
        region_code,
        period_code,
        occupation_code,
        occupation_level,
        brc_code,
        title_nl,
        title_en,
        segment_code,
        class_code,
        tension_published,
        tension_label_uwv,
        vacancies_count as whole_vacancies,
        ww_short_count as whole_ww_short,
        case when is_known then vacancies_count end as known_vacancies,
        case when is_known then ww_short_count end as known_ww_short,
        case when is_known then status_rank end as known_rank,
        status_rank,
        1 as parts_count,
        case when is_known then 1 else 0 end as parts_known_count,
        dataset_id,
        landed_sha256
    from readings

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
        cast(null as double) as tension_published,
        cast(null as string) as tension_label_uwv,
        {{ sums_of_parts('given', 'max(expected_regions.parts_count)') }}
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

    select
        *,
        true as is_given
    from given
    union all
    select
        *,
        false as is_given
    from country

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
        count(distinct occupation_code) as groups_count
    from parts
    group by period_code, whole_code

),

wholes as (

    select
        parts.region_code,
        parts.period_code,
        parts.whole_code as occupation_code,
        {{ sums_of_parts('parts', 'max(expected_parts.groups_count)') }},
        count(case when parts.parts_known_count > 0 then 1 end) as groups_count
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
        cast(null as double) as tension_published,
        cast(null as string) as tension_label_uwv,
        wholes.whole_vacancies,
        wholes.whole_ww_short,
        wholes.known_vacancies,
        wholes.known_ww_short,
        wholes.known_rank,
        wholes.status_rank,
        wholes.parts_count,
        wholes.parts_known_count,
        wholes.dataset_id,
        wholes.landed_sha256,
        false as is_given,
        wholes.groups_count
    from wholes
    left join {{ ref('occupations') }} as occupations on wholes.occupation_code = occupations.code
    left join areas
        on
            wholes.region_code = areas.region_code
            and wholes.period_code = areas.period_code
            and wholes.occupation_code = areas.occupation_code
    where areas.occupation_code is null

),

counted as (

    select
        *,
        cast(null as integer) as groups_count
    from areas
    union all
    select * from added

),

judged as (

    select
        *,
        case
            when is_given then 'published'
            when parts_known_count < parts_count and {{ has_enough_parts('parts_known_count', 'parts_count') }}
                then 'partial'
            else 'aggregated'
        end as method
    from counted

)

select
    region_code,
    period_code,
    occupation_code,
    occupation_level,
    brc_code,
    title_nl,
    title_en,
    segment_code,
    class_code,
    case when method = 'partial' then known_vacancies else whole_vacancies end as vacancies_count,
    case when method = 'partial' then known_ww_short else whole_ww_short end as ww_short_count,
    tension_published,
    tension_label_uwv,
    case
        when method = 'partial' then greatest(known_rank, {{ rank_in("'estimated'", value_status_order()) }})
        else status_rank
    end as status_rank,
    method,
    case when not is_given then cast(parts_count as integer) end as parts_count,
    case when not is_given then cast(parts_known_count as integer) end as parts_known_count,
    cast(groups_count as integer) as groups_count,
    dataset_id,
    landed_sha256
from judged
