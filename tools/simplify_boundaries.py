"""The municipal boundaries of the sample, from a published file: cleaned, simplified and rounded.

`python -m tools.simplify_boundaries BOUNDARIES.geojson YEAR` rewrites `pipelines/sample/municipal_boundaries.geojson`.
The file is one of the generalised municipal boundaries of CBS and Kadaster in degrees (WGS84), such as PDOK serves; the
year is one in which exactly its municipalities exist.
"""

import json
import math
import sys
from pathlib import Path
from typing import Any

import shapely

from pipelines.errors import RegiokompasError
from pipelines.sample.boundaries import in_year
from pipelines.sample.serve_ogc import DRAWN
from tools.tile_map import KM_PER_DEGREE, code_of

SOURCE = "Bron: CBS en Kadaster (generalised municipal boundaries)"
LICENCE = "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/deed.nl"
# The tolerance removes what no map of the portal shows; four decimals are 11 m from north to south and 7 m across.
TOLERANCE_KM, DECIMALS = 0.25, 4
CHANGES = (
    f"overlaps and gaps mended, simplified with shared borders kept (tolerance {TOLERANCE_KM * 1000:.0f} m),"
    f" degrees rounded to {DECIMALS} decimals, all properties but the code removed"
)


def simplified(features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The features with fewer points; two that border on each other still have every point of their border in common.

    Raises:
        RegiokompasError: a feature has no property with a code such as GM0363.
    """
    by_code = {code_of(feature, number): feature["geometry"] for number, feature in enumerate(features, 1)}
    codes = sorted(by_code)
    east = KM_PER_DEGREE * math.cos(math.radians(52.2))
    shapes = shapely.from_geojson([json.dumps(by_code[code]) for code in codes])
    plane = shapely.coverage_clean(shapely.transform(shapes, lambda points: points * [east, KM_PER_DEGREE]))
    thinned = shapely.coverage_simplify(plane, TOLERANCE_KM)
    degrees = shapely.transform(thinned, lambda points: (points / [east, KM_PER_DEGREE]).round(DECIMALS))
    return [
        {"type": "Feature", "id": code, "geometry": json.loads(text)}
        for code, text in zip(codes, shapely.to_geojson(degrees), strict=True)
    ]


def write_boundaries(published: Path, year: int, target: Path = DRAWN) -> None:
    """Write the boundaries of the sample, a municipality to a line.

    Raises:
        RegiokompasError: the file does not have exactly the municipalities of the year.
    """
    found = simplified(json.loads(published.read_text(encoding="utf-8"))["features"])
    if differing := {feature["id"] for feature in found} ^ {municipality.code for municipality in in_year(year)}:
        raise RegiokompasError(
            f"{published}: {', '.join(sorted(differing)[:5])} are not both in the file and in {year}"
            " -> give the year that the boundaries are of"
        )
    head = {"type": "FeatureCollection", "boundary_year": year, "source": SOURCE, "licence": LICENCE}
    lines = ",\n".join(json.dumps(feature, separators=(",", ":")) for feature in found)
    text = json.dumps({**head, "changes": CHANGES}, ensure_ascii=False, indent=1).removesuffix("\n}")
    target.write_text(f'{text},\n "features": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: python -m tools.simplify_boundaries BOUNDARIES.geojson YEAR")
    write_boundaries(Path(sys.argv[1]), int(sys.argv[2]))
