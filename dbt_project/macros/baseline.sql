{#- The unit of a change: percentages change by percentage points, everything else by a percentage. -#}
{% macro trend_unit(unit) -%}
    case when substr({{ unit }}, 1, 1) = '%' then 'points' else 'percent' end
{%- endmacro %}

{#- The change from an earlier figure to a later one, in that unit. A percentage is relative to the absolute value of
    the earlier figure, so that a negative balance that grows has risen; from zero there is none, except from zero to
    zero. -#}
{% macro change_between(value, earlier, unit) -%}
    case
        when substr({{ unit }}, 1, 1) = '%' then {{ round_to(difference_of(value, earlier), 2) }}
        when {{ value }} = {{ earlier }} then 0
        else {{ ratio_to(difference_of(value, earlier), 'abs(' ~ earlier ~ ')', 2, factor='100') }}
    end
{%- endmacro %}

{#- The percentage of a group that ranks at or below a place, including the region itself: 100 for the first. -#}
{% macro percentile_of(place, group_size) -%}
    {{ ratio_to('(' ~ group_size ~ ' - ' ~ place ~ ' + 1)', group_size, 1, factor='100') }}
{%- endmacro %}
