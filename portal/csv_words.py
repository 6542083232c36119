"""The CSV for Dutch Excel in words: a heading for each column, and beside a column with codes what they mean.

Belongs here: which columns have codes, and where the words for them are. Not here: writing a file, which is in
`portal/csv_text.py`, and the words themselves, which are in `datasette/texts/csv.yml` and the texts of the pages. The
other CSV has the names of columns and the codes alone, for programs.
"""

from collections.abc import Sequence
from typing import Any

from portal.context import ReleaseContext
from portal.csv_text import Row

HEADINGS = "csv_headings"
# By column with codes: the texts in which the words for them are.
CODES = {
    "boundary_method": "boundary_methods",
    "cadence": "cadences",
    "cause": "changes_causes",
    "change": "changes_kinds",
    "country": "border_countries",
    "direction": "directions",
    "gap": "border_gaps",
    "index_base_period": "periods",
    "is_overdue": "csv_answers",
    "judgement": "programme",
    "level_step": "labour_level_steps",
    "market": "csv_markets",
    "method": "csv_tension_methods",
    "newest_period": "periods",
    "no_ratio_reason": "labour_reasons_short",
    "occupation_level": "labour_levels",
    "period_code": "periods",
    "phase": "csv_phases",
    "publisher": "publishers",
    "region_group": "csv_groups",
    "rest_of_country_status": "statuses",
    "scheme": "schemes",
    "similar_status": "statuses",
    "state": "states",
    "status_after": "statuses",
    "status_before": "statuses",
    "tension_class": "tension_classes",
    "territory": "csv_territories",
    "value_status": "statuses",
}


def in_words(
    rows: Sequence[Row], columns: Sequence[str], release: ReleaseContext, lang: str
) -> dict[str, Sequence[Any]]:
    """Returns the values of each column by its heading, with the words beside each column of codes.

    Args:
        rows: the rows, by column.
        columns: the columns of the file.
        release: the release, with its words.
        lang: the language of the headings and the words.
    """
    found: dict[str, Sequence[Any]] = {}
    for column in columns:
        values = [row.get(column) for row in rows]
        found[_heading(column, release, lang)] = values
        # A file that has the period in words already does not have it twice.
        if column in CODES and not (column == "period_code" and "period" in columns):
            words = {value: _words(column, value, release, lang) for value in set(values)}
            found[_heading(f"{column}_words", release, lang)] = [words[value] for value in values]
    return found


def _heading(column: str, release: ReleaseContext, lang: str) -> str:
    return str(release.texts[HEADINGS][column][lang])


def _words(column: str, value: object, release: ReleaseContext, lang: str) -> str | None:
    if value is None:
        return None
    code, words = str(value), release.texts[CODES[column]]
    if code in words:
        return words[code][lang]
    # A border region is a group of its own; a period of an earlier release can be without a title.
    return str(release.registry.regions[code]["name"]) if code in release.registry.regions else code
