"""What changed between a release and the one before it: figure by figure, under the lasting key of a figure.

A release is made from its inputs and the code alone, so what it is compared with cannot be in it. The comparison is
kept beside the releases, `changes/<older>..<newer>.parquet` with every changed figure and `.json` with the summary. It
is made before `current` moves to the newer one, and never again: it records what readers saw change.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb

from pipelines.database import connect
from pipelines.errors import RegiokompasError
from pipelines.landing.store import write_atomically
from pipelines.publish.causes import CAUSE, gather_causes
from pipelines.publish.release import CURRENT, MANIFEST, Release, current, is_whole
from pipelines.publish.timeline import moments
from portal.revisions import read_summary, sealed_summary

CHANGES = "changes"
# Published figures have the key of the first table; those on the boundaries of a year have that of the second.
FIGURES = """
create view {name} as
select indicator_id, region_code, period_code, cast(null as integer) as boundary_year, 0 as on_year, dataset_id,
    landed_sha256, value, value_status
from read_parquet('{folder}/observations.parquet') join read_parquet('{folder}/origins.parquet') using (origin_id)
union all
select indicator_id, region_code, period_code, boundary_year, boundary_year as on_year, null, null, value, value_status
from read_parquet('{folder}/observations_on_boundaries.parquet')
"""
_CHANGED_FIGURES = f"""
create table figures as
select
    case
        when older.indicator_id is null then 'added'
        when newer.indicator_id is null then 'removed'
        when older.value is distinct from newer.value then 'value_changed'
        else 'status_changed'
    end as change,
    indicator_id, region_code, period_code,
    coalesce(newer.boundary_year, older.boundary_year) as boundary_year,
    coalesce(newer.dataset_id, older.dataset_id) as dataset_id,
    older.value as value_before, newer.value as value_after,
    older.value_status as status_before, newer.value_status as status_after,
    newer.value - older.value as difference,
    -- As a part of the larger of the two, so that nothing is divided by zero and up counts like down.
    abs(newer.value - older.value) / nullif(greatest(abs(newer.value), abs(older.value)), 0) as relative_size,
    {CAUSE} as cause
from older full join newer using (indicator_id, region_code, period_code, on_year)
left join known_causes using (indicator_id)
where
    older.indicator_id is null
    or newer.indicator_id is null
    or older.value is distinct from newer.value
    or older.value_status is distinct from newer.value_status
order by indicator_id, region_code, period_code, boundary_year nulls first
"""
_COUNTS = """
select indicator_id, boundary_year, change, count(*) as figures from figures group by all order by all nulls first
"""
_SOURCES = """
select
    dataset_id,
    older.newest_period as newest_period_before, newer.newest_period as newest_period_after,
    older.source_modified as modified_before, newer.source_modified as modified_after,
    older.state as state_before, newer.state as state_after
from read_parquet('{older}/sources.parquet') as older full join read_parquet('{newer}/sources.parquet') as newer
    using (dataset_id)
where (older.newest_period, older.source_modified, older.state)
    is distinct from (newer.newest_period, newer.source_modified, newer.state)
