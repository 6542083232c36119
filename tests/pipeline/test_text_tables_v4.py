"""Region tables come by v3 in the stand-in, and by v4 at CBS today: both ways must give the same regions."""

import gzip
import json
from pathlib import Path

import polars as pl
import pytest
from support import SHARED, Standin, open_standin

from pipelines.ingest.refresh import refresh
from pipelines.landing.store import Landing
from pipelines.settings import CARDS
from pipelines.sources.card import load_cards
from schemas.wire import check_raw

pytestmark = pytest.mark.standin
TABLE = "86247NED"


def as_v4(source: Path, target: Path) -> None:
    """Write the v3 bundle of a region table anew as CBS sends such a table in v4: long, texts still padded."""
    old = json.loads(gzip.decompress(source.read_bytes()))
    topics = [c for c in old["columns"] if c not in old["dims"]]
    measures = {topic: f"T{number:05d}" for number, topic in enumerate(topics)}
    region = old["columns"].index("RegioS")
    rows = [
        ["Id", measures[topic], "None", None, row[old["columns"].index(topic)], row[region].strip()]
        for row in old["rows"]
        for topic in topics
    ]
    new = {
        "id": TABLE,
        "protocol": "v4",
        "properties": {"Identifier": TABLE, "Title": old["info"]["Title"], "Modified": "2026-02-20T02:00:00+01:00"},
        "dimensions": [{"Identifier": "RegioS", "Title": "Regio's", "Kind": "GeoDimension"}],
        "measures": [
            {"Identifier": code, "Index": number, "Title": topic.split("_")[0], "DataType": "String", "Unit": ""}
            for number, (topic, code) in enumerate(measures.items())
        ],
        "codes": {
            "RegioS": [
                {"Identifier": c["Key"].strip(), "Index": i, "Title": c["Title"]}
                for i, c in enumerate(old["codes"]["RegioS"])
            ]
        },
        "groups": {},
        "columns": ["Id", "Measure", "ValueAttribute", "Value", "StringValue", "RegioS"],
        "rows": [[number, *row[1:]] for number, row in enumerate(rows)],
        "source": "",
    }
    target.write_bytes(gzip.compress(json.dumps(new).encode()))


def texts(standin: Standin, folder: Path) -> pl.DataFrame:
    """Region, place of the column among its table's columns, and text; nothing else of a text table is used."""
    card = load_cards(CARDS)[f"cbs/{TABLE}"]
    done = refresh(card, standin.origin(), Landing(folder / "landing"), folder / "raw", check_raw)
    rows = pl.read_parquet(done.folder / "observations.parquet")
    order = pl.read_parquet(done.folder / "measures.parquet").sort("source_index").with_row_index("place")
    return (
        rows.join(order, on="measure_code")
        .select("region_code", "place", "value_text", "period_code", pl.lit(done.snapshot.protocol).alias("access"))
        .sort("region_code", "place")
    )


def test_a_region_table_reads_the_same_by_v3_and_by_v4(standin: Standin, tmp_path: Path) -> None:
    standin.heal()
    by_v3 = texts(standin, tmp_path / "v3")
    tables = tmp_path / "tables"
    tables.mkdir()
    as_v4(SHARED / "standin" / "tables" / f"{TABLE}.json.gz", tables / f"{TABLE}.json.gz")
    with open_standin("--tables", str(tables), "--page-size", "1000") as other:
        by_v4 = texts(other, tmp_path / "v4")
    assert set(by_v3["access"]) == {"cbs_odata3"} and set(by_v4["access"]) == {"cbs_odata4"}
    assert by_v4.drop("access").equals(by_v3.drop("access"))
    assert by_v4.filter(pl.col("value_text").str.starts_with("AM"))["value_text"].n_unique() == 35
