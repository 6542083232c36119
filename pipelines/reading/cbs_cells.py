"""The cells of a page of CBS as rows, in SQL: which code each stands for, and which number.

Belongs here: the SQL that every protocol of CBS shares, over the relations `cells`, `measures` and `codes`. Not here:
how a page becomes cells (`pipelines.clients`), nor where its rows go (`cbs.py`).
"""

from collections.abc import Iterable

import duckdb

from pipelines.clients.description import Description, unlisted
from pipelines.errors import MismatchError
from pipelines.sources.card import TEXTS, SourceCard
from pipelines.sources.dimensions import TOTAL

COUNTRY = "NL01"


def rows_sql(card: SourceCard) -> str:
    """SQL that turns the relation `cells` of a page into rows, one per cell, each with its record and its page.

    What matches no code of the source becomes null.
    """
    alias = {name: f"d{i}" for i, name in enumerate(card.dimensions)}
    region, period = card.dimension("region"), card.dimension("period")
    others = sorted(set(card.dimensions) - {region, period})
    # A code that nobody asked for is null and stays so, also where all codes become one.
    codes = {
        name: f"if({alias[name]}.code is not null, '{TOTAL}', null)"
        if card.dimensions[name].is_added_up
        else f"{alias[name]}.code"
        for name in others
    }
    dims = " || ';' || ".join(f"'{name}=' || {codes[name]}" for name in others) or "''"
    joins = " ".join(
        f"""left join codes as {a} on {a}.dimension = '{name}' and {a}.source_code = c."{name}" """
        for name, a in alias.items()
    )
    number_pattern = "regexp_full_match(c.text, '-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?')"
    mark = "coalesce(c.mark, 'None')"
    no_figure = [
        f"(m.measure_code = {quoted(m.code)} and try_cast(c.text as double) = {m.no_figure})"
        for m in card.measures
        if m.no_figure is not None
    ]
    is_none = " or ".join(no_figure) or "false"
    if card.shape in TEXTS:
        values = f"null as value, c.text as value_text, {mark} as value_attribute"
    else:
        # Text where a number is expected becomes the mark, which the wire check does not know.
        values = f"""
            case when {is_none} then null when {number_pattern} then {unrounded("c.text", "m.decimals")} end as value,
            null as value_text,
            case when {is_none} then '.' when c.text is not null and not {number_pattern} then c.text else {mark}
            end as value_attribute"""
    return f"""
        select m.measure_code,
            {f"{alias[region]}.code" if region else f"'{COUNTRY}'"} as region_code,
            {f"{alias[period]}.code" if period else f"'{card.only_period}'"} as period_code,
            {dims} as dims, {values}, {f"{alias[period]}.status" if period else "null"} as period_status,
            cast(c.record as ubigint) as record, c.page_number as page
        from cells as c
        left join measures as m on m.source_code = c.measure_source
        {joins}
    """


def unrounded(text: str, decimals: str) -> str:
    """SQL for a number as published: v3 sends some as single precision (7888.2001953125 for 7888.2).

    Only a text that has more decimals than the table and is exactly a single becomes its shortest spelling.
    """
    single = f"cast({text} as float)"
    return (
        f"case when length(split_part({text}, '.', 2)) > {decimals}"
        f" and cast({single} as double) = cast({text} as double)"
        f" then cast(cast({single} as varchar) as double) else cast({text} as double) end"
    )


def refuse_unknown(con: duckdb.DuckDBPyConnection, card: SourceCard, chosen: Description) -> None:
    """Raise the error that names the first code of the relation `cells` that nobody asked for.

    Raises:
        MismatchError: always; the table has no such code, or it is not among those asked for.
    """
    bad = [
        "select 'measure' as what, measure_source as code from cells"
        " where measure_source is null or measure_source not in (select source_code from measures)"
    ]
    bad += [
        f"""select '{name}', "{name}" from cells
        where "{name}" is null or "{name}" not in (select source_code from codes where dimension = '{name}')"""
        for name in card.dimensions
    ]
    # One after another: in parallel each would hold a part of the page in memory.
    what, code = next(found[0] for sql in bad if (found := con.execute(f"{sql} limit 1").fetchall()))
    offered = chosen.all_measures if what == "measure" else chosen.all_codes[what]
    if code not in {known.code for known in offered}:
        raise unlisted(card, what, code)
    raise MismatchError(
        card.dataset_id,
        f"the observations have the {what} code {code!r}, which is not among those asked for",
        todo="check the code list of the table and the codes on the card",
    )


def listed(texts: Iterable[str]) -> str:
    """Texts as a list in SQL."""
    return f"({', '.join(map(quoted, texts))})"


def quoted(text: str) -> str:
    """A text as a literal in SQL."""
    return "'" + text.replace("'", "''") + "'"
