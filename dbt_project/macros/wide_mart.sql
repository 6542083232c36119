{#- One row per region and period, one column per indicator and one for its status, on the newest boundaries. The
    columns are those of the model's own contract, which is generated from seeds/indicators.csv, so a new indicator
    needs no SQL. -#}
{% macro wide_mart() -%}
    {%- set columns = indicator_columns() -%}
    {%- set indicator_ids = columns | map(attribute='indicator_id') | unique | list -%}
    select
        observations.region_code,
        observations.period_code,
        max(observations.year) as year,
        max(periods.kind) as period_kind
        {%- for column in columns %},
        max(case when observations.indicator_id = '{{ column.indicator_id }}' then {{ column.source_column }} end) as {{ column.name }}
        {%- endfor %},
        max(observations.notice) as notice
    from {{ ref('fct_observation_on_boundaries') }} as observations
    inner join {{ ref('int_periods__parse_codes') }} as periods on observations.period_code = periods.period_code
    where
        observations.boundary_year = {{ var('newest_boundary_year') }}
        and observations.is_over
        and observations.indicator_id in ('{{ indicator_ids | join("', '") }}')
    group by observations.region_code, observations.period_code
    having count(observations.value) > 0
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
