"""What a client has to be: mypy checks the modules of this folder that speak a protocol against these.

Which protocol is of which kind is in `registry.py`, and nowhere else.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from pipelines.clients.description import CodeSql, Description
from pipelines.clients.http import HttpClient
from pipelines.clients.odata import Rows
from pipelines.clients.pages import State, Store
from pipelines.sources.access import CbsAccess
from pipelines.sources.card import SourceCard

R = TypeVar("R", contravariant=True)


class Client(Protocol[R]):
    """What fetches a source; `PAGES` is what its resources with rows are called in a snapshot."""

    PAGES: str

    def address(self, base: str, card: SourceCard, access: R) -> str:
        """Where a way begins: the address that is asked first, without the query; shown to people too."""
        ...

    def fetch(self, http: HttpClient, base: str, card: SourceCard, access: R, store: Store) -> State:
        """Fetch everything that the card asks for, and keep it as it came."""
        ...


class AskedClient(Client[R], Protocol[R]):
    """One that can be asked whether a source is there and when it last changed, without fetching it."""

    def probe(self, http: HttpClient, base: str, card: SourceCard, access: R) -> State:
        """Ask that, in as few requests as the protocol allows."""
        ...


class CbsClient(Client[CbsAccess], Protocol):
    """A client of tables of CBS, which describe themselves."""

    def description(self, card: SourceCard, rows: Rows) -> Description:
        """Compare a table's own metadata with the card."""
        ...

    def status_of(self, rows: Rows, body: Callable[[str], bytes]) -> str:
        """What the table says about its own status and frequency."""
        ...


class ODataClient(CbsClient, AskedClient[CbsAccess], Protocol):
    """A client of tables of CBS that come in pages of JSON, with entity sets that can be fetched without them."""

    def look(
        self, http: HttpClient, base: str, card: SourceCard, access: CbsAccess, store: Store
    ) -> tuple[State, Rows]:
        """Fetch what describes the table, and none of its figures."""
        ...

    def dimension_names(self, rows: Rows) -> list[str]:
        """What the table calls its dimensions."""
        ...

    def expected_rows(self, card: SourceCard, body: Callable[[str], bytes]) -> int | None:
        """How many rows the source counted for the request; None where it did not count."""
        ...

    def columns(self, card: SourceCard, first: dict[str, object], chosen: Description) -> list[str]:
        """The columns to read from a page, by the keys of its first row."""
        ...

    def cells_per_row(self, chosen: Description) -> int:
        """How many cells one row of a page holds."""
        ...

    def column_type(self, name: str) -> str:
        """The type in which DuckDB reads a column of a page."""
        ...

    def cells_sql(self, card: SourceCard, names: list[str], chosen: Description, cast: CodeSql) -> str:
        """SQL that turns a page (relation `page`) into cells."""
        ...


class RecordsClient(AskedClient[R], Protocol[R]):
    """A client of an API that answers with records, whose `layout` is on the card."""

    def records(self, body: bytes, access: R) -> list[dict[str, Any]]:
        """The records of a page."""
        ...
