"""What may be asked of a table by its address: Datasette leaves out, misreads or fails on what it does not know.

Belongs here: whether parameters mean something, in one line for who wrote them. Not here: what is answered.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection

from datasette.filters import Filters

Pairs = list[tuple[str, str]]

MOST_PARAMETERS = 100
MOST_FACETS = 10
LARGEST_NUMBER = 1_000_000
# SQLite's numbers have eight bytes.
MOST_DIGITS = 18
OF_NUMBERS = ("gt", "gte", "lt", "lte")
LOOKUPS = frozenset(key for key, _, _ in Filters([]).lookups())
OF_A_COLUMN = ("_sort", "_sort_desc", "_col", "_nocol", "_label")
FACETS = ("_facet", "_facet_date", "_facet_array")
NUMBERS = ("_timelimit", "_ttl")
YES_OR_NO = ("on", "off", "true", "false", "1", "0")
# Whatever chooses rows, or what is shown of them: with these, CSV is not the ready-made file of the table.
OF_A_FORM = ("_filter_column", "_filter_op", "_filter_value")
SHAPES = ("_col", "_nocol", "_label", "_labels", "_where", "_through", "_search", "_header", "_trace")


def problem_of(pairs: Pairs, columns: Collection[str] | None) -> str | None:
    """Returns what is wrong with the parameters of a table or of a question; None if nothing is.

    Args:
        pairs: names and values.
        columns: the columns of the table; None for a question in SQL, whose own parameters have any name.
    """
    if len(pairs) > MOST_PARAMETERS:
        return f"there are {len(pairs)} parameters, and at most {MOST_PARAMETERS} are read"
    if nul := next((name for name, value in pairs if "\0" in name + value), None):
        return f"the parameter {nul!r} has a NUL character"
    if facets := _too_many(pairs):
        return f"{facets} facets are asked for, and at most {MOST_FACETS} are counted"
    checks = [_number, _yes_or_no, *([] if columns is None else [_form, _of_table(columns)])]
    return next((told for pair in pairs for check in checks if (told := check(*pair))), None)


def is_whole_table(pairs: Pairs) -> bool:
    """Whether parameters of a table choose none of its rows and columns."""
    return all(
        name.startswith("_") and "__" not in name and not name.startswith(SHAPES + OF_A_FORM) for name, _ in pairs
    )


def _too_many(pairs: Pairs) -> int:
    count = sum(Counter(name for name, _ in pairs)[name] for name in FACETS)
    return count if count > MOST_FACETS else 0


def _number(name: str, value: str) -> str | None:
    is_none = name not in NUMBERS or (value.isascii() and value.isdigit() and int(value) <= LARGEST_NUMBER)
    return None if is_none else f"{name} is {value!r}, expected a whole number up to {LARGEST_NUMBER:,}"


def _yes_or_no(name: str, value: str) -> str | None:
    is_fine = name != "_json_infinity" or value.lower() in YES_OR_NO
    return None if is_fine else f"{name} is {value!r}, expected one of: {', '.join(YES_OR_NO)}"


def _form(name: str, value: str) -> str | None:
    if name == "_facet_size" and value != "max" and not (value.isascii() and value.isdigit()):
        return f"_facet_size is {value!r}, expected a whole number or max"
    if name == "_through" and not _is_through(value):
        return f"_through is {value!r}, expected JSON with table, column and value"
    if name in ("_fts_table", "_fts_pk", "_searchmode") and not (name == "_searchmode" and value in ("escaped", "raw")):
        return f"{name} cannot be chosen here"
    return None


def _of_table(columns: Collection[str]) -> Callable[[str, str], str | None]:
    """A check of the names of columns, wherever a parameter has one."""
    known = {*columns, "rowid"}

    def check(name: str, value: str) -> str | None:
        column: str | None = None
        if name in OF_A_COLUMN:
            column = value or None
        elif name in FACETS:
            column = _faceted(value)
        elif not name.startswith("_") or "__" in name:
            column, _, lookup = name.rpartition("__") if "__" in name else (name, "", "exact")
            if lookup not in LOOKUPS:
                return f"{name} asks for {lookup!r}, expected one of: {', '.join(sorted(LOOKUPS))}"
            if lookup in OF_NUMBERS and value.isdigit() and not (value.isascii() and len(value) <= MOST_DIGITS):
                return f"{name} is {value[:30]!r}, expected a number of at most {MOST_DIGITS} digits"
        return (
            None if column is None or column in known else f"{name} names {column!r}, which is no column of this table"
        )

    return check


def _faceted(value: str) -> str:
    if not value.startswith("{"):
        return value
    try:
        return str(json.loads(value)["column"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return value


def _is_through(value: str) -> bool:
    try:
        through = json.loads(value)
    except (ValueError, RecursionError):
        return False
    parts = ("table", "column", "value")
    return isinstance(through, dict) and all(isinstance(through.get(part), str | int | float) for part in parts)
