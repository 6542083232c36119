-- Every municipality since the day from which boundary changes are known, with its first and last day. One without any
-- change is known from a region table, or from the tile map if no region table has landed.
with changes as (

    select * from {{ ref('boundary_changes') }}

),

codes as (

    select municipality_code from {{ ref('int_regions__read_divisions') }}
    union
    select region_code as municipality_code from {{ ref('municipality_tiles') }}
    union
    select old_code as municipality_code from changes
    union
    select new_code as municipality_code from changes

),

begun as (

    select
        new_code as municipality_code,
        min(changed_on) as begun_on
    from changes
    where heir = 'new'
    group by new_code

),

ended as (

    select
        old_code as municipality_code,
        min(changed_on) as ended_on
    from changes
    group by old_code

)

select
    codes.municipality_code,
    coalesce(begun.begun_on, cast('{{ var("boundaries_known_from") }}' as date)) as valid_from,
    {{ day_before('ended.ended_on') }} as valid_to
from codes
left join begun on codes.municipality_code = begun.municipality_code
left join ended on codes.municipality_code = ended.municipality_code
