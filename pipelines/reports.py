"""What the doctor and a new source print: what was found, and what is left to do."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.doctor import Finding
from pipelines.indicators import SEED
from pipelines.new_source import Made, example_row
from pipelines.settings import PROJECT
from pipelines.terminal import age, period


def print_findings(console: Console, findings: list[Finding]) -> None:
    """Print what was found of every source in one table, and under it each problem with what to do."""
    table = Table(
        title="Sources", title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False
    )
    for name in ("source", "road", "age", "newest", "next", "problems", "state"):
        table.add_column(name, justify="right" if name in ("age", "problems") else "left", no_wrap=True)
    for finding in findings:
        table.add_row(*_cells(finding))
    console.print(table)
    for finding in findings:
        label = "[cyan]awaited[/]" if finding.awaited else "[red]problem[/]"
        lines = [f"{label}  {escape(problem)}" for problem in finding.problems]
        lines += [f"[bright_black]remark[/]   {escape(remark)}" for remark in finding.remarks]
        for line in lines:
            console.print(line, soft_wrap=True)
    wrong = sum(bool(finding.problems) for finding in findings)
    console.print()
    console.print(
        f"{wrong} of {len(findings)} sources would not be whole" if wrong else f"All {len(findings)} sources are whole"
    )


def _cells(finding: Finding) -> list[str]:
    bad = "cyan" if finding.awaited else "red"
    colour = bad if finding.problems else "green" if finding.state == "current" else "yellow"
    return [
        finding.card.dataset_id,
        finding.road or "-",
        age(finding.modified),
        period(finding.newest),
        finding.expected.isoformat() if finding.expected else "-",
        str(len(finding.problems) or "-"),
        f"[{colour}]{finding.state}[/]",
    ]


def print_new_source(console: Console, made: Made) -> None:
    """Print what landed by a new card, and what is left to do."""
    measures, kept = len(made.table.measures), len(made.table.kept)
    periods = next(d for d in made.table.dimensions if d.role == "period").codes
    lines = [
        f"Card     {made.path}",
        f"Table    {made.table.title}",
        f"Landed   {made.landed.rows:,} observations by {made.landed.snapshot.protocol}: {kept} of {measures} measures,"
        f" {len(periods)} periods",
    ]
    if made.card.dimension("region") is None:
        lines.append("Regions  it has none: its figures are for the whole country (NL01)")
    lines += [
        "",
        "Next",
        "1  Read the card: translate its title, and keep the codes and measures that you want.",
        f"2  Add an indicator to {SEED.relative_to(PROJECT)}, with your own words where <> stands:",
        "",
        example_row(made),
        "",
        f"3  regiokompas run --from live --select {made.card.dataset_id}",
    ]
    for line in lines:
        console.print(line, soft_wrap=True, markup=False)
