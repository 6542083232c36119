{#- Figures are doubles that stand for decimals. What is rounded or added up is the decimal that a double is written as,
    never the double itself: engines, and versions of one engine, round a double such as 2.675 differently. A half goes
    away from zero, as readers expect. No model calls `round` itself, and `portal/rounding.py` does the same. -#}

{#- The decimal that a number is written as, rounded to `scale` decimals: half away from zero. By way of its text, which
    engines round by its digits; the double itself they scale first, and round that. -#}
{% macro as_decimal(value, scale, width=38) -%}
    cast(cast({{ value }} as string) as decimal({{ width }}, {{ scale }}))
{%- endmacro %}

{#- A number rounded to a number of decimals, at most six: a constant, or a column that differs per row. -#}
{% macro round_to(value, decimals) -%}
    {%- if decimals | string in ['0', '1', '2', '3', '4', '5', '6'] -%}
        cast({{ as_decimal(value, decimals) }} as double)
    {%- else -%}
        case {{ decimals }}
            {%- for scale in range(6) %}
            when {{ scale }} then cast({{ as_decimal(value, scale) }} as double)
            {%- endfor %}
            else cast({{ as_decimal(value, 6) }} as double)
        end
    {%- endif -%}
{%- endmacro %}

{#- The double nearest to factor * numerator / denominator, null for a denominator of zero. The two sides are multiplied
    into whole numbers first, because a product such as 100 * 2.3 is not exact in doubles. -#}
{% macro quotient_of(numerator, denominator, factor='1') -%}
    cast({{ as_decimal(numerator, 6) }} * cast({{ factor }} as integer) * 1000000 as double)
    / nullif(cast({{ as_decimal(denominator, 6) }} * 1000000 as double), 0)
{%- endmacro %}

{#- A ratio rounded once, from its two parts. -#}
{% macro ratio_to(numerator, denominator, decimals, factor='1') -%}
    {{ round_to(quotient_of(numerator, denominator, factor), decimals) }}
{%- endmacro %}

{#- The exact difference of two figures, as a decimal. -#}
{% macro difference_of(figure, other) -%}
    ({{ as_decimal(figure, 6) }} - {{ as_decimal(other, 6) }})
{%- endmacro %}

{#- The exact sum of a figure, whatever the order of its parts: figures have at most six decimals. -#}
{% macro exact_sum(figure) -%}
    cast(sum({{ as_decimal(figure, 6) }}) as double)
{%- endmacro %}
