-- With few people on benefit, a tension jumps with every one of them: below min_tension_denominator there is none.
-- The class follows from the exact tension, not from the rounded one that is shown.
with figures as (

    select
        *,
        case
            when ww_short_count >= {{ var('min_tension_denominator') }} then vacancies_count / ww_short_count
        end as tension_exact
    from {{ ref('int_labour__add_up') }}

),

classed as (

    select
        figures.*,
        classes.class_id,
        classes.market
    from figures
    left join {{ ref('tension_classes') }} as classes
        on
            figures.tension_exact >= classes.lower_bound
            and (figures.tension_exact < classes.upper_bound or classes.upper_bound is null)

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
    {{ round_to('classed.tension_exact', 4) }} as tension_ratio,
    classed.class_id as tension_class,
    classed.market,
    classed.tension_published,
    classed.tension_label_uwv,
    case
        when classed.vacancies_count is null or classed.ww_short_count is null
            then {{ word_at('classed.status_rank', value_status_order()) }}
        when classed.ww_short_count = 0 then 'not_applicable'
        when classed.tension_exact is null then 'missing'
        else {{ word_at('classed.status_rank', value_status_order()) }}
    end as value_status,
    case
        when classed.tension_exact is not null then cast(null as string)
        when classed.vacancies_count is not null and classed.ww_short_count = 0 then 'zero_denominator'
        when classed.vacancies_count is not null and classed.ww_short_count is not null then 'small_denominator'
        when classed.method = 'aggregated' then 'part_unknown'
        else 'figure_unknown'
    end as no_ratio_reason,
    classed.method,
    classed.parts_count,
    classed.parts_known_count,
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
