"""Every check passes a frame that is right and names the row of one that is wrong."""

from datetime import date
from pathlib import Path
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest
from support_periods import CODES

from pipelines.database import connect
from pipelines.orchestration.checks import contract_problem
from pipelines.publish.manifest import PublicColumn, PublicTable
from pipelines.sources.periods import is_period
from schemas.checks import CHECKS, Frames, describe, failing_rows
from schemas.marts import contract_schema
from schemas.wire import WireError, check_raw

RAW: dict[str, Any] = {
    "dataset_id": "cbs/1",
    "measure_code": "M1",
    "region_code": "GM0363",
    "period_code": "2026JJ00",
    "dims": "A=T1",
    "value": 5.0,
    "value_text": None,
    "value_attribute": "None",
    "period_status": "Definitief",
    "landed_sha256": "0" * 64,
}
RAW_TYPES = dict.fromkeys(RAW, pl.String) | {"value": pl.Float64}


def raw(folder: Path, *changes: dict[str, Any]) -> Path:
    rows = [RAW, *(RAW | {"region_code": "GM0344"} | change for change in changes)]
    pl.DataFrame(rows, schema=RAW_TYPES).write_parquet(folder / "observations.parquet")
    return folder


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"value": None, "value_attribute": "Impossible"},
        {"value": None, "value_attribute": "blank"},
        {"value": None, "value_attribute": "."},
        {"value": -3.5, "dims": "", "period_status": None},
        {"region_code": "NL01", "period_code": "2026KW04"},
        {"value": None, "value_text": "Utrecht"},
    ],
)
def test_rows_of_the_row_shape_pass(tmp_path: Path, change: dict[str, Any]) -> None:
    check_raw(raw(tmp_path, change))


def test_periods_of_every_kind_pass(tmp_path: Path) -> None:
    check_raw(raw(tmp_path, *({"period_code": code} for code in CODES if is_period(code) and code != "2026JJ00")))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"region_code": "GM0363"}, ["2 rows share a key", "measure M1 region GM0363 period 2026JJ00 A=T1"]),
        ({"value": None, "value_attribute": "circa 5"}, ["GM0344", "holds 'circa 5'", "expected a number"]),
        ({"value_attribute": "."}, ["GM0344", "the mark '.' and the number 5", "value_status.csv gives no meaning"]),
        ({"value": None, "value_attribute": "**"}, ["GM0344", "the mark '**' and no number"]),
        (
            {"region_code": "Utrecht"},
            ["region codes of no known kind: 'Utrecht' (1 such rows)", "-> leave its level out"],
        ),
        ({"period_code": "2026"}, ["period_code", "'2026'", "expected a valid period, such as 2026JJ00"]),
        ({"period_code": "20241331"}, ["period_code", "'20241331'", "expected a valid period"]),
        ({"period_code": "20240230"}, ["period_code", "'20240230'", "expected a valid period"]),
        ({"period_code": "2024KW00"}, ["period_code", "'2024KW00'", "expected a valid period"]),
        ({"period_code": "2024MM13"}, ["period_code", "'2024MM13'", "expected a valid period"]),
        ({"period_code": None}, ["period_code"]),
        ({"period_status": "Gokje"}, ["period_status", "'Gokje'"]),
        ({"landed_sha256": "x"}, ["landed_sha256", "'x'"]),
        ({"measure_code": ""}, ["measure_code"]),
    ],
)
def test_the_wire_check_names_the_first_row_that_is_wrong(
    tmp_path: Path, change: dict[str, Any], told: list[str]
) -> None:
    with pytest.raises(WireError) as error:
        check_raw(raw(tmp_path, change))
    text = str(error.value)
    assert text.startswith("cbs/1: ") and all(part in text for part in told), text
    assert error.value.rows.height >= 1, "no failing row to show"


def observations(*rows: tuple[Any, ...]) -> pl.LazyFrame:
    columns = ["indicator_id", "region_code", "period_code", "value", "value_status"]
    schema = dict.fromkeys(columns, pl.String) | {"value": pl.Float64}
    frame = pl.LazyFrame(list(rows), schema=schema, orient="row")
    return frame.with_columns(dataset_id=pl.lit("cbs/1"), source_mark=pl.lit(None, pl.String))


def figures(**values: float | None) -> Frames:
    return {
        "observations": observations(*((i, "GM1", "2026JJ00", v, "final") for i, v in values.items())),
        "indicators": pl.LazyFrame({"indicator_id": ["a"], "min_value": [0.0], "max_value": [10.0]}),
    }


