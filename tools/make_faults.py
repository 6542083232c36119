"""Writes `docs/faults.md`: which faults in received data were tried, and the outcome of each.

    python tools/make_faults.py

The tests try all of them, and one test fails if the page is out of date. Each section is a function of its own.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT / "tests"))

from support_faulty_files import FAULTS  # noqa: E402 - it is beside the tests
from support_mutations import NONE, all_grids, outcome  # noqa: E402
from support_pages import EXCUSED, REFUSED, REFUSED_LATER, SAME, UNSEEN, outcomes  # noqa: E402

PAGE = PROJECT / "docs" / "faults.md"
INTRODUCTION = """# Faults that were tried

Which mistakes in files and pages are refused, and which do no harm.

Each of these was put into the sample, one at a time, and read as a run reads it. *Same figures*: the fault did no harm.
*Refused*: the source is refused, with the place and the reason, and its earlier data stays. For files there is no third
outcome: a different figure would fail the tests. `python tools/make_faults.py` writes this page.
"""
_ON_PAGES = """## In pages

Tried with a source of every protocol that sends pages. *Same rows*: none is missing and none appears twice. *Refused
later*: the source does not give its size, so the fault shows only when less than 90 % of the earlier data comes back.
*Not seen*: nothing in the protocol shows it, for the reason below the table.
"""
FORMS = ("csv", "xlsx", "json")
_IN_WORDS = {SAME: "same rows", REFUSED: "refused", REFUSED_LATER: "refused later", UNSEEN: "not seen"}


def files() -> str:
    """The faults in files, by file format."""
    lines = ["## In files", "", "| kind | fault | CSV | XLSX | JSON |", "| --- | --- | --- | --- | --- |"]
    for name, fault in FAULTS.items():
        found = outcomes_of(name)
        lines.append(f"| {fault.kind} | {fault.what} | {' | '.join(found[form] for form in FORMS)} |")
    return "\n".join(lines) + "\n"


def outcomes_of(name: str) -> Mapping[str, str]:
    """The outcome of a fault, by file format; both words if it depends on the layout of the card."""
    found: dict[str, set[str]] = {form: set() for form in FORMS}
    for grid in all_grids().values():
        if (pair := FAULTS[name].make(grid)) is not None:
            found[grid.form].add(outcome(grid, pair)[0])
    return {form: " or ".join(sorted(words)) or NONE for form, words in found.items()}


def pages() -> str:
    """The faults in pages, by protocol; below them, why a few cannot be detected."""
    found: dict[str, dict[str, str]] = {}
    for protocol, fault, told in outcomes():
        found.setdefault(fault, {})[protocol] = _IN_WORDS[told.partition(": ")[0]]
    protocols = list(next(iter(found.values())))
    lines = [_ON_PAGES, f"| fault | {' | '.join(protocols)} |", "| --- |" + " --- |" * len(protocols)]
    lines += [f"| {fault} | {' | '.join(words[name] for name in protocols)} |" for fault, words in found.items()]
    reasons = dict.fromkeys(EXCUSED.values())
    return "\n".join([*lines, "", "Not seen, because:", "", *(f"- {reason}." for reason in reasons)]) + "\n"


SECTIONS: tuple[Callable[[], str], ...] = (files, pages)


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *(section() for section in SECTIONS)])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
