"""Releases of which one changed figures of another: small ones with only what a comparison reads, and a whole one."""

import json
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.errors import RegiokompasError
from pipelines.publish.gate import Bounds
from pipelines.publish.history import record_history
from pipelines.publish.refused import submit
from pipelines.publish.release import Release, publish, seal
from pipelines.settings import Settings

DATABASE = "regiokompas.db"
Key = tuple[str, str, str]
Figures = dict[Key, tuple[float | None, str]]

INDICATOR = {
    "title_nl": "Banen",
    "title_en": "Jobs",
    "definition_nl": "Aantal banen",
    "definition_en": "Number of jobs",
    "kind": "count",
    **dict.fromkeys(("unit_nl", "unit_en", "formula", "numerator", "denominator", "dataset_id", "dims"), "as ever"),
    **dict.fromkeys(("factor", "lag_years", "measure_code", "multiplier"), 1),
}
SOURCE = {"newest_period": "2025JJ00", "source_modified": "2026-01-01T00:00:00", "state": "current"}
TEXTS = {"indicator_id": pl.String, "region_code": pl.String, "period_code": pl.String}
PUBLISHED = {**TEXTS, "origin_id": pl.Int32, "value": pl.Float64, "value_status": pl.String}
# An earlier release than the sample, and the newest establishments of Zwolle as they were in it.
EARLIER, EARLIER_AT = "sample-2026-10-05-earlier", "2026-10-05T06:00:00"
REVISED: Key = ("establishments_count", "GM0193", "2026JJ00")
BEFORE = (7_000.0, "estimated")
ORIGIN_BEFORE = pl.lit(0, pl.Int32)
COMPARED = (
    *("observations", "origins", "observations_on_boundaries", "indicators", "indicator_terms", "indicator_sources"),
    *("boundary_transitions", "sources", "release"),
)
ON_BOUNDARIES = {**TEXTS, "boundary_year": pl.Int32, "value": pl.Float64, "value_status": pl.String}

TERMS = {"indicator_id": pl.String, "term_id": pl.String}
SOURCES = {"indicator_id": pl.String, "dataset_id": pl.String}
HEIRS = {"source_code": pl.String, "target_code": pl.String}


def make_release(
    releases: Path,
    release_id: str,
    figures: Figures,
    *,
    on_boundaries: Figures | None = None,
    indicators: dict[str, dict[str, Any]] | None = None,
    source: dict[str, Any] | None = None,
    invented: bool = False,
    landed: str = "sha-1",
    code: str = "code-1",
    accepted: dict[str, Any] | None = None,
    terms: dict[str, str] | None = None,
    heirs: dict[str, str] | None = None,
) -> Release:
    """Publish a release of these figures, (indicator, region, period) to (value, status), as a run would.

    `accepted` is what somebody said of figures that are lost with it, `terms` is from which indicator another is
    computed, and `heirs` which municipality has the territory of another.
    """
    built = releases.parent / f"built-{release_id}"
    tables = built / "tables"
    tables.mkdir(parents=True)
    published = [{**_key(key), "origin_id": 1, **_cell(c)} for key, c in figures.items()]
    origin = {"origin_id": 1, "dataset_id": "cbs/1", "landed_sha256": landed}
    pl.DataFrame([origin]).write_parquet(tables / "origins.parquet")
    bounded = [{**_key(key), "boundary_year": 2026, **_cell(c)} for key, c in (on_boundaries or {}).items()]
    pl.DataFrame(published, schema=PUBLISHED).write_parquet(tables / "observations.parquet")
    pl.DataFrame(bounded, schema=ON_BOUNDARIES).write_parquet(tables / "observations_on_boundaries.parquet")
    known = {"jobs_count": INDICATOR} if indicators is None else indicators
    rows = [{"indicator_id": key, **row} for key, row in known.items()]
    pl.DataFrame(rows).write_parquet(tables / "indicators.parquet")
    computed = [{"indicator_id": key, "term_id": term} for key, term in (terms or {}).items()]
    pl.DataFrame(computed, schema=TERMS).write_parquet(tables / "indicator_terms.parquet")
    of_source = [{"indicator_id": key, "dataset_id": "cbs/1"} for key in known]
    pl.DataFrame(of_source, schema=SOURCES).write_parquet(tables / "indicator_sources.parquet")
    went = [{"source_code": was, "target_code": became} for was, became in (heirs or {}).items()]
    pl.DataFrame(went, schema=HEIRS).write_parquet(tables / "boundary_transitions.parquet")
    pl.DataFrame([{"dataset_id": "cbs/1", **SOURCE, **(source or {})}]).write_parquet(tables / "sources.parquet")
    facts = {"newest_landed_at": "2026-01-02T00:00:00", "code_digest": code}
    pl.DataFrame([facts]).write_parquet(tables / "release.parquet")
    seal(built, release_id, {"is_invented": invented, **({"accepted": accepted} if accepted else {})}, {})
    return publish(built, releases, release_id, lambda release: record_history(releases, release))


