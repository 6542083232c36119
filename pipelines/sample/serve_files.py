"""Serves files and records: at their own addresses, in a CKAN catalogue, by HAL or WFS, by year, or as dropped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pipelines.clients.drop import folder_of
from pipelines.sources.access import (
    CkanAccess,
    DropAccess,
    FileAccess,
    Form,
    HalAccess,
    RijksfinancienAccess,
    Server,
    WfsAccess,
    server_of,
)
from pipelines.sources.card import Shape, SourceCard

from . import postcodes, registers, statistics
from .answers import Answer, Query, RefusedError, file_answer, json_answer
from .sheets import Sheet, file_bytes, layout_of

KINDS = {
    "csv": "text/csv",
    "json": "application/json",
    "zip": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FORMATS = "http://publications.europa.eu/resource/authority/file-type"
CC0 = "http://creativecommons.org/publicdomain/zero/1.0/deed.nl"
DROPPED_ON = "2026-10-20"
# What is below what was paid in a year, level by level: under which name, and by which column of the rows.
LEVELS = (("hoofdstukken", "hoofdstuk"), ("artikelen", "artikel"), ("regelingen", "regeling"))


class Files:
    """Serves every card whose rows come in files or records."""

    def __init__(self, cards: Mapping[str, SourceCard], bases: Mapping[Server, str]) -> None:
        self._bases = bases
        self._cards = [c for c in cards.values() if c.access[0].leads_to is Form.TABLE]
        self._bodies: dict[tuple[str, int], bytes] = {}
        self._made: dict[str, list[Sheet]] = {}
        self._addresses = {
            url: (card, number)
            for card in self._cards
            for access in card.access[:1]
            if isinstance(access, FileAccess)
            for number, url in enumerate(access.urls)
        }

    def has(self, url: str) -> bool:
        """Whether a card names this address."""
        return url in self._addresses

    def file(self, url: str) -> Answer:
        """The file at an address that a card names."""
        card, number = self._addresses[url]
        return self._file(card, number)

    def ckan(self, server: Server, parts: list[str], query: Query) -> Answer:
        """The response of a catalogue: a package, or one of its files."""
        if parts == ["package_show"]:
            return self._package(server, query.get("id", [""])[0])
        if parts[0] == "voorbeeld" and len(parts) == 3:
            for card in self._cards:
                if card.slug == parts[1]:
                    return self._file(card, int(parts[2].split("-")[0]))
        raise RefusedError(404, "No such file.")

    def hal(self, parts: list[str], query: Query) -> Answer:
        """A page of records, with the address of the next one."""
        for card in self._cards:
            access = card.access[0]
            if isinstance(access, HalAccess) and access.path.strip("/") == "/".join(parts):
                return self._page(card, access, query)
        raise RefusedError(404, "Not found.")

    def wfs(self, parts: list[str], query: Query) -> Answer:
        """A page of the features of one type, with the properties that were asked for."""
        asked = {name: values[0] for name, values in query.items()}
        for card in self._cards:
            access = card.access[0]
            if isinstance(access, WfsAccess) and access.feature_type == asked.get("typeNames"):
                return self._features(card, access, asked)
        return Answer(400, b"<ows:ExceptionReport/>", {"Content-Type": "application/xml"})

    def rijksfinancien(self, parts: list[str], query: Query) -> Answer:
        """The years in which ministries paid, or what they paid in one: schemes in articles in chapters."""
        card = next(c for c in self._cards if isinstance(c.access[0], RijksfinancienAccess))
        records = self._sheets(card)[0].records()
        if parts[-1] == "available_years":
            return json_answer({year: year for year in sorted({record["jaar"] for record in records})})
        of_year = [record for record in records if [record["jaar"]] == query.get("year[]")]
        if not of_year:
            raise RefusedError(404, "Not found.")
        return json_answer({"beleid": _paid("Totaal", of_year, LEVELS), "ontvangers": [], "instrumenten": []})

    def _features(self, card: SourceCard, access: WfsAccess, asked: Mapping[str, str]) -> Answer:
        records = self._sheets(card)[0].records()
        start = int(asked.get("startIndex", "0"))
        page = records[start : start + int(asked["count"])]
        features = [
            {"type": "Feature", "id": f"park.{i}", "geometry": None, "properties": {access.sort_by: i, **record}}
            for i, record in enumerate(page, start + 1)
        ]
        content = {
            "type": "FeatureCollection",
            "features": features,
            "totalFeatures": len(records),
            "numberMatched": len(records),
            "numberReturned": len(features),
            "crs": None,
        }
        return json_answer(content)

    def _file(self, card: SourceCard, number: int) -> Answer:
        kind = "zip" if layout_of(card).member else layout_of(card).format
        key = (card.dataset_id, number)
        if key not in self._bodies:
            # Requested three times: its headers, the file itself, and its headers again.
            self._bodies[key] = file_bytes(card, self._sheets(card)[number])
        return file_answer(self._bodies[key], KINDS[kind])

    def _sheets(self, card: SourceCard) -> list[Sheet]:
        if card.dataset_id not in self._made:
            self._made = {card.dataset_id: sheets_of(card)}
        return self._made[card.dataset_id]

    def _page(self, card: SourceCard, access: HalAccess, query: Query) -> Answer:
        records = self._sheets(card)[0].records()
        size, number = int(query.get("_pageSize", ["20"])[0]), int(query.get("page", ["1"])[0])
        address = f"{self._bases[access.protocol]}/{access.path}"
        embedded = [
            {"_links": {"self": {"href": f"{address}/{i}"}}, **record}
            for i, record in enumerate(records[(number - 1) * size : number * size], (number - 1) * size + 1)
        ]
        links = {"self": {"href": f"{address}?{urlencode({'_pageSize': size, 'page': number})}"}}
        if number * size < len(records):
            links["next"] = {"href": f"{address}?{urlencode({'_pageSize': size, 'page': number + 1})}"}
        content = {"_links": links, "_embedded": {access.embedded: embedded}, "page": {"number": number, "size": size}}
        return json_answer(content, "application/hal+json")

    def _package(self, server: Server, name: str) -> Answer:
        for card in self._cards:
            access = card.access[0]
            if isinstance(access, CkanAccess) and server_of(access) == server and access.package == name:
                return json_answer({"success": True, "result": self._described(card, access)})
        error = {"__type": "Not Found Error", "message": "Niet gevonden"}
        return json_answer({"success": False, "error": error}, status=404)

    def _described(self, card: SourceCard, access: CkanAccess) -> dict[str, object]:
        kind = "zip" if layout_of(card).member else layout_of(card).format
        base = self._bases[server_of(access)]
        resources = [_resource("Toelichting", "PDF", f"{base}/voorbeeld/toelichting.pdf", "2026-09-01")]
        for number, sheet in enumerate(self._sheets(card)):
            day = _day(card, sheet)
            url = f"{base}/voorbeeld/{card.slug}/{number}-{day.replace('-', '')}.{kind}"
            # A card that wants a name gives it in full.
            name = access.resources.name or f"{card.title.nl} {day}"
            resources.append(_resource(name, kind.upper(), url, day))
        return {"name": access.package, "title": card.title.nl, "license_id": CC0, "resources": resources}


def drop_files(cards: Mapping[str, SourceCard], folder: Path) -> None:
    """Put what a person would fetch into the drop folder."""
    for card in cards.values():
        if not isinstance(card.access[0], DropAccess):
            continue
        target = folder_of(str(folder), card)
        target.mkdir(parents=True, exist_ok=True)
        ending = "zip" if layout_of(card).member else layout_of(card).format
        for sheet in sheets_of(card):
            name = f"{sheet.period}__{DROPPED_ON}" if sheet.period else DROPPED_ON
            (target / f"{name}.{ending}").write_bytes(file_bytes(card, sheet))


def _paid(name: Any, records: list[dict[str, Any]], below: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """A part of what was paid in a year, with its total and the parts that it is made of."""
    (of_amounts,) = set(records[0]) - {"jaar", *(told for _, told in LEVELS)}
    amounts = [record[of_amounts] for record in records]
    # A single amount is given as it is, whatever it is.
    total = sum(amounts) if len(amounts) > 1 and all(isinstance(a, float) for a in amounts) else amounts[0]
    part: dict[str, Any] = {"naam": name, of_amounts: {records[0]["jaar"]: total}}
    if below:
        (key, told), *deeper = below
        groups = _by(told, records) if deeper else [[record] for record in records]
        part[key] = [_paid(group[0][told], group, tuple(deeper)) for group in groups]
    return part


def _by(told: str, records: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    groups: dict[Any, list[dict[str, Any]]] = {}
    for record in records:
        groups.setdefault(record[told], []).append(record)
    return list(groups.values())


def sheets_of(card: SourceCard) -> list[Sheet]:
    """The files of a card, oldest first."""
    if card.shape is Shape.PLACES:
        return [postcodes.sheet(card)]
    return registers.sheets(card) if card.shape is Shape.SUBSIDIES else statistics.sheets(card)


def _resource(name: str, kind: str, url: str, day: str) -> dict[str, object]:
    return {
        "name": name,
        "format": f"{FORMATS}/{kind}",
        # As in the national catalogue, the address of the file is in a list, and `url` is a page about it.
        "download_url": [url],
        "url": f"{url}/over",
        "license_id": CC0,
        "created": f"{day}T04:00:00",
    }


def _day(card: SourceCard, sheet: Sheet) -> str:
    """The day that a file is about, if its rows give one."""
    layout = layout_of(card)
    at = next((h for h, c in layout.columns.items() if c.to == "period" and c.reads == "day"), None)
    if at is None:
        return str(card.ended.since) if card.ended else DROPPED_ON
    day, month, year = str(sheet.rows[0][sheet.header.index(at)]).split("-")
    return f"{year}-{month}-{day}"
