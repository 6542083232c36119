"""Eurostat's statistics API: a dataset, cut down by a query, as one JSON-stat document.

A code in the query that the dataset does not have is left out of the answer, which is otherwise a good one.
"""

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import polars as pl

from pipelines.clients.answers import GONE, LaterError
from pipelines.clients.description import Description, SourceCode, SourceMeasure, describe, wire_names
from pipelines.clients.http import HttpClient
from pipelines.clients.jsonstat import Cube, read_cube
from pipelines.clients.pages import State, Store
from pipelines.errors import MismatchError, NotThereError, SourceError, shown
from pipelines.sources.access import EurostatAccess
from pipelines.sources.card import SourceCard

PAGES = "data"
MISSING = ":"
_TIME_FILTERS = ("time", "sinceTimePeriod", "untilTimePeriod", "lastTimePeriod")
_FREQUENCY = "freq"
_FAULT = re.compile(rb"<faultstring[^>]*>(.*?)</faultstring>", re.DOTALL)
_PERIODS = (
    (re.compile(r"(\d{4})"), "{0}JJ00"),
    (re.compile(r"(\d{4})-Q([1-4])"), "{0}KW0{1}"),
    (re.compile(r"(\d{4})-S([12])"), "{0}HJ0{1}"),
    (re.compile(r"(\d{4})-(0[1-9]|1[0-2])"), "{0}MM{1}"),
)


def address(base: str, card: SourceCard, access: EurostatAccess) -> str:
    """Where the dataset is."""
    return f"{base}/{quote(access.dataset)}"


def probe(http: HttpClient, base: str, card: SourceCard, access: EurostatAccess) -> State:
    """Ask for the latest period only, which shows when the dataset last changed.

    Raises:
        NotThereError: there is no such dataset.
        SourceError: the query is refused, or the answer is not a dataset.
    """
    query = {name: values for name, values in access.query.items() if name not in _TIME_FILTERS}
    url = _url(address(base, card, access), {**query, "lastTimePeriod": ("1",)})
    return State(_iso(_get(http, card, url)[1].updated))


def fetch(http: HttpClient, base: str, card: SourceCard, access: EurostatAccess, store: Store) -> State:
    """Fetch what the query asks for.

    Raises:
        NotThereError: there is no such dataset.
        SourceError: the query is refused or asks for too much, or the answer is not a dataset.
    """
    url = _url(address(base, card, access), access.query)
    body, cube = _get(http, card, url)
    store.keep(f"{PAGES}/00000", url, body)
    return State(_iso(cube.updated))


def statistics_rows(card: SourceCard, cube: Cube) -> pl.DataFrame:
    """The cells that the card asks for as rows: measure_code, region_code, period_code, dims, value, value_attribute.

    Codes are the card's. The flag of a cell becomes its attribute as it was sent: `None` for a figure without one,
    `:` for a cell that has neither figure nor flag.

    Raises:
        MismatchError: its dimensions, measures or codes are not those of the card.
    """
    chosen = description(card, cube)
    if chosen.missing:
        raise MismatchError(
            card.dataset_id,
            "; ".join(lack.problem for lack in chosen.missing.values()),
            todo="correct the codes on the card, or `query`",
        )
    columns = {name: cube.column(on_wire) for name, on_wire in chosen.wire.items()}
    frame = cube.cells.with_columns(
        # Flags of a confidential figure, which nobody sees, do not matter: of `d|C` only `|C` does.
        pl.col("status").replace("", None).str.replace(r"^[a-z]+\|", "|"),
        *(
            column.replace_strict(_codes(chosen, card, cube, name), default=None).alias(f"={name}")
            for name, column in columns.items()
        ),
    ).drop_nulls([f"={name}" for name in columns])
    others = sorted(name for name, dimension in card.dimensions.items() if dimension.role == "category")
    dims = (
        pl.concat_str([pl.format(f"{name}={{}}", f"={name}") for name in others], separator=";")
        if others
        else pl.lit("")
    )
    return frame.select(
        pl.col(f"={card.dimension('measure')}").alias("measure_code"),
        pl.col(f"={card.dimension('region')}").alias("region_code"),
        pl.col(f"={card.dimension('period')}").alias("period_code"),
        dims.alias("dims"),
        "value",
        pl.coalesce("status", pl.when(pl.col("value").is_null()).then(pl.lit(MISSING)).otherwise(pl.lit("None"))).alias(
            "value_attribute"
        ),
    )


