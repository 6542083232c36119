"""The lines of a CSV, compared before it is read: quotes that do not close, and rows that are too short.

A stray quotation mark does not break a CSV, it swallows rows: everything up to the next mark becomes one cell. So all
lines are checked, as one column, and only rows of several lines one by one.
"""

import re

import polars as pl

from pipelines.errors import SourceError
from pipelines.reading.files.table_columns import TableOrigin

_TODO = "the rows cannot be told apart with certainty; ask the source for a sound file"


def check_lines(origin: TableOrigin, table: bytes, separator: str, width: int, first: int) -> list[int]:
    """Check every line of a CSV that begins with the last row of its header.

    Args:
        origin: where the file came from.
        table: the lines, in UTF-8.
        separator: what separates the cells.
        width: how many cells the header has.
        first: the number of the first row.

    Returns:
        The numbers of the rows that have fewer cells than the header.

    Raises:
        SourceError: a quotation mark does not close, or closes where that may be a fault; or a row is longer than
            the header.
    """
    text = table.decode("utf-8").removesuffix("\n")
    lines = pl.select(line=pl.lit(text).str.split("\n").explode().str.strip_chars_end("\r")).to_series()
    quotes = lines.str.count_matches('"', literal=True)
    # A row continues as long as the number of marks so far is odd.
    is_open = quotes.cum_sum() % 2 == 1
    continues = is_open.shift(1, fill_value=False)
    number = pl.int_range(len(lines), eager=True) - continues.cast(pl.Int64).cum_sum() + first
    if is_open[-1]:
        raise _refused(origin, number[-1], "opens a quotation mark that is never closed")
    single = ~is_open & ~continues
    sound = _sound(separator)
    loose = single & (quotes > 0) & ~lines.str.contains(sound)
    if loose.any():
        raise _loose(origin, int(number[loose.arg_true()[0]]), lines.filter(loose)[0], separator)
    # With its quoted cells emptied, a line only has real separators.
    bare = lines.str.replace_all(r'"(?:[^"]|"")*"', "")
    cells = bare.str.count_matches(separator, literal=True) + 1
    _refuse_swallowed(origin, lines, is_open, number, separator, width)
    long = single & (cells > width)
    if long.any():
        problem = f"row {number[long.arg_true()[0]]} has more cells than the {width} of the header"
        raise origin.error(problem, "see whether a text with the separator in it lacks its quotes")
    short = single & (cells < width) & (bare.str.strip_chars() != "")
    return number.filter(short).to_list()


def _refuse_swallowed(
    origin: TableOrigin, lines: pl.Series, is_open: pl.Series, number: pl.Series, separator: str, width: int
) -> None:
    """Refuse a row of several lines whose first and last line would each be a row without their quotes."""
    begins = (is_open & ~is_open.shift(1, fill_value=False)).arg_true().to_list()
    ends = (~is_open & is_open.shift(1, fill_value=False)).arg_true().to_list()
    sound = re.compile(_sound(separator))
    for begin, end in zip(begins, ends, strict=True):
        parts = lines[begin : end + 1].to_list()
        if not sound.fullmatch("\n".join(parts)):
            raise _loose(origin, int(number[begin]), parts[0], separator)
        if all(part.count(separator) + 1 >= width for part in (parts[0], parts[-1])):
            problem = f"opens a quotation mark that closes {end - begin} lines later, after what could be rows"
            raise _refused(origin, int(number[begin]), problem)


def _sound(separator: str) -> str:
    cell = rf'(?:"(?:[^"]|"")*"|[^"{separator}]*)'
    return rf"^{cell}(?:{separator}{cell})*$"


def _loose(origin: TableOrigin, row: int, line: str, separator: str) -> SourceError:
    other = rf'[^"{separator}]'
    found = re.search(rf'(?<={other})"|"(?={other})', line)
    near = line[max(found.start() - 20, 0) : found.start() + 20] if found else line[:40]
    return _refused(origin, row, f"has a quotation mark inside a cell that is not doubled, near {near!r}")


def _refused(origin: TableOrigin, row: int, problem: str) -> SourceError:
    return origin.unsound(f"row {row} {problem}", _TODO)
