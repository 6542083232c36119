{{ config(severity='warn') }}
-- Cells that UWV calls otherwise than our class: at a bound, or since UWV computed with counts that it had not rounded.
select
    tension.region_code,
    tension.occupation_code,
    tension.period_code,
    tension.tension_ratio,
    tension.tension_published,
    tension.tension_label_uwv,
    classes.label_nl as label_by_bounds
from {{ ref('labour_tension') }} as tension
inner join {{ ref('tension_classes') }} as classes on tension.tension_class = classes.class_id
where lower(trim(tension.tension_label_uwv)) <> lower(classes.label_nl)