def description(card: SourceCard, cube: Cube) -> Description:
    """Compare the dimensions and codes of a dataset with the card.

    Raises:
        MismatchError: its dimensions are not those of the card, or it has nothing that the card asks for.
    """
    if len(cube.codes.get(_FREQUENCY, [""])) > 1:
        raise MismatchError(
            card.dataset_id,
            f"the answer mixes the frequencies {', '.join(cube.codes[_FREQUENCY])}, expected one",
            todo="choose one as `freq` in `query` on the card",
        )
    wire = wire_names(card, [name for name in cube.codes if name != _FREQUENCY])
    roles = [card.dimension("measure"), card.dimension("region"), card.dimension("period")]
    if None in roles:
        raise MismatchError(
            card.dataset_id,
            "the card names no dimension with the role measure, region or period",
            todo="give one dimension each of these roles",
        )
    offered = {name: _offered(card, cube, name, on_wire) for name, on_wire in wire.items()}
    measures = [SourceMeasure(c.code, c.index, c.title, "", 0) for c in offered[str(roles[0])]]
    return describe(card, measures, offered, wire)


def period_code(time: str) -> str | None:
    """A period as CBS writes it: `2022` is 2022JJ00, `2022-Q1` 2022KW01, `2022-01` 2022MM01, `2022-S1` 2022HJ01."""
    for pattern, form in _PERIODS:
        if match := pattern.fullmatch(time):
            return form.format(*match.groups())
    return None


def _offered(card: SourceCard, cube: Cube, name: str, on_wire: str) -> list[SourceCode]:
    labels = cube.labels[on_wire]
    codes = cube.codes[on_wire]
    if card.dimensions[name].role == "period":
        if strange := [code for code in codes if period_code(code) is None]:
            raise MismatchError(
                card.dataset_id,
                f"the period {strange[0]!r:.40} is of no kind that we know: a year, quarter, month or half-year",
                todo="leave it out in `query`, or teach the client to read it",
            )
        codes = [str(period_code(code)) for code in codes]
    return [SourceCode(code, index, labels.get(code, code), None) for index, code in enumerate(codes)]


def _codes(chosen: Description, card: SourceCard, cube: Cube, name: str) -> dict[str, str]:
    """The card's code for each code on the wire that the card keeps."""
    if card.dimensions[name].role == "measure":
        return {code: ours for code, (ours, _) in chosen.measures.items()}
    kept = {code: ours for code, (ours, _) in chosen.codes[name].items()}
    if card.dimensions[name].role == "period":
        return {time: kept[code] for time in cube.codes[chosen.wire[name]] if (code := str(period_code(time))) in kept}
    return kept


def _get(http: HttpClient, card: SourceCard, url: str) -> tuple[bytes, Cube]:
    def refusal(status: int, body: bytes) -> None:
        label = _label(body)
        if label and status < 500:
            _refuse(
                card,
                url,
                f"HTTP {status}, Eurostat says: {label}",
                label,
                NotThereError if status in GONE else SourceError,
            )

    def read(body: bytes) -> Cube:
        if label := _label(body):
            _refuse(card, url, f"expected a dataset, Eurostat says: {label}", label, SourceError)
        cube = read_cube(body)
        if empty := [name for name, codes in cube.codes.items() if not codes]:
            raise MismatchError(
                card.dataset_id,
                f"the dataset has none of what `query` asks for: no {shown(empty)}",
                url=url,
                todo="correct `query` on the card",
            )
        return cube

    return http.get(card.dataset_id, url, read, refusal=refusal)


def _refuse(card: SourceCard, url: str, problem: str, label: str, kind: type[SourceError]) -> None:
    """Status 413 means one of two things: the answer is still being prepared, or it will always be too large."""
    if "ASYNCHRONOUS" in label.upper():
        raise LaterError(problem)
    raise kind(card.dataset_id, problem, url=url, todo="correct `query` or `dataset` on the card")


def _label(body: bytes) -> str | None:
    """What an answer without data says: `{"error": [{"label": ..}]}`, `{"warning": {"label": ..}}` or a SOAP fault."""
    if fault := _FAULT.search(body[:10_000]):
        return " ".join(fault[1].decode("utf-8", "replace").split())[:300]
    if not body.lstrip().startswith(b"{") or len(body) > 10_000:
        return None
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    said: Any = content.get("error") or content.get("warning")
    said = said[0] if isinstance(said, list) and said else said
    return f"{said.get('label') if isinstance(said, dict) else said}"[:300] if said else None


def _url(dataset: str, query: dict[str, tuple[str, ...]]) -> str:
    pairs = [("format", "JSON"), ("lang", "EN"), *((name, value) for name, values in query.items() for value in values)]
    return f"{dataset}?{urlencode(pairs)}"


def _iso(updated: str) -> str:
    """The time with a colon in its offset, which Eurostat leaves out; unchanged when it is not a time."""
    try:
        return datetime.fromisoformat(updated).isoformat()
    except ValueError:
        return updated
