"""CBS bulk CSV: a whole table as one zip, in the terms of OData v4 but with a decimal comma (datasets.cbs.nl/csv).

Fetched by cards that keep a table whole, or nearly so; what such a card does not ask for is left out while reading.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from pipelines.clients import cbs_odata4
from pipelines.clients.budget import MOST_STREAMED_BYTES, opened_zip, refuse_unpacking
from pipelines.clients.description import MEASURE, CodeSql, Description
from pipelines.clients.http import HttpClient
from pipelines.clients.odata import Rows
from pipelines.clients.pages import State, Store
from pipelines.errors import SourceError
from pipelines.sources.access import CbsAccess
from pipelines.sources.card import TEXTS, SourceCard

PAGES = "zip"
_OBSERVATIONS = "Observations.csv"
_CHUNK = 1 << 20
# What describes a table, which is read into memory; no table has a tenth of it.
_MOST_METADATA_BYTES = 20_000_000
# The errors of Python for a zip that is damaged, or that it cannot read.
_DAMAGE = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError)


def address(base: str, card: SourceCard, access: CbsAccess) -> str:
    """Where the zip is."""
    return f"{base}/{card.table}"


def fetch(http: HttpClient, base: str, card: SourceCard, access: CbsAccess, store: Store) -> State:
    """Fetch the zip of a table.

    Returns:
        The `Modified` in its own Properties.

    Raises:
        NotThereError: there is no zip of this table.
        SourceError: the answer is not a zip, or not one of a table.
    """
    url = address(base, card, access)
    body, rows = http.get(card.dataset_id, url, received, accept="application/zip, */*")
    store.keep(f"{PAGES}/00000", url, body)
    return State(cbs_odata4.modified_of(card, rows("Properties")[0]))


def received(body: bytes) -> Rows:
    """Check every byte of a zip as it arrives; what has landed is not checked again.

    Returns:
        Its metadata.

    Raises:
        ValueError: it is not a zip, it is damaged, or a member that every table has is missing.
    """
    rows = metadata(body)
    try:
        with opened_zip(body) as archive:
            refuse_unpacking(archive.infolist(), MOST_STREAMED_BYTES)
            damaged = archive.testzip()
    except _DAMAGE as error:
        raise ValueError(f"expected a whole zip, found something else ({error!s:.80})") from None
    if damaged is not None:
        raise ValueError(f"expected a whole zip, found {damaged} damaged")
    return rows


def metadata(body: bytes) -> Rows:
    """The small members of the zip as rows, by the name of the entity set.

    Raises:
        ValueError: it is not a zip, one of these members is damaged, or a member that every table has is missing.
    """
    try:
        with opened_zip(body) as archive:
            names = set(archive.namelist())
            needed = {"Properties.csv", "Dimensions.csv", "MeasureCodes.csv", _OBSERVATIONS}
            if missing := needed - names:
                raise ValueError(f"expected a zip with {sorted(needed)}, found one without {sorted(missing)}")
            small = [m for m in archive.infolist() if m.filename.endswith(".csv") and m.filename != _OBSERVATIONS]
            refuse_unpacking(small, _MOST_METADATA_BYTES)
            texts = {m.filename.removesuffix(".csv"): archive.read(m).decode("utf-8-sig") for m in small}
    except _DAMAGE as error:
        raise ValueError(f"expected a whole zip, found something else ({error!s:.80})") from None

    def rows(name: str) -> list[dict[str, str | None]]:
        try:
            found = list(csv.DictReader(io.StringIO(texts[name], newline=""), delimiter=";"))
        except csv.Error as error:
            raise ValueError(f"{name}.csv in the zip is not a CSV ({error})") from None
        return [{key: value or None for key, value in row.items()} for row in found]

    if not rows("Properties"):
        raise ValueError("expected a row in Properties.csv of the zip, found none")
    return rows


def description(card: SourceCard, rows: Rows) -> Description:
    """Compare the metadata of the zip, which is in the terms of OData v4, with the card."""
    return cbs_odata4.description(card, rows)


def status_of(rows: Rows, body: Callable[[str], bytes]) -> str:
    """What the table says about itself: `Regulier`, or `Gediscontinueerd` and `Stopgezet` for one that has ended."""
    properties = rows("Properties")[0]
    return " ".join(str(properties.get(k) or "") for k in ("Status", "VersionReason", "Frequency"))


def unpack(card: SourceCard, body: bytes, file: Path, url: str) -> None:
    """Write the observations of the zip to a file, a piece at a time.

    Raises:
        SourceError: they cannot be unpacked, or do not match their checksum.
    """
    with file.open("wb") as target:
        for chunk in _observations(card, body, url):
            target.write(chunk)


def _observations(card: SourceCard, body: bytes, url: str) -> Iterator[bytes]:
    try:
        with opened_zip(body) as archive, archive.open(_OBSERVATIONS) as source:
            refuse_unpacking([archive.getinfo(_OBSERVATIONS)], MOST_STREAMED_BYTES)
            while chunk := source.read(_CHUNK):
                yield chunk
    except (ValueError, *_DAMAGE) as error:
        raise SourceError(
            card.dataset_id,
            f"{_OBSERVATIONS} in the zip of the table cannot be unpacked ({error!s:.80}), expected a whole zip",
            url=url,
            todo="fetch the table again: run --from live",
        ) from None


def check_columns(card: SourceCard, names: list[str], rows: Rows, url: str) -> None:
    """Check the columns of the observations against those of the protocol.

    Raises:
        SourceError: one is missing, or one too many.
    """
    expected = {"Id", "Measure", "Value", "ValueAttribute", *cbs_odata4.dimension_names(rows)}
    if set(names) - {"StringValue"} != expected:
        raise SourceError(
            card.dataset_id,
            f"{_OBSERVATIONS} has the columns {sorted(names)}, expected {sorted(expected)} and perhaps StringValue",
            url=url,
        )


def check_count(card: SourceCard, found: int, rows: Rows, url: str) -> None:
    """Check the number of observations against the count of the table.

    Raises:
        SourceError: there are more or fewer.
    """
    counted = rows("Properties")[0].get("ObservationCount")
    if counted and int(str(counted)) != found:
        raise SourceError(
            card.dataset_id,
            f"{_OBSERVATIONS} has {found} rows, expected the {counted} that Properties counts",
            url=url,
            todo="run again; part of a table is never accepted as the whole",
        )


def cells_sql(card: SourceCard, names: list[str], chosen: Description, cast: CodeSql) -> str:
    """SQL that turns the observations (relation `page`) into cells as OData v4 does, whether asked for or not."""
    text = "coalesce(nullif(trim(StringValue), ''), trim(Value))" if "StringValue" in names else "trim(Value)"
    listed = {MEASURE: "Measure", **chosen.wire}
    codes = ", ".join(f'{cast(name, on_wire)} as "{name}"' for name, on_wire in listed.items())
    if card.shape not in TEXTS:
        text = f"nullif(replace({text}, ',', '.'), '')"
    return (
        f"select {codes}, null as record, 0 as page_number, null as number, {text} as text,"
        " coalesce(nullif(ValueAttribute, ''), 'None') as mark from page"
    )