def prices(period: str, value: float | None, unit: str = "2025 = 100", kind: str = "index") -> Frames:
    told = pl.LazyFrame({"indicator_id": ["prices"], "kind": [kind], "unit_en": [unit]})
    return {"observations": observations(("prices", "NL01", period, value, "final")), "indicators": told}


EARLY, LATE = date(2015, 1, 1), date(2020, 1, 1)


def status(value: float | None, value_status: str) -> Frames:
    return {"observations": observations(("a", "GM1", "2026JJ00", value, value_status))}


def regions(count: int, scheme: str = "municipality", *, current: bool = True) -> Frames:
    return {"regions": pl.LazyFrame({"scheme": [scheme] * count, "is_current": [current] * count})}


def membership(*spans: tuple[str, date, date | None]) -> Frames:
    columns = {"region_code": pl.String, "valid_from": pl.Date, "valid_to": pl.Date}
    frame = pl.LazyFrame(list(spans), schema=columns, orient="row")
    frame = frame.with_columns(scheme=pl.lit("province"), municipality_code=pl.lit("GM1"))
    exists = pl.LazyFrame([("GM1", EARLY, None)], schema=columns, orient="row")
    exists = exists.with_columns(scheme=pl.lit("municipality"), municipality_code=pl.lit("GM1"))
    return {"region_membership": pl.concat([frame, exists])}


PARTS = {"total": "t", "parts": ["p", "q"], "tolerance": 1}
PROVINCES = {"schemes": ["province"]}
COUNT = {"scheme": "municipality", "min": 2, "max": 3}
PASSING: list[tuple[str, dict[str, Any], Frames]] = [
    ("within_bounds", {}, figures(a=0)),
    ("within_bounds", {}, figures(a=10)),
    ("within_bounds", {}, figures(a=None)),
    ("value_matches_status", {}, status(0, "final")),
    ("value_matches_status", {}, status(1, "estimated")),
    ("value_matches_status", {}, status(None, "suppressed")),
    ("total_equals_parts", PARTS, figures(t=10, p=4, q=5)),
    ("total_equals_parts", PARTS, figures(t=10, p=4, q=None)),
    ("parts_within_total", PARTS, figures(t=10, p=4, q=7)),
    ("parts_within_total", PARTS, figures(t=10, p=2, q=None)),
    ("not_more_than", {"lower": "l", "upper": "u"}, figures(l=5, u=5)),
    ("index_is_100_in_its_base_year", {}, prices("2025JJ00", 100.04)),
    ("index_is_100_in_its_base_year", {}, prices("2024JJ00", 96.8)),
    ("index_is_100_in_its_base_year", {}, prices("2025JJ00", None)),
    ("index_is_100_in_its_base_year", {}, prices("2025JJ00", 7, "euro", "ratio")),
    ("current_regions_count", COUNT, regions(3)),
    ("current_regions_count", COUNT, regions(9, current=False)),
    ("one_region_per_scheme", PROVINCES, membership(("PV1", EARLY, date(2019, 12, 31)), ("PV2", LATE, None))),
    ("a_region_on_any_date", PROVINCES, membership(("PV1", EARLY, date(2019, 12, 31)), ("PV2", LATE, None))),
    ("a_region_on_any_date", {"schemes": ["corop"]}, membership(("PV1", LATE, None))),
]
FAILING: list[tuple[str, dict[str, Any], Frames, str]] = [
    ("within_bounds", {}, figures(a=-0.1), "value -0.1"),
    ("within_bounds", {}, figures(a=10.5), "max_value 10.0"),
    ("value_matches_status", {}, status(0, "missing"), "value_status missing"),
    ("value_matches_status", {}, status(None, "final"), "value_status final"),
    ("value_matches_status", {}, status(3, "not_applicable"), "GM1"),
    ("value_matches_status", {}, status(3, "suppressed"), "value 3.0"),
    ("total_equals_parts", PARTS, figures(t=10, p=4, q=4), "parts_sum 8.0"),
    ("parts_within_total", PARTS, figures(t=10, p=12, q=None), "parts_sum 12.0"),
    ("not_more_than", {"lower": "l", "upper": "u"}, figures(l=6, u=5), "total 5.0"),
    ("index_is_100_in_its_base_year", {}, prices("2025JJ00", 131.4), "value 131.4"),
    ("index_is_100_in_its_base_year", {}, prices("2015JJ00", 77.5, "2015 = 100"), "unit_en 2015 = 100"),
    ("current_regions_count", COUNT, regions(1), "count 1"),
    ("current_regions_count", COUNT, regions(4), "count 4"),
    ("current_regions_count", COUNT, regions(1, "corop"), "count 0"),
    ("one_region_per_scheme", PROVINCES, membership(("PV1", EARLY, LATE), ("PV2", LATE, None)), "region_code PV1"),
    (
        "one_region_per_scheme",
        PROVINCES,
        membership(("PV1", EARLY, None), ("PV2", LATE, None)),
        "region_code_other PV2",
    ),
    ("a_region_on_any_date", PROVINCES, membership(("PV1", EARLY, date(2019, 12, 30)), ("PV2", LATE, None)), "GM1"),
    ("a_region_on_any_date", PROVINCES, membership(("PV1", EARLY, LATE)), "scheme province"),
]


