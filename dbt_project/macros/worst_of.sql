{#- A figure made from several is as good as the worst of them: the orders from best to worst, and their ranks. -#}
{% macro value_status_order() -%}
    {{ return([
        'final', 'unstated', 'revised_provisional', 'provisional', 'estimated', 'not_applicable', 'missing', 'suppressed'
    ]) }}
{%- endmacro %}

{% macro boundary_method_order() -%}
    {{ return(['published', 'merged', 'recomputed', 'split_estimate', 'unavailable']) }}
{%- endmacro %}

{% macro rank_in(column, order) -%}
    case {{ column }}{% for word in order %} when '{{ word }}' then {{ loop.index }}{% endfor %} end
{%- endmacro %}

{% macro word_at(rank, order) -%}
    case {{ rank }}{% for word in order %} when {{ loop.index }} then '{{ word }}'{% endfor %} end
{%- endmacro %}

{#- The worst status or method of a group. -#}
{% macro worst_of(column, order) -%}
    {{ word_at('max(' ~ rank_in(column, order) ~ ')', order) }}
{%- endmacro %}

{#- A status that is at most as certain as a bound; an unknown status stays unknown. -#}
{% macro no_surer_than(status, bound, order) -%}
    case when {{ status }} is not null then {{ worst_of_two(status, bound, order) }} end
{%- endmacro %}

{#- The worse of two statuses or methods. -#}
{% macro worst_of_two(one, other, order) -%}
    {{ word_at('greatest(' ~ rank_in(one, order) ~ ', ' ~ rank_in(other, order) ~ ')', order) }}
{%- endmacro %}
