with listed as (

    select
        region_code,
        -- A NUTS code begins with that of the region around it.
        substr(region_code, 1, 4) as wider_code,
        region_group,
        country,
        map_column,
        map_row,
        note_nl,
        note_en
    from {{ ref('cross_border_regions') }}

),

-- Amounts in euros are left out: prices differ between the countries, and there is one in purchasing power beside each.
cells as (

    select
        observations.indicator_id,
        observations.region_code,
        observations.period_code,
        observations.year,
        observations.value,
        observations.value_status,
        observations.is_over
    from {{ ref('fct_observation_on_boundaries') }} as observations
    inner join {{ ref('int_regions__collect_codes') }} as codes on observations.region_code = codes.region_code
    inner join {{ ref('indicators') }} as indicators on observations.indicator_id = indicators.indicator_id
    where
        observations.boundary_year = {{ var('newest_boundary_year') }}
        and codes.scheme in ('nuts3', 'nuts2', 'nuts_country')
        and indicators.unit_en not like 'euro%'

),

newest as (

    select
        indicator_id,
        period_code,
        year,
        row_number() over (partition by indicator_id order by period_code desc) as place
    from cells
    where
        value is not null
        and is_over

),

known as (

    select distinct indicator_id from cells

),

own_level as (

    select distinct cells.indicator_id
    from cells
    inner join listed on cells.region_code = listed.region_code
    where cells.value is not null

),

wider_level as (

    select distinct cells.indicator_id
    from cells
    inner join listed on cells.region_code = listed.wider_code
    where cells.value is not null

),

-- Only what the source has for no NUTS 3 region at all is taken from the NUTS 2 region: otherwise a gap would hide.
levels as (

    select
        listed.region_code,
        known.indicator_id,
        case
            when own_level.indicator_id is null and wider_level.indicator_id is not null then listed.wider_code
            else listed.region_code
        end as figure_region_code,
        own_level.indicator_id is not null or wider_level.indicator_id is not null as is_known_at_level
    from listed
    cross join known
    left join own_level on known.indicator_id = own_level.indicator_id
    left join wider_level on known.indicator_id = wider_level.indicator_id

),

-- Every existing figure, and the newest period for every region, so that a missing figure shows.
asked as (

    select
        levels.region_code,
        cells.indicator_id,
        cells.period_code,
        cells.year
    from levels
    inner join cells
        on
            levels.figure_region_code = cells.region_code
            and levels.indicator_id = cells.indicator_id
    union
    select
        listed.region_code,
        newest.indicator_id,
        newest.period_code,
        newest.year
    from listed
    inner join newest on newest.place = 1

)

select
    asked.region_code,
    regions.name as region_name,
    asked.indicator_id,
    asked.period_code,
    asked.year,
    listed.region_group,
    listed.country,
    case when cells.value is not null then levels.figure_region_code end as figure_region_code,
    cells.value,
    coalesce(cells.value_status, 'missing') as value_status,
    {{ ratio_to('cells.value', 'country_cells.value', 4) }} as ratio_to_country,
    case
        when cells.value is not null then null
        when levels.is_known_at_level then 'missing'
        else 'not_at_this_level'
    end as gap,
    listed.map_column,
    listed.map_row,
    listed.note_nl,
    listed.note_en,
    this_release.notice
from asked
inner join listed on asked.region_code = listed.region_code
inner join {{ ref('dim_region') }} as regions on asked.region_code = regions.region_code
inner join levels
    on
        asked.region_code = levels.region_code
        and asked.indicator_id = levels.indicator_id
left join cells
    on
        levels.figure_region_code = cells.region_code
        and asked.indicator_id = cells.indicator_id
        and asked.period_code = cells.period_code
left join cells as country_cells
    on
        listed.country = country_cells.region_code
        and asked.indicator_id = country_cells.indicator_id
        and asked.period_code = country_cells.period_code
cross join {{ ref('stg_raw__release') }} as this_release
