"""What the Excel file of a programme over a group says: its goals side by side, every figure with its status, the rest.

Belongs here: which figures are on which sheet, in which words. Not here: choosing and judging them: `portal.programme`.
"""

from collections.abc import Sequence
from dataclasses import replace

from portal.book_parts import explanation, heads, label_of, make_book, words
from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.formats import format_number, format_period
from portal.programme import BEHIND, ProgrammeTable
from portal.registry import by_theme, each_once
from portal.workbook import Book, BookSheet, SheetCell, SheetRow

LONG = (
    *("theme", "goal", "region", "code", "indicator", "unit", "period_one", "figure", "status_one", "in_country"),
    *("wanted", "judgement", "attribution", "licence"),
)
# The sentences above the explanation.
EXPLAINED = ("release", "empty", "boundaries", "cite")


def programme_book(table: ProgrammeTable, programme: Row, group: str, release: ReleaseContext, lang: str) -> Book:
    """Returns the sheets of a programme over a group; `group` is its name."""
    title = f"{release.text('programme', 'title', lang).format(group=group)}: {programme[f'title_{lang}']}"
    # In the order of the page.
    themes = by_theme(table.goals, release.texts["themes"], lambda goal: str(goal["theme"]))
    table = replace(table, goals=[goal for goals in themes.values() for goal in goals])
    sheets = [_side_by_side(table, release, lang), _figures(table, release, lang)]
    if table.others:
        sheets.append(_without(table.others, release, lang))
    indicators = {goal["indicator_id"]: None for goal in [*table.goals, *table.others] if goal["indicator_id"]}
    return make_book(release, title, [*sheets, explanation(release, indicators, EXPLAINED, lang)], lang)


def head_of(goal: Row, release: ReleaseContext, lang: str) -> str:
    """Returns the heading of a goal: what is wanted, and by what it is measured."""
    title, unit = label_of(release, goal["indicator_id"], lang)
    return f"{goal[f'goal_{lang}']}: {title} ({unit})"


def _side_by_side(table: ProgrammeTable, release: ReleaseContext, lang: str) -> BookSheet:
    indicators = release.registry.indicators
    decimals = [0, 0, 0, *(indicators[goal["indicator_id"]]["decimals"] for goal in table.goals)]
    rows = []
    for line in table.lines:
        cells: list[SheetCell] = [line.region["name"], line.region["region_code"], line.count(BEHIND)]
        for goal in table.goals:
            found = line.cells.get(goal["goal_id"])
            cells.append(found.row["value"] if found else None)
        rows.append(SheetRow(cells, decimals))
    country = [table.country[goal["goal_id"]] for goal in table.goals]
    rows.append(SheetRow([words(release, "country", lang), "NL01", None, *country], decimals))
    header = heads(release, lang, "region", "code", "lagging")
    header += [head_of(goal, release, lang) for goal in table.goals]
    lead = release.text("programme", "sheet_lead", lang)
    return BookSheet(release.text("programme", "sheet_goals", lang), [lead], header, rows, labels=2)


def _figures(table: ProgrammeTable, release: ReleaseContext, lang: str) -> BookSheet:
    rows = []
    for goal in table.goals:
        indicator, sources = label_of(release, goal["indicator_id"], lang), _sources(goal, release)
        decimals = release.registry.indicators[goal["indicator_id"]]["decimals"]
        theme = release.text("themes", goal["theme"], lang)
        for line in table.lines:
            if not (cell := line.cells.get(goal["goal_id"])):
                continue
            row = cell.row
            target = format_number(row["target_value"], decimals, lang)
            wanted = release.text("wanted", row["desired"], lang).format(target=target)
            told = [theme, goal[f"goal_{lang}"], line.region["name"], line.region["region_code"], *indicator]
            told += [format_period(row["period_code"], release.texts["periods"], lang), row["value"]]
            told += [release.text("statuses", row["value_status"], lang), row["national_value"], wanted]
            rows.append(SheetRow([*told, release.text("programme", cell.judgement, lang), *sources], decimals))
    lead = release.text("programme", "group_lead", lang)
    return BookSheet(
        release.text("programme", "sheet_figures", lang), [lead], heads(release, lang, *LONG), rows, labels=7
    )


def _sources(goal: Row, release: ReleaseContext) -> list[str]:
    rows = release.registry.sources_of(goal["indicator_id"])
    return [each_once(rows, name) for name in ("attribution", "licence")]


def _without(goals: Sequence[Row], release: ReleaseContext, lang: str) -> BookSheet:
    rows = []
    for goal in goals:
        told = label_of(release, goal["indicator_id"], lang)[0] if goal["indicator_id"] else ""
        closed = goal["closed_source"] and f"{release.text('gaps', 'no_open_source', lang)} ({goal['closed_source']})"
        why = closed or goal[f"gap_{lang}"] or ""
        rows.append(SheetRow([release.text("themes", goal["theme"], lang), goal[f"goal_{lang}"], told, why]))
    header = heads(release, lang, "theme", "goal", "indicator", "why")
    lead = release.text("programme", "others_lead", lang)
    return BookSheet(release.text("programme", "others", lang), [lead], header, rows, labels=len(header))
