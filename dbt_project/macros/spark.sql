{#- What dbt does for us on DuckDB and not on Spark; nothing here is about a model. -#}

{#- One view per source on Spark, over the files that DuckDB reads where they are named. -#}
{% macro open_sources() -%}
    {{ return(adapter.dispatch('open_sources')()) }}
{%- endmacro %}

{% macro default__open_sources() -%}{%- endmacro %}

{% macro spark__open_sources() -%}
    {%- if execute -%}
        {%- for source in graph.sources.values() -%}
            {%- set relation = api.Relation.create(schema=source.schema, identifier=source.identifier) -%}
            {%- set files = source.config.meta.external_location.split("'")[1] -%}
            {%- if loop.first -%}
                {%- do adapter.create_schema(relation.without_identifier()) -%}
            {%- endif -%}
            {%- do run_query('create or replace view ' ~ relation ~ ' as select * from parquet.`' ~ files ~ '`') -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- Where publishing finds the tables of a schema. -#}
{% macro spark__create_schema(relation) -%}
    {%- do run_query(
        'create schema if not exists ' ~ relation ~ " location '" ~ var('spark_root') ~ '/' ~ relation.schema ~ "'"
    ) -%}
{%- endmacro %}

{#- As literals: dbt-spark's own has no null and does not escape quotes. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set given_types = model['config'].get('column_types', {}) -%}
    {%- set types = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- do types.append(given_types.get(name, adapter.convert_type(agate_table, loop.index0))) -%}
    {%- endfor -%}
    {%- set rows = [] -%}
    {%- for row in agate_table.rows -%}
        {%- set cells = [] -%}
        {%- for cell in row -%}
            {%- do cells.append('cast(' ~ spark_literal(cell) ~ ' as ' ~ types[loop.index0] ~ ')') -%}
        {%- endfor -%}
        {%- do rows.append('(' ~ cells | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- set sql = 'insert into ' ~ this ~ ' values ' ~ rows | join(', ') -%}
    {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {{ return(sql) }}
{%- endmacro %}

{% macro spark_literal(cell) -%}
    {%- if cell is none -%}
        null
    {%- else -%}
        '{{ cell | string | replace("\\", "\\\\") | replace("'", "\\'") }}'
    {%- endif -%}
{%- endmacro %}

{#- Parquet enforces nothing. -#}
{% macro spark__persist_constraints(relation, model) -%}
    {%- do run_query(contract_holds(relation, model)) -%}
{%- endmacro %}
