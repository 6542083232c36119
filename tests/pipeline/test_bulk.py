"""The bulk way of CBS gives the very rows that OData gives, for whole tables and for parts of them."""

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support import SHARED, Standin

from pipelines.clients import cbs_bulk
from pipelines.errors import SourceError
from pipelines.ingest.refresh import Refreshed, refresh
from pipelines.landing.store import Landing
from pipelines.settings import CARDS
from pipelines.sources.card import SourceCard, load_cards
from schemas.wire import KEY, check_raw

CARD = load_cards(CARDS)["cbs/81575NED"]
pytestmark = pytest.mark.standin
ABOUT = {
    "publisher": "cbs",
    "title": {"nl": "Tabel", "en": "Table"},
    "licence": "CC BY 4.0",
    "licence_url": "https://creativecommons.org/licenses/by/4.0/",
    "attribution": "Bron: CBS",
    "homepage": "https://opendata.cbs.nl",
    "cadence": "yearly",
}


def table(table_id: str) -> dict[str, Any]:
    """A table as it stands in the stand-in."""
    return dict(json.loads(gzip.decompress((SHARED / "standin" / "tables" / f"{table_id}.json.gz").read_bytes())))


def card(table_id: str, protocol: str, **changes: Any) -> SourceCard:
    """A card that keeps a table of the stand-in whole, by one way."""
    source = table(table_id)
    kinds = {"TimeDimension": "period", "GeoDimension": "region"}
    return SourceCard.model_validate(
        {
            **ABOUT,
            "table": table_id,
            "access": [{"protocol": protocol}],
            "dimensions": {
                d["Identifier"]: {"role": kinds.get(str(d.get("Kind")), "category")} for d in source["dimensions"]
            },
            "measures": [
                {"code": m["Identifier"], "title": m["Title"], "certainty": "recorded"} for m in source["measures"]
            ],
            "rows": {"min": 1, "max": 100_000},
        }
        | changes
    )


def fetch(standin: Standin, one: SourceCard, folder: Path) -> Refreshed:
    return refresh(one, standin.origin(bulk=True), Landing(folder / "landing"), folder / "raw", check_raw)


def observations(done: Refreshed) -> pl.DataFrame:
    return pl.read_parquet(done.folder / "observations.parquet").drop("landed_sha256").sort(KEY)


@pytest.mark.parametrize("table_id", ["80072ned", "83841NED", "81575NED"])
def test_a_whole_table_has_equal_rows_by_both_ways(standin: Standin, tmp_path: Path, table_id: str) -> None:
    standin.heal()
    by_odata = fetch(standin, card(table_id, "cbs_odata4"), tmp_path / "odata")
    by_bulk = fetch(standin, card(table_id, "cbs_bulk"), tmp_path / "bulk")
    assert by_bulk.snapshot.protocol == "cbs_bulk"
    assert by_bulk.rows == by_odata.rows == len(table(table_id)["rows"])
    assert observations(by_bulk).equals(observations(by_odata))
    for name in ("measures", "codes"):
        one, other = (pl.read_parquet(done.folder / f"{name}.parquet") for done in (by_odata, by_bulk))
        assert one.equals(other), name


def test_the_card_of_establishments_takes_the_bulk_way(standin: Standin, tmp_path: Path) -> None:
    standin.heal()
    done = fetch(standin, load_cards(CARDS)["cbs/81575NED"], tmp_path)
    rows = observations(done)
    assert done.snapshot.protocol == "cbs_bulk" and standin.asked() == {"/csv/CBS/nl/81575NED": 1}
    assert rows.height == 342 and rows["value"].sum() == 2_612_530
    assert rows.filter(pl.col("region_code") == "GM0363")["value"].to_list() == [216_360]


def test_the_figures_are_those_of_the_table(standin: Standin, tmp_path: Path) -> None:
    source = table("80072ned")
    at = {name: source["columns"].index(name) for name in source["columns"]}
    sent = {
        (f"BedrijfskenmerkenSBI2008={row[at['BedrijfskenmerkenSBI2008']]}", row[at["Perioden"]]): row[at["Value"]]
        for row in source["rows"]
    }
    rows = observations(fetch(standin, card("80072ned", "cbs_bulk"), tmp_path))
    found = {(dims, period): value for dims, period, value in rows.select("dims", "period_code", "value").iter_rows()}
    assert found == sent and any(value != int(value) for value in sent.values() if value is not None)


