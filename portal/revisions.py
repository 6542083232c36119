"""What a release changed in the figures of the one before it, as recorded beside the releases.

A process serves one release and looks back from it: at its own changes, those of the release before it, and so on.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from portal.csv_text import Row

CHANGES_FOLDER = "changes"
KINDS = ("value_changed", "status_changed", "added", "removed")


@dataclass(frozen=True)
class ChangeColumn:
    """A column of the changed figures: its name, its type in SQL, and what it means in both languages."""

    name: str
    sql_type: str
    is_nullable: bool
    nl: str
    en: str

    @property
    def description(self) -> str:
        """What it means, as descriptions of columns are written."""
        return f"{self.nl} / {self.en}"


SEAL = "seal"
HISTORY, REVISIONS = "history", "revisions"
"""The database with what changed, and its one table."""
FACETS = ["change", "cause", "release_id"]
ABOUT = {
    "title_nl": "Veranderde cijfers",
    "title_en": "Changed figures",
    "description_nl": "Elk cijfer dat in een release anders was dan in die ervoor, erbij kwam of verdween.",
    "description_en": "Every figure that differs between a release and the one before it, or is in only one of them.",
}
FIRST_QUESTION = """select title_en, region_code, period_code, value_before, value_after, cause
from revisions
join indicators using (indicator_id)
where region_code = 'GM0363'
order by release_id desc, title_en"""
COLUMNS = tuple(
    ChangeColumn(*column)
    for column in (
        ("release_id", "TEXT", False, "De release met het veranderde cijfer.", "The release with the change."),
        ("change_number", "INTEGER", False, "Welke verandering van die release.", "Which change of that release."),
        ("release_before", "TEXT", False, "De release ervoor.", "The release before it."),
        ("change", "TEXT", False, "Wat er veranderde.", "What changed."),
        ("indicator_id", "TEXT", False, "Van welke indicator.", "Of which indicator."),
        ("region_code", "TEXT", False, "Van welke gemeente of regio.", "Of which municipality or region."),
        ("period_code", "TEXT", False, "Over welke periode.", "Of which period."),
        (
            *("boundary_year", "INTEGER", True),
            "Op de grenzen van welk jaar; leeg is zoals gepubliceerd.",
            "On the boundaries of which year; empty is as published.",
        ),
        ("dataset_id", "TEXT", True, "De brontabel van een gepubliceerd cijfer.", "Source of a published figure."),
        ("value_before", "REAL", True, "Het cijfer ervoor.", "The figure before."),
        ("value_after", "REAL", True, "Het cijfer erna.", "The figure after."),
        ("difference", "REAL", True, "Het verschil van die twee.", "The difference of the two."),
        ("status_before", "TEXT", True, "De status ervoor.", "The status before."),
        ("status_after", "TEXT", True, "De status erna.", "The status after."),
        ("cause", "TEXT", True, "Waarom het veranderde.", "Why it changed."),
    )
)
_SAME_CHANGE = ["region_code", "period_code", "value_before", "value_after", "status_before", "status_after"]


@dataclass(frozen=True)
class Changes:
    """What one release changed: a summary, and a file with a row for every figure that changed."""

    older: str
    newer: str
    summary: dict[str, Any]
    path: Path

    @property
    def on(self) -> str | None:
        """The date of the newest source in the release that made the changes."""
        landed = self.summary["newer_landed_at"]
        return str(landed)[:10] if landed else None

    @property
    def accepted(self) -> Row | None:
        """What the release lost of the older one, and why that was accepted; None if nothing had to be accepted."""
        # Changes recorded before losses were guarded do not have this.
        accepted: Row | None = self.summary.get("accepted")
        return accepted

    @property
    def boundary_years(self) -> list[int]:
        """The boundary years for which figures changed."""
        return sorted({row["boundary_year"] for row in self.summary["figures"] if row["boundary_year"]})

    def count(self, change: str | None = None, *, indicator: str | None = None, published_only: bool = False) -> int:
        """Returns how many figures changed in a given way, as published and, unless left out, on the boundaries."""
        return sum(
            row["figures"]
            for row in self.summary["figures"]
            if change in (None, row["change"])
            and indicator in (None, row["indicator_id"])
            and not (published_only and row["boundary_year"])
        )

    def figures(self, **equal_to: object) -> pl.LazyFrame:
        """Returns the changed figures whose given columns equal a value, or one of a list of values.

        `change_number` is the place of each among all of them, from 0.
        """
        frame = pl.scan_parquet(self.path, row_index_name="change_number")
        if "cause" not in frame.collect_schema():
            # Recorded before the cause was.
            frame = frame.with_columns(cause=pl.lit(None, pl.String))
        for column, wanted in equal_to.items():
            chosen = pl.col(column).is_in(wanted) if isinstance(wanted, list) else pl.col(column).eq_missing(wanted)
            frame = frame.filter(chosen)
        return frame


def sealed_summary(summary: Row) -> bytes:
    """Returns the content of the file of a summary, by which it can be seen later that it is as it was."""
    sealed = {**summary, SEAL: _seal_of(summary)}
    return (json.dumps(sealed, indent=1, ensure_ascii=False) + "\n").encode()


def read_summary(path: Path) -> Row | None:
    """Returns the summary of recorded changes; None where it, or the file with the figures, is not as it was."""
    try:
        summary = dict(json.loads(path.read_bytes()))
        figures = path.with_suffix(".parquet").read_bytes()
    except (OSError, ValueError, TypeError):
        return None
    seal = summary.pop(SEAL, None)
    # Changes recorded before they were sealed say nothing of their bytes.
    is_as_it_was = seal is None or (seal == _seal_of(summary) and summary["sha256"] == sha256(figures).hexdigest())
    return summary if is_as_it_was and figures else None


def _seal_of(summary: Row) -> str:
    return sha256(json.dumps(summary, sort_keys=True).encode()).hexdigest()


def changes_of(release_folder: Path) -> Changes | None:
    """Returns what a release changed; None for the first release of its kind."""
    folder = release_folder.parent / CHANGES_FOLDER
    found = sorted(folder.glob(f"*..{release_folder.name}.json"))
    return _read(found[0], *map(_mark_of, (found[0], found[0].with_suffix(".parquet")))) if found else None


def line_of_changes(release_folder: Path) -> list[Changes]:
    """Returns what a release changed, what the release before it changed, and so on, newest first."""
    line: list[Changes] = []
    release = release_folder
    while (changes := changes_of(release)) and changes.older not in {c.newer for c in line}:
        line.append(changes)
        release = release.parent / changes.older
    return line


def history_file(release_folder: Path) -> Path:
    """Returns where the database with what a release and those before it changed is kept."""
    return release_folder.parent / HISTORY / release_folder.name / f"{HISTORY}.db"


def is_history_whole(release_folder: Path) -> bool:
    """Whether there is such a database, and all of it can be read; without it the release is served all the same."""
    file = history_file(release_folder)
    if not file.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            names = [name for (name,) in db.execute("select name from pragma_table_info(?)", [REVISIONS])]
            is_whole = db.execute("pragma quick_check").fetchall() == [("ok",)]
    except sqlite3.Error:
        return False
    return is_whole and names == [column.name for column in COLUMNS]


def describe_history(of_release: Row) -> Row:
    """Returns the metadata of that database, from those of the database of its release: same terms, same notice."""
    terms = {name: of_release[name] for name in ("license", "license_url", "source", "source_url")}
    notice = of_release["description_html"].partition('<p lang="nl">')[0]
    told = f'{notice}<p lang="nl">{ABOUT["description_nl"]}</p><p lang="en">{ABOUT["description_en"]}</p>'
    columns = {column.name: column.description for column in COLUMNS}
    title = f"{ABOUT['title_nl']} / {ABOUT['title_en']}"
    table = {**ABOUT, **terms, "title": title, "description_html": told, "columns": columns, "facets": FACETS}
    shown = {"title": title, "description_html": told, "first_question": FIRST_QUESTION}
    return {**terms, **shown, "allow_download": False, "tables": {REVISIONS: table}}


def read_changed_figures(changes: Changes) -> pl.LazyFrame:
    """Returns every changed figure of a release, with the columns of `COLUMNS`."""
    releases = {"release_id": pl.lit(changes.newer), "release_before": pl.lit(changes.older)}
    return changes.figures().with_columns(**releases).select(column.name for column in COLUMNS)


def history_of(
    release_folder: Path, indicator_id: str, region_code: str, period_code: str, boundary_year: int | None = None
) -> list[Row]:
    """Returns every change of one figure, newest first: what it was, what it became, in which release and when."""
    key: dict[str, object] = {"indicator_id": indicator_id, "region_code": region_code}
    key |= {"period_code": period_code, "boundary_year": boundary_year}
    return [
        _of_release(row, changes)
        for changes in line_of_changes(release_folder)
        for row in changes.figures(**key).collect().to_dicts()
    ]


def revised_figures(release_folder: Path, indicator_id: str, region_code: str | None = None, *, most: int) -> list[Row]:
    """Returns changed figures of an indicator, in one region or in all, up to the number requested.

    The newest release comes first; within it, the newest period of one region, or the figure that changed most of all
    regions. A figure with the same change as published and on the boundaries of a year is listed once, as published.
    """
    key: dict[str, object] = {"indicator_id": indicator_id}
    key |= {"region_code": region_code} if region_code else {}
    order = "period_code" if region_code else "relative_size"
    found: list[Row] = []
    for changes in line_of_changes(release_folder):
        if len(found) >= most:
            break
        if changes.count(indicator=indicator_id):
            rows = (
                changes.figures(**key)
                .sort("boundary_year", nulls_last=False, maintain_order=True)
                .unique(_SAME_CHANGE, keep="first", maintain_order=True)
                .sort(order, descending=True, nulls_last=True, maintain_order=True)
                .head(most - len(found))
            )
            found += [_of_release(row, changes) for row in rows.collect().to_dicts()]
    return found


def list_changes(
    release_folder: Path, wanted: Mapping[str, Sequence[object]], after: tuple[object, ...] | None, most: int
) -> list[Row]:
    """Returns changed figures of the served release and those before it, by `release_id` and `change_number`.

    Args:
        release_folder: the folder of the served release.
        wanted: the values that a column may have.
        after: the key of the last row that is not wanted any more; None for the first rows.
        most: how many rows at most.
    """
    found: list[Row] = []
    for changes in sorted(line_of_changes(release_folder), key=lambda each: each.newer):
        begin = 0
        if after is not None and changes.newer <= str(after[0]):
            if changes.newer < str(after[0]):
                continue
            begin = int(str(after[1])) + 1
        frame = changes.figures(**{column: list(values) for column, values in wanted.items()})
        rows = frame.filter(pl.col("change_number") >= begin).head(most - len(found)).collect().to_dicts()
        found += [{**row, "release_id": changes.newer, "release_before": changes.older} for row in rows]
        if len(found) >= most:
            break
    return found


def revisions_of_indicator(release_folder: Path, indicator_id: str) -> list[Row]:
    """Returns, for each release that changed figures or texts of an indicator, how many and which, newest first.

    Figures are counted as published; if an indicator changed only on the boundaries of a year, they are counted there.
    """
    revisions = []
    for changes in line_of_changes(release_folder):
        texts = [text for text in changes.summary["indicators"]["changed"] if text["indicator_id"] == indicator_id]
        published = changes.count(indicator=indicator_id, published_only=True) > 0
        counts = {kind: changes.count(kind, indicator=indicator_id, published_only=published) for kind in KINDS}
        if texts or any(counts.values()):
            revisions.append(_of_release({**counts, "texts": texts}, changes))
    return revisions


def earlier_titles(release_folder: Path) -> list[tuple[str, str, str]]:
    """Returns the titles that indicators had in earlier releases, newest first: indicator, language, title."""
    changed = [text for changes in line_of_changes(release_folder) for text in changes.summary["indicators"]["changed"]]
    return [
        (text["indicator_id"], text["column"].removeprefix("title_"), text["before"])
        for text in changed
        if text["column"].startswith("title_") and text["before"]
    ]


def _of_release(row: Row, changes: Changes) -> Row:
    return {**row, "release_id": changes.newer, "release_before": changes.older, "changed_on": changes.on}


def _mark_of(path: Path) -> tuple[int, int]:
    """By which it is seen that a file is another one than when it was read."""
    try:
        about = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return about.st_mtime_ns, about.st_size


@lru_cache(maxsize=64)
def _read(path: Path, *_marks: tuple[int, int]) -> Changes | None:
    # A recorded change never changes. One that is damaged, also later, is as if it had not been recorded.
    summary = read_summary(path)
    if summary is None:
        return None
    return Changes(summary["older"], summary["newer"], summary, path.with_suffix(".parquet"))
