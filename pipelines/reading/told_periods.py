"""What a file says about its own period, compared with the period that it is taken for.

The name of a file, or its card, says which period all of its rows are for. The file may say it too: in the rows above
its table, in the name of its sheet, in columns that are not read. It knows best, so a difference is refused: nobody can
tell from here which of the two is wrong.

A title may name several periods; then one of them must be the right one. Days only count as reference days (`stand
per 31 juli 2026`), since a title may also name the day of publication; years do not count where they name a division
(`indeling 2025`).
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import groupby

from pipelines.errors import MismatchError, shown
from pipelines.reading.files.table_rows import Told
from pipelines.reading.files.values import month_number, read_day, read_month, read_quarter, read_year
from pipelines.reading.parquet import Span
from pipelines.sources.layout import fold
from pipelines.sources.periods import code_of, period_days

_YEAR = r"(?<![0-9.,])(?:19|20)[0-9]{2}(?![0-9.,]?[0-9])"
_DAY = rf"[0-9]{{1,2}}(?:[ -][a-z]+\.?[ -]|-[0-9]{{1,2}}-){_YEAR}|{_YEAR}-[0-9]{{2}}-[0-9]{{2}}"
_OF_DAY = re.compile(rf"(?:stand|ultimo|peildatum|per|op)\W+(?:op |per |ultimo )*({_DAY})")
_MONTH = re.compile(rf"[a-z]+\.?[ -]{_YEAR}|{_YEAR}[ -][a-z]+|{_YEAR}-[0-9]{{2}}(?![0-9-])|{_YEAR}mm[0-9]{{2}}")
_QUARTER = re.compile(
    rf"{_YEAR}[ -]?[qk][1-4]|[qk][1-4][ -]{_YEAR}|[1-4](?:e|de|ste)? kwartaal (?:van )?{_YEAR}"
    rf"|{_YEAR} [1-4](?:e|de|ste)? kwartaal|kwartaal [1-4] {_YEAR}"
)
_RANGE = re.compile(rf"({_YEAR})\s*(?:-|\u2013|t/m|tot en met|tot)\s*({_YEAR})")
_DIVISION = re.compile(rf"(?:indeling|grenzen)\w*(?:\s+(?:van|per))?\s+{_YEAR}")


def refuse_other_period(dataset_id: str, told: Iterable[Told], expected: str, url: str) -> None:
    """Refuse a table that says that it is for another period than `expected`.

    Raises:
        MismatchError: it does; the error says where, and names both periods.
    """
    span = period_days(expected)
    if span is None:
        return
    for place, texts in groupby(told, key=lambda one: one.place if one.header or "sheet" in one.place else "above"):
        several = list(texts)
        spans = [found for one in several for found in _spans(one, span)]
        if several[0].header == "" and any(end - start < _MOST_OF_YEAR for start, end in spans):
            spans = [(start, end) for start, end in spans if end - start < _MOST_OF_YEAR]
        if spans and not any(start <= span[1] and span[0] <= end for start, end in spans):
            where = place if several[0].header or "sheet" in place else several[0].place
            text = shown((one.text for one in several), 3)
            raise MismatchError(
                dataset_id,
                f"{where} says {text!r:.200}, which is not {expected}, the period that the file is taken for",
                url=url,
                todo="put the file's own period in its name, or fetch the file that was meant",
            )


_MOST_OF_YEAR = timedelta(days=300)


def _spans(told: Told, expected: Span) -> list[Span]:
    """The days that a text may be about."""
    text = fold(told.text)
    if alone := _part_alone(told, text, expected):
        return [alone]
    if told.header:
        readers = (read_month, read_quarter, read_year, read_day)
        return [span for read in readers if (span := _read(read, text))][:1]
    found = [span for day in _OF_DAY.findall(text) if (span := _read(read_day, day))]
    text = _DIVISION.sub(" ", re.sub(_DAY, " ", text))
    for form, read in ((_QUARTER, read_quarter), (_MONTH, read_month)):
        for part in form.findall(text):
            if span := _read(read, part.replace(" van ", " ")):
                found.append(span)
                text = text.replace(part, " ", 1)
    for first, last in _RANGE.findall(text):
        found.append((date(int(first), 1, 1), date(int(last), 12, 31)))
    years = re.findall(_YEAR, _RANGE.sub(" ", text))
    return found + [(date(int(year), 1, 1), date(int(year), 12, 31)) for year in years]


def _part_alone(told: Told, text: str, expected: Span) -> Span | None:
    """A month or quarter without its year, which is that of the file: `juli`, or `7` under `Maand`."""
    title, year = fold(told.header), expected[0].year
    month = month_number(text)
    if month is None and "maand" in title and re.fullmatch(r"0?[1-9]|1[0-2]", text):
        month = int(text)
    if month is not None:
        return period_days(code_of(year, "MM", month))
    quarter = re.fullmatch(r"[qk]?([1-4])(?:(?:e|de|ste)? kwartaal)?", text) if "kwartaal" in title else None
    return period_days(code_of(year, "KW", int(quarter[1]))) if quarter else None


def _read(read: Callable[[str], str], text: str) -> Span | None:
    try:
        return period_days(read(text))
    except ValueError:
        return None
