{#- The last day of a period of `months` months that starts on `start_date`. -#}
{% macro last_day_after_months(start_date, months) -%}
    cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', months, start_date)) }} as date)
{%- endmacro %}

{#- The same day a number of years earlier. -#}
{% macro day_years_before(day, years) -%}
    cast({{ dbt.dateadd('year', '-' ~ years, day) }} as date)
{%- endmacro %}

{#- The Monday of a week of a year as ISO 8601 counts them: the first week is the one that contains 4 January. The day
    of the week is counted from a Monday long ago, because engines number weekdays differently. -#}
{% macro monday_of_week(year, week) -%}
    {%- set fourth -%} make_date({{ year }}, 1, 4) {%- endset -%}
    {%- set days_into_week -%} mod({{ days_between('make_date(1601, 1, 1)', fourth) }}, 7) {%- endset -%}
    cast({{ dbt.dateadd('day', '7 * (' ~ week ~ ' - 1) - ' ~ days_into_week, fourth) }} as date)
{%- endmacro %}

{#- True for a text without digits. -#}
{% macro has_no_digit(text) -%}
    translate({{ text }}, '0123456789', '') = {{ text }}
{%- endmacro %}
