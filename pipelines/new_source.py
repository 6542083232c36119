"""A card for a table that has none yet, from what CBS itself says of the table; and its first copy.

What cannot be known from there stands in the card as a comment: the English title, the codes to keep beside the total.
"""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date
from math import ceil, log10, prod
from pathlib import Path

import polars as pl
import yaml

from pipelines import health
from pipelines.card import Cadence, RowBounds, SourceCard, load_cards
from pipelines.card_text import Table, card_text
from pipelines.clients.http import HttpClient
from pipelines.clients.odata import Description, SourceCode, read_json
from pipelines.clients.pages import State, fetch_set
from pipelines.doctor import Memory, would_land
from pipelines.errors import CardError, RegiokompasError, shown
from pipelines.indicators import PUBLISHED, SEED
from pipelines.landing import Landing
from pipelines.reading.landed import CLIENTS
from pipelines.refresh import LiveOrigin, Refreshed, by_first_road, refresh
from pipelines.roads import Protocol, Road
from pipelines.settings import CARDS, Settings
from schemas.shapes import check_shape


@dataclass(frozen=True)
class _Words:
    """What a road calls the things that describe a table."""

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
_ROLES = {"TimeDimension": "period", "GeoDimension": "region", "GeoDetail": "region"}
_CADENCES = {
    "week": Cadence.WEEKLY,
    "maand": Cadence.MONTHLY,
    "kwartaal": Cadence.QUARTERLY,
    "jaar": Cadence.YEARLY,
}
_MANY = 1_000_000_000
# From small to large.
_SCHEMES = {
    "GM": "municipality",
    "AM": "labour_market_region",
    "CR": "corop",
    "PV": "province",
    "LD": "part_of_country",
    "NL": "country",
}


@dataclass(frozen=True)
class Made:
    """A new card, where it lies, and what landed by it."""

    card: SourceCard
    path: Path
    table: Table
    landed: Refreshed


