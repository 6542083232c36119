{#- How little a status says, as a number: what is made of several figures is as sure as its least sure part. -#}
{% macro status_rank(status) -%}
    case {{ status }}
        when 'suppressed' then 7
        when 'missing' then 6
        when 'not_applicable' then 5
        when 'estimated' then 4
        when 'provisional' then 3
        when 'revised_provisional' then 2
        else 1
    end
{%- endmacro %}

{#- The status of a rank. -#}
{% macro status_of_rank(rank) -%}
    case {{ rank }}
        when 7 then 'suppressed'
        when 6 then 'missing'
        when 5 then 'not_applicable'
        when 4 then 'estimated'
        when 3 then 'provisional'
        when 2 then 'revised_provisional'
        else 'final'
    end
{%- endmacro %}
