{#- One row per region and period, one column per indicator and one for its status, on the newest boundaries. The
    columns are those of the model's own contract, which is generated from seeds/indicators.csv, so a new indicator
    needs no SQL. -#}
{% macro wide_mart() -%}
    {%- set columns = indicator_columns() -%}
    {%- set indicator_ids = columns | map(attribute='indicator_id') | unique | list -%}
    select
        region_code,
        period_code,
        max(year) as year
        {%- for column in columns %},
        max(case when indicator_id = '{{ column.indicator_id }}' then {{ column.source_column }} end) as {{ column.name }}
        {%- endfor %},
        max(notice) as notice
    from {{ ref('fct_observation_on_boundaries') }}
    where
        boundary_year = {{ var('newest_boundary_year') }}
        and is_over
        and indicator_id in ('{{ indicator_ids | join("', '") }}')
    group by region_code, period_code
    having count(value) > 0
{%- endmacro %}

{#- The columns in the running model's contract that show an indicator: name, indicator_id and source_column. -#}
{% macro indicator_columns() -%}
    {%- set found = [] -%}
    {%- for column in model.columns.values() if column.config.meta.get('indicator_id') -%}
        {%- set meta = column.config.meta -%}
        {%- do found.append({'name': column.name, 'indicator_id': meta.indicator_id, 'source_column': meta.source_column}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
