{#- The sum of a figure over the rows of a group; null if a row lacks it or there are fewer than `parts` rows. -#}
{% macro whole_sum(figure, parts) -%}
    case when count({{ figure }}) = count(*) and count(*) >= {{ parts }} then {{ exact_sum(figure) }} end
{%- endmacro %}

{#- True if a sum has all its parts, or lacks so few that it still stands for the whole. -#}
{% macro has_enough_parts(known, parts) -%}
    100 * {{ known }} >= {{ var('min_known_parts_pct') }} * {{ parts }}
{%- endmacro %}
