-- UWV gives names of occupations without codes. A name that is a title in BRC 2014 is that occupation; any other name
-- is a group of UWV's own, and the seed may say which part of BRC it is in. A name that looks like a total but is not
-- in the seed is left out: taken for a group, it would be counted twice.
with names as (

    select distinct
        occupation_name,
        lower(occupation_name) as folded_name
    from {{ ref('int_labour__read_tension') }}

),

titles as (

    select
        code,
        level,
        title_nl,
        title_en,
        lower(title_nl) as folded_name,
        -- Some segments have one group, with the same title. UWV shows groups and classes.
        row_number() over (
            partition by lower(title_nl)
            order by case level when 'group' then 1 when 'class' then 2 else 3 end, code
        ) as preference
    from {{ ref('occupations') }}

),

linked as (

    select
        names.occupation_name,
        case
            when listed.occupation_level = 'total' then 'total'
            when listed.occupation_level is null and titles.code is not null then titles.code
            else 'uwv:' || names.folded_name
        end as occupation_code,
        coalesce(listed.occupation_level, titles.level, 'uwv_group') as occupation_level,
        case when listed.occupation_level is null then titles.code end as brc_code,
        coalesce(titles.title_nl, names.occupation_name) as title_nl,
        case when listed.occupation_level = 'total' then 'All occupations' else titles.title_en end as title_en,
        case when listed.occupation_level is null then titles.code else listed.within_code end as within_code
    from names
    left join {{ ref('uwv_occupations') }} as listed on names.folded_name = lower(listed.name)
    left join titles on names.folded_name = titles.folded_name and titles.preference = 1
    where
        listed.name is not null
        or titles.code is not null
        or not (names.folded_name like 'tota%' or names.folded_name like 'alle %')

)

select
    occupation_name,
    occupation_code,
    occupation_level,
    brc_code,
    title_nl,
    title_en,
    -- A code begins with that of its segment, which begins with that of its class.
    case when length(within_code) >= 3 then substr(within_code, 1, 3) end as segment_code,
    substr(within_code, 1, 2) as class_code
from linked
