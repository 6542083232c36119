{#- The rows of a model or a seed: what each must have, what is there once (a column, or a list of columns together), what a
column can hold, and the column of another table that has each of its values, as `{to: ref('table'), field: column}`. Says
the first that differs.

One test of a table and not one of each of its columns: dbt takes longer to run a test than DuckDB does. -#}
{% test rows_fit(model, not_null=[], unique=[], accepted_values={}, relationships={}) %}
{{ unfit_row(model, not_null, unique, accepted_values, relationships) }}
{% endtest %}

{#- The contract of a model: the columns that are never empty, and its key, which neither engine looks after by itself at
less than the price of the table. -#}
{% macro contract_holds(relation, model) -%}
    {%- set never_empty = [] -%}
    {%- for column in model.columns.values() if column.constraints | selectattr('type', 'equalto', 'not_null') | list -%}
        {%- do never_empty.append(column.name) -%}
    {%- endfor -%}
    {%- set keys = model.constraints | selectattr('type', 'equalto', 'primary_key') | map(attribute='columns') | list -%}
    {{ unfit_row(relation, never_empty, keys) }}
{%- endmacro %}

{% macro unfit_row(relation, not_null=[], unique=[], accepted_values={}, relationships={}) -%}
with problems as (

    {% set table = file_or_table(relation) %}
    {% set is_file = table.endswith('.csv') %}
    {% if not_null %}
        select
            '{{ table }}: a row has no ' || case
                {% for column in not_null %}when {{ column }} is null then '{{ column }}' {% endfor %}
            end{{ " || ' -> give it one, or remove the row'" if is_file }} as problem
        from {{ relation }}
        where {{ not_null | join(' is null or ') }} is null
        union all
    {% endif %}
    {% for columns in unique %}
        {% set columns = [columns] if columns is string else columns %}
        select
            '{{ table }}: {{ "column" if columns | length == 1 else "columns" }} {{ columns | join(", ") }}'
            || ' {{ "holds" if columns | length == 1 else "hold" }} '''
            || {% for column in columns %}cast({{ column }} as string) || '''{{ ", ''" if not loop.last }}' || {% endfor %}
            ' in ' || cast(count(*) as string) || ' rows, expected one{{ " -> remove the others" if is_file }}' as problem
        from {{ relation }}
        where {{ columns | join(' is not null and ') }} is not null
        group by {{ columns | join(', ') }}
        having count(*) > 1
        union all
    {% endfor %}
    {% for column, values in accepted_values.items() %}
        select
            '{{ table }}: column {{ column }} holds ''' || cast({{ column }} as string)
            || ''', expected one of: {{ values | join(", ") }}' as problem
        from {{ relation }}
        where cast({{ column }} as string) not in (
            {% for value in values %}'{{ value }}'{{ ', ' if not loop.last }}{% endfor %}
        )
        union all
    {% endfor %}
    {% for column, other in relationships.items() %}
        select
            '{{ table }}: column {{ column }} holds ''' || cast(here.{{ column }} as string)
            || ''', expected one that is in column {{ other.field }} of {{ file_or_table(other.to) }}' as problem
        from {{ relation }} as here
        where
            here.{{ column }} is not null
            and not exists (select 1 from {{ other.to }} as there where there.{{ other.field }} = here.{{ column }})
        union all
    {% endfor %}
    select cast(null as string) as problem
    from {{ relation }}
    where 1 = 0

)

{{ first_problem('problems') }}
{%- endmacro %}

{#- What a person calls a table: a seed by its file. -#}
{% macro file_or_table(relation) -%}
    {{ return(relation.identifier ~ ('.csv' if relation.schema.endswith('seeds') else '')) }}
{%- endmacro %}
