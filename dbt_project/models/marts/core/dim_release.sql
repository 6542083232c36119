select
    release_id,
    invented,
    cast(notice as string) as notice,
    title_nl,
    title_en,
    cast(newest_landed_at as string) as newest_landed_at,
    code_digest,
    {{ var('release_format') }} as release_format
from {{ source('raw', 'release') }}
