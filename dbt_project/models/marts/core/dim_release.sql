select
    release_id,
    is_invented,
    notice,
    title_nl,
    title_en,
    newest_landed_at,
    code_digest,
    {{ var('release_format') }} as release_format
from {{ ref('stg_raw__release') }}
