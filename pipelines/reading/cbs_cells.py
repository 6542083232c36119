"""The cells of a page of CBS as rows, in SQL: which code each stands for, and which number.

Belongs here: the SQL that every protocol of CBS shares, over the relations `cells`, `measures` and `codes`. Not here:
how a page becomes cells (`pipelines.clients`), what our rows have for a code (`cbs_codes.py`), nor where its rows go
(`cbs.py`).
"""

import duckdb

from pipelines.clients.description import MEASURE, Description, unlisted
from pipelines.errors import MismatchError
from pipelines.reading.cbs_codes import CodeLists, quoted
from pipelines.sources.card import TEXTS, SourceCard

_IS_NUMBER = "regexp_full_match(text, '-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?')"


def rows_sql(card: SourceCard, codes: CodeLists) -> str:
    """SQL that turns the relation `cells` of a page into rows, one per cell, each with its record and its page.

    Codes are those of the source, as the cells have them.
    """
    listed = ", ".join(f'"{name}" as {column}' for name, column in codes.columns.items())
    no_figure = [
        f"({codes.columns[MEASURE]} = {quoted(source)} and number = {measure.no_figure})"
        for measure in card.measures
        for source in codes.sources(measure.code)
        if measure.no_figure is not None
    ]
    is_none = " or ".join(no_figure) or "false"
    if card.shape in TEXTS:
        values = "null::double as value, text as value_text, mark as value_attribute"
    else:
        # Text where a number is expected becomes the mark, which the wire check does not know.
        values = f"""
            if({is_none}, null, {unrounded("number", codes.decimals)}) as value, null::varchar as value_text,
            case when {is_none} then '.' when number is null and text is not null then text else mark
            end as value_attribute"""
    return f"""
        select * exclude (number, text, mark), {values}
        from (
            select {listed}, cast(record as ubigint) as record, page_number as page,
                coalesce(number, if({_IS_NUMBER}, text::double, null)) as number, text, coalesce(mark, 'None') as mark
            from cells
        )
    """


def unrounded(number: str, decimals: str) -> str:
    """SQL for a number as published: v3 sends some as single precision (7888.2001953125 for 7888.2).

    Only a number that has more decimals than the table and is exactly a single becomes its shortest spelling.

    Args:
        number: SQL for the number as it was sent, a double.
        decimals: SQL for the decimals of its measure.
    """
    single = f"cast({number} as float)"
    return (
        f"case when {number} = trunc({number}) then {number}"
        f" when cast({single} as double) = {number} and round({number}, {decimals}) <> {number}"
        f" then cast(cast({single} as varchar) as double) else {number} end"
    )


def refuse_unknown(
    con: duckdb.DuckDBPyConnection, card: SourceCard, chosen: Description, codes: CodeLists, page: str, url: str
) -> None:
    """Raise the error that names the first code of the relation `page`, given by a `with`, that is not listed.

    Raises:
        MismatchError: always; the table has no such code, or it is not among those asked for.
    """
    # The topics of v3 are columns, which were looked at before.
    listed = {MEASURE: "Measure", **chosen.wire} if "Measure" in con.sql(f"{page} from page").columns else chosen.wire
    # One after another: in parallel each would hold a part of the page in memory.
    questions = (
        (name, f'select trim("{on_wire}") from page where {codes.cast(name, on_wire)} is null limit 1')
        for name, on_wire in listed.items()
    )
    asked = ((name, con.sql(f"{page} {sql}").fetchall()) for name, sql in questions)
    name, code = next((name, found[0][0]) for name, found in asked if found)
    what, offered = ("measure", chosen.all_measures) if name == MEASURE else (name, chosen.all_codes[name])
    if code not in {known.code for known in offered}:
        raise unlisted(card, what, code, url)
    raise MismatchError(
        card.dataset_id,
        f"the observations have the {what} code {code!r}, which is not among those asked for",
        url=url,
        todo="check the code list of the table and the codes on the card",
    )
