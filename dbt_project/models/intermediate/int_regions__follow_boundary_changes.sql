-- Where the figures of a municipality go on the boundaries of each frame. Forward a figure follows its municipality
-- through mergers and splits. Back in time only a change of code can be undone: what a merger put together, no figure
-- of the whole takes apart.
with recursive frames as (

    {{ known_frames() }}

),

lifetimes as (

    select * from {{ ref('int_regions__date_municipalities') }}

),

changes as (

    select
        changed_on,
        old_code,
        new_code,
        kind,
        coalesce(
            sum(share) over (
                partition by old_code order by new_code rows between unbounded preceding and 1 preceding
            ),
            0
        ) as share_from,
        -- The last part ends at exactly 1, whatever the decimals of the shares add up to.
        case
            when row_number() over (partition by old_code order by new_code desc) = 1 then 1
            else sum(share) over (partition by old_code order by new_code rows unbounded preceding)
        end as share_to
    from {{ ref('boundary_changes') }}

),

walk as (

    select
        frames.frame_year,
        lifetimes.municipality_code as source_code,
        lifetimes.municipality_code as target_code,
        cast(0 as double) as share_from,
        cast(1 as double) as share_to
    from frames
    cross join lifetimes
    union all
    select
        walk.frame_year,
        walk.source_code,
        changes.new_code as target_code,
        walk.share_from + (walk.share_to - walk.share_from) * changes.share_from as share_from,
        walk.share_from + (walk.share_to - walk.share_from) * changes.share_to as share_to
    from walk
    inner join changes
        on
            walk.target_code = changes.old_code
            and changes.changed_on <= make_date(walk.frame_year, 1, 1)

),

on_frames as (

    select
        walk.frame_year,
        walk.source_code,
        walk.target_code,
        walk.share_from,
        walk.share_to,
        sources.valid_from,
        sources.valid_to
    from walk
    inner join lifetimes as targets
        on
            walk.target_code = targets.municipality_code
            and {{ is_within('make_date(walk.frame_year, 1, 1)', 'targets.valid_from', 'targets.valid_to') }}
    inner join lifetimes as sources on walk.source_code = sources.municipality_code
    union all
    select
        frames.frame_year,
        changes.new_code as source_code,
        changes.old_code as target_code,
        cast(0 as double) as share_from,
        cast(1 as double) as share_to,
        changes.changed_on as valid_from,
        cast(null as date) as valid_to
    from changes
    inner join frames on changes.changed_on > make_date(frames.frame_year, 1, 1)
    inner join lifetimes as targets
        on
            changes.old_code = targets.municipality_code
            and {{ is_within('make_date(frames.frame_year, 1, 1)', 'targets.valid_from', 'targets.valid_to') }}
    where changes.kind = 'rename'

),

-- From the day after the frame on which its territory is another one, a municipality is no longer that of the frame.
outgrown as (

    select
        on_frames.frame_year,
        on_frames.source_code,
        on_frames.target_code,
        min(changes.changed_on) as outgrown_on
    from on_frames
    inner join changes
        on
            (on_frames.source_code = changes.old_code or on_frames.source_code = changes.new_code)
            and make_date(on_frames.frame_year, 1, 1) < changes.changed_on
            and on_frames.valid_from < changes.changed_on
    group by on_frames.frame_year, on_frames.source_code, on_frames.target_code

)

select
    on_frames.frame_year,
    on_frames.source_code,
    on_frames.target_code,
    on_frames.share_from,
    on_frames.share_to,
    on_frames.valid_from,
    least(
        coalesce(on_frames.valid_to, {{ day_before('outgrown.outgrown_on') }}),
        coalesce({{ day_before('outgrown.outgrown_on') }}, on_frames.valid_to)
    ) as valid_to
from on_frames
left join outgrown
    on
        on_frames.frame_year = outgrown.frame_year
        and on_frames.source_code = outgrown.source_code
        and on_frames.target_code = outgrown.target_code
