-- What a municipality granted in a year under the schemes that count as support of business, for each year of which its
-- register is loaded. A year without such a grant is 0, since the register says so.
select
    subsidies.region_code,
    cast(subsidies.year as string) || 'JJ00' as period_code,
    cast(
        {{ exact_sum('case when schemes.counts_as_support then coalesce(subsidies.amount_granted_eur, 0) else 0 end') }}
        as double
    ) as value,
    case when count(ongoing.period_code) = 0 then 'unstated' else 'provisional' end as value_status,
    count(ongoing.period_code) = 0 as is_over
from {{ ref('int_subsidies__mark_repeated') }} as subsidies
inner join {{ ref('int_regions__collect_codes') }} as regions
    on subsidies.region_code = regions.region_code and regions.scheme = 'municipality'
left join {{ ref('support_schemes') }} as schemes
    on
        subsidies.region_code = schemes.region_code
        and subsidies.scheme = schemes.scheme
left join {{ source('raw', 'ongoing') }} as ongoing
    on
        subsidies.dataset_id = ongoing.dataset_id
        and cast(subsidies.year as string) || 'JJ00' = ongoing.period_code
where
    subsidies.year is not null
    and not subsidies.is_repeated
group by subsidies.region_code, subsidies.year
