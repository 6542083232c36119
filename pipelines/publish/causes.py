"""Why a figure changed between two releases: the facts that tell it, an indicator at a time.

Belongs here: what is known of an indicator in both releases, and the order in which a cause is looked for. Not here:
which figures changed (`revisions.py`). That a file was fetched again is never a cause; that it has other bytes can be.
"""

from pathlib import Path

import duckdb

# What an indicator is; a title or a target is only what is said of it.
_DEFINING = (
    "definition_nl, definition_en, unit_nl, unit_en, formula, numerator, denominator, factor, lag_years, dataset_id,"
    " measure_code, dims, multiplier"
)
_KNOWN = f"""
create table known_causes as
with recursive redefined as (
    select indicator_id
    from (from read_parquet('{{older}}/indicators.parquet')) as before
    join (from read_parquet('{{newer}}/indicators.parquet')) as after using (indicator_id)
    where ({", ".join(f"before.{name}" for name in _DEFINING.split(", "))})
        is distinct from ({", ".join(f"after.{name}" for name in _DEFINING.split(", "))})
    union
    select terms.indicator_id
    from read_parquet('{{newer}}/indicator_terms.parquet') as terms
    join redefined on redefined.indicator_id = terms.term_id
),
older_bytes as (
    select dataset_id, list_sort(list(distinct landed_sha256)) as hashes
    from read_parquet('{{older}}/origins.parquet') group by all
),
newer_bytes as (
    select dataset_id, list_sort(list(distinct landed_sha256)) as hashes
    from read_parquet('{{newer}}/origins.parquet') group by all
)
select
    indicator_id,
    indicator_id in (select indicator_id from redefined) as is_redefined,
    bool_or(older_bytes.hashes is distinct from newer_bytes.hashes) as is_landed_anew
from read_parquet('{{newer}}/indicator_sources.parquet')
left join older_bytes using (dataset_id)
left join newer_bytes using (dataset_id)
group by all
"""
_BOUNDARIES_MOVED = """
create table boundaries_moved as
select exists (
    (from read_parquet('{older}/boundary_transitions.parquet')
    except from read_parquet('{newer}/boundary_transitions.parquet'))
    union all
    (from read_parquet('{newer}/boundary_transitions.parquet')
    except from read_parquet('{older}/boundary_transitions.parquet'))
) as has_moved
"""
CAUSE = """
case
    when older.indicator_id is null then 'added'
    when newer.indicator_id is null then 'removed'
    when known_causes.is_redefined then 'definition'
    when older.value_status in ('provisional', 'revised_provisional', 'estimated') and newer.value_status = 'final'
        then 'became_final'
    when coalesce(older.landed_sha256 <> newer.landed_sha256, known_causes.is_landed_anew) then 'source_revised'
    when on_year > 0 and (from boundaries_moved) then 'boundaries'
    else 'correction'
end
"""
"""The SQL of the cause of a changed figure, where `older`, `newer` and `known_causes` are joined.

The first that holds is told; what no other explains is a correction of ours.
"""


def gather_causes(con: duckdb.DuckDBPyConnection, older: Path, newer: Path) -> None:
    """Make the tables that `CAUSE` asks, from the folders with the Parquet of two releases."""
    for statement in (_KNOWN, _BOUNDARIES_MOVED):
        con.execute(statement.format(older=older, newer=newer))
