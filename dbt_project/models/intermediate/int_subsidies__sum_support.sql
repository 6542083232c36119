-- What is known about business support in each municipality and year for which a register is loaded, as three measures:
-- what was granted under the schemes that count as support, known only once every scheme that granted money has been
-- reviewed; how much of the money has been reviewed; and what is known so far, which is a minimum. A register without
-- schemes cannot be reviewed, so it never says how much support there was. Of what the state paid, most of which has
-- nothing to do with business and is never reviewed, only what is known so far.
with dossiers as (

    select
        subsidies.region_code,
        regions.scheme as region_scheme,
        subsidies.year,
        subsidies.amount_granted_eur,
        ongoing.period_code is null as is_over,
        schemes.is_support,
        schemes.scheme is not null as is_reviewed,
        -- Blank although it was granted. What was requested, refused or withdrawn has no such amount.
        subsidies.amount_granted_eur is null
        and coalesce(subsidies.status, 'granted') not in ('requested', 'refused', 'withdrawn') as is_amount_unknown
    from {{ ref('int_subsidies__mark_repeated') }} as subsidies
    inner join {{ ref('int_regions__collect_codes') }} as regions
        on subsidies.region_code = regions.region_code and regions.scheme in ('municipality', 'country')
    left join {{ ref('support_schemes') }} as schemes
        on
            subsidies.region_code = schemes.region_code
            and subsidies.scheme = schemes.scheme
    left join {{ ref('stg_raw__ongoing') }} as ongoing
        on
            subsidies.dataset_id = ongoing.dataset_id
            and {{ whole_year('subsidies.year') }} = ongoing.period_code
    where
        subsidies.year is not null
        and not subsidies.is_repeated

),

-- A sum of nothing stays empty: not reviewed is not the same as zero. Corrections are negative, so shares are computed
-- from absolute amounts.
summed as (

    select
        region_code,
        region_scheme,
        {{ whole_year('year') }} as period_code,
        bool_and(is_over) as is_over,
        count(case when is_reviewed then amount_granted_eur end) as reviewed_count,
        count(case when not is_reviewed and amount_granted_eur <> 0 then 1 end) as unreviewed_count,
        count(case when is_amount_unknown and coalesce(is_support, true) then 1 end) as unknown_count,
        {{ exact_sum('case when is_support then amount_granted_eur when is_reviewed then 0 end') }} as known_eur,
        {{ exact_sum('case when is_reviewed then abs(amount_granted_eur) else 0 end') }} as reviewed_size,
        {{ exact_sum('abs(amount_granted_eur)') }} as granted_size
    from dossiers
    group by region_code, region_scheme, year

),

judged as (

    select
        *,
        case
            when unreviewed_count > 0 or reviewed_count = 0 then 'not_reviewed'
            when unknown_count > 0 then 'missing'
        end as gap,
        {{ ratio_to('reviewed_size', 'granted_size', 1, factor='100') }} as reviewed_pct
    from summed

),

measured as (

    select
        region_code,
        period_code,
        is_over,
        'granted_eur' as measure_code,
        case when gap is null then known_eur end as value,
        gap
    from judged
    where region_scheme = 'municipality'
    union all
    select
        region_code,
        period_code,
        is_over,
        'reviewed_pct' as measure_code,
        -- 100 only if it is everything and 0 only if it is nothing, regardless of rounding.
        case
            when unreviewed_count = 0 or reviewed_size = 0 then reviewed_pct
            else least(greatest(reviewed_pct, 0.1), 99.9)
        end as value,
        case when reviewed_pct is null then 'missing' end as gap
    from judged
    where region_scheme = 'municipality'
    union all
    select
        region_code,
        period_code,
        is_over,
        case when region_scheme = 'municipality' then 'known_eur' else 'state_known_eur' end as measure_code,
        case when reviewed_count > 0 then known_eur end as value,
        case when reviewed_count = 0 then 'not_reviewed' end as gap
    from judged

)

select
    region_code,
    period_code,
    measure_code,
    cast(value as double) as value,
    case when value is null then 'missing' when is_over then 'unstated' else 'provisional' end as value_status,
    is_over,
    gap
from measured
