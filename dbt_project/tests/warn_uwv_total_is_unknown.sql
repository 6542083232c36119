{{ config(severity='warn') }}
-- A total that passes for a group would be counted twice in the sum over all groups, so a name that looks like one
-- stays out until the seed knows it.
select
    'uwv/spanningsindicator: occupation ''' || names.occupation_name
    || ''' looks like a total and is left out -> add it to uwv_occupations.csv' as problem
from (select distinct occupation_name from {{ ref('int_labour__read_tension') }}) as names
left join {{ ref('int_labour__link_occupations') }} as linked on names.occupation_name = linked.occupation_name
where linked.occupation_name is null
order by problem