def new_source(publisher: str, table: str, origin: LiveOrigin, settings: Settings, folder: Path = CARDS) -> Made:
    """Write the card of a table and land a first copy of it.

    The copy lands before the card is written, so that the card's bounds come from what the card asks for.

    Raises:
        CardError: the publisher is not known here, the table has a card already or no periods, or its first copy was
            refused; then the card is there all the same, to correct.
        RegiokompasError: CBS does not offer the table, or does not answer.
    """
    path = folder / f"cbs_{table}.yml"
    _refuse_what_cannot_be(publisher, table, path, folder)
    found = describe_table(origin, table)
    wide = read_card(card_text(found, RowBounds(min=1, max=_MANY)))
    try:
        landed = refresh(wide, origin, Landing(settings.landing), settings.raw, check_shape)
    except RegiokompasError as error:
        most = len(wide.measures) * prod(len(dimension.codes) for dimension in found.dimensions)
        path.write_text(card_text(found, RowBounds(min=1, max=2 * most)), encoding="utf-8")
        raise CardError(f"{error}; its card is {path}: correct it and run again, or delete it") from error
    bounds = RowBounds(min=max(1, landed.rows * 85 // 100), max=2 * landed.rows)
    path.write_text(card_text(found, bounds), encoding="utf-8")
    return Made(load_cards(folder)[wide.dataset_id], path, found, landed)


def describe_table(origin: LiveOrigin, table: str) -> Table:
    """Ask v4, then v3, how they describe a table that has no card.

    Raises:
        FailedError: neither road offers the table, or describes it as it should.
    """
    card = _provisional(table, ["?"])
    return by_first_road(
        card,
        card.roads,
        lambda road: _ask(origin.http, road.protocol, origin.addresses[road.protocol], table),
        todo="write the table id exactly as CBS does, such as 85525NED or 80072ned",
    )


def read_card(text: str) -> SourceCard:
    """The card in a text with one card."""
    content = yaml.safe_load(text)
    return SourceCard.model_validate({**content["defaults"], **content["cards"][0]})


def example_row(made: Made) -> str:
    """A row for `seeds/indicators.csv` on the first measure of a new card; what stands in `<>` is to be filled in."""
    card, measure = made.card, made.table.kept[0]
    unit = measure.source.unit.strip()
    title = " ".join(measure.source.title.split())
    lowest, highest = _range(made.landed.folder / "observations.parquet", measure.code, measure.multiplier)
    chosen = {name: d.codes[0].code for name, d in card.dimensions.items() if d.role == "category"}
    row = {
        "indicator_id": "_".join(re.findall(r"[a-z0-9]+", title.casefold())) or "<id>",
        "theme": "regional_economy",
        "sub_theme": "income_and_welfare",
        "building_block": "5",
        "title_nl": title,
        "title_en": "<title>",
        "definition_nl": f"<wat het telt> (CBS-tabel {card.table}).",
        "definition_en": f"<what it counts> (CBS table {card.table}).",
        "unit_nl": "<eenheid>" if measure.multiplier != 1 or not unit else unit,
        "unit_en": "%" if unit == "%" else "<unit>",
        "decimals": str(measure.source.decimals if measure.multiplier == 1 else 0),
        "direction": "neutral",
        "kind": "share" if unit == "%" else "count",
        "formula": PUBLISHED,
        "dataset_id": card.dataset_id,
        "measure_code": measure.code,
        "dims": ";".join(f"{name}={code}" for name, code in sorted(chosen.items())),
        "multiplier": str(measure.multiplier),
        "min_value": str(lowest),
        "max_value": str(highest),
        "lowest_level": _lowest_level(card),
    }
    with SEED.open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(row.get(column, "") for column in columns)
    return text.getvalue()


def _lowest_level(card: SourceCard) -> str:
    """The smallest kind of region that the card asks for."""
    region = card.dimension("region")
    levels = card.dimensions[region].levels if region else ("NL",)
    return next((scheme for letters, scheme in _SCHEMES.items() if not levels or letters in levels), "country")


def _range(observations: Path, measure: str, multiplier: int) -> tuple[int, int]:
    """Bounds with room around the figures that landed: powers of ten, and zero where none is below it."""
    values = pl.scan_parquet(observations).filter(pl.col("measure_code") == measure).select("value")
    lowest, highest = values.select(low=pl.col("value").min(), high=pl.col("value").max()).collect().row(0)

    def beyond(value: float | None) -> int:
        return int(10 ** ceil(log10(max(2 * multiplier * (value or 0), 10))))

    return -beyond(-lowest) if lowest and lowest < 0 else 0, beyond(highest)


def _refuse_what_cannot_be(publisher: str, table: str, path: Path, folder: Path) -> None:
    if publisher != "cbs":
        raise CardError(
            f"a card can be made for a table of cbs, not for one of {publisher!r} -> write it by hand: copy a card with"
            f" the same protocol in {folder}, and let `regiokompas doctor` look at it"
        )
    if not re.fullmatch(r"[A-Za-z0-9_-]+", table):
        raise CardError(f"{table!r} is no table id of CBS -> expected one such as 85525NED or 80072ned")
    known = {name.casefold(): name for name in load_cards(folder)}
    if name := known.get(f"cbs/{table}".casefold()):
        raise CardError(f"{name} has a card already, in {folder} -> change that one")
    if path.exists():
        raise CardError(f"{path} exists already -> move it away")


def _ask(http: HttpClient, protocol: Protocol, base: str, table: str) -> Table:
    client, words = CLIENTS[protocol], _WORDS[protocol]
    url = words.list.format(base=base, table=table)
    listed = fetch_set(http, _provisional(table, ["?"]), url, "dimensions", Memory())
    names: list[str] = client.dimension_names(lambda _: listed)
    roles = _roles(names, {str(row.get(words.name)): str(row.get(words.kind)) for row in listed})
    if "period" not in roles.values():
        raise CardError(
            f"cbs/{table} has no period dimension, only {shown(names)}, so its figures have no time -> for a table of"
            " regions write a card by hand, with `region_frame`"
        )
    card, memory = _provisional(table, names), Memory()
    state, rows = client.look(http, base, card, _road(card, protocol), memory)
    description: Description = client.description(card, rows)
    texts = {str(row.get(words.name)).strip() for row in rows(words.measures) if row.get(words.data_type) == "String"}
    measures = [m for m in description.all_measures if m.code not in texts]
    if not measures:
        raise CardError(f"cbs/{table} has no figures, only texts -> choose a table with figures")
    about = read_json(memory.bodies[words.about])
    says: str = client.status_of(rows, memory.bodies.__getitem__)
    return Table.of(
        table,
        title=str(about.get("value", [about])[0]["Title"]),
        cadence=_cadence(says, description.all_codes[_period(roles)]),
        ended=state.modified[:10] if _has_ended(card, protocol, state, says) else None,
        roles=roles,
        codes=description.all_codes,
        measures=measures,
        keys_run=protocol is Protocol.CBS_ODATA3,
    )


def _has_ended(card: SourceCard, protocol: Protocol, state: State, says: str) -> bool:
    would = would_land(card, _road(card, protocol), state)
    return health.state(card, would, None, None, says, date.today())[0] == "stopped"


def _road(card: SourceCard, protocol: Protocol) -> Road:
    return next(road for road in card.roads if road.protocol is protocol)


def _provisional(table: str, dimensions: list[str]) -> SourceCard:
    """A card that only asks how a table describes itself, and takes whatever it has."""
    return SourceCard.model_validate(
        {
            "publisher": "cbs",
            "table": table,
            "roads": [{"protocol": protocol} for protocol in _WORDS],
            "title": {"nl": table, "en": table},
            **dict.fromkeys(("licence", "licence_url", "attribution", "homepage"), "-"),
            "cadence": Cadence.YEARLY,
            "dimensions": {name: {"role": "category"} for name in dimensions},
            "region_frame": 2000,
            "rows": {"min": 1, "max": _MANY},
        }
    )


def _roles(names: list[str], kinds: dict[str, str]) -> dict[str, str]:
    """The role of each dimension; a second region or period dimension is one to choose from."""
    roles: dict[str, str] = {}
    for name in names:
        role = _ROLES.get(kinds[name], "category")
        roles[name] = "category" if role in roles.values() else role
    return roles


def _period(roles: dict[str, str]) -> str:
    return next(name for name, role in roles.items() if role == "period")


def _cadence(says: str, periods: list[SourceCode]) -> Cadence:
    """How often figures come: in the table's own words, or else by the shortest of its periods."""
    for word, cadence in _CADENCES.items():
        if word in says.casefold():
            return cadence
    kinds = {period.code[4:6] for period in periods}
    return Cadence.MONTHLY if "MM" in kinds else Cadence.QUARTERLY if "KW" in kinds else Cadence.YEARLY
