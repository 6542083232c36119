"""The rows of a table as they are written page after page: none is lost, and a record on two pages is found."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.database import connect
from pipelines.reading.rows_file import RowsFile
from pipelines.reading.shapes import OBSERVATIONS

# The records of each page, in the parts in which they are written; some parts have none.
PAGES = st.lists(st.lists(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 9)), max_size=3), max_size=4)
REGIONS = ("GM0193", "GM9999", "NL01")


def rows(records: list[int], page: int) -> pa.RecordBatch:
    regions = [REGIONS[record % len(REGIONS)] for record in records]
    return pa.record_batch(
        {
            "measure_code": ["M"] * len(records),
            "region_code": regions,
            "period_code": ["2025JJ00"] * len(records),
            "dims": [""] * len(records),
            "value": pa.array([float(record % 7) for record in records], pa.float64()),
            "value_text": pa.array([None] * len(records), pa.string()),
            "value_attribute": ["None"] * len(records),
            "period_status": ["Definitief"] * len(records),
            "record": pa.array(records, pa.uint64()),
            "page": pa.array([page] * len(records), pa.int32()),
        }
    ).cast(
        pa.schema(
            [
                *((name, pa.string()) for name in ("measure_code", "region_code", "period_code", "dims")),
                ("value", pa.float64()),
                *((name, pa.string()) for name in ("value_text", "value_attribute", "period_status")),
                ("record", pa.uint64()),
                ("page", pa.int32()),
            ]
        )
    )


@given(PAGES)
def test_every_row_is_there_once_with_the_bytes_of_its_page(pages: list[list[list[int]]]) -> None:
    sha256 = [f"{number:064d}" for number in range(len(pages))]
    flat = [(number, record) for number, parts in enumerate(pages) for part in parts for record in part]
    with TemporaryDirectory() as folder, connect() as con:
        file = Path(folder) / "observations.parquet"
        with RowsFile(file, "cbs/x", sha256, {"GM9999"}, con) as target:
            for number, parts in enumerate(pages):
                for part in parts:
                    target.write(rows(part, number))
            found = target.again()
        written = pl.read_parquet(file)
    assert dict(written.schema) == {name: kind() for name, kind in OBSERVATIONS.items()}
    kept = [(sha256[number], float(record % 7)) for number, record in flat if record % 3 != 1]
    assert sorted(written.select("landed_sha256", "value").rows()) == sorted(kept)
    assert (target.written, target.aside) == (len(kept), len(flat) - len(kept))
    assert target.pages == {n: count for n, parts in enumerate(pages) if (count := sum(map(len, parts)))}
    of: dict[int, set[int]] = {}
    for number, record in flat:
        of.setdefault(record, set()).add(number)
    again = [(max(on), min(on), record) for record, on in of.items() if len(on) > 1]
    assert (found and (found.second, found.first, found.record)) == (min(again) if again else None)
