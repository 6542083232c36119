"""The rows of a table as they are read, one page after another, in one Parquet file.

Belongs here: writing pages in their order, and what has to be known of all pages together: how many rows there are, and
that no record is on two of them. Not here: how a page is read (`cbs.py`).
"""

from collections import Counter
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.reading.shapes import OBSERVATIONS

# Arrow's own allocator keeps what the largest page took, for each thread.
pa.set_memory_pool(pa.system_memory_pool())

# Few texts occur, each in many rows: they are written as codes.
_TEXT = pa.dictionary(pa.int32(), pa.string())
_TYPES = {"value": pa.float64(), "value_text": pa.string()}
_SCHEMA = pa.schema([(name, _TYPES.get(name, _TEXT)) for name in OBSERVATIONS])
# Nearly every number is another one. To find the first and last of many regions takes as long as to write the rest.
_AS_CODES = [name for name in OBSERVATIONS if name != "value"]
_WITH_BOUNDS = [name for name in OBSERVATIONS if name != "region_code"]
_ONE = pa.scalar(1, pa.uint64())


class Again(NamedTuple):
    """A record that is on two pages: its number, and the pages, counted from 0."""

    record: int
    first: int
    second: int


class RowsFile:
    """The rows of one table, in `file` when it is closed.

    Attributes:
        written: how many rows there are.
        aside: how many were left out, because their region is none.
        pages: how many rows each page had, by its number, those that were left out included.

    Args:
        file: the Parquet, in the one row shape.
        dataset_id: the id of the table's card.
        landed_sha256: of the bytes of each page.
        remainders: the codes among its regions that are no regions.
        con: where the numbers of the records are kept, on disk if there are many.
    """

    def __init__(
        self,
        file: Path,
        dataset_id: str,
        landed_sha256: list[str],
        remainders: Collection[str],
        con: duckdb.DuckDBPyConnection,
    ) -> None:
        self.written = self.aside = 0
        self.pages: Counter[int] = Counter()
        self._dataset_id, self._landed = pa.array([dataset_id]), pa.array(landed_sha256, pa.string())
        self._remainders = pa.array(sorted(remainders), pa.string())
        # Of its own: the rows to write may be the answer to a query that goes on.
        self._con = con.cursor()
        # As text for every reader, although it is written as codes.
        self._writer = pq.ParquetWriter(
            file,
            _SCHEMA,
            compression="zstd",
            use_dictionary=_AS_CODES,
            write_statistics=_WITH_BOUNDS,
            store_schema=False,
            memory_pool=pa.system_memory_pool(),
        )
        # Writing takes no time from reading, as far as there are two processors.
        self._writing = ThreadPoolExecutor(1)
        self._pending: Future[None] | None = None
        self._first: dict[int, int] = {}
        self._last: dict[int, int] = {}
        # Numbers that follow one another, of which the first and last say all: those of most tables.
        self._runs = list[tuple[int, int, int]]()
        self._con.execute("create or replace table records (record ubigint, page integer)")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._wait()
        finally:
            self._writing.shutdown()
            self._writer.close()
            self._con.close()

    def write(self, rows: pa.RecordBatch) -> None:
        """Add rows of one page.

        They have the key columns, value, value_text, value_attribute, period_status, record and page, from 0. No key is
        null; `record` is null where the source does not number them. Texts may be dictionaries.
        """
        if not rows.num_rows:
            return
        records = self._note_records(rows)
        regions = _as_codes(rows["region_code"])
        is_aside = pc.is_in(regions.dictionary, self._remainders)
        kept = rows
        if is_aside.true_count:
            kept = rows.filter(pc.invert(is_aside.take(regions.indices)))
        self.written += kept.num_rows
        self.aside += rows.num_rows - kept.num_rows
        self._wait()
        self._pending = self._writing.submit(self._write, kept, records)

    def _wait(self) -> None:
        """See what was handed over be written, or raise what went wrong."""
        if self._pending:
            self._pending.result()

    def _write(self, rows: pa.RecordBatch, records: pa.Table | None) -> None:
        if records is not None:
            self._con.register("noted", records)
            self._con.execute("insert into records from noted where record is not null")
            self._con.unregister("noted")
        columns = [
            pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), rows.num_rows), self._dataset_id),
            *(
                _as_codes(rows[field.name]) if field.type == _TEXT else rows[field.name].cast(field.type)
                for field in list(_SCHEMA)[1:-1]
            ),
            pa.DictionaryArray.from_arrays(rows["page"].cast(pa.int32()), self._landed),
        ]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=_SCHEMA))

    def again(self) -> Again | None:
        """The first record that is on two pages, whatever the source counts; None where each is on one."""
        self._wait()
        ends = sorted((self._first[page], self._last[page]) for page in self._first)
        # Numbers that go on from page to page need no further look.
        if all(last < first for (_, last), (first, _) in pairwise(ends)):
            return None
        for page, first, last in self._runs:
            numbered = "select $first::ubigint + unnest(range($count))::ubigint, $page"
            asked = {"first": first, "count": last - first + 1, "page": page}
            self._con.execute(f"insert into records {numbered}", asked)
        found = self._con.execute(
            "select record, min(page), max(page) from records group by record having min(page) < max(page)"
            " order by 3, 2, 1 limit 1"
        ).fetchone()
        return Again(*map(int, found)) if found else None

    def _note_records(self, rows: pa.RecordBatch) -> pa.Table | None:
        """Count the rows, and note their numbers where the first and last say all; returns what is still to note."""
        page, records = rows["page"][0].as_py(), rows["record"]
        self.pages[page] += rows.num_rows
        first, last = pc.min_max(records).values()
        if not first.is_valid:
            return None
        first, last = first.as_py(), last.as_py()
        self._first[page] = min(first, self._first.get(page, first))
        self._last[page] = max(last, self._last.get(page, last))
        if not records.null_count and pc.all(pc.equal(pc.subtract(records[1:], records[:-1]), _ONE)).as_py():
            self._runs.append((page, first, last))
            return None
        return pa.Table.from_batches([rows.select(["record", "page"])])


def _as_codes(texts: pa.Array) -> pa.DictionaryArray:
    codes = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
    return codes.cast(_TEXT)
