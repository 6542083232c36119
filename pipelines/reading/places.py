"""Places and the municipality of each, from the cells of a CBS table of texts.

The names of its columns differ by protocol and by year, so the municipality column is recognised by the codes in it.
"""

from pathlib import Path

import duckdb

from pipelines.errors import MismatchError
from pipelines.reading.shapes import ROWS_IN
from pipelines.sources.card import SourceCard

MUNICIPALITY = "GM[0-9]{4}"


def write_places(con: duckdb.DuckDBPyConnection, card: SourceCard, folder: Path) -> int:
    """Write `places.parquet` from the relations `rows` and `codes` of a table that was read.

    Args:
        con: where those relations are.
        card: the card of the table.
        folder: gets the file.

    Returns:
        The number of places.

    Raises:
        MismatchError: a place is in no municipality, or in several.
    """
    con.execute(
        f"""
        create or replace temp view places as
        select '{card.dataset_id}' as dataset_id, codes.code as place_code, codes.title as name,
            rows.value_text as municipality_code, cast({card.boundary_year} as integer) as boundary_year,
            null::integer as addresses_count, rows.landed_sha256
        from codes
        left join rows on rows.region_code = codes.code and regexp_full_match(rows.value_text, '{MUNICIPALITY}')
        """
    )
    wrong = con.execute(
        "select place_code, any_value(name), count(municipality_code) from places"
        " group by place_code having count(municipality_code) <> 1 order by place_code limit 1"
    ).fetchone()
    if wrong:
        code, name, times = wrong
        raise MismatchError(
            card.dataset_id,
            f"place {code} ({name}) is in {times} municipalities, expected one text such as GM0363 in its columns",
            todo="look at the columns of the table; a table without municipality codes cannot be read as `places`",
        )
    file = str(folder / f"{ROWS_IN[card.shape]}.parquet").replace("'", "''")
    con.execute(f"copy (from places order by place_code) to '{file}' (format parquet, compression zstd)")
    row = con.execute("select count(*) from places").fetchone()
    return int(row[0]) if row else 0
