"""From landed bytes to the one row shape: numbers as published, and every mark as sent."""

import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import seeds
from pipelines.clients import cbs_odata4
from pipelines.clients.description import Description
from pipelines.errors import SourceError
from pipelines.landing.store import Landing, Resource, Snapshot
from pipelines.reading import raw
from pipelines.reading.cbs_cells import unrounded
from pipelines.reading.existing import boundaries
from pipelines.reading.ongoing import marks_of_nil
from pipelines.reading.raw import is_read, rows_of, write_raw
from pipelines.reading.recipients import recipient_words
from pipelines.reading.small_tables import region_names
from pipelines.seeds import csv_rows
from pipelines.settings import CARDS, PROJECT
from pipelines.sources.card import SourceCard, load_cards
from pipelines.sources.periods import period_kinds
from schemas.shapes import check_shape

CON = duckdb.connect()
NUMBER = unrounded("$number", "$decimals")


def published(text: str, decimals: int) -> float:
    # To its end, since an unfinished answer would be in the way of the next question.
    (row,) = CON.execute(f"select {NUMBER}", {"number": float(text), "decimals": decimals}).fetchall()
    return float(row[0])


def single(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


@pytest.mark.parametrize(
    ("sent", "decimals", "expected"),
    [
        ("8560.4697265625", 2, 8560.47),
        ("7888.2001953125", 1, 7888.2),
        ("117.0999984741211", 1, 117.1),
        ("-0.30000001192092896", 1, -0.3),
        ("579.5", 1, 579.5),
        ("16900726", 0, 16_900_726),
        ("0.1", 0, 0.1),
        # A whole number that is a single: its shortest spelling as one would be 134217740.
        ("134217744.0", 0, 134_217_744),
    ],
)
def test_a_single_is_read_as_it_was_published(sent: str, decimals: int, expected: float) -> None:
    assert published(sent, decimals) == expected


@given(st.integers(0, 4), st.integers(-(10**12), 10**12))
def test_a_number_with_the_decimals_of_the_table_never_changes(decimals: int, units: int) -> None:
    text = f"{units / 10**decimals:.{decimals}f}"
    assert published(text, decimals) == float(text)


@given(st.integers(1, 3), st.integers(-999_999, 999_999))
def test_what_single_precision_did_to_a_number_is_undone(decimals: int, units: int) -> None:
    # Six digits always survive single precision.
    value = units / 10**decimals
    assert published(f"{single(value):.20f}".rstrip("0").rstrip("."), decimals) == value


@pytest.mark.parametrize(
    ("sent", "string", "number", "text"),
    [
        ("5.5", None, 5.5, None),
        ("-17e-1", None, -1.7, None),
        ("0", None, 0.0, None),
        ("null", None, None, None),
        ('"5.5"', None, None, "5.5"),
        ('"  n.b. "', None, None, "n.b."),
        ("true", None, None, "true"),
        ("NaN", None, None, "NaN"),
        ("5.5", "null", 5.5, None),
        ("5.5", '"GM0363  "', None, "GM0363"),
        ("5.5", '"  "', None, "5.5"),
        ("null", '"GM0363"', None, "GM0363"),
    ],
)
def test_a_number_of_json_is_told_from_a_text(
    tmp_path: Path, sent: str, string: str | None, number: float | None, text: str | None
) -> None:
    names = ["Id", "Measure", "ValueAttribute", "Value", *(["StringValue"] if string else [])]
    row = f'{{"Id": 7, "Measure": "M", "ValueAttribute": "None", "Value": {sent}'
    file = tmp_path / "page.json"
    file.write_text(f"[{row}{f', {chr(34)}StringValue{chr(34)}: {string}' if string else ''}}}]")
    fields = ", ".join(f"{name}: '{cbs_odata4.column_type(name)}'" for name in names)
    cells = cbs_odata4.cells_sql(CARD, names, Description({}, {}, {}, {}, [], {}), lambda _, column: column)
    page = f"select *, 0 as page_number from read_json('{file}', format = 'array', columns = {{{fields}}})"
    assert CON.sql(f"with page as ({page}) select number, text from ({cells})").fetchall() == [(number, text)]


CARD: SourceCard = SourceCard.model_validate(
    load_cards(CARDS)["cbs/83648NED"].model_dump() | {"rows": {"min": 1, "max": 100}}
)
TOPICS = ["TotaalGeregistreerdeMisdrijven_1", "GeregistreerdeMisdrijvenPer1000Inw_3"]


def landed(landing: Landing, cells: dict[str, tuple[Any, Any]], **changed: Any) -> Snapshot:
    """A snapshot of 83648NED as v3 sends it, with the two topics of some regions."""
    types = {"SoortMisdrijf": "Dimension", "RegioS": "GeoDimension", "Perioden": "TimeDimension"}
    sets: dict[str, Any] = {
        "TableInfos": [{"Modified": "2018-03-01T02:00:00"}],
        "DataProperties": [
            *({"Key": key, "Type": kind, "ID": i} for i, (key, kind) in enumerate(types.items())),
            {"Key": TOPICS[0], "Type": "Topic", "ID": 3, "Title": "Geregistreerd", "Unit": "aantal", "Decimals": 0},
            {"Key": TOPICS[1], "Type": "Topic", "ID": 4, "Title": "Per 1000", "Unit": "", "Decimals": 1},
        ],
        "SoortMisdrijf": [{"Key": "0000000", "Title": "Totaal"}],
        "RegioS": [{"Key": f"{region:<8}", "Title": region} for region in cells],
        "Perioden": [{"Key": "2015JJ00", "Title": "2015", "Status": "Definitief"}],
        "UntypedDataSet/00000": [
            {"ID": i, "SoortMisdrijf": "0000000", "RegioS": f"{region:<8}", "Perioden": "2015JJ00"}
            | dict(zip(TOPICS, pair, strict=True))
            for i, (region, pair) in enumerate(cells.items())
        ],
    }
    sets.update(changed)
    resources = []
    for name, rows in sets.items():
        body = json.dumps({"odata.metadata": "x", "value": rows}).encode()
        resources.append(Resource(name=name, url=f"https://x/{name}", sha256=landing.put(body), size=len(body)))
    return Snapshot(
        dataset_id=CARD.dataset_id,
        protocol="cbs_odata3",
        asked="q",
        modified="m",
        landed_at="2026-11-01",
        is_invented=False,
        resources=tuple(resources),
    )


def read(tmp_path: Path, cells: dict[str, tuple[Any, Any]], **changed: Any) -> pl.DataFrame:
    landing = Landing(tmp_path / "landing")
    snapshot = landed(landing, cells, **changed)
    assert write_raw(CARD, snapshot, landing, tmp_path / "raw", lambda _: None) == snapshot
    frame = pl.read_parquet(tmp_path / "raw" / "observations.parquet")
    assert frame.height == rows_of(tmp_path / "raw") and is_read(tmp_path / "raw", CARD, snapshot)
    return frame


MARKS = {
    "GM0003": ("     645", 645.0, "None"),
    "GM0005": ("       0", 0.0, "None"),
    "GM0007": ("       .", None, "."),
    "GM0009": ("       x", None, "x"),
    "GM0010": ("       -", None, "-"),
    "GM0014": ("", None, "blank"),
    "GM0017": ("        ", None, "blank"),
    "GM0018": (None, None, "blank"),
    "GM0022": ("  -12.5", -12.5, "None"),
}


def test_every_mark_of_v3_stays_what_it_was(tmp_path: Path) -> None:
    frame = read(tmp_path, {region: (sent, "    25.6") for region, (sent, _, _) in MARKS.items()})
    counts = frame.filter(pl.col("measure_code") == "M004200_2")
    found = {r: (v, m) for r, v, m in counts.select("region_code", "value", "value_attribute").iter_rows()}
    assert found == {region: (value, mark) for region, (_, value, mark) in MARKS.items()}
    assert set(frame["dims"]) == {"SoortMisdrijf=T001161"} and set(frame["period_status"]) == {"Definitief"}


@pytest.mark.parametrize("text", ["n.b.", "1e3", "12,5", "1.234.567", "NaN", "25.", "0x10"])
def test_a_text_where_a_number_belongs_is_never_a_number(tmp_path: Path, text: str) -> None:
    frame = read(tmp_path, {"GM0003": (text, "1.0")}).filter(pl.col("measure_code") == "M004200_2")
    assert frame.select("value", "value_attribute").rows() == [(None, text)]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"RegioS": [{"Key": "GM0005  ", "Title": "elders"}]},
            "the RegioS code 'GM0003', which is not in the table's own list of them",
        ),
        ({"UntypedDataSet/00000": []}, "0 observations, expected 1 to 100"),
        ({"UntypedDataSet/00000": [{"ID": 0, "RegioS": "GM0003"}]}, "the data set lacks the columns: "),
        ({"SoortMisdrijf": [{"Key": "9", "Title": "Iets"}]}, "SoortMisdrijf code T001161 .* is not in the source"),
        ({"RegioS": []}, "the code list of RegioS is empty"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    tmp_path: Path, changed: dict[str, Any], told: str
) -> None:
    with pytest.raises(SourceError, match=told) as error:
        read(tmp_path, {"GM0003": ("     645", "    25.6")}, **changed)
    assert str(error.value).startswith("cbs/83648NED")
    assert not (tmp_path / "raw").exists() and not list(tmp_path.glob(".building*"))


