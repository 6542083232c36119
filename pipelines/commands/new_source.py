"""A card for a table that has none yet, from what CBS itself says about the table; and its first copy.

What cannot be known from there is a comment in the card: the English title, the codes to keep besides the total.
"""

import re
from dataclasses import dataclass
from datetime import date
from math import prod
from pathlib import Path

import yaml

from pipelines.clients.description import SourceCode, SourceMeasure
from pipelines.clients.http import HttpClient
from pipelines.clients.jsons import read_json
from pipelines.clients.pages import State, fetch_set
from pipelines.clients.registry import ODATA
from pipelines.commands.card_text import card_text
from pipelines.commands.doctor import Memory, would_land
from pipelines.commands.new_table import NewTable, cadence_of, dimension_of, measures_of, roles_of, strange_regions
from pipelines.errors import CardError, RegiokompasError, shown
from pipelines.ingest import health
from pipelines.ingest.origins import LiveOrigin
from pipelines.ingest.refresh import Refreshed, by_first_access, refresh
from pipelines.landing.store import Landing
from pipelines.reading.snapshot import RowsError
from pipelines.settings import CARDS, Settings
from pipelines.sources.access import CbsAccess, Protocol
from pipelines.sources.card import Cadence, RowBounds, SourceCard, load_cards
from pipelines.sources.periods import EXAMPLES, is_period
from schemas.shapes import check_shape


@dataclass(frozen=True)
class _Words:
    """What a protocol calls the things that describe a table."""

    about: str
    list: str
    name: str
    kind: str
    measures: str
    data_type: str


_WORDS = {
    Protocol.CBS_ODATA4: _Words(
        "Properties", "{base}/{table}/Dimensions", "Identifier", "Kind", "MeasureCodes", "DataType"
    ),
    Protocol.CBS_ODATA3: _Words(
        "TableInfos",
        "{base}/ODataApi/odata/{table}/DataProperties?$format=json",
        "Key",
        "Type",
        "DataProperties",
        "Datatype",
    ),
}
_MANY = 1_000_000_000
_REPORTS = (
    "remove `period` from that card if the codes of a dimension stand for periods, as reports do, and give that one"
    " `role: period`, and each of its codes a `period` and a `status`"
)
_TEXTS = (
    "a table of regions has a card as in cbs_regions.yml, with `region_boundary_year`, and one of places as in"
    " cbs_places.yml, with `places`: copy one and change its `table`, title and year"
)


@dataclass(frozen=True)
class _Told:
    """What a table says about itself: what CBS calls each dimension, their codes, its measures, and when it ended.

    `has_running_keys` is whether the keys of its measures end in a running number.
    """

    title: str
    says: str
    ended: str | None
    kinds: dict[str, str]
    codes: dict[str, list[SourceCode]]
    measures: list[SourceMeasure]
    has_running_keys: bool


@dataclass(frozen=True)
class Made:
    """A new card, its path, and what landed with it."""

    card: SourceCard
    path: Path
    table: NewTable
    landed: Refreshed


