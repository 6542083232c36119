{#- The pieces of the code of a period: a year and a part of it, `2026KW03`, or a day, `20260830`. No model splits a
    code itself; `int_periods__parse_codes` derives the period from these pieces. -#}
{% macro year_of(period_code) -%}
    cast(substr({{ period_code }}, 1, 4) as integer)
{%- endmacro %}

{#- What follows the year: `KW03`, or the month and the day, `0830`. -#}
{% macro year_part_of(period_code) -%}
    substr({{ period_code }}, 5)
{%- endmacro %}

{#- The two halves of that: the letters of the kind and the number within the year, or the month and the day. -#}
{% macro first_of_part(period_code) -%}
    substr({{ period_code }}, 5, 2)
{%- endmacro %}

{% macro last_of_part(period_code) -%}
    substr({{ period_code }}, 7, 2)
{%- endmacro %}

{#- The code of a whole year. -#}
{% macro whole_year(year) -%}
    cast({{ year }} as string) || 'JJ00'
{%- endmacro %}

{#- The same period a number of years earlier: `2025KW03` and 1 give `2024KW03`. -#}
{% macro years_before(period_code, years) -%}
    cast({{ year_of(period_code) }} - {{ years }} as string) || {{ year_part_of(period_code) }}
{%- endmacro %}
