"""Serves CBS tables: OData v4, OData v3 and the zip of a whole table; each table is available in one or two ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any, TypeVar
from urllib.parse import quote

from pipelines.sources.access import Form, Protocol, Server, server_of
from pipelines.sources.card import Shape, SourceCard

from .answers import Answer, RefusedError, file_answer, json_answer
from .areas import areas
from .bulk import zip_of
from .cbs_v3 import V3Table, v3_table
from .cbs_v4 import V4Table, v4_table
from .odata import ODataQueryError, matching, selected, window
from .places import places

V4_PAGE = 100_000
V3_PAGE = 10_000
BOM = b"\xef\xbb\xbf"
ATOM = b'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"/>'
# What the sample does not have on v4, so that the second way is used; the tables of regions are not there either.
ONLY_V3 = {"83648NED"}
KEPT = 4
CbsQuery = dict[str, str]
T = TypeVar("T")


class Cbs:
    """Serves everything below the addresses of CBS; tables are made when first requested."""

    def __init__(self, cards: Mapping[str, SourceCard], bases: Mapping[Server, str]) -> None:
        self._cards = {
            table: card.of_table(table)
            for card in cards.values()
            if card.access[0].leads_to is Form.CBS_TABLE
            for table in card.table_ids
        }
        self._bases = bases
        self._made: dict[str, Any] = {}
        self._lock = RLock()

    def v4(self, parts: list[str], query: CbsQuery) -> Answer:
        """The response to a GET below the address of OData v4."""
        try:
            return self._v4(parts, query)
        except (RefusedError, ODataQueryError) as error:
            status, code = _status(error)
            return json_answer({"error": {"code": code, "message": str(error), "details": []}}, status=status)

    def v3(self, server: Server, parts: list[str], query: CbsQuery) -> Answer:
        """The response to a GET below a host of OData v3."""
        try:
            return self._v3(server, parts, query)
        except (RefusedError, ODataQueryError) as error:
            status, code = _status(error)
            message = {"lang": "nl-NL", "value": str(error)}
            return json_answer({"odata.error": {"code": code, "message": message}}, status=status)

    def bulk(self, parts: list[str], query: CbsQuery) -> Answer:
        """The response to a GET below the address of the zips, those of the tables whose card uses them."""
        card = self._cards.get(parts[0])
        if card is None or access_of(card) is not Protocol.CBS_BULK or len(parts) > 1:
            raise RefusedError(404, "There is no such file.")
        body = self._once(f"zip {card.table}", lambda: zip_of(self._v4_table(card.table)))
        return file_answer(body, "application/zip")

    def _v4_table(self, table_id: str) -> V4Table:
        card = self._cards.get(table_id)
        if card is None or access_of(card) is Protocol.CBS_ODATA3:
            raise RefusedError(404, f"Resource not found for the segment '{table_id}'.")
        return self._once(f"v4 {table_id}", lambda: places(card) if card.places else v4_table(card))

    def _v3_table(self, server: Server, table_id: str) -> V3Table:
        card = self._cards.get(table_id)
        if card is None or access_of(card) is not Protocol.CBS_ODATA3 or _v3_server(card) is not server:
            raise RefusedError(404, f"Resource not found for the segment '{table_id}'.")
        return self._once(f"v3 {table_id}", lambda: areas(card) if card.shape is Shape.REGIONS else v3_table(card))

    def _once(self, key: str, make: Callable[[], T]) -> T:
        # Tables are large, and a client requests one after another.
        with self._lock:
            if key not in self._made:
                made = make()
                for old in list(self._made)[: max(0, len(self._made) - KEPT + 1)]:
                    del self._made[old]
                self._made[key] = made
            found: T = self._made[key]
            return found

    def _v4(self, parts: list[str], query: CbsQuery) -> Answer:
        table = self._v4_table(parts[0])
        base = f"{self._bases[Protocol.CBS_ODATA4]}/{table.id}"
        context = f"{base}/$metadata"
        if len(parts) == 1:
            value = [
                {"name": n, "kind": "Singleton" if n == "Properties" else "EntitySet", "url": n}
                for n in (*table.sets, "Properties")
            ]
            return json_answer({"@odata.context": context, "value": value})
        name = parts[1]
        if name == "Properties" and len(parts) == 2:
            return json_answer({"@odata.context": f"{context}#Properties", **table.properties})
        if name not in table.sets or parts[2:] not in ([], ["$count"]):
            raise RefusedError(404, f"Resource not found for the segment '{parts[-1]}'.")
        rows = matching(table.sets[name], query)
        if parts[2:]:
            return Answer(200, BOM + str(len(rows)).encode(), {"Content-Type": "text/plain"})
        wanted = window(rows, query)
        content: dict[str, Any] = {"@odata.context": f"{context}#{name}"}
        if query.get("$count") == "true":
            content["@odata.count"] = len(rows)
        content["value"] = selected(wanted[:V4_PAGE], query)
        if len(wanted) > V4_PAGE:
            content["@odata.nextLink"] = _next(f"{base}/{name}", query, V4_PAGE)
        return json_answer(content)

    def _v3(self, server: Server, parts: list[str], query: CbsQuery) -> Answer:
        service = parts[0].lower()
        if service not in ("odataapi", "odatafeed") or len(parts) not in (3, 4) or parts[1].lower() != "odata":
            raise RefusedError(404, "No such path.")
        table = self._v3_table(server, parts[2])
        if service == "odatafeed" and query.get("$format") != "json":
            return Answer(200, ATOM, {"Content-Type": "application/atom+xml"})
        base = "/".join((self._bases[server], *parts[:3]))
        if len(parts) == 3:
            value = [{"name": n, "url": f"{base}/{n}"} for n in table.sets]
            return json_answer({"odata.metadata": f"{base}/$metadata", "value": value})
        name = parts[3]
        if name not in table.sets:
            raise RefusedError(404, f"Resource not found for the segment '{name}'.")
        wanted = window(matching(table.sets[name], query), query)
        if service == "odataapi" and len(wanted) > V3_PAGE:
            raise RefusedError(500, "The query returns more than 10000 records.")
        content: dict[str, Any] = {
            "odata.metadata": f"{base}/$metadata#{name}",
            "value": selected(wanted[:V3_PAGE], query),
        }
        if len(wanted) > V3_PAGE:
            content["odata.nextLink"] = _next(f"{base}/{name}", query, V3_PAGE)
        return json_answer(content)


def access_of(card: SourceCard) -> Protocol:
    """The protocol of a CBS table in the sample: the first one on the card, or v3 for tables that are only there."""
    if card.shape is Shape.REGIONS or card.table in ONLY_V3:
        return Protocol.CBS_ODATA3
    return card.access[0].protocol


def _v3_server(card: SourceCard) -> Server:
    """The host of its table: that of CBS's own, unless a way of the card names another."""
    ways = (access for access in card.access if access.protocol is Protocol.CBS_ODATA3)
    return next(map(server_of, ways), Protocol.CBS_ODATA3)


def _status(error: Exception) -> tuple[int, str]:
    status = error.status if isinstance(error, RefusedError) else 400
    return status, "NotFound" if status == 404 else ""


def _next(url: str, query: CbsQuery, page: int) -> str:
    more = {"$skip": str(int(query.get("$skip", "0")) + page)}
    if "$top" in query:
        more["$top"] = str(int(query["$top"]) - page)
    return url + "?" + "&".join(f"{quote(name, safe='$')}={quote(value)}" for name, value in (query | more).items())
