-- The municipalities of a frame that make up each region on it.
with frames as (

    {{ known_frames() }}

)

select
    frames.frame_year,
    memberships.scheme,
    memberships.region_code,
    memberships.municipality_code,
    memberships.share
from frames
inner join {{ ref('int_regions__collect_memberships') }} as memberships
    on {{ is_within('make_date(frames.frame_year, 1, 1)', 'memberships.valid_from', 'memberships.valid_to') }}
where {{ is_published_frame('frames.frame_year') }}
