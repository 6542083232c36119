"""Made-up tables in the form in which the stand-in keeps its own, for either protocol of CBS."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class MadeUp:
    """A table: its dimensions in order, its measures, and a figure or text for each combination of codes.

    Attributes:
        id: the table id.
        title: the title, which may hold the year.
        dimensions: the codes of each dimension, with their titles.
        measures: title and unit of each measure; of one without a unit (None) the cells are texts.
        kinds: what CBS calls a dimension, where that is not just `Dimension`.
        cells: what cells hold, by the codes of the dimensions in order and the measure; others hold a number.
        about: what else the table says of itself.
    """

    id: str
    title: str
    dimensions: Mapping[str, Mapping[str, str]]
    measures: Mapping[str, tuple[str, str | None]]
    kinds: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[tuple[str, ...], Any] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lines(self) -> list[tuple[tuple[str, ...], list[Any]]]:
        """Every combination of codes, with the cell of each measure."""
        combinations = product(*(list(codes) for codes in self.dimensions.values()))
        return [
            (codes, [self.cells.get((*codes, m), 100 * number + place) for place, m in enumerate(self.measures)])
            for number, codes in enumerate(combinations, start=1)
        ]

    def figures(self) -> dict[tuple[str, ...], Any]:
        """The cells as they were made, by codes and measure."""
        return {(*codes, m): cell for codes, cells in self.lines for m, cell in zip(self.measures, cells, strict=True)}

    def as_v4(self) -> dict[str, Any]:
        """The table as CBS serves it by OData v4: long, and texts padded."""
        rows: list[list[Any]] = []
        for codes, cells in self.lines:
            for (measure, (_, unit)), cell in zip(self.measures.items(), cells, strict=True):
                value, text = (None, f"{cell:<20}") if unit is None else (cell, None)
                rows.append([len(rows), measure, "None", value, text, *codes])
        stamp = "2026-09-01T02:00:00+02:00"
        return {
            "id": self.id,
            "protocol": "v4",
            "properties": {"Identifier": self.id, "Title": self.title, "Modified": stamp, **self.about},
            "dimensions": [
                {"Identifier": name, "Title": name, "Kind": self.kinds.get(name, "Dimension")}
                for name in self.dimensions
            ],
            "measures": [
                {
                    "Identifier": code,
                    "Index": index,
                    "Title": title,
                    "DataType": "String" if unit is None else "Long",
                    "Unit": unit or "",
                    "Decimals": 0,
                }
                for index, (code, (title, unit)) in enumerate(self.measures.items())
            ],
            "codes": {
                name: [{"Identifier": c, "Index": i, "Title": title} for i, (c, title) in enumerate(codes.items())]
                for name, codes in self.dimensions.items()
            },
            "groups": {},
            "columns": ["Id", "Measure", "ValueAttribute", "Value", "StringValue", *self.dimensions],
            "rows": rows,
            "source": "made up",
        }

    def as_v3(self) -> dict[str, Any]:
        """The table as CBS serves it by OData v3: wide, its codes padded to one width a dimension."""
        widths = [max(map(len, codes)) + 2 for codes in self.dimensions.values()]
        topics = [f"{code}_{number}" for number, code in enumerate(self.measures, start=1)]
        properties: list[dict[str, Any]] = [
            {"Type": self.kinds.get(name, "Dimension"), "Key": name, "Title": name} for name in self.dimensions
        ]
        properties += [
            {
                "Type": "Topic",
                "Key": topic,
                "Title": title,
                "Unit": unit or "",
                "Decimals": 0,
                "Datatype": "String" if unit is None else "Long",
            }
            for topic, (title, unit) in zip(topics, self.measures.values(), strict=True)
        ]
        rows = [
            [*(code.ljust(width) for code, width in zip(codes, widths, strict=True)), *(f"{c:>8}" for c in cells)]
            for codes, cells in self.lines
        ]
        return {
            "id": self.id,
            "protocol": "v3",
            "info": {"Identifier": self.id, "Title": self.title, "Modified": "2026-09-01T02:00:00", **self.about},
            "dataproperties": [{"ID": place, "ParentID": None, **row} for place, row in enumerate(properties)],
            "dims": list(self.dimensions),
            "codes": {
                name: [{"Key": c.ljust(width), "Title": title} for c, title in codes.items()]
                for (name, codes), width in zip(self.dimensions.items(), widths, strict=True)
            },
            "columns": [*self.dimensions, *topics],
            "rows": rows,
            "source": "made up",
        }


def write_bundles(folder: Path, tables: Sequence[Mapping[str, Any]]) -> Path:
    """Write tables where a stand-in that is started with `--tables FOLDER` finds them."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        (folder / f"{table['id']}.json.gz").write_bytes(gzip.compress(json.dumps(table).encode(), 1))
    return folder


def read_bundle(path: Path) -> dict[str, Any]:
    """A table of the stand-in."""
    return dict(json.loads(gzip.decompress(path.read_bytes())))
