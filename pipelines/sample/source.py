"""A source that answers CBS addresses with the sample, in the wire formats of OData v4 and v3."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from .key_figures import regional_key_figures
from .odata import QueryError, matching, selected, window
from .tables_v3 import areas, employee_jobs, registered_crime
from .tables_v4 import V4Table, establishments
from .v3 import V3Table

V4_PAGE = 100_000
V3_PAGE = 10_000
BOM = b"\xef\xbb\xbf"
ATOM = b'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"/>'
Answer = tuple[int, bytes]

TABLES_V4: dict[str, Callable[[], V4Table]] = {"81575NED": establishments}
TABLES_V3: dict[str, Callable[[], V3Table]] = {
    "70072ned": regional_key_figures,
    "83648NED": registered_crime,
    "83583NED": employee_jobs,
    "82949NED": lambda: areas("82949NED", 2015, "2015-06-01T02:00:00"),
    "83287NED": lambda: areas("83287NED", 2016, "2016-06-01T02:00:00"),
    "86247NED": lambda: areas("86247NED", 2026, "2026-02-20T02:00:00"),
}


class _RefusedError(Exception):
    """A request the source refuses, with the HTTP status it answers."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _json(payload: Mapping[str, Any]) -> Answer:
    return 200, json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def _address(url: str, query: Mapping[str, str], more: Mapping[str, str]) -> str:
    options = {**query, **more}
    return url + "?" + "&".join(f"{quote(name, safe='$')}={quote(value)}" for name, value in options.items())


def _next(url: str, query: Mapping[str, str], page: int) -> str:
    more = {"$skip": str(int(query.get("$skip", "0")) + page)}
    if "$top" in query:
        more["$top"] = str(int(query["$top"]) - page)
    return _address(url, query, more)


class SampleSource:
    """Answers every address under the two base URLs as CBS does; tables are made when first asked for."""

    def __init__(self, v4_url: str, v3_url: str) -> None:
        self.v4_url = v4_url.rstrip("/")
        self.v3_url = v3_url.rstrip("/")
        self._made: dict[str, V4Table | V3Table] = {}

    def respond(self, url: str) -> Answer:
        """HTTP status and body for a GET of this address; a refusal has the source's own error body."""
        parts = urlsplit(url)
        path = unquote(url.split("?")[0])
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        is_v4 = (path + "/").startswith(self.v4_url + "/")
        try:
            if is_v4:
                return self._v4(path[len(self.v4_url) :].strip("/").split("/"), query)
            if (path + "/").startswith(self.v3_url + "/"):
                return self._v3(path[len(self.v3_url) :].strip("/").split("/"), query)
            raise _RefusedError(404, f"No sample for the address {path}.")
        except (_RefusedError, QueryError) as error:
            return self._refusal(error, is_v4)

    @staticmethod
    def _refusal(error: Exception, is_v4: bool) -> Answer:
        status = error.status if isinstance(error, _RefusedError) else 400
        code = "NotFound" if status == 404 else ""
        if is_v4:
            payload: dict[str, Any] = {"error": {"code": code, "message": str(error), "details": []}}
        else:
            payload = {"odata.error": {"code": code, "message": {"lang": "nl-NL", "value": str(error)}}}
        return status, _json(payload)[1]

    def _v4(self, parts: list[str], query: dict[str, str]) -> Answer:
        table = self._made.get(parts[0]) or self._make(parts[0], TABLES_V4)
        if not isinstance(table, V4Table):
            raise _RefusedError(404, f"Resource not found for the segment '{parts[0]}'.")
        base = f"{self.v4_url}/{table.id}"
        context = f"{base}/$metadata"
        if len(parts) == 1:
            names = [*table.sets, "Properties"]
            kinds = {"Properties": "Singleton"}
            value = [{"name": n, "kind": kinds.get(n, "EntitySet"), "url": n} for n in names]
            return _json({"@odata.context": context, "value": value})
        name = parts[1]
        if name == "Properties" and len(parts) == 2:
            return _json({"@odata.context": f"{context}#Properties", **table.properties})
        if name not in table.sets or parts[2:] not in ([], ["$count"]):
            raise _RefusedError(404, f"Resource not found for the segment '{parts[-1]}'.")
        rows = matching(table.sets[name], query)
        if parts[2:]:
            return 200, BOM + str(len(rows)).encode()
        wanted = window(rows, query)
        payload: dict[str, Any] = {"@odata.context": f"{context}#{name}"}
        if query.get("$count") == "true":
            payload["@odata.count"] = len(rows)
        payload["value"] = selected(wanted[:V4_PAGE], query)
        if len(wanted) > V4_PAGE:
            payload["@odata.nextLink"] = _next(f"{base}/{name}", query, V4_PAGE)
        return _json(payload)

    def _v3(self, parts: list[str], query: dict[str, str]) -> Answer:
        service = parts[0].lower()
        if service not in ("odataapi", "odatafeed") or len(parts) not in (3, 4) or parts[1].lower() != "odata":
            raise _RefusedError(404, "No such path.")
        table = self._made.get(parts[2]) or self._make(parts[2], TABLES_V3)
        if not isinstance(table, V3Table):
            raise _RefusedError(404, f"Resource not found for the segment '{parts[2]}'.")
        if service == "odatafeed" and query.get("$format") != "json":
            return 200, ATOM
        base = "/".join((self.v3_url, *parts[:3]))
        if len(parts) == 3:
            value = [{"name": n, "url": f"{base}/{n}"} for n in table.sets]
            return _json({"odata.metadata": f"{base}/$metadata", "value": value})
        name = parts[3]
        if name not in table.sets:
            raise _RefusedError(404, f"Resource not found for the segment '{name}'.")
        wanted = window(matching(table.sets[name], query), query)
        if service == "odataapi" and len(wanted) > V3_PAGE:
            raise _RefusedError(500, "The query returns more than 10000 records.")
        payload: dict[str, Any] = {
            "odata.metadata": f"{base}/$metadata#{name}",
            "value": selected(wanted[:V3_PAGE], query),
        }
        if len(wanted) > V3_PAGE:
            payload["odata.nextLink"] = _next(f"{base}/{name}", query, V3_PAGE)
        return _json(payload)

    def _make(self, table_id: str, makers: Mapping[str, Callable[[], V4Table | V3Table]]) -> V4Table | V3Table | None:
        if table_id in makers:
            self._made[table_id] = makers[table_id]()
        return self._made.get(table_id)
