"""What the doctor, a new source and a comparison of releases print: what was found, and what is left to do."""

import json
from collections import Counter

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.commands.doctor import Finding
from pipelines.commands.new_indicator import example_row
from pipelines.commands.new_source import Made
from pipelines.commands.retention import KeptRelease
from pipelines.commands.terminal import age, period, print_concerns, print_counts
from pipelines.indicators.registry import SEED
from pipelines.publish.release import MANIFEST, Release
from pipelines.publish.revisions import Comparison
from pipelines.settings import PROJECT


def print_findings(console: Console, findings: list[Finding], *, verbose: bool) -> None:
    """Print the expected outcome of a run: how many sources would be in each state, and what needs a person.

    With `verbose` every source is a row of a table, and harmless remarks are printed too.
    """
    if verbose:
        console.print(_findings_table(findings))
        for remark in (remark for finding in findings for remark in finding.remarks):
            console.print(f"[bright_black]remark[/]   {escape(remark)}", soft_wrap=True)
        console.print()
    print_counts(console, [{"state": finding.state} for finding in findings])
    wrong = sum(bool(finding.problems) for finding in findings)
    console.print(
        f"{wrong} of {len(findings)} sources would be incomplete"
        if wrong
        else f"All {len(findings)} sources are complete"
    )
    print_concerns([problem for finding in findings for problem in finding.problems])


def _findings_table(findings: list[Finding]) -> Table:
    table = Table(
        title="Sources", title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False
    )
    for name in ("source", "access", "age", "newest", "next", "problems", "state"):
        table.add_column(name, justify="right" if name in ("age", "problems") else "left", no_wrap=True)
    for finding in findings:
        table.add_row(*_cells(finding))
    return table


def _cells(finding: Finding) -> list[str]:
    wrong = any(problem.is_error for problem in finding.problems)
    colour = "red" if wrong else "cyan" if finding.problems else "green" if finding.state == "current" else "yellow"
    return [
        finding.card.dataset_id,
        finding.access or "-",
        age(finding.modified),
        period(finding.newest),
        finding.expected.isoformat() if finding.expected else "-",
        str(len(finding.problems) or "-"),
        f"[{colour}]{finding.state}[/]",
    ]


def print_new_source(console: Console, made: Made) -> None:
    """Print what landed with a new card, and what is left to do."""
    measures, kept = len(made.table.measures), len(made.table.kept)
    periods = "1 period" if made.table.periods == 1 else f"{made.table.periods} periods"
    lines = [
        f"Card     {made.path}",
        f"Table    {made.table.title}",
        f"Landed   {made.landed.rows:,} observations by {made.landed.snapshot.protocol}: {kept} of {measures} measures,"
        f" {periods}",
    ]
    if made.card.dimension("region") is None:
        lines.append("Regions  none: its figures are for the whole country (NL01)")
    lines += [
        "",
        "Next",
        "1  Read the card: translate its title, and keep the codes and measures that you want.",
        f"2  Add an indicator to {SEED.relative_to(PROJECT)}, with your own words in place of <>:",
        "",
        example_row(made),
        "",
        "3  make contracts",
        f"4  regiokompas run --from live --select {made.card.dataset_id}",
    ]
    for line in lines:
        console.print(line, soft_wrap=True, markup=False)


def print_changes(
    console: Console, comparison: Comparison, *, indicator: str | None, region: str | None, limit: int
) -> None:
    """Print what changed between two releases: the number of changes of each kind, and the largest changes."""
    summary = comparison.summary
    console.print(f"{summary['older']}  ->  {summary['newer']}", soft_wrap=True)
    counts: Counter[tuple[int | None, str]] = Counter()
    for row in summary["figures"]:
        counts[row["boundary_year"], row["change"]] += row["figures"]
    for (boundary_year, change), count in sorted(counts.items(), key=lambda item: (item[0][0] or 0, item[0][1])):
        on = f"on the boundaries of {boundary_year}" if boundary_year else "as published"
        console.print(f"{count:>9,}  {change.replace('_', ' ')}, {on}")
    if not counts:
        console.print("No figures changed")
    for kind, indicators in summary["indicators"].items():
        for row in indicators:
            console.print(f"Indicator {kind}: {row['indicator_id']} {row.get('column', '')}".rstrip(), markup=False)
    for row in summary["sources"]:
        moved = f"{row['newest_period_before'] or '-'} -> {row['newest_period_after'] or '-'}"
        console.print(
            f"Source {row['dataset_id']}: {moved}, {row['state_before']} -> {row['state_after']}", markup=False
        )
    if summary["code_changed"]:
        console.print("The code changed too")
    console.print()
    _print_figures(console, comparison, indicator, region, limit)


