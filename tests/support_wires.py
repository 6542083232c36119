"""A source of every protocol that the sample can change: real cards with a single way to their source each.

What is changed is what the sample has, before it is put into the form of a protocol: so counts, pages and descriptions
go with it.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from pipelines.sample import serve_cbs, serve_eurostat, serve_files, serve_ogc
from pipelines.sample.answers import Answer, json_answer
from pipelines.sample.over_http import with_files_on_server
from pipelines.settings import CARDS
from pipelines.sources.access import Access, OpendatasoftAccess, Protocol
from pipelines.sources.card import SourceCard, load_cards

Row = dict[str, Any]
Place = tuple[str | int, ...]
ALL = load_cards(CARDS)
PAGE = 100
# Of the rows that the sample has, at most so many are used, and of those so many parts of ten are there.
MOST, FEW, SOME, MANY = 280, 6, 8, 10
SPOILED = 10
PORTAL = "/opendatasoft/api"


@dataclass(frozen=True)
class Change:
    """How what a source has is not as it was: how many rows of ten, another cell in some, a column renamed."""

    rows: int = SOME
    cell: tuple[str, Any] | None = None
    renamed: bool = False


AS_IT_WAS = Change()


@dataclass(frozen=True)
class Wire:
    """A source with a single way to it.

    Attributes:
        card: which real card.
        protocol: the way.
        cells: where in a row a number, a mark and a code stand, as far as rows have them.
        column: what a column or dimension is called that gets another name.
        rows_at: the addresses of the answers with rows; empty where the first answer has them already.
        is_paged: whether its rows come in pages that belong together.
        access: the way, where it is not one of the card's own.
    """

    card: str
    protocol: Protocol
    cells: dict[str, Place]
    column: str
    rows_at: str = ""
    is_paged: bool = False
    access: Access | None = None

    def card_for(self, base: str) -> SourceCard:
        """The card with this way alone, believed to be right, and its addresses on a server."""
        card = ALL[self.card]
        access = self.access or next(access for access in card.access if access.protocol is self.protocol)
        changes: dict[str, Any] = {"certainty": "recorded"}
        if isinstance(access, OpendatasoftAccess):
            changes["host"] = f"{base}/opendatasoft"
        elif self.protocol is Protocol.HAL:
            changes["page_size"] = PAGE
        alone = card.model_copy(update={"access": (access.model_copy(update=changes),), "ended": None})
        return with_files_on_server({self.card: alone}, base)[self.card]


_FIGURE: dict[str, Place] = {"number": ("Value",), "mark": ("ValueAttribute",)}
_GRANT: dict[str, Place] = {"number": ("bedragVerleend",), "mark": ("bedragVerleend",)}
_SHEET: dict[str, Place] = {"number": ("Bedrag",), "mark": ("Bedrag",)}


def _portal(version: str) -> OpendatasoftAccess:
    return OpendatasoftAccess.model_validate(
        {"protocol": "opendatasoft", "host": "http://portal.example", "dataset": "subsidies", "version": version}
    )


WIRES: dict[str, Wire] = {
    "v4": Wire(
        "cbs/82522NED",
        Protocol.CBS_ODATA4,
        {**_FIGURE, "code": ("RegioS",)},
        "TypeGefailleerde",
        r"/Observations",
        is_paged=True,
    ),
    "v3": Wire(
        "cbs/83631NED",
        Protocol.CBS_ODATA3,
        {"number": ("OprichtingenVanVestigingen_1",), "mark": ("OprichtingenVanVestigingen_1",), "code": ("RegioS",)},
        "BedrijfstakkenBranchesSBI2008",
        r"/ODataFeed/",
        is_paged=True,
    ),
    "bulk": Wire("cbs/81575NED", Protocol.CBS_BULK, {**_FIGURE, "code": ("RegioS",)}, "BedrijfstakkenBranchesSBI2008"),
    "ckan": Wire("zaanstad/subsidies", Protocol.CKAN, _SHEET, "Bedrag", r"/voorbeeld/"),
    "opendatasoft 1.0": Wire(
        "amsterdam/subsidies",
        Protocol.OPENDATASOFT,
        _GRANT,
        "bedragVerleend",
        r"/search/",
        is_paged=True,
        access=_portal("1.0"),
    ),
    "opendatasoft 2.1": Wire(
        "amsterdam/subsidies", Protocol.OPENDATASOFT, _GRANT, "bedragVerleend", r"/exports/", access=_portal("2.1")
    ),
    "hal": Wire("amsterdam/subsidies", Protocol.HAL, _GRANT, "bedragVerleend", is_paged=True),
    "wfs": Wire(
        "rvo/ibis_bedrijventerreinen",
        Protocol.WFS,
        {"number": ("HA_NETTO",), "mark": ("HA_NETTO",), "code": ("GEM_CODES",)},
        "HA_NETTO",
        is_paged=True,
    ),
    "rijksfinancien": Wire(
        "rijk/financial_instruments",
        Protocol.RIJKSFINANCIEN,
        {"number": ("realisatie",)},
        "realisatie",
        r"year%5B%5D=",
    ),
    "ogc_features": Wire(
        "pdok/gemeente_gegeneraliseerd_2026",
        Protocol.OGC_FEATURES,
        {"number": ("geometry", "coordinates", 0, 0, 0), "code": ("properties", "statcode")},
        "statcode",
        is_paged=True,
    ),
    "eurostat": Wire(
        "eurostat/demo_r_pjanaggr3", Protocol.EUROSTAT, {"number": ("value",), "mark": ("status",)}, "sex"
    ),
    "csv file": Wire("den_haag/subsidies", Protocol.FILE, _SHEET, "Bedrag"),
    "workbook": Wire("utrecht/subsidies", Protocol.FILE, {"number": ("Verleend bedrag",)}, "Verleend bedrag"),
    "dropped": Wire(
        "cbs/landelijke_monitor_leegstand",
        Protocol.DROP,
        {"number": ("Aantal in scope",), "mark": ("Aantal in scope",), "code": ("Gemeentecode",)},
        "Aantal in scope",
    ),
}


def changed(change: Change, wire: Wire, rows: Sequence[Any]) -> list[Any]:
    """The rows that are there after a change."""
    most = rows[:MOST]
    there: list[Any] = json.loads(json.dumps(most[: len(most) * change.rows // MANY]))
    if change.cell and change.cell[0] in wire.cells:
        *path, last = wire.cells[change.cell[0]]
        # Of some, since a card does not ask for all that its source has.
        for target in there[-SPOILED:]:
            for step in path:
                target = target[step]
            target[last] = change.cell[1]
    return there


def renamed(change: Change, wire: Wire, made: Any) -> Any:
    """What was made, with a column or dimension called otherwise where the change says so."""
    text = json.dumps(made)
    return json.loads(text.replace(f'"{wire.column}', '"Iets')) if change.renamed else made


# The makers of the sample are slow, so what they make is made once.
def _once(make: Callable[..., Any]) -> Callable[..., Any]:
    made: dict[str, Any] = {}

    def one(card: SourceCard, *more: Any) -> Any:
        if card.dataset_id not in made:
            made[card.dataset_id] = make(card, *more)
        return made[card.dataset_id]

    return one


_v4_table, _v3_table = _once(serve_cbs.v4_table), _once(serve_cbs.v3_table)
_sheets_of, _features = _once(serve_files.sheets_of), _once(serve_ogc._features)
_dimensions, _document = serve_eurostat._dimensions, serve_eurostat._document


@contextmanager
def sample_with(change: Change, wire: Wire) -> Iterator[None]:
    """Have the sample make what a source has after a change."""

    def v4_table(card: SourceCard) -> serve_cbs.V4Table:
        made = _v4_table(card)
        rows = changed(change, wire, made.sets["Observations"])
        sets = renamed(change, wire, {**made.sets, "Observations": rows})
        return replace(made, sets=sets, properties={**made.properties, "ObservationCount": len(rows)})

    def v3_table(card: SourceCard) -> serve_cbs.V3Table:
        made = _v3_table(card)
        rows = changed(change, wire, made.sets["UntypedDataSet"])
        return replace(made, sets=renamed(change, wire, {**made.sets, "UntypedDataSet": rows}))

    def sheets_of(card: SourceCard) -> list[serve_files.Sheet]:
        found = []
        for sheet in _sheets_of(card):
            records = renamed(change, wire, changed(change, wire, sheet.records()))
            found.append(replace(sheet, header=list(records[0]), rows=[list(record.values()) for record in records]))
        return found

    def features(card: SourceCard, access: Any) -> list[Row]:
        return list(renamed(change, wire, changed(change, wire, _features(card, access))))

    def dimensions(card: SourceCard, access: Any) -> dict[str, dict[str, str]]:
        found = _dimensions(card, access)
        time = str(card.dimension("period"))
        return {**found, time: {year: year for year in changed(replace(change, cell=None), wire, list(found[time]))}}

    def document(card: SourceCard, found: dict[str, dict[str, str]]) -> Row:
        made = _document(card, found)
        if change.cell and change.cell[0] in wire.cells:
            (part,) = wire.cells[change.cell[0]]
            made[part][next(iter(made["value"]))] = change.cell[1]
        return dict(renamed(change, wire, made))

    with ExitStack() as stack:
        for module, name, value in (
            (serve_cbs, "v4_table", v4_table),
            (serve_cbs, "v3_table", v3_table),
            (serve_cbs, "V4_PAGE", PAGE),
            (serve_cbs, "V3_PAGE", PAGE),
            (serve_files, "sheets_of", sheets_of),
            (serve_ogc, "_features", features),
            (serve_eurostat, "_dimensions", dimensions),
            (serve_eurostat, "_document", document),
        ):
            stack.enter_context(patch.object(module, name, value))
        yield


def portal_answer(card: SourceCard, path: str) -> Answer:
    """The answer of an Opendatasoft portal, which no card has yet and so the sample neither."""
    records = serve_files.sheets_of(card)[0].records()
    metas = {"modified": "2026-10-01T02:00:00+00:00", "data_processed": "2026-10-01T03:00:00+00:00"}
    if "/search/" in path:
        start = int(re.findall(r"start=(\d+)", path)[0])
        page = [{"fields": record} for record in records[start : start + PAGE]]
        return json_answer({"nhits": len(records), "records": page})
    if "/exports/" in path:
        return json_answer(records)
    if "/records" in path:
        return json_answer({"total_count": len(records), "results": []})
    return json_answer({"metas": metas if "/1.0/" in path else {"default": metas}})