def test_a_refused_reading_leaves_the_one_before(tmp_path: Path) -> None:
    good = read(tmp_path, {"GM0003": ("     645", "    25.6")})
    with pytest.raises(SourceError):
        read(tmp_path, {"GM0003": ("     645", "    25.6")}, **{"RegioS": []})
    assert pl.read_parquet(tmp_path / "raw" / "observations.parquet").equals(good)


def test_an_unknown_column_is_refused(tmp_path: Path) -> None:
    row = {"ID": 0, "SoortMisdrijf": "0000000", "RegioS": "GM0003  ", "Perioden": "2015JJ00", "Geslacht": "T"}
    rows = [row | dict.fromkeys(TOPICS, "1")]
    with pytest.raises(SourceError, match="unknown columns: Geslacht"):
        read(tmp_path, {"GM0003": ("1", "1")}, **{"UntypedDataSet/00000": rows})


@pytest.fixture(scope="module")
def once_read(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Snapshot]:
    folder = tmp_path_factory.mktemp("read")
    landing = Landing(folder / "landing")
    snapshot = landed(landing, {"GM0003": ("1", "1.0")})
    write_raw(CARD, snapshot, landing, folder / "raw", lambda _: None)
    return folder / "raw", snapshot


@pytest.mark.parametrize("file", raw.reader_files(), ids=lambda file: file.stem)
def test_other_code_means_another_reading(
    once_read: tuple[Path, Snapshot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    folder, snapshot = once_read
    assert is_read(folder, CARD, snapshot)
    changed = tmp_path / "changed.py"
    changed.write_bytes(file.read_bytes() + b"\n")
    others = [changed if one == file else one for one in raw.reader_files()]
    monkeypatch.setattr(raw, "reader_files", lambda: others)
    assert not is_read(folder, CARD, snapshot)


def test_a_reading_is_known_by_all_of_our_code_that_it_loads() -> None:
    told = "print(*(getattr(module, '__file__', None) or '' for module in sys.modules.values()), sep='\\n')"
    command = [sys.executable, "-c", f"import sys, pipelines.reading.raw, schemas.shapes; {told}"]
    ran = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    ours = {path for path in map(Path, ran.stdout.splitlines()) if path.is_relative_to(PROJECT)}
    code = {file for file in raw.reader_files() if file.suffix == ".py"}
    assert {path for path in ours if ".venv" not in path.parts} == code


def test_a_reading_is_known_by_the_seeds_that_its_code_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: set[Path] = set()
    monkeypatch.setattr(seeds, "csv_rows", lambda path: opened.add(path) or csv_rows(path))
    for cached in (boundaries, region_names, recipient_words, period_kinds, marks_of_nil):
        cached.cache_clear()
    landing = Landing(tmp_path / "landing")
    write_raw(CARD, landed(landing, {"GM0003": ("1", "1.0")}), landing, tmp_path / "raw", check_shape)
    assert opened and opened <= set(raw.reader_files())
