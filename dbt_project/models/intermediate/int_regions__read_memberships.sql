-- Frames of some years only are landed. A membership that two frames after one another both have is taken to have held
-- in between; one that the next frame lacks ends with the last year in which it was seen.
with frames as (

    select
        scheme,
        frame_year,
        max(dataset_id) as dataset_id,
        row_number() over (partition by scheme order by frame_year) as frame_number,
        row_number() over (partition by scheme order by frame_year desc) = 1 as is_newest
    from {{ ref('int_regions__read_frames') }}
    where scheme <> 'municipality'
    group by scheme, frame_year

),

seen as (

    select
        memberships.scheme,
        memberships.region_code,
        memberships.municipality_code,
        frames.frame_year,
        frames.is_newest,
        frames.dataset_id,
        frames.frame_number - row_number() over (
            partition by memberships.scheme, memberships.region_code, memberships.municipality_code
            order by frames.frame_year
        ) as unbroken_run
    from {{ ref('int_regions__read_frames') }} as memberships
    inner join frames
        on
            memberships.scheme = frames.scheme
            and memberships.frame_year = frames.frame_year

),

intervals as (

    select
        scheme,
        region_code,
        municipality_code,
        min(frame_year) as first_year,
        max(frame_year) as last_year,
        max(case when is_newest then 1 else 0 end) = 1 as still_valid
    from seen
    group by scheme, region_code, municipality_code, unbroken_run

)

select
    intervals.scheme,
    intervals.region_code,
    intervals.municipality_code,
    make_date(intervals.first_year, 1, 1) as valid_from,
    case when not intervals.still_valid then make_date(intervals.last_year, 12, 31) end as valid_to,
    frames.dataset_id
from intervals
inner join frames
    on
        intervals.scheme = frames.scheme
        and intervals.last_year = frames.frame_year
