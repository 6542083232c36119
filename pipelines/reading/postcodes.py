"""Postcodes of four digits and the municipalities that each lies in, counted from a file with every address.

Such a file has millions of rows, so it is unpacked and counted a piece at a time. What its columns are called and which
of them are read is up to the layout of the card; places are in `places.py`.
"""

import csv
import re
from pathlib import Path

import duckdb
import polars as pl

from pipelines.clients.budget import MOST_STREAMED_BYTES, refuse_unpacking
from pipelines.database import scanning
from pipelines.errors import SourceError
from pipelines.reading.cbs_codes import quoted
from pipelines.reading.files.sheet_facts import member_of, opened
from pipelines.reading.files.table_columns import SEPARATORS, TableOrigin, header_at, no_header, places_of
from pipelines.reading.files.values import read_region_code
from pipelines.reading.shapes import Schema
from pipelines.reading.tally import Tally
from pipelines.sources.card import SourceCard
from pipelines.sources.layout import POSTCODE, REGION, TableLayout

_CHUNK = 1 << 20
_LONGEST_LINE = 2_000
_COUNTED: Schema = {"place_code": pl.String, "region": pl.String, "addresses_count": pl.Int64, "wrong": pl.String}
_WHOLE = "[0-9]{4} ?[A-Z]{2}"


def postcode_rows(
    card: SourceCard, layout: TableLayout, url: str, body: bytes, work: Path
) -> tuple[pl.DataFrame, Tally]:
    """Count the addresses of each postcode of four digits in each municipality.

    Args:
        card: gives the boundary year.
        layout: which columns hold the whole postcode and the municipality, and which member of the zip.
        url: where the zip came from, for errors.
        body: the zip.
        work: a folder for the file that is in it.

    Returns:
        place_code and name (both the four digits), municipality_code, boundary_year and addresses_count, by postcode
        and municipality; and the addresses that were received and counted.

    Raises:
        SourceError: the zip is damaged, the file in it has other columns or other cells than the layout says.
    """
    origin = TableOrigin(card.dataset_id, url)
    file = work / "addresses.csv"
    try:
        lines = _unpack(origin, layout, body, file)
        separator, header = _header(origin, layout, file)
        at = places_of(origin, header, layout)
        of_postcode, of_region = (
            at[next(key for key, column in layout.columns.items() if column.to == to)] for to in (POSTCODE, REGION)
        )
        counted = _counted(origin, file, separator, header, of_postcode, of_region)
    finally:
        file.unlink(missing_ok=True)
    codes = {text: _municipality(origin, header[of_region], text) for text in counted["region"].unique()}
    rows = (
        counted.with_columns(pl.col("region").replace_strict(codes, return_dtype=pl.String).alias("municipality_code"))
        .group_by("place_code", "municipality_code")
        .agg(pl.col("addresses_count").sum())
        .sort("place_code", "municipality_code")
        .select(
            "place_code",
            pl.col("place_code").alias("name"),
            "municipality_code",
            pl.lit(card.boundary_year, pl.Int32).alias("boundary_year"),
            pl.col("addresses_count").cast(pl.Int32),
        )
    )
    return rows, Tally(lines - 1, int(rows["addresses_count"].sum()), {})


def _unpack(origin: TableOrigin, layout: TableLayout, body: bytes, file: Path) -> int:
    """Write the member that the layout means to a file; returns how many lines it has."""
    lines, last = 0, b"\n"
    with opened(origin, "zip", body) as archive:
        member = member_of(origin, layout.member or "*", archive.infolist())
        refuse_unpacking([member], MOST_STREAMED_BYTES)
        with archive.open(member) as source, file.open("wb") as target:
            while chunk := source.read(_CHUNK):
                target.write(chunk)
                lines, last = lines + chunk.count(b"\n"), chunk[-1:]
    return lines + (last != b"\n")


def _header(origin: TableOrigin, layout: TableLayout, file: Path) -> tuple[str, list[str]]:
    """The separator and the names in the first line."""
    with file.open("rb") as source:
        line = source.readline(_LONGEST_LINE).decode("utf-8-sig", "replace").rstrip("\r\n")
    read = {separator: next(csv.reader([line], delimiter=separator), []) for separator in SEPARATORS}
    for separator, header in read.items():
        if header_at([header], layout) == 0:
            return separator, header
    raise no_header(origin, list(read.values()), layout)


def _counted(
    origin: TableOrigin, file: Path, separator: str, header: list[str], of_postcode: int, of_region: int
) -> pl.DataFrame:
    """The rows by the first four characters of the postcode and the text of the municipality."""
    columns = ", ".join(f"'c{place}': 'varchar'" for place in range(len(header)))
    with scanning(file.parent) as con:
        try:
            rows = con.execute(
                f"""
                select left(c{of_postcode}, 4) as place_code, coalesce(c{of_region}, '') as region,
                    count(*) as addresses_count,
                    any_value(coalesce(c{of_postcode}, '')) filter (
                        not coalesce(regexp_full_match(c{of_postcode}, '{_WHOLE}'), false)
                    ) as wrong
                from read_csv({quoted(str(file))}, auto_detect = false, skip = 1, header = false,
                    delim = '{separator}', quote = '"', escape = '"', columns = {{{columns}}}, strict_mode = true,
                    buffer_size = {_CHUNK}, max_line_size = {_LONGEST_LINE})
                group by all
                """
            ).fetchall()
        except duckdb.Error as error:
            raise _broken(origin, error) from None
    counted = pl.DataFrame(rows, schema=_COUNTED, orient="row")
    wrong = counted["wrong"].drop_nulls()
    if len(wrong):
        problem = f"column {header[of_postcode]} holds {wrong.min()!r:.40}, expected a postcode such as 8011PK"
        raise origin.error(problem, "look at the file; a row that is no address has no place in it")
    return counted


def _broken(origin: TableOrigin, error: duckdb.Error) -> SourceError:
    if found := re.search(r"on Line: ([0-9]+)", str(error)):
        problem = f"row {found[1]} has other cells than the header, or a quotation mark that does not close"
        return origin.unsound(problem, "ask the source for a sound file")
    return origin.broken("CSV", error)


def _municipality(origin: TableOrigin, column: str, text: str) -> str:
    try:
        code = read_region_code(text)
    except ValueError:
        code = ""
    if not code.startswith("GM"):
        raise origin.error(f"column {column} holds {text!r:.40}, expected a municipality such as 0193", "look at it")
    return code
