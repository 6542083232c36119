{#- The unit of a change: percentages change by percentage points, everything else by a percentage. -#}
{% macro trend_unit(unit) -%}
    case when substr({{ unit }}, 1, 1) = '%' then 'points' else 'percent' end
{%- endmacro %}

{#- The change from an earlier figure to a later one, in that unit. A percentage is relative to the absolute value of
    the earlier figure, so that a negative balance that grows has risen; from zero there is none, except from zero to
    zero. -#}
{% macro change_between(value, earlier, unit) -%}
    round(
        case
            when substr({{ unit }}, 1, 1) = '%' then {{ value }} - {{ earlier }}
            when {{ value }} = {{ earlier }} then 0
            else 100 * ({{ value }} - {{ earlier }}) / nullif(abs({{ earlier }}), 0)
        end,
        2
    )
{%- endmacro %}

{#- The percentage of a group that ranks at or below a place, including the region itself: 100 for the first. A small
    group has none: one place more or less would already be many per cent. -#}
{% macro percentile_of(place, group_size) -%}
    case
        when {{ group_size }} >= {{ var('min_percentile_size') }}
            then round(100.0 * ({{ group_size }} - {{ place }} + 1) / {{ group_size }}, 1)
    end
{%- endmacro %}
