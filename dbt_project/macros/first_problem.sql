{#- The last part of a singular test: raises the first `problem` of a relation, with how many more there are. -#}
{% macro first_problem(relation) -%}
    select problem
    from (
        select min(problem) || case when count(*) > 1 then ' (and ' || cast(count(*) - 1 as string) || ' more)' else '' end
            as problem
        from {{ relation }}
        having count(*) > 0
    ) as found
    where {{ raise_error('problem') }} is null
{%- endmacro %}