def make_refused(releases: Path, release_id: str = "2026-11-30-half") -> str:
    """Submit a release that has lost half of the figures of the one that is published; returns its id."""
    towns = [f"GM{number:04}" for number in range(1, 101)]
    figures: Figures = {("jobs_count", town, "2025JJ00"): (10.0, "final") for town in towns}
    known = {"jobs_count": {**INDICATOR, "state": "active"}}
    if not releases.exists():
        make_release(releases, "2026-11-02-whole", figures, indicators=known)
    half = dict(list(figures.items())[:50])
    built = make_release(releases.parent / "workshop", release_id, half, indicators=known).folder
    (built / "release.json").unlink()
    with suppress(RegiokompasError):
        submit(built, releases, built.name, {"is_invented": False}, {}, Bounds.of(Settings()), "")
    return built.name


def publish_before(releases: Path, whole: Path, before: Figures) -> Release:
    """Publish `EARLIER`: what a comparison reads of a whole release, in which these figures were as given."""
    built = releases.parent / f"built-{EARLIER}"
    (built / "tables").mkdir(parents=True)
    for name in COMPARED:
        table = pl.read_parquet(whole / "tables" / f"{name}.parquet")
        _as_before(table, before).write_parquet(built / "tables" / f"{name}.parquet")
    sealed = json.loads((whole / "release.json").read_text(encoding="utf-8"))
    seal(built, EARLIER, {"is_invented": sealed["is_invented"]}, {})
    return publish(built, releases, EARLIER, lambda release: record_history(releases, release))


def publish_after(releases: Path, whole: Path, before: Figures, accepted: dict[str, Any] | None = None) -> Release:
    """Publish a whole release once more, after `EARLIER`, in which these figures were as given.

    The earlier one has only what a comparison reads: nobody can serve it. `accepted` is what somebody said of figures
    that the whole one lost.
    """
    publish_before(releases, whole, before)
    sealed = json.loads((whole / "release.json").read_text(encoding="utf-8"))
    again = shutil.copytree(whole, releases.parent / "built-again", copy_function=os.link)
    if accepted:
        # Not into the file that both share.
        (again / "release.json").unlink()
        (again / "release.json").write_text(json.dumps({**sealed, "accepted": accepted}), encoding="utf-8")
    return publish(again, releases, sealed["release_id"], lambda release: record_history(releases, release))


def _as_before(table: pl.DataFrame, before: Figures) -> pl.DataFrame:
    if "newest_landed_at" in table.columns:
        return table.with_columns(newest_landed_at=pl.lit(EARLIER_AT))
    if "url" in table.columns:
        return pl.concat(
            [table, table.head(1).with_columns(origin_id=ORIGIN_BEFORE, landed_sha256=pl.lit("of-before"))]
        )
    if not set(TEXTS) <= set(table.columns):
        return table
    for key, (value, status) in before.items():
        this = pl.all_horizontal(pl.col(name) == part for name, part in _key(key).items())
        was = {"value": value, "value_status": status, "origin_id": 0}
        changed = {name: cell for name, cell in was.items() if name in table.columns}
        table = table.with_columns(
            **{name: pl.when(this).then(pl.lit(cell)).otherwise(pl.col(name)) for name, cell in changed.items()}
        )
    return table


def _key(key: Key) -> dict[str, Any]:
    return dict(zip(("indicator_id", "region_code", "period_code"), key, strict=True))


def _cell(cell: tuple[float | None, str]) -> dict[str, Any]:
    return {"value": cell[0], "value_status": cell[1]}


def with_other_words(release: Path, folder: Path, statements: str) -> Path:
    """A copy of a whole release whose database was changed by SQL; all other files are those of the release itself."""
    folder.mkdir(parents=True)
    for path in release.iterdir():
        if path.name != DATABASE:
            (folder / path.name).symlink_to(path)
    shutil.copyfile(release / DATABASE, folder / DATABASE)
    with closing(sqlite3.connect(folder / DATABASE)) as db:
        db.executescript(statements)
        db.commit()
        tables = json.loads((folder / "release.json").read_text(encoding="utf-8"))["rows"]
        rows = {table: db.execute(f'select count(*) from "{table}"').fetchone()[0] for table in tables}
    seal_again(folder, rows=rows)
    return folder


def seal_again(folder: Path, *changed: str, **facts: Any) -> None:
    """Write anew what a release says of itself: of its database, of the files that changed, and these facts."""
    manifest = folder / "release.json"
    sealed = json.loads(manifest.read_text(encoding="utf-8"))
    known = {name: about for name, about in sealed["files"].items() if name not in (DATABASE, *changed)}
    manifest.unlink()
    about = {name: fact for name, fact in sealed.items() if name not in ("release_id", "files")}
    seal(folder, facts.pop("release_id", sealed["release_id"]), about | facts, known)
