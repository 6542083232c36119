-- With few people on benefit, a tension jumps with every one of them: below min_tension_denominator there is none.
-- The class follows from the two counts, not from the rounded tension that is shown.
with figures as (

    select
        *,
        vacancies_count is not null and ww_short_count >= {{ var('min_tension_denominator') }} as has_tension
    from {{ ref('int_labour__add_up') }}

),

classed as (

    select
        figures.*,
        classes.class_id,
        classes.market
    from figures
    left join {{ ref('dim_tension_class') }} as classes
        on
            figures.has_tension
            and figures.vacancies_count * classes.lower_people >= figures.ww_short_count * classes.lower_vacancies
            and (
                classes.upper_people is null
                or figures.vacancies_count * classes.upper_people < figures.ww_short_count * classes.upper_vacancies
            )

),

ongoing as (

    select distinct
        dataset_id,
        period_code
    from {{ ref('stg_raw__ongoing') }}

)

select
    classed.region_code,
    classed.occupation_code,
    classed.period_code,
    {{ year_of('classed.period_code') }} as year,
    classed.occupation_level,
    classed.title_nl,
    classed.title_en,
    classed.brc_code,
    classed.segment_code,
    classed.class_code,
    classed.vacancies_count,
    classed.ww_short_count,
    case when classed.has_tension then {{ ratio_to('classed.vacancies_count', 'classed.ww_short_count', 2) }} end
        as tension_ratio,
    classed.class_id as tension_class,
    classed.market,
    classed.tension_published,
    classed.tension_label_uwv,
    case
        when classed.vacancies_count is null or classed.ww_short_count is null
            then {{ word_at('classed.status_rank', value_status_order()) }}
        when classed.ww_short_count = 0 then 'not_applicable'
        when not classed.has_tension then 'missing'
        else {{ word_at('classed.status_rank', value_status_order()) }}
    end as value_status,
    case
        when classed.has_tension then cast(null as string)
        when classed.vacancies_count is not null and classed.ww_short_count = 0 then 'zero_denominator'
        when classed.vacancies_count is not null and classed.ww_short_count is not null then 'small_denominator'
        when classed.method = 'aggregated' then 'part_unknown'
        else 'figure_unknown'
    end as no_ratio_reason,
    classed.method,
    classed.parts_count,
    classed.parts_known_count,
    classed.groups_count,
    ongoing.period_code is null as is_over,
    origins.origin_id,
    sources.notice
from classed
left join {{ ref('dim_source') }} as sources on classed.dataset_id = sources.dataset_id
left join {{ ref('dim_origin') }} as origins
    on
        classed.dataset_id = origins.dataset_id
        and classed.landed_sha256 = origins.landed_sha256
left join ongoing
    on
        classed.dataset_id = ongoing.dataset_id
        and classed.period_code = ongoing.period_code
