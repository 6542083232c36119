-- A class ends where the next one begins. The bounds are fractions, so that exactly two vacancies for three people is
-- on one, and not just above or below it.
with classes as (

    select
        *,
        lead(lower_vacancies) over (order by lower_vacancies / lower_people) as upper_vacancies,
        lead(lower_people) over (order by lower_vacancies / lower_people) as upper_people
    from {{ ref('tension_classes') }}

)

select
    class_id,
    {{ ratio_to('lower_vacancies', 'lower_people', 4) }} as lower_bound,
    {{ ratio_to('upper_vacancies', 'upper_people', 4) }} as upper_bound,
    lower_vacancies,
    lower_people,
    upper_vacancies,
    upper_people,
    market,
    label_nl,
    label_en
from classes