@pytest.mark.parametrize(("name", "parameters", "frames"), PASSING)
def test_what_is_right_passes(name: str, parameters: dict[str, Any], frames: Frames) -> None:
    assert failing_rows(frames, {"name": name, **parameters}).height == 0


@pytest.mark.parametrize(("name", "parameters", "frames", "told"), FAILING)
def test_what_is_wrong_fails_and_is_named(name: str, parameters: dict[str, Any], frames: Frames, told: str) -> None:
    asked = {"name": name, **parameters}
    rows = failing_rows(frames, asked)
    assert rows.height == 1
    text = describe(asked, rows)
    assert text.startswith(f"check {name}: 1 rows fail") and told in text, text
    assert "; expected: " in text and " -> " in text and "\n" not in text


def test_every_check_is_tried_both_ways() -> None:
    assert {case[0] for case in PASSING} == {case[0] for case in FAILING} == set(CHECKS)


def test_a_check_that_nobody_wrote_is_an_error() -> None:
    with pytest.raises(KeyError, match="plausible"):
        failing_rows({}, {"name": "plausible"})


def column(name: str, data_type: str, *, nullable: bool) -> PublicColumn:
    return PublicColumn(name, data_type, nullable, "en", "nl", None, None, is_facet=False, references=None)


TABLE = PublicTable(
    name="t",
    model="dim_t",
    title_nl="nl",
    title_en="en",
    description_nl="nl",
    description_en="en",
    columns=(column("code", "string", nullable=False), column("value", "double", nullable=True)),
    primary_key=("code",),
    label_column=None,
    fts=(),
    checks=(),
    data_themes=("ECON",),
)


def test_a_table_that_keeps_its_contract_passes() -> None:
    contract_schema(TABLE).validate(pl.DataFrame({"code": ["a", "b"], "value": [1.0, None]}))


@pytest.mark.parametrize(
    "content",
    [
        {"code": ["a", "a"], "value": [1.0, 2.0]},
        {"code": ["a", None], "value": [1.0, 2.0]},
        {"code": ["a", "b"], "value": [1, 2]},
        {"code": ["a"]},
        {"code": ["a"], "value": [1.0], "more": [1]},
        {"value": [1.0], "code": ["a"]},
    ],
    ids=["key twice", "key missing", "other type", "column missing", "column too many", "other order"],
)
def test_a_table_that_breaks_its_contract_is_refused(content: dict[str, list[Any]]) -> None:
    with pytest.raises((pa.errors.SchemaError, pa.errors.SchemaErrors)):
        contract_schema(TABLE).validate(pl.DataFrame(content), lazy=True)


# More than are looked at together.
ROWS = "select 'c' || i as code, i::double as value from range(120_000) rows(i)"


@pytest.mark.parametrize(
    ("content", "expected", "keys"),
    [
        (ROWS, "", []),
        (f"{ROWS} where i < 0", "", []),
        (f"{ROWS} union all select 'c7', 1", "multiple_fields_uniqueness", ["c7", "c7"]),
        (f"{ROWS} where i < 9 union all select null, 1", "not_nullable", [None]),
        (f"{ROWS} union all select null, 1", "not_nullable", [None]),
        (f"select code, value::bigint as value from ({ROWS})", "dtype('Float64')", [None]),
        (f"select code from ({ROWS} where i < 0)", "column_in_dataframe", [None]),
        (f"select value from ({ROWS})", "column_in_dataframe", None),
    ],
    ids=["kept", "no rows", "key twice", "key missing", "far below", "other type", "column missing", "no key"],
)
def test_a_contract_is_kept_by_all_rows_of_a_table_together(
    content: str, expected: str, keys: list[str | None] | None
) -> None:
    with connect() as con:
        con.execute(f"create table t as {content}")
        problem, rows = contract_problem(con, TABLE)
        # A connection that a part was left in would refuse the next question.
        assert con.sql("select 1").fetchall() == [(1,)]
    assert problem.partition(", expected ")[2].partition(" -> ")[0] == expected
    assert (rows["code"].to_list() if "code" in rows.columns else None) == (keys or None)
