"""JSON-stat 2.0: a cube of figures in one document, its cells in one list, in row-major order."""

from dataclasses import dataclass
from math import prod
from typing import Any, TypeGuard, TypeVar

import polars as pl

from pipelines.clients.jsons import read_json

# The most that Eurostat itself gives; a document that promises more is damaged.
MOST_CELLS = 5_000_000
T = TypeVar("T")


@dataclass(frozen=True)
class Cube:
    """A document: the codes of each dimension in order, their labels, when it was last changed, and its cells.

    `cells` has a row for every combination of codes, in the order of the dimensions: value and status, both null where
    the document does not give one.
    """

    codes: dict[str, list[str]]
    labels: dict[str, dict[str, str]]
    updated: str
    cells: pl.DataFrame

    def column(self, dimension: str) -> pl.Series:
        """The code of one dimension for every cell."""
        names = list(self.codes)
        after = prod(len(self.codes[name]) for name in names[names.index(dimension) + 1 :])
        at = pl.int_range(self.cells.height, eager=True) // after % len(self.codes[dimension])
        return pl.Series(dimension, self.codes[dimension], dtype=pl.String).gather(at)


def read_cube(body: bytes) -> Cube:
    """Read a document.

    Raises:
        ValueError: it is not a JSON-stat dataset, or contradicts itself.
    """
    content = read_json(body)
    names, sizes, dimensions = content.get("id"), content.get("size"), content.get("dimension")
    if not _are(names, str) or not _are(sizes, int) or not isinstance(dimensions, dict) or len(names) != len(sizes):
        raise ValueError("expected a JSON-stat dataset with `id`, `size` and `dimension`")
    if len(set(names)) < len(names):
        raise ValueError("a dimension is listed twice in `id`")
    read = {name: _read_dimension(name, dimensions.get(name)) for name in names}
    for name, size in zip(names, sizes, strict=True):
        if len(read[name][0]) != size:
            raise ValueError(f"dimension {name} has {len(read[name][0])} codes, `size` says {size}")
    if (count := prod(sizes)) > MOST_CELLS:
        raise ValueError(f"expected at most {MOST_CELLS} cells, found {count}")
    value = _spread(content.get("value"), count, pl.Float64, "value")
    status = content.get("status")
    status = [status] * count if isinstance(status, str) else status
    return Cube(
        codes={name: codes for name, (codes, _) in read.items()},
        labels={name: labels for name, (_, labels) in read.items()},
        updated=str(content.get("updated") or ""),
        cells=pl.DataFrame([value, _spread(status or {}, count, pl.String, "status")]),
    )


def _read_dimension(name: str, dimension: Any) -> tuple[list[str], dict[str, str]]:
    category = dimension.get("category") if isinstance(dimension, dict) else None
    if not isinstance(category, dict):
        raise ValueError(f"dimension {name} has no `category`")
    labels = category.get("label") or {}
    if not isinstance(labels, dict):
        raise ValueError(f"expected an object as the labels of dimension {name}")
    # A dimension with one code may leave out its index.
    index = category.get("index", list(labels))
    if isinstance(index, dict):
        places = list(index.values())
        if not _are(places, int) or sorted(places) != list(range(len(places))):
            raise ValueError(f"the index of dimension {name} does not count from 0 up")
        index = sorted(index, key=index.__getitem__)
    if not _are(index, str) or len(set(index)) < len(index):
        raise ValueError(f"expected codes in the index of dimension {name}, each once")
    if labels and (unlisted := sorted(set(index) - set(labels))):
        raise ValueError(f"dimension {name} has the code {unlisted[0]!r}, which its list of labels lacks")
    return index, {str(code): str(label) for code, label in labels.items()}


def _spread(given: Any, count: int, dtype: type[pl.DataType], name: str) -> pl.Series:
    """A column of all cells, from a list of all of them or an object with some by position."""
    allowed: tuple[type, ...] = (int, float) if dtype == pl.Float64 else (str,)
    found = given if isinstance(given, list) else list(given.values()) if isinstance(given, dict) else None
    if found is None or not {type(cell) for cell in found} <= {*allowed, type(None)}:
        raise ValueError(f"expected a list or an object of {name}s")
    try:
        cells = pl.Series(name, found, dtype=dtype, strict=False)
        if dtype == pl.Float64 and (cells.is_nan() | cells.is_infinite()).any():
            raise ValueError("expected numbers, found NaN or an infinite one")
        if isinstance(given, list):
            at = pl.int_range(len(found), eager=True)
        else:
            at = pl.Series(list(given), dtype=pl.String).cast(pl.Int64)
    except (pl.exceptions.PolarsError, OverflowError) as error:
        raise ValueError(f"the {name}s cannot be read: {error!s:.80}") from None
    if isinstance(given, list) and len(given) != count:
        raise ValueError(f"expected {count} {name}s, found {len(given)}")
    if len(at) and (at.n_unique() < len(at) or at.min() < 0 or at.max() >= count):  # type: ignore[operator] # numbers
        raise ValueError(f"expected each {name} at a position of its own below {count}")
    whole = pl.DataFrame({"at": pl.int_range(count, eager=True)})
    return whole.join(pl.DataFrame({"at": at, name: cells}), on="at", how="left", maintain_order="left")[name]


def _are(found: Any, kind: type[T]) -> TypeGuard[list[T]]:
    return isinstance(found, list) and all(type(entry) is kind for entry in found)
