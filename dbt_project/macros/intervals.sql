{#- The normal deviate that leaves 2.5 per cent on each side. -#}
{% macro z_95() -%}
    1.959964
{%- endmacro %}

{#- The part of Wilson's bounds that one adds and the other subtracts. -#}
{% macro wilson_spread(cases, base) -%}
    {{ z_95() }} * sqrt({{ z_95() }} * {{ z_95() }} + 4 * {{ cases }} * (1 - {{ cases }} / {{ base }}))
{%- endmacro %}
