"""What a person reads of a run when it is over: how many sources are in each state, and what needs a person.

Every line fits a terminal; what does not fit is in `regiokompas status` of that source, and in the log.
"""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from textwrap import shorten
from typing import Any

import click
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipelines.concerns import Concern, grouped
from pipelines.sources.periods import whole_year, year_of

WIDTH = 120
# How many lines of concerns a screen has room for, and the minimum per group.
_SCREEN = 24
_LEAST_SHOWN = 3
_QUERY = re.compile(r"(https?://[^\s?]+)\?\S*")

_COLOURS = {
    "current": "green",
    "kept": "yellow",
    "stale": "yellow",
    "stopped": "yellow",
    "archived": "bright_black",
    "awaited": "cyan",
    "absent": "red",
}


def told_checks(checks: Counter[str]) -> str:
    """How many checks passed, failed or only warned."""
    warned = f", {checks['warned']} warned" if checks["warned"] else ""
    return f"{checks['passed']} passed, {checks['failed']} failed{warned}"


def print_counts(console: Console, sources: Iterable[dict[str, Any]]) -> None:
    """Print how many sources are in each state, in one line."""
    counts = Counter(source["state"] for source in sources)
    told = ", ".join(f"[{_COLOURS[state]}]{counts[state]} {state}[/]" for state in _COLOURS if counts[state])
    console.print(f"Sources  {told}")


def print_concerns(concerns: Iterable[Concern]) -> None:
    """Print on standard error what needs a person, by group, one line each, as much as fits on a screen."""
    groups = grouped(concerns)
    most = max(_LEAST_SHOWN, _SCREEN // max(1, len(groups)))
    for title, found in groups:
        told = [*dict.fromkeys(map(told_line, found))]
        click.echo(f"\n{click.style(title, bold=True)} ({len(told)})", err=True)
        # The line that would say "and 1 more" has room for that one.
        for line in told if len(told) == most + 1 else told[:most]:
            click.echo(f"  {line}", err=True)
        if len(told) > most + 1:
            click.echo(f"  and {len(told) - most} more: regiokompas status", err=True)


def told_line(concern: Concern) -> str:
    """A concern in one line that fits a terminal: subject, what happened, what to do; addresses without their query."""
    room = WIDTH - 2
    problem, todo = (_QUERY.sub(r"\1", text) for text in (concern.problem, concern.todo))
    line = f"{concern.subject}: {problem}" + (f" -> {todo}" if todo else "")
    if len(line) <= room:
        return line
    subject = shorten(concern.subject, room // 2, placeholder=" ...")
    left = room - len(subject) - 2
    # What happened comes first; what to do gets the remaining room, and a little in any case.
    does = shorten(todo, max(room // 4, left - len(problem) - 4), placeholder=" ...")
    left -= len(does) + 4 if does else 0
    return f"{subject}: {shorten(problem, left, placeholder=' ...')}" + (f" -> {does}" if does else "")


def print_sources(console: Console, sources: list[dict[str, Any]]) -> None:
    """Print the table of sources, followed by the reason for each that is not current."""
    console.print(sources_table(sources, console.width))
    for source in sources:
        if source["reason_en"]:
            state = source["state"]
            label = f"[{_COLOURS[state]}]{state}[/]" + " " * (9 - len(state))
            console.print(f"{label}{source['dataset_id']} {escape(source['reason_en'])}", soft_wrap=True)


def sources_table(sources: Iterable[dict[str, Any]], width: int) -> Table:
    """Every source with its rows, newest period, age and state; the age counts from the source's own last change."""
    rows = [_source_cells(source) for source in sources]
    names = ("source", "title", "rows", "newest", "age", "state")
    widths = [max(len(Text.from_markup(row[at])) for row in [names, *rows]) for at in range(len(names))]
    # Titles are cut if the line is too long; what people compare is always complete.
    widths[1] = max(20, min(widths[1], width - sum(widths) + widths[1] - 2 * (len(names) - 1)))
    table = Table(
        title="Sources", title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False
    )
    for name, columns in zip(names, widths, strict=True):
        justify: JustifyMethod = "right" if name in ("rows", "age") else "left"
        table.add_column(name, justify=justify, no_wrap=True, width=columns)
    for row in rows:
        table.add_row(*row)
    return table


def _source_cells(source: dict[str, Any]) -> tuple[str, ...]:
    since = f" since {source['reason_en'][:10]}" if source["reason_en"] else ""
    return (
        source["dataset_id"],
        escape(source["title_nl"]),
        f"{source['rows_count']:,}",
        period(source["newest_period"]),
        age(source["source_modified"]),
        f"[{_COLOURS[source['state']]}]{source['state']}[/]{since}",
    )


def period(code: str | None) -> str:
    """A period code for display: `2026JJ00` becomes 2026."""
    if not code:
        return "-"
    return str(year_of(code)) if code == whole_year(year_of(code)) else code


def age(modified: str | None) -> str:
    """How long ago the source last changed, in days."""
    if not modified:
        return "-"
    then = datetime.fromisoformat(modified)
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return f"{(datetime.now(UTC) - then).days:,} d"