def new_source(
    publisher: str,
    table: str,
    origin: LiveOrigin,
    settings: Settings,
    folder: Path = CARDS,
    period: str | None = None,
) -> Made:
    """Write the card of a table and land a first copy of it.

    The copy lands before the card is written, so that the bounds on the card follow from what it asks for.

    Args:
        publisher: who publishes it; only cards for CBS can be made.
        table: its id.
        origin: the publisher.
        settings: where things are.
        folder: where the card is written.
        period: the one period of its figures, for a table without a dimension of periods.

    Raises:
        CardError: a card cannot be made, with what a person has to choose; or its first copy was refused, in which
            case the card is written all the same, to be corrected.
        RegiokompasError: CBS does not offer the table, or does not answer.
    """
    path = folder / f"cbs_{table}.yml"
    _refuse_what_cannot_be(publisher, table, path, folder, period)
    found = describe_table(origin, table, period)
    wide = read_card(card_text(found, RowBounds(min=1, max=_MANY)))
    try:
        landed = refresh(wide, origin, Landing(settings.landing), settings.raw, check_shape)
    except RegiokompasError as error:
        most = len(wide.measures) * prod(len(dimension.codes) for dimension in found.dimensions)
        path.write_text(card_text(found, RowBounds(min=1, max=2 * most)), encoding="utf-8")
        raise CardError(_refused(error, wide, path)) from error
    bounds = RowBounds(min=max(1, landed.rows * 85 // 100), max=2 * landed.rows)
    path.write_text(card_text(found, bounds), encoding="utf-8")
    return Made(load_cards(folder)[wide.dataset_id], path, found, landed)


def describe_table(origin: LiveOrigin, table: str, period: str | None = None) -> NewTable:
    """Ask v4, then v3, how they describe a table that has no card.

    Raises:
        FailedError: neither protocol offers the table, or describes it properly.
        CardError: it has no figures, no known regions, or the wrong number of periods.
    """
    card = _provisional(table, ["?"])
    told = by_first_access(
        card,
        card.access,
        lambda access: _ask(origin.http, access.protocol, origin.addresses[access.protocol], table),
        todo="write the table id exactly as CBS does, such as 85525NED or 80072ned",
    )
    if not told.measures:
        raise CardError(f"cbs/{table} has no figures, only texts -> {_TEXTS}")
    roles = _roles(table, told, period)
    periods = next((told.codes[name] for name, role in roles.items() if role == "period"), [])
    return NewTable(
        table,
        title=told.title,
        cadence=cadence_of(told.says, periods),
        ended=told.ended,
        period=period,
        dimensions=tuple(dimension_of(name, role, told.codes[name]) for name, role in roles.items()),
        measures=tuple(measures_of(told.measures, has_running_keys=told.has_running_keys)),
    )


def read_card(text: str) -> SourceCard:
    """The card in the YAML of a file with one card."""
    content = yaml.safe_load(text)
    return SourceCard.model_validate({**content["defaults"], **content["cards"][0]})


def _refused(error: RegiokompasError, card: SourceCard, path: Path) -> str:
    """Why the first copy of a table was refused, and what a person has to choose."""
    then = f"run `regiokompas run --from live --select {card.dataset_id}`, or delete it"
    why = error.__cause__ or error
    if not (isinstance(why, RowsError) and why.rows == 0):
        return f"{error}; its card is {path}: correct it and {then}"
    chosen = [f"{name}={c.code} ({c.title})" for name, d in card.dimensions.items() for c in d.codes]
    told = f" for what its card begins with, {shown(chosen)}" if chosen else ""
    return f"{card.dataset_id} has no figures{told} -> choose other codes on its card {path} and {then}"


def _refuse_what_cannot_be(publisher: str, table: str, path: Path, folder: Path, period: str | None) -> None:
    if publisher != "cbs":
        raise CardError(
            f"a card can be made for a table of cbs, not for one of {publisher!r} -> write it by hand: copy a card with"
            f" the same protocol in {folder}, and let `regiokompas doctor` look at it"
        )
    if not re.fullmatch(r"[A-Za-z0-9_-]+", table):
        raise CardError(f"{table!r} is not a table id of CBS -> expected one such as 85525NED or 80072ned")
    known = {name.casefold(): name for name in load_cards(folder)}
    if name := known.get(f"cbs/{table}".casefold()):
        raise CardError(f"{name} has a card already, in {folder} -> edit that one")
    if path.exists():
        raise CardError(f"{path} exists already -> move it away")
    if period and not is_period(period):
        raise CardError(f"--period {period!r} is not a period -> write one such as {EXAMPLES}")


def _ask(http: HttpClient, protocol: Protocol, base: str, table: str) -> _Told:
    client, words = ODATA[protocol], _WORDS[protocol]
    url = words.list.format(base=base, table=table)
    listed = fetch_set(http, _provisional(table, ["?"]), url, "dimensions", Memory())
    names = client.dimension_names(lambda _: listed)
    card, memory = _provisional(table, names), Memory()
    state, rows = client.look(http, base, card, _access(card, protocol), memory)
    description = client.description(card, rows)
    texts = {str(row.get(words.name)).strip() for row in rows(words.measures) if row.get(words.data_type) == "String"}
    kinds = {str(row.get(words.name)): str(row.get(words.kind)) for row in listed}
    about = read_json(memory.bodies[words.about])
    says = client.status_of(rows, memory.bodies.__getitem__)
    return _Told(
        title=" ".join(str(about.get("value", [about])[0]["Title"]).split()),
        says=says,
        ended=state.modified[:10] if _has_ended(card, protocol, state, says) else None,
        kinds={name: kinds[name] for name in names},
        codes=description.all_codes,
        measures=[measure for measure in description.all_measures if measure.code not in texts],
        has_running_keys=protocol is Protocol.CBS_ODATA3,
    )


def _roles(table: str, told: _Told, period: str | None) -> dict[str, str]:
    """The role of each dimension.

    Raises:
        CardError: its regions are of no known kind, or it is not stated which period its figures are for.
    """
    roles = roles_of(told.kinds, told.codes)
    if strange := strange_regions(told.kinds, roles):
        codes = shown(code.code for code in told.codes[strange[0]])
        raise CardError(
            f"cbs/{table}: the regions of {strange[0]} are of no kind that region_schemes.csv knows: {codes}"
            " -> add their kind there, or choose a table with other regions"
        )
    periods = next((name for name, role in roles.items() if role == "period"), None)
    if periods and period:
        raise CardError(f"cbs/{table} has periods of its own, in {periods} -> leave --period out")
    if not periods and not period:
        raise CardError(
            f"cbs/{table} has no dimension of periods, only {shown(told.kinds)}, so a person has to say which period"
            f" its figures are for -> run it again with --period 2024JJ00, or whichever it is; {_REPORTS}; {_TEXTS}"
        )
    return roles


def _has_ended(card: SourceCard, protocol: Protocol, state: State, says: str) -> bool:
    would = would_land(card, _access(card, protocol), state)
    return health.state(card, would, None, None, says, date.today())[0] == "stopped"


def _access(card: SourceCard, protocol: Protocol) -> CbsAccess:
    return next(access for access in card.access if isinstance(access, CbsAccess) and access.protocol is protocol)


def _provisional(table: str, dimensions: list[str]) -> SourceCard:
    """A card that only asks how a table describes itself, and accepts whatever it has."""
    return SourceCard.model_validate(
        {
            "publisher": "cbs",
            "table": table,
            "access": [{"protocol": protocol} for protocol in _WORDS],
            "title": {"nl": table, "en": table},
            **dict.fromkeys(("licence", "licence_url", "attribution", "homepage"), "-"),
            "cadence": Cadence.YEARLY,
            "dimensions": {name: {"role": "category"} for name in dimensions},
            "region_boundary_year": 2000,
            "rows": {"min": 1, "max": _MANY},
        }
    )
