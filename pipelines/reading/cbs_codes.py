"""The measures and codes of a table of CBS: what a page has for them, and what our rows do.

DuckDB reads them as enums, so that each text is looked up once and is a small number from there on. As such they are
dictionaries of Arrow, of which only the few entries have to be translated, and as such they go into Parquet. Belongs
here: that translation. Not here: how a page becomes cells, nor what a number is (`cbs_cells.py`).
"""

from collections.abc import Iterable
from functools import reduce

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.clients.description import MEASURE, Description
from pipelines.sources.card import SourceCard
from pipelines.sources.dimensions import TOTAL

COUNTRY = "NL01"
KEY = ("measure_code", "region_code", "period_code", "dims")


class CodeLists:
    """The code lists of one table.

    Args:
        card: whose table it is.
        chosen: the table, seen through the card.
        is_whole: whether pages also have what the card does not ask for.

    Attributes:
        columns: the column of the rows that has the codes of each column of the cells: of the measures and of every
            dimension of the card.
        decimals: SQL for the decimals of the measure of a row.
    """

    def __init__(self, card: SourceCard, chosen: Description, *, is_whole: bool) -> None:
        self._card = card
        # What our rows have for each code of the source: null for one that nobody asked for.
        self._ours: dict[str, dict[str, str | None]] = {MEASURE: {}}
        if is_whole:
            self._ours[MEASURE] = {measure.code: None for measure in chosen.all_measures}
        self._ours[MEASURE] |= {source: code for source, (code, _) in chosen.measures.items()}
        for name, codes in chosen.codes.items():
            is_added_up = card.dimensions[name].is_added_up
            self._ours[name] = {code.code: None for code in chosen.all_codes[name]} if is_whole else {}
            self._ours[name] |= {source: TOTAL if is_added_up else code for source, (code, _) in codes.items()}
        self.columns = {name: f"code_{number}" for number, name in enumerate(self._ours)}
        self._region, self._period = card.dimension("region"), card.dimension("period")
        self._others = sorted(set(card.dimensions) - {self._region, self._period})
        status = (
            {source: code.status for source, (_, code) in chosen.codes[self._period].items()} if self._period else {}
        )
        statuses = [status.get(source) for source in self._ours[self._period]] if self._period else []
        self._status = pa.array(statuses, pa.string()).dictionary_encode()
        of = {source: measure.decimals for source, (_, measure) in chosen.measures.items()}
        decimals = ", ".join(str(of.get(source, 0)) for source in self._ours[MEASURE])
        self.decimals = f"([{decimals}])[enum_code({self.columns[MEASURE]})::int + 1]"

    def create_types(self, con: duckdb.DuckDBPyConnection) -> None:
        """Create the enum of each list."""
        for name, codes in self._ours.items():
            con.execute(f"create type kind_{self.columns[name]} as enum {listed(codes)}")

    def sources(self, measure_code: str) -> list[str]:
        """What the source has for a measure."""
        return [source for source, code in self._ours[MEASURE].items() if code == measure_code]

    def cast(self, name: str, column: str) -> str:
        """SQL for a column of a page as the enum of a list; padding does not matter, and what is not listed is null."""
        kind = f"kind_{self.columns[name]}"
        return f'coalesce(try_cast("{column}" as {kind}), try_cast(trim("{column}") as {kind}))'

    def has_unlisted(self, batch: pa.RecordBatch) -> bool:
        """Whether any code of some rows is not listed."""
        return any(batch[column].null_count for column in self.columns.values())

    def rows(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Rows with our codes instead of those of the source, without those that nobody asked for."""
        indices = {name: batch[column].indices for name, column in self.columns.items()}
        ours = {name: pa.array(codes.values(), pa.string()).dictionary_encode() for name, codes in self._ours.items()}
        region, period = self._region, self._period
        found = {
            "measure_code": ours[MEASURE].take(indices[MEASURE]),
            "region_code": ours[region].take(indices[region]) if region else repeated(COUNTRY, len(batch)),
            "period_code": ours[period].take(indices[period])
            if period
            else repeated(str(self._card.only_period), len(batch)),
            "dims": self._dims(indices, len(batch)),
            "period_status": self._status.take(indices[period]) if period else pa.nulls(len(batch), pa.string()),
        }
        found |= {name: batch[name] for name in ("value", "value_text", "value_attribute", "record", "page")}
        rows = pa.RecordBatch.from_pydict(found)
        if any(rows[name].null_count for name in KEY):
            rows = rows.filter(reduce(pc.and_, (rows[name].is_valid() for name in KEY)))
        return rows

    def _dims(self, indices: dict[str, pa.Array], rows: int) -> pa.DictionaryArray:
        """The codes of the other dimensions together; each combination that occurs is spelled once."""
        if not self._others:
            return repeated("", rows)
        codes = [[*self._ours[name].values()] for name in self._others]
        number = pa.scalar(0, pa.int64())
        for name, of in zip(self._others, codes, strict=True):
            number = pc.add(pc.multiply(number, len(of)), indices[name].cast(pa.int64()))
        together = number.dictionary_encode()
        spelled = [self._spelled(one, codes) for one in together.dictionary.to_pylist()]
        return pa.array(spelled, pa.string()).dictionary_encode().take(together.indices)

    def _spelled(self, number: int, codes: list[list[str | None]]) -> str | None:
        parts = list[str]()
        for name, of in zip(reversed(self._others), reversed(codes), strict=True):
            number, at = divmod(number, len(of))
            if of[at] is None:
                return None
            parts.insert(0, f"{name}={of[at]}")
        return ";".join(parts)


def repeated(text: str, times: int) -> pa.DictionaryArray:
    """A column with the same text in every row."""
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), times), pa.array([text], pa.string()))


def listed(texts: Iterable[str]) -> str:
    """Texts as a list in SQL."""
    return f"({', '.join(map(quoted, texts))})"


def quoted(text: str) -> str:
    """A text as a literal in SQL."""
    return "'" + text.replace("'", "''") + "'"
