-- The atlas files of 2016 put three municipalities in several COROP areas, and every join on them counted double.
with several as (

    select
        dataset_id || ': municipality ' || municipality_code || ' is in ' || cast(count(distinct region_code) as string)
        || ' regions of scheme ' || scheme || ' (' || min(region_code) || ', ' || max(region_code)
        || '), expected 1 -> look at the region table' as problem
    from {{ ref('int_regions__read_frames') }}
    group by dataset_id, municipality_code, scheme
    having count(distinct region_code) > 1

)

{{ first_problem('several') }}
