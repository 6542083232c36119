"""The list of faults that files have, by name; each says what it is in the words of `docs/faults.md`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from openpyxl.utils.exceptions import IllegalCharacterError
from openpyxl.worksheet.worksheet import Worksheet
from support_mutations import (
    Grid,
    Pair,
    blank_row,
    body_of,
    book,
    cell,
    counts,
    lines,
    packed,
    saved,
    sheet,
    text_file,
    text_of,
)

from pipelines.sample.sheets import layout_of
from pipelines.sources.layout import NUMBERS, Reads

Make = Callable[[Grid], Pair | None]


class Fault(NamedTuple):
    """A fault: of which kind, what it is, and what makes it; None where it cannot be in such a file."""

    kind: str
    what: str
    make: Make


FAULTS: dict[str, Fault] = {}


def fault(kind: str, what: str) -> Callable[[Make], Make]:
    def add(make: Make) -> Make:
        FAULTS[make.__name__] = Fault(kind, what, make)
        return make

    return add


def written(name: str, what: str, value: float, text: str, *, only_counts: bool = False) -> None:
    """A number that is written in another way."""

    def make(grid: Grid) -> Pair | None:
        # Where small counts are hidden no number is below 0.
        if not grid.has_numbers or (value < 0 and grid.column(grid.number).hidden):
            return None
        fits = counts(grid) if only_counts else float(value).is_integer() or not counts(grid)
        return cell(grid, value, text) if fits else None

    FAULTS[name] = Fault("numbers", what, make)


written("comma_thousands", "`1,250` where 1250 is meant", 1250, "1,250")
written("comma_thousands_of_money", "`€ 1,250` where 1250 is meant", 1250, "€ 1,250")
written("point_thousands", "`1.250` where 1250 is meant", 1250, "1.250")
written("comma_and_point", "`1,250.50` where 1250.5 is meant", 1250.5, "1,250.50")
written("point_decimals", "`12.50` where 12.5 is meant", 12.5, "12.50")
written("spaced_thousands", "`1 250` where 1250 is meant", 1250, "1 250")
written("percent_text", "`12%`", 12, "12%")
written("exponent", "`1.25e3` where 1250 is meant", 1250, "1.25e3")
written("minus_behind", "`1250-` where -1250 is meant", -1250, "1250-")
written("in_brackets", "`(1250)` where -1250 is meant", -1250, "(1250)")
written("apostrophe_thousands", "`1'250` where 1250 is meant", 1250, "1'250")
written("fraction_of_a_count", "`1,25`, in thousands, where 1250 people are meant", 1250, "1,25", only_counts=True)


@fault("numbers", "cells that are shown as percentages")
def percent_format(grid: Grid) -> Pair | None:
    def change(ws: Worksheet) -> None:
        ws.cell(5, grid.number + 1, 0.12).number_format = "0.0%"

    return sheet(grid, change, grid.with_number(3, 12))


@fault("numbers", "a number stored as text among real numbers, with a point")
def text_among_numbers(grid: Grid) -> Pair | None:
    return cell(grid, 2750, "2.750") if grid.form != "csv" else None


@fault("shape", "an opening quotation mark that is never closed")
def open_quote(grid: Grid) -> Pair | None:
    return text_file(grid, lambda text: _quoted_line(text, 4, '"'))


@fault("shape", "an opening quotation mark that another one closes rows further")
def quote_over_rows(grid: Grid) -> Pair | None:
    return text_file(grid, lambda text: _quote_behind(_quoted_line(text, 4, '"'), 7))


@fault("shape", "a quotation mark inside a cell")
def inner_quote(grid: Grid) -> Pair | None:
    return text_file(grid, lambda text: _quoted_line(text, 4, 'x "y'))


def _quoted_line(text: str, number: int, mark: str) -> str:
    rows = text.split("\n")
    rows[number] = mark + rows[number]
    return "\n".join(rows)


def _quote_behind(text: str, number: int) -> str:
    rows = text.split("\n")
    rows[number] = rows[number].replace(";", '";', 1)
    return "\n".join(rows)


@fault("shape", "a row with fewer cells than the header")
def short_row(grid: Grid) -> Pair | None:
    def change(text: str) -> str:
        rows = text.split("\n")
        rows[4] = rows[4].rsplit(";", 2)[0]
        return "\n".join(rows)

    return text_file(grid, change)


@fault("shape", "a row with more cells than the header")
def long_row(grid: Grid) -> Pair | None:
    return text_file(grid, lambda text: _quoted_line(text, 4, "x;"))


@fault("shape", "the header once more between the rows")
def header_again(grid: Grid) -> Pair | None:
    return lines(grid, [list(grid.header)], 9)


@fault("shape", "a second table below, with a header of its own")
def table_below(grid: Grid) -> Pair | None:
    others = [["Soort", "Som"], ["Klein", "12"], ["Groot", "30"]]
    wide = [[*row, *[""] * len(grid.header)][: len(grid.header)] for row in others]
    return lines(grid, [blank_row(grid), *wide]) if grid.form != "json" else None


@fault("shape", "the same table below once more")
def table_again(grid: Grid) -> Pair | None:
    return lines(grid, [blank_row(grid), list(grid.header), *grid.rows]) if grid.form != "json" else None


@fault("shape", "a second table beside the first")
def table_beside(grid: Grid) -> Pair | None:
    if grid.form == "json":
        return None
    rows = [[*row, "", "Klein", 12] if 3 < i < 7 else row for i, row in enumerate(grid.rows)]
    return body_of(grid), body_of(replace(grid, rows=rows))


@fault("shape", "a row `Totaal` below")
def total_row(grid: Grid) -> Pair | None:
    return lines(grid, [_total(grid, "Totaal", grid.rows)])


@fault("shape", "rows `Subtotaal` between and `Eindtotaal` below")
def subtotal_rows(grid: Grid) -> Pair | None:
    first, rest = grid.rows[:10], grid.rows[10:]
    more = [*first, _total(grid, "Subtotaal", first), *rest, _total(grid, "Subtotaal", rest)]
    return body_of(grid), body_of(replace(grid, rows=[*more, _total(grid, "Eindtotaal", grid.rows)]))


@fault("shape", "a row without a text that is the sum of those above it")
def nameless_total(grid: Grid) -> Pair | None:
    return lines(grid, [_total(grid, "", grid.rows)])


@fault("shape", "a row `Alle rijen` that is the sum of those above it")
def worded_total(grid: Grid) -> Pair | None:
    return lines(grid, [_total(grid, "Alle rijen", grid.rows)])


def _total(grid: Grid, word: str, rows: list[list[Any]]) -> list[Any]:
    """A row with the sums of all columns of numbers, and a word in its first column of text."""
    total = blank_row(grid)
    texts = [
        i
        for i, name in enumerate(grid.header)
        if i not in grid.places(NUMBERS) and name in layout_of(grid.card).columns
    ]
    total[texts[0]] = word or total[texts[0]]
    for place in grid.places(NUMBERS):
        cells = [row[place] for row in rows if row[place] not in ("", None, *"x.-*")]
        amounts = [_value(one, grid.column(place).reads) for one in cells]
        value = round(sum(amounts), 2)
        is_text = grid.form == "csv" or (cells and all(isinstance(one, str) for one in cells))
        text = f"{value:.2f}".removesuffix(".00")
        dutch = grid.column(place).reads is Reads.DUTCH_NUMBER
        total[place] = (text.replace(".", ",") if dutch else text) if is_text else value
    return total


def _value(one: Any, reads: Reads) -> float:
    if isinstance(one, str):
        digits = one.replace("€", "").replace(" ", "")
        return float(digits.replace(".", "").replace(",", ".") if reads is Reads.DUTCH_NUMBER else digits)
    return float(one)


@fault("shape", "blank and ruled lines between the rows")
def blank_lines(grid: Grid) -> Pair | None:
    ruled = ["---"] * len(grid.header)
    return lines(grid, [blank_row(grid), ruled], 9) if grid.form != "json" else None


@fault("shape", "cells merged downwards")
def merged_down(grid: Grid) -> Pair | None:
    def change(ws: Worksheet) -> None:
        ws.merge_cells(start_row=5, end_row=7, start_column=grid.free_texts[-1] + 1, end_column=grid.free_texts[-1] + 1)

    if not grid.free_texts:
        return None
    same = grid
    for row in (4, 5):
        same = same.with_cell(row, grid.free_texts[-1], grid.rows[3][grid.free_texts[-1]])
    return sheet(grid, change, same)


@fault("shape", "cells merged across texts and numbers")
def merged_across(grid: Grid) -> Pair | None:
    def change(ws: Worksheet) -> None:
        first, last = sorted((grid.text, grid.number))
        ws.merge_cells(start_row=5, end_row=5, start_column=first + 1, end_column=last + 1)

    return sheet(grid, change)


@fault("shape", "numbers merged downwards")
def merged_numbers(grid: Grid) -> Pair | None:
    def change(ws: Worksheet) -> None:
        ws.merge_cells(start_row=5, end_row=7, start_column=grid.number + 1, end_column=grid.number + 1)

    return sheet(grid.with_number(3, 1250), change)


@fault("shape", "a hidden row of data")
def hidden_row(grid: Grid) -> Pair | None:
    def change(ws: Worksheet) -> None:
        ws.row_dimensions[6].hidden = True

    return sheet(grid, change)


@fault("shape", "a hidden column of data")
def hidden_column(grid: Grid) -> Pair | None:
    def change(ws: Worksheet) -> None:
        ws.column_dimensions[ws.cell(1, grid.number + 1).column_letter].hidden = True

    return sheet(grid, change)


@fault("shape", "a formula that no spreadsheet has worked out")
def formula(grid: Grid) -> Pair | None:
    return sheet(grid, lambda ws: ws.cell(5, grid.number + 1, "=1000+250"), grid.with_number(3, 1250))


@fault("shape", "a cell with an error")
def error_cell(grid: Grid) -> Pair | None:
    def change(ws: Worksheet) -> None:
        ws.cell(5, grid.number + 1, "#REF!").data_type = "e"

    return sheet(grid, change)


@fault("shape", "an error in a column of texts")
def error_among_texts(grid: Grid) -> Pair | None:
    def change(ws: Worksheet) -> None:
        ws.cell(5, grid.text + 1, "#N/A").data_type = "e"

    return sheet(grid, change)


# Words in which each of the letters stands that Dutch has beside the plain ones.
ACCENTS = "Stichting Café België, coöperatie één"


def _accented(grid: Grid) -> Grid | None:
    free = grid.free_texts
    return grid.with_cell(3, free[0], ACCENTS) if free else None


def encoded(encoding: str, what: str) -> None:
    """A CSV in another encoding."""

    def make(grid: Grid) -> Pair | None:
        accented = _accented(grid)
        if accented is None or grid.form != "csv":
            return None
        text = text_of([accented.header, *accented.rows]).replace("€", "EUR")
        return packed(grid, text.encode()), packed(grid, text.encode(encoding))

    FAULTS[f"in_{encoding.replace('-', '_')}"] = Fault("text", what, make)


encoded("utf-8-sig", "UTF-8 with a mark of the order of bytes")
encoded("cp1252", "the code page of Windows")
encoded("cp850", "a code page of DOS")
encoded("cp437", "an older code page of DOS")
encoded("mac_roman", "the code page of the Mac")
encoded("utf-16", "UTF-16 with a mark of the order of bytes")
encoded("utf-16-le", "UTF-16, little end first, without a mark")
encoded("utf-16-be", "UTF-16, big end first, without a mark")


@fault("text", "one line in the code page of Windows, the others in UTF-8")
def mixed_encoding(grid: Grid) -> Pair | None:
    accented = _accented(grid)
    if accented is None or grid.form != "csv":
        return None
    text = text_of([accented.header, *accented.rows])
    right = text.encode()
    at = right.rindex("Café".encode())
    return packed(grid, right), packed(grid, right[:at] + "Café".encode("cp1252") + right[at + 5 :])


def changed_text(name: str, what: str, change: Callable[[str], str]) -> None:
    """A text that came out otherwise, in any form of file that can hold it."""

    def make(grid: Grid) -> Pair | None:
        accented = _accented(grid)
        if accented is None:
            return None
        place = next(i for i, one in enumerate(accented.rows[3]) if one == ACCENTS)
        changed = accented.with_cell(3, place, change(ACCENTS))
        try:
            return body_of(accented), body_of(changed)
        except IllegalCharacterError:
            return None

    FAULTS[name] = Fault("text", what, make)


changed_text("encoded_twice", "`CafÃ©`: encoded twice", lambda text: text.encode().decode("cp1252"))
changed_text(
    "encoded_twice_on_a_mac", "`Caf√©`: encoded twice, on a Mac", lambda text: text.encode().decode("mac_roman")
)
changed_text("lost_letters", "`Caf\ufffd`: letters that were lost", lambda text: text.replace("é", "\ufffd"))
changed_text("nul", "a NUL in a cell", lambda text: text + "\0")
changed_text("control", "a control character in a cell", lambda text: text.replace(" ", "\x02", 1))
changed_text("escape", "an escape in a cell", lambda text: "\x1b" + text)


OTHER = {"MM": "juli 2019", "KW": "2e kwartaal 2019", "JJ": "2019"}


def _told_period(grid: Grid) -> str | None:
    register = grid.card.subsidy_register
    if register and (register.has_year_in_name or register.year):
        return "2019"
    return OTHER[grid.period[4:6]] if grid.period else None


@fault("period", "a title above the table that names another period")
def period_in_title(grid: Grid) -> Pair | None:
    told = _told_period(grid)
    return (
        (body_of(grid), body_of(grid, above=[[f"Cijfers over {told}"], []])) if told and grid.form != "json" else None
    )


@fault("period", "a sheet that is named after another period")
def period_of_sheet(grid: Grid) -> Pair | None:
    told = _told_period(grid)
    if not told or grid.form != "xlsx" or layout_of(grid.card).sheet:
        return None
    workbook = book(grid)
    workbook.worksheets[0].title = told
    return body_of(grid), saved(workbook)


@fault("period", "a column, not read, that names another period")
def period_in_column(grid: Grid) -> Pair | None:
    names = {"Maand": "juli 2019", "Periode": "2019", "Jaar": "2019", "Kwartaal": "2e kwartaal 2019"}
    place = next(
        (i for i, name in enumerate(grid.header) if name in names and name in layout_of(grid.card).ignored), None
    )
    if place is None or not _told_period(grid):
        return None
    return body_of(grid), body_of(grid.with_cell(3, place, names[grid.header[place]]))
