"""Writes `faults.md`: which faults of what arrives were tried, and what came of each.

    python docs/make_faults.py

The tests try them all; one of them fails when the page says something else. Each section is a function of its own.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent / "tests"))

from support_faulty_files import FAULTS  # noqa: E402 - it is beside the tests
from support_mutations import NONE, all_grids, outcome  # noqa: E402

PAGE = DOCS / "faults.md"
INTRODUCTION = """# Faults that were tried

Each of these was put into the sample, one at a time, and read as a run reads it. *Same figures*: the fault did no harm.
*Refused*: the source is refused with the place and the reason, and what it published before stays. There is no third
outcome: another figure would fail the tests. `python docs/make_faults.py` writes this page.
"""
FORMS = ("csv", "xlsx", "json")


def files() -> str:
    """The faults of files, by the form of file."""
    lines = ["## In files", "", "| kind | fault | CSV | XLSX | JSON |", "| --- | --- | --- | --- | --- |"]
    for name, fault in FAULTS.items():
        found = outcomes_of(name)
        lines.append(f"| {fault.kind} | {fault.what} | {' | '.join(found[form] for form in FORMS)} |")
    return "\n".join(lines) + "\n"


def outcomes_of(name: str) -> Mapping[str, str]:
    """What came of a fault, by form of file; both words where it differs by the layout of the card."""
    found: dict[str, set[str]] = {form: set() for form in FORMS}
    for grid in all_grids().values():
        if (pair := FAULTS[name].make(grid)) is not None:
            found[grid.form].add(outcome(grid, pair)[0])
    return {form: " or ".join(sorted(words)) or NONE for form, words in found.items()}


SECTIONS: tuple[Callable[[], str], ...] = (files,)


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *(section() for section in SECTIONS)])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
