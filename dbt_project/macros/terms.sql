{#- The words of a text separated by spaces, one row each, with their place, counted from 1. -#}
{% macro words_of(relation, text) -%}
    {{ return(adapter.dispatch('words_of')(relation, text)) }}
{%- endmacro %}

{% macro default__words_of(relation, text) -%}
    select
        {{ relation }}.*,
        split_words.place + 1 as place,
        split_words.word as word
    from {{ relation }}
    lateral view posexplode(split({{ text }}, ' +')) split_words as place, word
{%- endmacro %}

{% macro duckdb__words_of(relation, text) -%}
    select
        {{ relation }}.*,
        unnest(generate_series(1, len(string_split({{ text }}, ' ')))) as place,
        unnest(string_split({{ text }}, ' ')) as word
    from {{ relation }}
{%- endmacro %}
