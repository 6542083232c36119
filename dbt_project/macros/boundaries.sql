{#- Every year on whose boundaries of 1 January figures can be put, one row each. -#}
{% macro known_boundary_years() -%}
    {%- for year in range(var('oldest_boundary_year') | int, (var('newest_boundary_year') | int) + 1) -%}
        select {{ year }} as boundary_year{% if not loop.last %} union all {% endif %}
    {%- endfor -%}
{%- endmacro %}

{#- True for a boundary year on which this build publishes figures. -#}
{% macro is_published_boundary_year(boundary_year) -%}
    {{ boundary_year }} in ({{ var('boundary_years') | join(', ') }})
{%- endmacro %}

{#- Whether a day is in a span; one without an end still goes on. -#}
{% macro is_within(day, valid_from, valid_to) -%}
    ({{ day }} >= {{ valid_from }} and ({{ valid_to }} is null or {{ day }} <= {{ valid_to }}))
{%- endmacro %}

{#- Whether an amount in a unit is an area of land. Of a divided municipality that follows area, all else inhabitants. -#}
{% macro is_unit_of_land(unit_en) -%}
    {{ unit_en }} in ('km²', 'hectares')
{%- endmacro %}

{#- Where the part of a divided municipality that goes to an heir begins, from the shares of all its heirs. -#}
{% macro start_of_part(share) -%}
    coalesce(
        sum({{ share }}) over (
            partition by old_code order by new_code rows between unbounded preceding and 1 preceding
        ),
        0
    )
{%- endmacro %}

{#- Where that part ends. The last one ends at exactly 1, whatever the rounded shares add up to. -#}
{% macro end_of_part(share) -%}
    case
        when row_number() over (partition by old_code order by new_code desc) = 1 then 1
        else sum({{ share }}) over (partition by old_code order by new_code rows unbounded preceding)
    end
{%- endmacro %}

{#- The part [share_from, share_to) of a whole figure. Parts that follow on one another add up to the whole to the
    last decimal, because each is the difference of two rounded running totals. -#}
{% macro part_of(value, share_from, share_to, decimals) -%}
    case
        when {{ share_from }} = 0 and {{ share_to }} = 1 then {{ value }}
        else {{ share_of(value, share_to, decimals) }} - {{ share_of(value, share_from, decimals) }}
    end
{%- endmacro %}

{#- A figure times a share, multiplied as decimals and rounded once. -#}
{% macro share_of(value, share, decimals) -%}
    {{ round_to(as_decimal(value, 6, width=24) ~ ' * ' ~ as_decimal(share, 12, width=13), decimals) }}
{%- endmacro %}

{#- The day before a day. -#}
{% macro day_before(day) -%}
    cast({{ dbt.dateadd('day', -1, day) }} as date)
{%- endmacro %}

{#- The number of days from one day to another. -#}
{% macro days_between(first_day, last_day) -%}
    cast({{ dbt.datediff(first_day, last_day, 'day') }} as integer)
{%- endmacro %}

{#- The columns of a figure on the boundaries, in the order shared by all models that put figures on boundaries. -#}
{% macro figure_columns() -%}
    indicator_id, region_code, period_code, boundary_year, year, value, value_status, boundary_method, parts_count, is_over
{%- endmacro %}

{#- For each cell of a boundary year, the figure with the lowest `preference`. -#}
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
