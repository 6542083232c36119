{#- How a model comes into DuckDB: under its own name at once, and looked through if it has a contract.

A build begins with an empty file. dbt would make each under another name, rename it and drop the older one, which takes it
longer than the SQL of most models; one of an earlier build by hand is dropped first. DuckDB would keep an index for each
key, which takes longer to make than the table, and more memory. -#}
{% materialization table, adapter='duckdb' %}
    {%- set relation = this.incorporate(type='table') -%}
    {%- set has_contract = config.get('contract').enforced -%}
    {%- do drop_relation_if_exists(load_cached_relation(this)) -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {{ get_assert_columns_equivalent(compiled_code) if has_contract }}
        create table {{ relation }} as (
            {{ get_select_subquery(compiled_code) if has_contract else compiled_code }}
        );
        {{ contract_holds(relation, model) if has_contract }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set relation = this.incorporate(type='view') -%}
    {%- do drop_relation_if_exists(load_cached_relation(this)) -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {{ create_view_as(relation, compiled_code) }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}
