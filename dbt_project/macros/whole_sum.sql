{#- The sum of a figure over the rows of a group; null if a row lacks it or there are fewer than `parts` rows. -#}
{% macro whole_sum(figure, parts) -%}
    case when count({{ figure }}) = count(*) and count(*) >= {{ parts }} then {{ exact_sum(figure) }} end
{%- endmacro %}
