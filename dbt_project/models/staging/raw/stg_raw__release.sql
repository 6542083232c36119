select
    release_id,
    is_invented,
    cast(notice as string) as notice,
    title_nl,
    title_en,
    cast(newest_landed_at as string) as newest_landed_at,
    code_digest
from {{ source('raw', 'release') }}
