with listed as (

    select
        region_code,
        region_group,
        country
    from {{ ref('cross_border_regions') }}

),

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
    where
        observations.boundary_year = {{ var('newest_boundary_year') }}
        and codes.scheme in ('nuts3', 'nuts2', 'nuts_country')

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

known_at_level as (

    select distinct cells.indicator_id
    from cells
    inner join listed on cells.region_code = listed.region_code
    where cells.value is not null

),

-- Every existing figure, and the newest period for every region, so that a missing figure shows.
asked as (

    select
        listed.region_code,
        cells.indicator_id,
        cells.period_code,
        cells.year
    from listed
    inner join cells on listed.region_code = cells.region_code
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
    asked.indicator_id,
    asked.period_code,
    asked.year,
    listed.region_group,
    listed.country,
    cells.value,
    coalesce(cells.value_status, 'missing') as value_status,
    {{ ratio_to('cells.value', 'country_cells.value', 4) }} as ratio_to_country,
    case
        when cells.value is not null then null
        when known_at_level.indicator_id is null then 'not_at_this_level'
        else 'missing'
    end as gap,
    this_release.notice
from asked
inner join listed on asked.region_code = listed.region_code
left join cells
    on
        asked.region_code = cells.region_code
        and asked.indicator_id = cells.indicator_id
        and asked.period_code = cells.period_code
left join cells as country_cells
    on
        listed.country = country_cells.region_code
        and asked.indicator_id = country_cells.indicator_id
        and asked.period_code = country_cells.period_code
left join known_at_level on asked.indicator_id = known_at_level.indicator_id
cross join {{ ref('stg_raw__release') }} as this_release
