{#- The unit of a change: percentages change by percentage points, everything else by a percentage. -#}
{% macro trend_unit(unit) -%}
    case when substr({{ unit }}, 1, 1) = '%' then 'points' else 'percent' end
{%- endmacro %}

{#- The change from an earlier figure to a later one, in that unit. A percentage is relative to the absolute value of
    the earlier figure, so that a negative balance that grows has risen; from zero there is none, except from zero to
    zero. -#}
{% macro change_between(value, earlier, trend_unit) -%}
    case
        when {{ trend_unit }} = 'points' then {{ round_to(difference_of(value, earlier), 2) }}
        when {{ value }} = {{ earlier }} then 0
        else {{ ratio_to(difference_of(value, earlier), 'abs(' ~ earlier ~ ')', 2, factor='100') }}
    end
{%- endmacro %}

{#- The percentage of a group with the same or a lower figure, the region itself included; of a few regions it would
    say more than it knows. -#}
{% macro percentile_of(rank_from_high, group_size) -%}
    case
        when {{ group_size }} >= {{ var('min_percentile_size') }}
            then {{ ratio_to('(' ~ group_size ~ ' - ' ~ rank_from_high ~ ' + 1)', group_size, 1, factor='100') }}
    end
{%- endmacro %}

{#- Whether a trend is one that the programmes ask for. -#}
{% macro judgement_of(trend, direction, value, previous_value, target_value) -%}
    case
        when {{ trend }} = 'unknown' then 'unknown'
        when {{ trend }} in ('stable', 'unclear') or {{ direction }} = 'neutral' then 'neutral'
        when {{ direction }} = 'closer_to_target_is_better' then
            case
                when abs({{ value }} - {{ target_value }}) < abs({{ previous_value }} - {{ target_value }}) then 'better'
                when abs({{ value }} - {{ target_value }}) > abs({{ previous_value }} - {{ target_value }}) then 'worse'
                else 'neutral'
            end
        when ({{ trend }} = 'rising') = ({{ direction }} = 'higher_is_better') then 'better'
        else 'worse'
    end
{%- endmacro %}

{#- True if a break applies to a region and a series crosses it between the first days of two periods. -#}
{% macro is_broken_between(breaks, region_code, earlier, later) -%}
    ({{ breaks }}.region_code is null or {{ breaks }}.region_code = {{ region_code }})
    and {{ breaks }}.start_date > {{ earlier }}
    and {{ breaks }}.start_date <= {{ later }}
{%- endmacro %}
