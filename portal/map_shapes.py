"""The shapes of the maps of a release: what each region looks like, in units of a grid of whole numbers.

A release has those within borders in a file, `pipelines/publish/map_paths.py` drew them; tiles are drawn here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAPS_FILE = "maps.json"
TILE = 10
# Around what is shown, as a part of its longest side, so that no outline is cut and what lies beside it is seen.
_EDGE, _BESIDE = 0.008, 0.06

GridCell = tuple[int, int]
Box = Sequence[int]
"""West, north, east and south."""


@dataclass(frozen=True)
class MapShapes:
    """A map without its colours."""

    width: int
    height: int
    paths: Mapping[str, str]
    """The `d` of an SVG path, by region code."""
    boxes: Mapping[str, Box]
    """The box around each region, by region code."""
    frame: Sequence[str] = ()
    """Paths of what lies over the regions: the borders of provinces, or the outline of the country."""
    is_partial: bool = False
    """Whether there is land that belongs to no region of this map."""

    def view(self, around: Box | None = None) -> tuple[int, int, int, int]:
        """Returns the `viewBox` of the whole map, or of a box with what lies beside it, in the same proportions."""
        west, north, east, south = around or (0, 0, self.width, self.height)
        scale = max((east - west) / self.width, (south - north) / self.height)
        edge = 1 + 2 * (_BESIDE if around else _EDGE)
        width, height = round(self.width * scale * edge), round(self.height * scale * edge)
        return (west + east - width) // 2, (north + south - height) // 2, width, height

    def is_seen(self, code: str, view: tuple[int, int, int, int]) -> bool:
        """Whether any part of a region may be within a `viewBox`."""
        if code not in self.boxes:
            return False
        west, north, east, south = self.boxes[code]
        x, y, width, height = view
        return west <= x + width and east >= x and north <= y + height and south >= y


def shapes_of_tiles(tiles: Mapping[str, GridCell]) -> MapShapes:
    """Draws one square per region, at its (column, row)."""
    columns, rows = [c for c, _ in tiles.values()], [r for _, r in tiles.values()]
    left, top = min(columns), min(rows)
    corners = {code: ((c - left) * TILE, (r - top) * TILE) for code, (c, r) in tiles.items()}
    return MapShapes(
        width=(max(columns) - left + 1) * TILE,
        height=(max(rows) - top + 1) * TILE,
        paths={code: f"M{x} {y}h{TILE}v{TILE}h-{TILE}z" for code, (x, y) in corners.items()},
        boxes={code: (x, y, x + TILE, y + TILE) for code, (x, y) in corners.items()},
    )
