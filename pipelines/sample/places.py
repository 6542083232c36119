"""Woonplaatsen in Nederland: every place and the municipality that it lies in; names and codes are real.

The CSV file beside this module has data from CBS, "Woonplaatsen in Nederland" (84992NED, CC BY 4.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines.seeds import csv_rows
from pipelines.sources.card import SourceCard

from .boundaries import ancestors, municipalities, regions
from .cbs_v4 import V4Table, code_row, dimension_row, properties
from .odata import ODataRow

FILE = Path(__file__).resolve().parent / "places.csv"
SUMMARY = (
    "Echte namen van plaatsen en de gemeente waarin zij liggen (bron: CBS, CC BY 4.0) in een voorbeeldbestand / "
    "Real names of places and the municipality that they lie in (source: CBS, CC BY 4.0) in a sample"
)
# The names at CBS: codes and names of place, municipality, province and part of the country.
COLUMNS = ("WP0001", "GM000B", "GM000C", "PV0001", "PV0002", "LD0001", "LD0002")
WIDTH_OF_CODE, WIDTH_OF_NAME = 10, 35


def places(card: SourceCard) -> V4Table:
    """The table of a year: for each place, the padded codes and names of itself and its regions."""
    rows = csv_rows(FILE)
    (dimension,) = card.dimensions
    observations: list[dict[str, object]] = []
    for row in rows:
        municipality = municipalities()[row["municipality"]]
        _, province, part, _ = ancestors(municipality)
        texts = (row["code"], municipality.code, municipality.name, province, regions()[province].name)
        for column, text in zip(COLUMNS, (*texts, part, regions()[part].name), strict=True):
            observations.append(
                {
                    "Id": len(observations),
                    "Measure": column,
                    "ValueAttribute": "None",
                    "Value": None,
                    "StringValue": text.ljust(WIDTH_OF_NAME if column[-1] in "2C" else WIDTH_OF_CODE),
                    dimension: row["code"],
                }
            )
    measures = [
        {
            "Identifier": column,
            "Index": index,
            "Title": column,
            "Description": None,
            "MeasureGroupId": None,
            "DataType": "String",
            "Unit": "",
            "Decimals": 0,
            "PresentationType": None,
        }
        for index, column in enumerate(sorted(COLUMNS), 1)
    ]
    sets: dict[str, Sequence[ODataRow]] = {
        "MeasureCodes": measures,
        "Dimensions": [dimension_row(card, dimension)],
        f"{dimension}Codes": [code_row(row["code"], i, row["name"]) for i, row in enumerate(rows, 1)],
        "Observations": observations,
    }
    about = properties(card, str(card.boundary_year), len(observations), SUMMARY)
    return V4Table(card.table, sets, {**about, "DatasetType": "Text"})
