"""What a source cannot place in any region is set aside as it is read, by every way, and counted."""

import csv
import json
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.ingest.refresh import refresh
from pipelines.landing.store import Landing, Resource, Snapshot
from pipelines.reading.raw import rows_of, tally_of, write_raw
from pipelines.reading.remainders import remainders_among
from pipelines.reading.tally import NOT_CLASSIFIED
from pipelines.sample.make_sample import sample_origin
from pipelines.sample.tables import NO_REGIONS
from pipelines.settings import DBT_PROJECT
from pipelines.sources.card import SourceCard
from schemas.shapes import check_shape
from schemas.wire import WireError

TEXTS = {key: "-" for key in ("licence", "licence_url", "attribution", "homepage")}
TEXTS |= {"title": {"nl": "t", "en": "t"}, "cadence": "yearly"}
RECORDED = ["NL00", "NL98", "NL99", "LD98", "LD99", "PV98", "PV99", "CR98", "CR99", "AM99"]
REAL = ["NL01", "LD04", "PV31", "CR40", "AM38", "GM0098", "GM0099", "GM1998", "NL", "NL34", "NL415", "BE32A", "FRE11"]


def seed(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((DBT_PROJECT / "seeds" / f"{name}.csv").read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("code", [*RECORDED, "GM0998", "GM0999", "GM9999", "NLZ", "FRZZ", "BEZZZ"])
def test_what_is_no_region_is_known_beside_the_regions(code: str) -> None:
    assert remainders_among([code, *REAL]) == {code}


def test_all_of_the_country_is_no_region_only_where_the_country_is_there_too() -> None:
    assert remainders_among(["NL00", "WK036300"]) == set()
    assert remainders_among(["NL00", "NL01"]) == {"NL00"}


def test_no_region_of_the_sample_or_the_registry_is_taken_for_none() -> None:
    names = {row["region_code"] for row in seed("region_names")}
    assert len(names) > 300 and remainders_among({*names, *REAL}) == set()


@pytest.mark.parametrize("code", [*RECORDED, "NLZZ", "FRZZZ"])
def test_no_kind_of_region_has_a_code_of_what_is_none(code: str) -> None:
    schemes = seed("region_schemes")
    assert not [row["scheme"] for row in schemes if pl.Series([code]).str.contains(f"^({row['pattern']})$").item()]


def cbs_card(table: str, protocol: str) -> SourceCard:
    levels = sorted({code[:2] for code in NO_REGIONS[table]} | {"NL", "PV"})
    return SourceCard.model_validate(
        {
            **TEXTS,
            "publisher": "cbs",
            "table": table,
            "access": [{"protocol": protocol}],
            "dimensions": {
                "RegioS": {"role": "region", "levels": levels},
                "Perioden": {"role": "period", "kinds": ["JJ"], "since": 2023},
            },
            "measures": [{"code": "Mensen", "title": "Mensen", "unit": "aantal", "certainty": "seen"}],
            "rows": {"min": 1, "max": 10_000},
        }
    )


@pytest.mark.parametrize(
    ("protocol", "table"),
    [*product(("cbs_odata4", "cbs_odata3", "cbs_bulk"), ("82522NED", "83631NED", "85554NED"))],
)
def test_a_table_of_cbs_keeps_its_regions_and_counts_the_rest(protocol: str, table: str, tmp_path: Path) -> None:
    card = cbs_card(table, protocol)
    origin = sample_origin({card.dataset_id: card}, tmp_path / "drop")
    done = refresh(card, origin, Landing(tmp_path / "landing"), tmp_path / "raw", check_shape)
    rows = pl.read_parquet(done.folder / "observations.parquet")
    periods = rows["period_code"].n_unique()
    found = set(rows["region_code"])
    assert {"NL01", "PV20", "PV31"} <= found and not found & set(NO_REGIONS[table])
    assert rows_of(done.folder) == rows.height == done.rows == len(found) * periods
    assert tally_of(done.folder).left_out[NOT_CLASSIFIED] == len(NO_REGIONS[table]) * periods > 0
    codes = pl.read_parquet(done.folder / "codes.parquet").filter(role="region")
    assert set(NO_REGIONS[table]) <= set(codes["code"]), "what the source lists is still there to look at"


def read(card: SourceCard, protocol: str, name: str, body: bytes, folder: Path) -> tuple[pl.DataFrame, int]:
    landing = Landing(folder / "landing")
    resource = Resource(name=name, url=f"https://x/{name}", sha256=landing.put(body), size=len(body))
    snapshot = Snapshot(
        dataset_id=card.dataset_id,
        protocol=protocol,
        asked="q",
        modified="m",
        landed_at="2026-11-01",
        is_invented=False,
        resources=(resource,),
    )
    write_raw(card, snapshot, landing, folder / "raw", check_shape)
    return pl.read_parquet(folder / "raw" / "observations.parquet"), tally_of(folder / "raw").left_out.get(
        NOT_CLASSIFIED, 0
    )


def test_extra_regio_of_eurostat_is_none(tmp_path: Path) -> None:
    dimensions: dict[str, Any] = {"unit": ["NR"], "geo": ["NL", "NL34", "NLZZ"], "time": ["2023", "2024"]}
    card = SourceCard.model_validate(
        {
            **TEXTS,
            "publisher": "eurostat",
            "table": "x",
            "access": [{"protocol": "eurostat", "dataset": "x"}],
            "dimensions": {"unit": {"role": "measure"}, "geo": {"role": "region"}, "time": {"role": "period"}},
            "measures": [{"code": "NR", "title": "Number", "certainty": "seen"}],
            "rows": {"min": 4, "max": 4},
        }
    )
    cube = {
        "id": list(dimensions),
        "size": [len(codes) for codes in dimensions.values()],
        "dimension": {name: {"category": {"index": codes}} for name, codes in dimensions.items()},
        "value": list(range(6)),
    }
    rows, aside = read(card, "eurostat", "data/00000", json.dumps(cube).encode(), tmp_path)
    assert rows.select("region_code", "value").rows() == [("NL", 0.0), ("NL", 1.0), ("NL34", 2.0), ("NL34", 3.0)]
    assert aside == 2


FILE_CARD = SourceCard.model_validate(
    {
        **TEXTS,
        "publisher": "uwv",
        "table": "x",
        "access": [{"protocol": "file", "urls": ["https://x/a.csv"]}],
        "measures": [{"code": "people", "title": "people", "certainty": "seen"}],
        "layout": {
            "format": "csv",
            "columns": {
                "regio": {"to": "region", "reads": "region_code"},
                "jaar": {"to": "period", "reads": "year"},
                "aantal": {"to": "people", "reads": "number"},
            },
        },
        "rows": {"min": 1, "max": 10},
    }
)


def test_a_file_has_codes_of_no_region_too(tmp_path: Path) -> None:
    body = b"regio;jaar;aantal\nAM01;2025;5\nAM99;2025;7\nGM0363;2025;9\n"
    rows, aside = read(FILE_CARD, "file", "files/00000", body, tmp_path)
    assert rows.select("region_code", "value").rows() == [("AM01", 5.0), ("GM0363", 9.0)]
    assert aside == 1


@pytest.mark.parametrize("code", ["SG01", "VR25", "WK036300", "NL00", "GG0706"])
def test_a_code_of_no_known_kind_is_refused_at_the_wire_by_its_own_source(code: str, tmp_path: Path) -> None:
    body = f"regio;jaar;aantal\nAM01;2025;5\n{code};2025;7\n".encode()
    with pytest.raises(WireError, match=f"^uwv/x: region codes of no known kind: '{code}' .* -> ") as error:
        read(FILE_CARD, "file", "files/00000", body, tmp_path)
    assert "`levels`" in str(error.value) and "region_schemes.csv" in str(error.value)
    assert error.value.rows["region_code"].to_list() == [code]
