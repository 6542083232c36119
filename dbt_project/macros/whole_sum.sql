{#- The sum of a figure over the rows of a group; null if a row lacks it or there are fewer than `parts` rows. -#}
{% macro whole_sum(figure, parts) -%}
    case when count({{ figure }}) = count(*) and count(*) >= {{ parts }} then {{ exact_sum(figure) }} end
{%- endmacro %}

{#- True if a sum has all its parts, or lacks so few that it still stands for the whole. -#}
{% macro has_enough_parts(known, parts) -%}
    100 * {{ known }} >= {{ var('min_known_parts_pct') }} * {{ parts }}
{%- endmacro %}

{#- The columns of a sum over the labour market: of all of its parts, and of those in which both counts are known. A part
    that is expected and has no row is one that is missing. -#}
{% macro sums_of_parts(part, expected_count) -%}
    {%- set known = ['vacancies', 'ww_short'] -%}
    {% for count in known -%}
        {{ whole_sum(part ~ '.whole_' ~ count, expected_count) }} as whole_{{ count }},
    {% endfor -%}
    {% for count in known -%}
        {{ exact_sum(part ~ '.known_' ~ count) }} as known_{{ count }},
    {% endfor -%}
    max({{ part }}.known_rank) as known_rank,
    greatest(
        max({{ part }}.status_rank),
        case when count(*) < {{ expected_count }} then {{ rank_in("'missing'", value_status_order()) }} else 1 end
    ) as status_rank,
    sum({{ part }}.parts_count) + {{ expected_count }} - count(*) as parts_count,
    sum({{ part }}.parts_known_count) as parts_known_count,
    max({{ part }}.dataset_id) as dataset_id,
    case when min({{ part }}.landed_sha256) = max({{ part }}.landed_sha256) then max({{ part }}.landed_sha256) end
        as landed_sha256
{%- endmacro %}
