{#- The rows of a seed: what each must have, what is there once, and what a column can hold; says the first that differs.

One test of a seed and not one of each of its columns: dbt takes longer to run a test than DuckDB does. -#}
{% test rows_fit(model, not_null=[], unique=[], accepted_values={}) %}
with problems as (

    {% set seed = model.identifier ~ '.csv' %}
    {% for column in not_null %}
        select '{{ seed }}: a row has no {{ column }} -> give it one, or remove the row' as problem
        from {{ model }}
        where {{ column }} is null
        union all
    {% endfor %}
    {% for column in unique %}
        select
            '{{ seed }}: column {{ column }} holds ''' || cast({{ column }} as string) || ''' in '
            || cast(count(*) as string) || ' rows, expected one -> remove the others' as problem
        from {{ model }}
        where {{ column }} is not null
        group by {{ column }}
        having count(*) > 1
        union all
    {% endfor %}
    {% for column, values in accepted_values.items() %}
        select
            '{{ seed }}: column {{ column }} holds ''' || cast({{ column }} as string)
            || ''', expected one of: {{ values | join(", ") }}' as problem
        from {{ model }}
        where cast({{ column }} as string) not in (
            {% for value in values %}'{{ value }}'{{ ', ' if not loop.last }}{% endfor %}
        )
        union all
    {% endfor %}
    select cast(null as string) as problem
    from {{ model }}
    where 1 = 0

)

{{ first_problem('problems') }}
{% endtest %}
