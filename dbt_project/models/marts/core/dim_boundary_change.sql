select
    changed_on,
    old_code,
    old_name,
    new_code,
    new_name,
    kind,
    heir,
    share,
    share_of_new,
    area_share,
    area_share_of_new,
    share_source
from {{ ref('boundary_changes') }}
