with frames as (

    select
        region_code,
        scheme,
        frame_year,
        max(region_name) as region_name
    from {{ ref('int_regions__read_frames') }}
    group by region_code, scheme, frame_year

),

newest_frames as (

    select
        scheme,
        max(frame_year) as frame_year
    from frames
    group by scheme

),

framed as (

    select
        frames.region_code,
        min(frames.frame_year) as first_frame_year,
        max(frames.frame_year) as last_frame_year,
        max(frames.frame_year) = max(newest_frames.frame_year) as is_current
    from frames
    inner join newest_frames on frames.scheme = newest_frames.scheme
    group by frames.region_code

),

frame_names as (

    select
        region_code,
        region_name,
        row_number() over (partition by region_code order by frame_year desc) as name_rank
    from frames
    where region_name is not null

),

code_names as (

    select
        code as region_code,
        title as region_name,
        row_number() over (partition by code order by dataset_id, title) as name_rank
    from {{ ref('stg_raw__codes') }}
    where
        role = 'region'
        and title <> code

),

used as (

    select * from {{ ref('int_regions__collect_codes') }}

)

select
    used.region_code,
    coalesce(frame_names.region_name, code_names.region_name, used.region_code) as name,
    used.scheme,
    -- No region table lists the kinds of Eurostat.
    coalesce(framed.is_current, used.scheme in ('nuts_country', 'nuts2', 'nuts3')) as is_current,
    framed.first_frame_year,
    framed.last_frame_year
from used
left join framed on used.region_code = framed.region_code
left join frame_names on used.region_code = frame_names.region_code and frame_names.name_rank = 1
left join code_names on used.region_code = code_names.region_code and code_names.name_rank = 1
