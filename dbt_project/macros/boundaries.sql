{#- Every year whose 1 January boundaries figures can be put on, one row each. -#}
{% macro known_boundary_years() -%}
    {%- for year in range(var('oldest_boundary_year') | int, (var('newest_boundary_year') | int) + 1) -%}
        select {{ year }} as boundary_year{% if not loop.last %} union all {% endif %}
    {%- endfor -%}
{%- endmacro %}

{#- True for a boundary year that this build publishes figures on. -#}
{% macro is_published_boundary_year(boundary_year) -%}
    {{ boundary_year }} in ({{ var('boundary_years') | join(', ') }})
{%- endmacro %}

{#- Whether a day lies in a span of which an end that is not there means: still. -#}
{% macro is_within(day, valid_from, valid_to) -%}
    ({{ day }} >= {{ valid_from }} and ({{ valid_to }} is null or {{ day }} <= {{ valid_to }}))
{%- endmacro %}

{#- The part [share_from, share_to) of a whole figure. Parts that follow on one another add up to the whole to the
    last decimal, because each is the difference of two rounded running totals. -#}
{% macro part_of(value, share_from, share_to, decimals) -%}
    case
        when {{ share_from }} = 0 and {{ share_to }} = 1 then {{ value }}
        else {{ round_to(value ~ ' * ' ~ share_to, decimals) }} - {{ round_to(value ~ ' * ' ~ share_from, decimals) }}
    end
{%- endmacro %}

{#- The day before a day. -#}
{% macro day_before(day) -%}
    cast({{ dbt.dateadd('day', -1, day) }} as date)
{%- endmacro %}

{#- How many days lie from one day to another. -#}
{% macro days_between(first_day, last_day) -%}
    cast({{ dbt.datediff(first_day, last_day, 'day') }} as integer)
{%- endmacro %}

{#- What is known of a figure on the boundaries, in the order in which every way of putting figures on it gives them. -#}
{% macro figure_columns() -%}
    indicator_id, region_code, period_code, boundary_year, year, value, value_status, boundary_method, parts_count, is_over
{%- endmacro %}

{#- Of the figures of one cell of a boundary year the one with the lowest preference. -#}
{% macro most_preferred(relation) -%}
    select
        {{ figure_columns() }}
    from (
        select
            *,
            row_number() over (
                partition by indicator_id, region_code, period_code, boundary_year order by preference
            ) as place
        from {{ relation }}
    ) as ranked
    where place = 1
{%- endmacro %}