def _print_figures(
    console: Console, comparison: Comparison, indicator: str | None, region: str | None, limit: int
) -> None:
    figures = pl.scan_parquet(comparison.figures)
    for column, wanted in (("indicator_id", indicator), ("region_code", region)):
        if wanted is not None:
            figures = figures.filter(pl.col(column) == wanted)
    chosen = figures.sort("relative_size", descending=True, nulls_last=True, maintain_order=True).head(limit).collect()
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name in ("change", "indicator", "region", "period", "boundary_year", "before", "after"):
        table.add_column(name, justify="right" if name in ("before", "after") else "left", no_wrap=True)
    for row in chosen.iter_rows(named=True):
        figure = [
            "-" if row[f"value_{side}"] is None else f"{row[f'value_{side}']:,.10g}" for side in ("before", "after")
        ]
        cells = [row["change"], row["indicator_id"], row["region_code"], row["period_code"], row["boundary_year"] or ""]
        statuses = [row[f"status_{side}"] or "" for side in ("before", "after")]
        told = [f"{value} {status}".strip() for value, status in zip(figure, statuses, strict=True)]
        table.add_row(*map(str, cells), *told)
    if chosen.height:
        console.print(table)


def print_releases(console: Console, kept: list[KeptRelease], served: Release | None) -> None:
    """Print every release that is kept: since when it was current last, its size, and which one readers have."""
    if not kept:
        console.print("No release is kept -> make one with `regiokompas run`")
        return
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name in ("release", "current from", "MB", ""):
        table.add_column(name, justify="right" if name == "MB" else "left", no_wrap=True)
    for each in kept:
        is_served = served is not None and each.release.folder == served.folder
        since = each.current_from or ("never" if each.refused else "not recorded")
        state = "current" if is_served else "refused" if each.refused else ""
        table.add_row(each.release.release_id, since, _megabytes(each.size), state)
    console.print(table)


def print_release(console: Console, kept: KeptRelease) -> None:
    """Print what a release holds, and if it was refused why, with what to do about it."""
    content = json.loads((kept.release.folder / MANIFEST).read_text(encoding="utf-8"))
    rows: dict[str, int] = content.get("rows", {})
    told = [
        ("Release", kept.release.release_id),
        ("Folder", str(kept.release.folder)),
        ("Figures", "invented" if kept.is_invented else "published"),
        ("Size", f"{_megabytes(kept.size)} MB, {sum(rows.values()):,} rows in {len(rows)} tables"),
    ]
    if accepted := content.get("accepted"):
        told.append(("Accepted", f"{accepted['reason']} (beside {accepted['older']})"))
    if kept.refused:
        told.append(("Refused", f"{kept.refused.refused_at}, beside {kept.refused.older}"))
        told += [("", f"- {line}") for line in kept.refused.lines]
        told.append(("If right", f'regiokompas release accept {kept.release.release_id} --because "why"'))
    else:
        told.append(("Current", kept.current_from or "not recorded"))
    for name, text in told:
        console.print(f"{name:<9}{text}", soft_wrap=True, markup=False)


def print_pruned(console: Console, gone: list[KeptRelease], *, is_done: bool) -> None:
    """Print which releases were removed, or would be, and what that frees."""
    for each in gone:
        console.print(f"{'Removed' if is_done else 'Would go'}  {each.release.release_id}", soft_wrap=True)
    freed = sum(each.size for each in gone)
    console.print(f"{len(gone)} {'release' if len(gone) == 1 else 'releases'}, {_megabytes(freed)} MB")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f}"
