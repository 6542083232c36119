"""The lists of a release that pages choose from: indicators, regions, sources and frames; read once a process."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datasette.app import Datasette

from portal.pages import DATABASE
from portal.regroup import Recipe

Row = dict[str, Any]
_CODE_IN_BRACKETS = re.compile(r"\(([A-Z0-9-]+)\)\s*$")
_ADDITION = re.compile(r"\s*\([^)]*\)$")

REGIONS = "select region_code, name, scheme, is_current, first_frame_year, last_frame_year from regions"
PROVINCES = """
select m.municipality_code, p.name from region_membership as m
join regions as p using (region_code)
where m.scheme = 'province' and m.valid_to is null
"""
HEIRS = """
select source_code, target_code from boundary_transitions
where frame_year = (select max(frame_year) from observations_on_frame) and (share_from > 0 or share_to < 1)
"""
FRAMES = "select distinct frame_year from boundary_transitions order by frame_year desc"
PUBLISHED_FRAMES = "select distinct frame_year from observations_on_frame order by frame_year desc"


@dataclass(frozen=True)
class Registry:
    """What there is to choose from."""

    indicators: Mapping[str, Row]
    regions: Mapping[str, Row]
    sources: Mapping[str, Row]
    provinces: Mapping[str, str]
    heirs: Mapping[str, frozenset[str]]
    frames: Sequence[int]
    published_frames: Sequence[int]

    @property
    def recipes(self) -> list[Recipe]:
        """How each indicator is worked out."""
        return [Recipe(**{name: row[name] for name in Recipe.__dataclass_fields__}) for row in self.indicators.values()]


async def read_registry(datasette: Datasette) -> Registry:
    """Returns the lists of the release that this process serves; a release never changes, so they are kept."""
    kept: Registry | None = getattr(datasette, "registry", None)
    if kept is None:
        kept = datasette.registry = await _read(datasette)
    return kept


async def _read(datasette: Datasette) -> Registry:
    database = datasette.get_database(DATABASE)

    async def rows(sql: str) -> list[Row]:
        return [dict(row) for row in await database.execute(sql)]

    heirs: dict[str, set[str]] = {}
    for row in await rows(HEIRS):
        heirs.setdefault(row["source_code"], set()).add(row["target_code"])
    return Registry(
        indicators={row["indicator_id"]: row for row in await rows("select * from indicators")},
        regions={row["region_code"]: row for row in await rows(REGIONS)},
        sources={row["dataset_id"]: row for row in await rows("select * from sources")},
        provinces={row["municipality_code"]: row["name"] for row in await rows(PROVINCES)},
        heirs={code: frozenset(targets) for code, targets in heirs.items()},
        frames=[row["frame_year"] for row in await rows(FRAMES)],
        published_frames=[row["frame_year"] for row in await rows(PUBLISHED_FRAMES)],
    )


def fold(text: str) -> str:
    """Returns text without accents, capitals and the addition that CBS puts behind a name, `(gemeente)`."""
    plain = unicodedata.normalize("NFKD", _ADDITION.sub("", text.strip()))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def find_region(
    asked: str, regions: Mapping[str, Row], schemes: Sequence[str], other_names: Mapping[str, Sequence[str]]
) -> str | None:
    """Returns the code of the region that somebody means: by its code, or by a name, of the smallest kind first."""
    bracketed = _CODE_IN_BRACKETS.search(asked.strip().upper())
    for code in (asked.strip().upper(), bracketed[1] if bracketed else ""):
        if code in regions:
            return code
    wanted = fold(asked)
    places = {scheme: place for place, scheme in enumerate(schemes)}
    found = [
        row
        for code, row in regions.items()
        if wanted in {fold(row["name"]), *(fold(name) for name in other_names.get(code, ()))}
    ]
    found.sort(key=lambda row: (not row["is_current"], places.get(row["scheme"], len(places)), row["region_code"]))
    return str(found[0]["region_code"]) if found else None


def suggest(asked: str, regions: Mapping[str, Row], count: int = 5) -> list[Row]:
    """Returns regions with a name that holds what was asked, those that exist now first."""
    wanted = fold(asked)
    found = [row for row in regions.values() if wanted and wanted in fold(row["name"])]
    found.sort(key=lambda row: (not row["is_current"], not fold(row["name"]).startswith(wanted), row["name"]))
    return found[:count]


def datasets_of(indicator: Row, indicators: Mapping[str, Row]) -> list[str]:
    """Returns the source tables of an indicator, or of those that it is worked out from."""
    words = f"{indicator['numerator'] or ''} {indicator['denominator'] or ''}".split()
    terms = [indicators[word] for word in words if word in indicators]
    return sorted({row["dataset_id"] for row in [indicator, *terms] if row["dataset_id"]})
