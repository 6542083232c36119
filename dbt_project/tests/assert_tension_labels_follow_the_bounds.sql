-- UWV's word for its own tension is the one of our bounds. UWV rounds its tension to hundredths and does not say in
-- which class a bound falls: at a bound either class is right, and warn_tension_labels_differ tells of it.
with labelled as (

    select
        region_code || ' ' || occupation_code || ' ' || period_code as cell,
        lower(trim(tension_label_uwv)) as word,
        coalesce(tension_published, tension_ratio) as tension
    from {{ ref('labour_tension') }}
    where
        tension_label_uwv is not null
        and coalesce(tension_published, tension_ratio) is not null

),

wrong as (

    select
        'uwv/spanningsindicator: ' || labelled.cell || ' is called ''' || labelled.word || ''' with a tension of '
        || cast(labelled.tension as string) || ', expected ' || coalesce(
            'at least ' || cast(classes.lower_bound as string)
            || coalesce(' and less than ' || cast(classes.upper_bound as string), ''),
            'a known word'
        ) || ' -> compare tension_classes.csv with what UWV says of its classes' as problem
    from labelled
    left join {{ ref('dim_tension_class') }} as classes on labelled.word = lower(classes.label_nl)
    where
        classes.class_id is null
        or labelled.tension < classes.lower_bound - 0.005
        or labelled.tension > classes.upper_bound + 0.005

)

{{ first_problem('wrong') }}
