"""What all our Excel files have: indicators in order, headings in words, and the sheet that explains them.

Not here: which figures are in a file, which the modules of each file choose, nor how a sheet is written:
`portal.workbook`.
"""

from collections.abc import Iterable, Sequence

from portal.context import ReleaseContext
from portal.pages import page_url
from portal.registry import by_theme, each_once
from portal.workbook import Book, BookSheet, SheetRow

EXPLAINED = ("theme", "indicator", "unit", "definition", "warnings", "attribution", "licence", "page")


def words(release: ReleaseContext, key: str, lang: str) -> str:
    """Returns a sentence about a file."""
    return release.text("workbook", key, lang)


def heads(release: ReleaseContext, lang: str, *keys: str) -> list[str]:
    """Returns the headings of columns."""
    return [words(release, f"head_{key}", lang) for key in keys]


def label_of(release: ReleaseContext, indicator_id: str, lang: str) -> tuple[str, str]:
    """Returns the title and the unit of an indicator."""
    row = release.registry.indicators[indicator_id]
    return str(row[f"title_{lang}"]), str(row[f"unit_{lang}"])


def ordered(release: ReleaseContext, indicators: Iterable[str], lang: str) -> list[tuple[str, str]]:
    """Returns the theme, in words, and the id of each indicator: by theme, then by title."""
    known = release.registry.indicators
    keys = sorted(indicators, key=lambda key: str(known[key][f"title_{lang}"]).lower())
    themes = by_theme(keys, release.texts["themes"], lambda key: str(known[key]["theme"]))
    named = {theme: release.text("themes", theme, lang) for theme in themes}
    return [(named[theme], key) for theme, members in themes.items() for key in members]


def explanation(release: ReleaseContext, indicators: Iterable[str], lines: Sequence[str], lang: str) -> BookSheet:
    """Returns the sheet that says what each indicator means, what to watch out for, and whom to name.

    Args:
        release: the release.
        indicators: their ids, each once.
        lines: the keys of the sentences above them.
        lang: the language.
    """
    rows = []
    for theme, key in ordered(release, indicators, lang):
        row, sources = release.registry.indicators[key], release.registry.sources_of(key)
        warnings = [
            release.text("usage_warning_texts", name, lang)
            for name in filter(None, (row["usage_warnings"] or "").split(";"))
        ]
        said = [theme, *label_of(release, key, lang), row[f"definition_{lang}"], " ".join(warnings)]
        said += [each_once(sources, name) for name in ("attribution", "licence")]
        rows.append(SheetRow([*said, page_url("indicator", lang, indicator=key)]))
    about = {"release": release.release_id, "year": release.registry.boundary_year}
    told = [words(release, key, lang).format(**about) for key in lines]
    header = heads(release, lang, *EXPLAINED)
    return BookSheet(words(release, "explanation", lang), told, header, rows, labels=len(header))


def make_book(release: ReleaseContext, title: str, sheets: Sequence[BookSheet], lang: str) -> Book:
    """Returns a file of this release."""
    return Book(
        title=title,
        release=release.release_id,
        notice=dict(release.notice_parts).get(lang, ""),
        created=release.newest_landed_at,
        sheets=sheets,
    )
