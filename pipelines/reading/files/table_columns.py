"""Which columns a table has, by the layout of its card: the same for every form of file."""

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.errors import MismatchError, SourceError, shown
from pipelines.sources.layout import FileColumn, TableLayout, fold

ROW = "#row"
SEPARATORS = (";", ",", "\t")
"""What can stand between the columns of a CSV."""
_ALL = 100


@dataclass(frozen=True)
class TableOrigin:
    """Where a table came from, for the errors about it."""

    dataset_id: str
    url: str

    def error(self, problem: str, todo: str) -> SourceError:
        """The error that something in the table is not as expected."""
        return MismatchError(self.dataset_id, problem, url=self.url, todo=todo)

    def unsound(self, problem: str, todo: str) -> SourceError:
        """The error that the bytes do not have the form that they should have, whatever the card says."""
        return SourceError(self.dataset_id, problem, url=self.url, todo=todo)

    def broken(self, what: str, error: Exception) -> SourceError:
        """The same, from the error of a library."""
        first_line = str(error).partition("\n")[0]
        problem = f"the {what} cannot be read, {type(error).__name__}: {first_line:.200}"
        return self.unsound(problem, "open it at the source and compare")


def header_at(rows: Sequence[Sequence[str]], layout: TableLayout) -> int | None:
    """The first row at which a header with every required column begins, whatever is above it."""
    for start in range(len(rows) - layout.header_rows + 1):
        found = {fold(name) for name in joined(rows[start : start + layout.header_rows])}
        if all(found & names for names in _needed(layout)):
            return start
    return None


def _needed(layout: TableLayout) -> list[set[str]]:
    return [_names(key, column) for key, column in layout.columns.items() if not column.is_optional]


def headers_of(key: str, column: FileColumn) -> list[str]:
    """The names that a column may have, without the differences that carry no meaning."""
    return sorted(_names(key, column))


def _names(key: str, column: FileColumn) -> set[str]:
    return {fold(name) for name in (key, *column.aliases)}


def joined(rows: Sequence[Sequence[str]]) -> list[str]:
    """The names of the columns under a header of several rows, the name of a merged cell carried over to its right."""
    *upper, last = rows
    width = max(map(len, rows))
    parts = [[*row, *[""] * (width - len(row))] for row in (*upper, last)]
    for row in parts[:-1]:
        for i in range(1, width):
            if not row[i].strip() and parts[-1][i].strip():
                row[i] = row[i - 1]
    return [" ".join(part.strip() for part in column if part.strip()) for column in zip(*parts, strict=True)]


def no_header(origin: TableOrigin, rows: Sequence[Sequence[str]], layout: TableLayout) -> SourceError:
    """The error that no header was found, which shows what is closest to one."""

    def fitting(header: Sequence[str]) -> int:
        return sum(bool({fold(name) for name in header} & names) for names in _needed(layout))

    headers: list[Sequence[str]] = [
        joined(rows[start : start + layout.header_rows]) for start in range(len(rows) - layout.header_rows + 1)
    ]
    return _other_columns(origin, max(headers, key=fitting, default=[]), layout)


def _other_columns(
    origin: TableOrigin, header: Sequence[str], layout: TableLayout, unknown: Sequence[str] = ()
) -> SourceError:
    found = {fold(name) for name in header}
    missing = [key for key, c in layout.columns.items() if not c.is_optional and not found & _names(key, c)]
    problem = " and ".join(
        f"{what}: {shown(names, _ALL)}"
        for what, names in (("missing columns", missing), ("unknown columns", unknown))
        if names
    )
    assumed = any(column.certainty == "assumed" for column in layout.columns.values())
    return origin.error(
        f"{problem}; expected {shown(layout.columns, _ALL)}; found {shown(header, _ALL) or 'nothing'}",
        "correct `layout` on the card" + (", whose columns were assumed" if assumed else " after a look at the source"),
    )


def places_of(origin: TableOrigin, header: Sequence[str], layout: TableLayout) -> dict[str, int]:
    """Where each column of the layout is; anything that is missing, unknown or there twice is refused."""
    folded = [fold(name) for name in header]
    places: dict[str, int] = {}
    for key, column in layout.columns.items():
        at = [i for i, name in enumerate(folded) if name in _names(key, column)]
        if len(at) > 1:
            problem = f"column {key} occurs {len(at)} times, as {shown(header[i] for i in at)}"
            raise origin.error(problem, "correct `aliases` on the card")
        places.update(dict.fromkeys([key] if at else [], at[0] if at else 0))
    unknown = [
        header[i]
        for i, name in enumerate(folded)
        if name and i not in places.values() and not fits(name, layout.ignored)
    ]
    if unknown or not all(key in places or column.is_optional for key, column in layout.columns.items()):
        raise _other_columns(origin, header, layout, unknown)
    return places


def fits(text: str, patterns: Iterable[str]) -> bool:
    """Whether a text is one of these names, in which `*` stands for anything and `?` for one character."""
    # Headers have brackets, which are literal here.
    return any(fnmatch.fnmatchcase(fold(text), fold(pattern).replace("[", "[[]")) for pattern in patterns)
