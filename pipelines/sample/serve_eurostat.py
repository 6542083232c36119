"""Eurostat's statistics API in the sample: a dataset as one JSON-stat document, with gaps and flags."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from pipelines.seeds import csv_rows
from pipelines.sources.access import EurostatAccess
from pipelines.sources.card import SourceCard
from pipelines.sources.dimensions import Measure

from .answers import Answer, Query, json_answer
from .figures import around, compound, uniform
from .invention import invention_of
from .modified import modified_of

HERE = Path(__file__).resolve().parent
YEARS = range(2010, 2025)
FREQUENCY = "freq"
TIME_FILTERS = {"sinceTimePeriod", "untilTimePeriod", "lastTimePeriod"}
# Inhabitants by the length of a NUTS code: countries, parts of them, provinces and regions.
SIZES = {2: 12_000_000, 3: 4_000_000, 4: 1_100_000, 5: 260_000}
# Out of 1: no cell, a cell without a figure, an estimate, a break in the series.
ABSENT, CONFIDENTIAL, ESTIMATED, BROKEN = 0.02, 0.035, 0.07, 0.09


class Eurostat:
    """Serves every card with this protocol."""

    def __init__(self, cards: Mapping[str, SourceCard]) -> None:
        self._cards = {
            access.dataset: (card, access)
            for card in cards.values()
            for access in card.access[:1]
            if isinstance(access, EurostatAccess)
        }

    def answer(self, parts: list[str], query: Query) -> Answer:
        """The dataset filtered by the query; a filter on a dimension that it does not have is refused."""
        if parts[0] not in self._cards:
            return _refused(404, f"ERR_NOT_FOUND: {parts[0]}")
        card, access = self._cards[parts[0]]
        dimensions = _dimensions(card, access)
        filters = {name: values for name, values in query.items() if name not in {"format", "lang", *TIME_FILTERS}}
        if strange := sorted(set(filters) - set(dimensions)):
            return _refused(400, f"Dimension {strange[0]} is not in the dataset")
        for name, values in filters.items():
            dimensions[name] = {code: title for code, title in dimensions[name].items() if code in values}
        time = card.dimension("period") or "time"
        since, last = query.get("sinceTimePeriod", ["0"])[0], query.get("lastTimePeriod", ["99"])[0]
        years = [code for code in dimensions[time] if code >= since][-int(last) :]
        dimensions[time] = {year: year for year in years}
        if not all(dimensions.values()):
            return _refused(400, "The query has no data")
        return json_answer(_document(card, dimensions))


@cache
def _region_labels() -> dict[str, str]:
    """Eurostat's own labels of the NUTS regions that our cards ask for."""
    return {row["code"]: row["label"] for row in csv_rows(HERE / "nuts.csv")}


def _refused(status: int, label: str) -> Answer:
    return json_answer({"error": [{"status": status, "id": 100, "label": label}]}, status=status)


def _dimensions(card: SourceCard, access: EurostatAccess) -> dict[str, dict[str, str]]:
    """The codes of every dimension: those of the card, or else a total, and one more beside them."""
    found: dict[str, dict[str, str]] = {FREQUENCY: {"A": "Annual"}}
    for name, dimension in card.dimensions.items():
        titles: dict[str, str] = {c.code: c.title for c in dimension.codes}
        if dimension.role == "period":
            titles = {str(year): str(year) for year in YEARS if not card.ended or year < card.ended.since.year}
        elif dimension.role == "measure":
            titles = {m.code: m.title for m in card.measures} | {"OTHER": "Another unit"}
        elif dimension.role == "category":
            titles = (titles or {"TOTAL": "Total"}) | {"OTHER": "Another group"}
        labels = _region_labels() if dimension.role == "region" else titles
        queried = {code: labels.get(code, code) for code in access.query.get(name, ())}
        found[name] = {**queried, **titles}
    return found


def _document(card: SourceCard, dimensions: dict[str, dict[str, str]]) -> dict[str, Any]:
    values: dict[str, float] = {}
    statuses: dict[str, str] = {}
    names = list(dimensions)
    measures = {m.code: m for m in card.measures}
    for place, codes in enumerate(product(*dimensions.values())):
        at = dict(zip(names, codes, strict=True))
        measure = measures.get(at[card.dimension("measure") or ""], card.measures[0])
        value, status = _cell(card, measure, at)
        values |= {} if value is None else {str(place): value}
        statuses |= {str(place): status} if status else {}
    return {
        "version": "2.0",
        "class": "dataset",
        "label": f"{card.title.en} (invented figures)",
        "source": "ESTAT",
        "updated": f"{modified_of(card)}+0200",
        "value": values,
        "status": statuses,
        "id": names,
        "size": [len(codes) for codes in dimensions.values()],
        "dimension": {
            name: {
                "label": name,
                "category": {"index": {code: i for i, code in enumerate(codes)}, "label": codes},
            }
            for name, codes in dimensions.items()
        },
    }


def _cell(card: SourceCard, measure: Measure, at: dict[str, str]) -> tuple[float | None, str]:
    """A figure, if there is one, and its flag."""
    invention = invention_of(card.dataset_id, measure)
    region, year = at[card.dimension("region") or ""], int(at[card.dimension("period") or ""])
    rate, key = invention.rate, invention.key
    level = around(rate.level, rate.spread, "level", key, region) * compound(rate.growth, year - YEARS[0])
    level *= around(1.0, 0.01, "noise", key, region, year)
    if invention.kind == "mean":
        number = level
    else:
        size = around(SIZES[len(region)], 0.3, "size", region)
        number = level * size * _share(card, at) / invention.divisor
    u = uniform("flag", key, region, year)
    if u < ABSENT:
        return None, ""
    if u < CONFIDENTIAL:
        return None, "c"
    flag = "e" if u < ESTIMATED else "b" if u < BROKEN else "p" if year == YEARS[-1] else ""
    return round(number, invention.decimals), flag


def _share(card: SourceCard, at: dict[str, str]) -> float:
    """How much of a count is in these categories: of those that a card lists, each has a tenth of the one before it."""
    listed = {name: [code.code for code in each.codes] for name, each in card.dimensions.items()}
    return prod(0.1 ** codes.index(at[name]) for name, codes in listed.items() if at[name] in codes)