order by dataset_id
"""
_NEEDED = (
    "observations",
    "origins",
    "observations_on_boundaries",
    "indicators",
    "indicator_terms",
    "indicator_sources",
    "boundary_transitions",
    "sources",
    "release",
)


@dataclass(frozen=True)
class Comparison:
    """Two releases compared: the summary, and the file with a row for every figure that is not the same in both."""

    summary: dict[str, Any]
    figures: Path


def record_changes(releases: Path, newer: Release) -> Comparison | None:
    """Compare a release that is about to become current with the one that readers had before it, if any.

    What was recorded when the release first became current is kept.
    """
    folder = releases / CHANGES
    _heal(releases)
    comparison = _recorded(folder, newer)
    if comparison is None and (older := release_before(releases, newer)):
        comparison = compare(older, newer, folder)
    _remember(folder, newer)
    return comparison


def _heal(releases: Path) -> None:
    """Make again what was recorded and is damaged, where both releases are still there, as they were."""
    for path in sorted((releases / CHANGES).glob("*..*.json")):
        older, newer = (Release(name, releases / name) for name in path.stem.split(".."))
        if read_summary(path) is None and is_whole(older.folder) and is_whole(newer.folder):
            compare(older, newer, path.parent)


def release_before(releases: Path, newer: Release) -> Release | None:
    """The release of the same kind, invented or published, that was last current.

    There is none for a release that becomes current once more: it came before the other one.
    """
    older = last_of_kind(releases, invented=bool(is_invented(newer)))
    return None if older is None or newer.release_id in line_of(releases, older) else older


def last_of_kind(releases: Path, *, invented: bool) -> Release | None:
    """The last release of invented or of published figures that readers had: one that is still as it was, if any is."""
    links = [_last(releases / CHANGES, invented=invented), releases / CURRENT]
    before = [releases / moment.release_id for moment in reversed(moments(releases))]
    found = [Release(path.resolve().name, path.resolve()) for path in (*links, *before)]
    of_kind = [older for older in found if is_invented(older) == invented]
    # One that was damaged since says nothing of what readers had; the one before it does.
    return next((older for older in of_kind if is_whole(older.folder)), of_kind[0] if of_kind else None)


def line_of(releases: Path, release: Release) -> list[str]:
    """The ids of a release, of the one it was compared with, of the one before that, and so on."""
    ids = [release.release_id]
    while found := sorted((releases / CHANGES).glob(f"*..{ids[-1]}.json")):
        ids.append(found[0].name.split("..")[0])
    return ids


def find_release(releases: Path, release_id: str | None) -> Release:
    """A release by its id, or the current one.

    Raises:
        RegiokompasError: no release has that id.
    """
    if release_id in (None, CURRENT):
        found = current(releases)
        if found is None:
            raise RegiokompasError(f"there is no release in {releases} -> make one with `regiokompas run`")
        return found
    known = sorted(path.parent.name for path in releases.glob(f"*/{MANIFEST}") if not path.parent.is_symlink())
    if release_id not in known:
        raise RegiokompasError(f"there is no release {release_id} -> use one of: {', '.join(known) or 'none yet'}")
    return Release(str(release_id), releases / str(release_id))


def recorded(releases: Path, newer: Release) -> Comparison | None:
    """What was recorded when a release first became current; None for the first of its kind."""
    return _recorded(releases / CHANGES, newer)


def is_invented(release: Release) -> bool | None:
    """Whether the figures of a release are invented; those are never compared with published ones.

    None if it does not say so under this name, as with older forms of a release, or cannot be read: it is compared with
    neither kind.
    """
    try:
        found: bool | None = _sealed(release).get("is_invented")
    except (OSError, ValueError, AttributeError):
        return None
    return found


def _sealed(release: Release) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((release.folder / MANIFEST).read_text(encoding="utf-8"))
    return content


def compare(older: Release, newer: Release, folder: Path) -> Comparison:
    """Write what changed from one release to another, as `<older>..<newer>.parquet` and `.json`.

    Raises:
        RegiokompasError: a release lacks one of the compared tables or columns.
    """
    tables = {"older": tables_of(older), "newer": tables_of(newer)}
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{older.release_id}..{newer.release_id}.parquet"
    with connect() as con:
        try:
            for name, path in tables.items():
                con.execute(FIGURES.format(name=name, folder=path))
            gather_causes(con, tables["older"], tables["newer"])
            con.execute(_CHANGED_FIGURES)
            summary = {
                "older": older.release_id,
                "newer": newer.release_id,
                "is_invented": is_invented(newer),
                # What readers lost with it, and the reason why that is right.
                "accepted": _sealed(newer).get("accepted"),
                **_facts(con, tables),
                "figures": _rows(con, _COUNTS),
                "indicators": _indicators(con, tables),
                "sources": _rows(con, _SOURCES.format(**tables)),
            }
        except duckdb.Error as error:
            raise not_compared(older, newer, error) from error
        draft = target.with_name(f".{target.name}")
        con.execute(f"copy figures to '{draft}' (format parquet, compression zstd)")
    summary["sha256"] = sha256(draft.read_bytes()).hexdigest()
    draft.replace(target)
    # Last, so that anyone who finds the summary also finds the figures.
    write_atomically(target.with_suffix(".json"), sealed_summary(summary))
    return Comparison(summary, target)


def not_compared(older: Release, newer: Release, error: duckdb.Error) -> RegiokompasError:
    """The error for a release whose tables are of another form, or damaged."""
    return RegiokompasError(
        f"{older.release_id} cannot be compared with {newer.release_id}: {str(error).splitlines()[0]}"
        f" -> move {older.folder} elsewhere; the next release is then the first"
    )


def tables_of(release: Release) -> Path:
    """The folder with the Parquet of a release.

    Raises:
        RegiokompasError: one of the compared tables is not in it.
    """
    folder = release.folder / "tables"
    missing = [name for name in _NEEDED if not (folder / f"{name}.parquet").is_file()]
    if missing:
        raise RegiokompasError(
            f"release {release.release_id} has no {', '.join(missing)} in {folder}, so it cannot be compared"
            f" -> move {release.folder} elsewhere"
        )
    return folder


def _facts(con: duckdb.DuckDBPyConnection, tables: dict[str, Path]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for side, path in tables.items():
        landed, code = con.sql(
            f"select newest_landed_at, code_digest from read_parquet('{path}/release.parquet')"
        ).fetchall()[0]
        facts |= {f"{side}_landed_at": landed, f"{side}_code": code}
    return facts | {"code_changed": facts["older_code"] != facts["newer_code"]}


def _indicators(con: duckdb.DuckDBPyConnection, tables: dict[str, Path]) -> dict[str, list[dict[str, Any]]]:
    """Indicators that were added or removed, and for the others every column that changed."""
    sides: dict[str, dict[str, dict[str, Any]]] = {
        side: {row["indicator_id"]: row for row in _rows(con, f"from read_parquet('{path}/indicators.parquet')")}
        for side, path in tables.items()
    }
    older, newer = sides["older"], sides["newer"]
    return {
        "added": [_titled(newer[key]) for key in sorted(newer.keys() - older.keys())],
        "removed": [_titled(older[key]) for key in sorted(older.keys() - newer.keys())],
        "changed": [
            {"indicator_id": key, "column": column, "before": before, "after": newer[key][column]}
            for key in sorted(older.keys() & newer.keys())
            for column, before in older[key].items()
            if column in newer[key] and before != newer[key][column]
        ],
    }


def _titled(indicator: dict[str, Any]) -> dict[str, Any]:
    return {name: indicator[name] for name in ("indicator_id", "title_nl", "title_en")}


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = con.sql(sql).pl().to_dicts()
    return rows


def _recorded(folder: Path, newer: Release) -> Comparison | None:
    found = sorted(folder.glob(f"*..{newer.release_id}.json"))
    summary = read_summary(found[0]) if found else None
    return None if summary is None else Comparison(summary, found[0].with_suffix(".parquet"))


def _last(folder: Path, *, invented: bool) -> Path:
    return folder / ("last-invented" if invented else "last-published")


def _remember(folder: Path, newer: Release) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    last = _last(folder, invented=bool(is_invented(newer)))
    draft = last.with_name(f".{last.name}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(Path("..") / newer.release_id)
    draft.replace(last)