def test_a_part_is_kept_of_what_the_bulk_file_has(standin: Standin, tmp_path: Path) -> None:
    whole = card("83841NED", "cbs_odata4").model_dump()
    part = whole["dimensions"] | {
        "Perioden": {"role": "period", "kinds": ["JJ"], "since": 2015},
        "DuurInkomenspositie": {
            "role": "category",
            "codes": [
                {"code": str(c["Identifier"]), "title": c["Title"], "certainty": "recorded"}
                for c in table("83841NED")["codes"]["DuurInkomenspositie"][:1]
            ],
        },
    }
    measures = whole["measures"][:2]
    found = [
        observations(fetch(standin, card("83841NED", access, dimensions=part, measures=measures), tmp_path / access))
        for access in ("cbs_odata4", "cbs_bulk")
    ]
    assert found[0].equals(found[1]) and 0 < found[0].height < 11_460
    source = table("83841NED")
    rows = [dict(zip(source["columns"], row, strict=True)) for row in source["rows"]]
    asked = {str(m["code"]) for m in measures}, part["DuurInkomenspositie"]["codes"][0]["code"]
    wanted = [r for r in rows if r["Measure"] in asked[0] and r["DuurInkomenspositie"] == asked[1]]
    assert found[0].height == len([r for r in wanted if r["Perioden"] >= "2015" and "JJ" in r["Perioden"]])


def test_an_unchanged_table_is_not_fetched_again(standin: Standin, tmp_path: Path) -> None:
    one = card("80072ned", "cbs_bulk")
    fetch(standin, one, tmp_path)
    standin.heal()
    again = fetch(standin, one, tmp_path)
    assert not again.has_changed
    assert standin.asked() == {"/odata/v1/CBS/80072ned/Properties": 1}


@pytest.mark.parametrize("kind", ["truncate", "reset", "html200", "http503"])
def test_a_faulty_zip_is_asked_again(standin: Standin, tmp_path: Path, kind: str) -> None:
    standin.heal()
    standin.fault(kind, "/csv/CBS", 1)
    assert fetch(standin, card("80072ned", "cbs_bulk"), tmp_path).rows == 4409
    standin.heal()


def zip_of(*rows: list[str], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip of a table that says it has two observations."""

    def member(lines: list[list[str]]) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=";").writerows(lines)
        return text.getvalue()

    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", compression) as archive:
        archive.writestr("Properties.csv", member([["Modified", "ObservationCount"], ["2026-01-01", "2"]]))
        archive.writestr("Dimensions.csv", member([["Identifier"], ["Perioden"]]))
        archive.writestr("MeasureCodes.csv", member([["Identifier"], ["M1"]]))
        header = ["Id", "Measure", "Perioden", "Value", "ValueAttribute"]
        archive.writestr("Observations.csv", member([header, *rows]))
    return body.getvalue()


def damaged(body: bytes) -> bytes:
    """The zip with a figure in it changed, which only the checksum of its member tells."""
    assert body.count(b";4711;") == 1
    return body.replace(b";4711;", b";4712;")


FIGURE = ["1", "M1", "2026JJ00", "4711", "None"]


def test_a_zip_is_looked_over_once_as_it_comes() -> None:
    good = zip_of(FIGURE)
    assert cbs_bulk.received(good)("Properties") == cbs_bulk.metadata(good)("Properties")
    with pytest.raises(ValueError, match=r"expected a whole zip, found Observations.csv damaged"):
        cbs_bulk.received(damaged(good))
    # What landed was looked over: its small members are read without unpacking the large one.
    assert cbs_bulk.metadata(damaged(good))("Properties")[0]["ObservationCount"] == "2"
    with pytest.raises(ValueError, match="expected a whole zip, found something else"):
        cbs_bulk.metadata(good.replace(b"2026-01-01", b"2026-01-02"))


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_damaged_zip_is_named_when_it_is_unpacked(tmp_path: Path, compression: int) -> None:
    good = zip_of(*[FIGURE] * (1 if compression == zipfile.ZIP_STORED else 500), compression=compression)
    at = good.index(b"Observations.csv") + 60
    bad = damaged(good) if compression == zipfile.ZIP_STORED else good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :]
    one, file = load_cards(CARDS)["cbs/81575NED"], tmp_path / "Observations.csv"
    with pytest.raises(
        SourceError, match=r"cbs/81575NED at https://x: Observations.csv .* cannot be unpacked"
    ) as error:
        cbs_bulk.unpack(one, bad, file, "https://x")
    assert "-> fetch the table again" in str(error.value)
    cbs_bulk.unpack(one, good, file, "https://x")
    assert file.read_bytes().startswith(b"Id;Measure;")


def test_a_zip_with_fewer_rows_than_it_says_is_refused() -> None:
    rows = cbs_bulk.metadata(zip_of())
    cbs_bulk.check_count(CARD, 2, rows, "https://x")
    with pytest.raises(SourceError, match=r"Observations.csv has 1 rows, expected the 2 that Properties counts"):
        cbs_bulk.check_count(CARD, 1, rows, "https://x")
