"""Plans: whatever a spreadsheet makes of a list of targets is read, whatever else is told with file and line."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.indicators.registry import read_indicators
from pipelines.ingest.plans import Plans, Target, digest_of, read_plans
from pipelines.reading.existing import boundaries
from pipelines.seeds import Indicator

REGIONS = {"GM0193", "GM0150", "PV23", "OWN-OOST"}
HEADER = "indicator_id,target_value,target_year,title_nl,title_en,base_year\n"
WW = "ww_benefits_per_1000_rate"
GOOD = f"{WW},15,2030,Minder WW,Less WW,2020\n"
INDICATORS = read_indicators()
TARGETABLE = [row for row in INDICATORS if row.kind not in ("count", "minimum", "coverage")]


def put(folder: Path, **files: str | bytes) -> Path:
    """A folder of plans, each by its name without `.csv`."""
    for name, text in files.items():
        (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def read(folder: Path) -> Plans:
    return read_plans(folder, INDICATORS, REGIONS)


def told(folder: Path, line: str) -> str:
    """What is told about a file whose only target is this line; it is always one line, and nothing is read."""
    found = read(put(folder, GM0193=HEADER + line))
    (error,) = map(str, found.wrong)
    assert not found.targets and "\n" not in error and " -> " in error
    return error


def test_a_plan_has_its_targets_ordered_by_region_and_indicator(tmp_path: Path) -> None:
    put(tmp_path, GM0193=HEADER + GOOD, gm0150=HEADER + "shop_vacancy_share_pct,4.5,2028,Minder leeg,Fewer empty,\n")
    assert read(tmp_path) == Plans(
        [
            Target("GM0150", "shop_vacancy_share_pct", 4.5, 2028, None, "Minder leeg", "Fewer empty", "gm0150.csv"),
            Target("GM0193", WW, 15.0, 2030, 2020, "Minder WW", "Less WW", "GM0193.csv"),
        ],
        [],
    )


def test_what_a_dutch_spreadsheet_writes_is_read(tmp_path: Path) -> None:
    text = f"\ufeffIndicator_id;target_value;target_year;title_nl;title_en;;\r\n{WW};15,5;2030;Één;One;;\r\n;;;;;;\r\n"
    (target,) = read(put(tmp_path, PV23=text)).targets
    assert (target.target_value, target.base_year, target.title_nl) == (15.5, None, "Één")


def test_without_a_folder_or_files_there_is_no_plan(tmp_path: Path) -> None:
    (tmp_path / ".GM0193.csv").write_text("not read", encoding="utf-8")
    assert read(tmp_path) == read(tmp_path / "absent") == Plans([], [])


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("ww_benefit_per_1000_rate,15,2030,a,b,", f"line 2: indicator_id is 'ww_benefit_per_1000_rate', .*write {WW}"),
        ("ww_benefits_count,15,2030,a,b,", f"line 2: indicator_id is 'ww_benefits_count', a count, .* for {WW}"),
        ("support_reviewed_pct,15,2030,a,b,", "says how much of its source is known"),
        (f"{WW},veel,2030,a,b,", "line 2: target_value is 'veel', expected a number such as 38.5"),
        (f"{WW},1e2,2030,a,b,", "target_value is '1e2', expected a number"),
        (f"{WW},-1,2030,a,b,", "target_value is '-1', expected from 0 to 1000 per 1,000"),
        (f"{WW},1001,2030,a,b,", "target_value is '1001', expected from 0 to 1000"),
        (f"{WW},1.000,2030,a,b,", "target_value is '1.000', which can be read in two ways"),
        (f"{WW},15.25,2030,a,b,", "target_value is '15.25', expected no more decimals than the 1 of"),
        (f"{WW},15,30,a,b,", "target_year is '30', expected a year such as 2030"),
        (f"{WW},15,2030-12-31,a,b,", "target_year is '2030-12-31', expected a year"),
        (f"{WW},15,2030,a,b,later", "base_year is 'later', expected a year"),
        (f"{WW},15,2030,a,b,2030", "target_year is '2030', expected a year after base_year 2030"),
        (f"{WW},15,2030,,b,", "title_nl is '', expected a text, in both languages"),
        (f"{WW},15,2030,a,,", "title_en is '', expected a text, in both languages"),
        (f"{WW},15,5,2030,a,b,2020", "line 2: found '2020' beyond the last column"),
    ],
)
def test_a_wrong_target_is_told_with_its_line_column_and_value(tmp_path: Path, line: str, problem: str) -> None:
    error = told(tmp_path, f"{line}\n")
    assert error.startswith("plan GM0193.csv line 2: ")
    assert re.search(problem, error), error


def test_a_doubled_target_names_the_other_line(tmp_path: Path) -> None:
    assert f"line 3: indicator_id is '{WW}', which is on line 2 too" in told(tmp_path, GOOD + GOOD)


@pytest.mark.parametrize("name", ["GM9999", "GM0003", "zwolle", "PV85", "OWN-WEST"])
def test_a_region_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    (error,) = map(str, read(put(tmp_path, **{name: HEADER + GOOD})).wrong)
    assert error.startswith(f"plan {name}.csv: '{name}' is no region of today")
    ended = boundaries().heirs.get(name, [])
    assert all(heir.code in error for heir in ended) and bool(ended) == ("became part of" in error)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "the file is empty, expected the header indicator_id,target_value"),
        (HEADER.encode(), "it has no target"),
        (b"indicator_id,target_value\n", "expected target_year in it"),
        ((HEADER.strip() + ",note\n").encode(), "column 'note' is not known"),
        (HEADER.encode() + b"\xff\n", "expected UTF-8"),
    ],
)
def test_a_file_of_another_form_is_told(tmp_path: Path, body: bytes, problem: str) -> None:
    (error,) = map(str, read(put(tmp_path, GM0193=body)).wrong)
    assert problem in error and " -> " in error


def test_a_file_with_an_error_is_left_out_whole_and_the_others_are_read(tmp_path: Path) -> None:
    bad = f"{HEADER}{GOOD}poverty_105_pct,140,2030,a,b,\npoverty_105_pct,x,2030,a,b,\n"
    (tmp_path / "PV23.xlsx").write_bytes(b"PK")
    found = read(put(tmp_path, GM0193=HEADER + GOOD, GM0150=bad))
    assert [target.region_code for target in found.targets] == ["GM0193"]
    assert [error.where for error in found.wrong] == [
        "plan GM0150.csv line 3",
        "plan GM0150.csv line 4",
        "plan PV23.xlsx",
    ]


def test_two_files_of_one_region_are_refused(tmp_path: Path) -> None:
    found = read(put(tmp_path, GM0193=HEADER + GOOD, gm0193=HEADER + GOOD))
    assert "it is about GM0193, like GM0193.csv" in str(found.wrong[0])


def test_every_count_is_refused_and_its_own_rate_named_where_there_is_one(tmp_path: Path) -> None:
    counts = [row.indicator_id for row in INDICATORS if row.kind == "count"]
    text = HEADER + "".join(f"{name},1,2030,a,b,\n" for name in counts)
    errors = [error.todo for error in read(put(tmp_path, GM0193=text)).wrong]
    assert len(errors) == len(counts) > 50
    for name, todo in zip(counts, errors, strict=True):
        own = [
            row.indicator_id for row in TARGETABLE if row.numerator == name and row.kind in ("rate", "share", "ratio")
        ]
        assert all(rate in todo for rate in own[:1])
    assert any("give a target for" in todo for todo in errors)


LINES = st.sampled_from(TARGETABLE).flatmap(
    lambda row: st.tuples(
        st.just(row),
        st.decimals(min_value=row.min_value, max_value=row.max_value, places=row.decimals, allow_nan=False),
        st.integers(1995, 2099),
        st.integers(1, 30),
        st.booleans(),
    )
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(LINES, st.sampled_from([",", ";"]))
def test_any_target_within_its_bounds_is_read_as_written(
    tmp_path: Path, line: tuple[Indicator, Decimal, int, int, bool], separator: str
) -> None:
    row, value, base, years, has_base = line
    year = min(base + years, 2100)
    number = f"{value:f}" if separator == "," else f"{value:f}".replace(".", ",")
    cells = [row.indicator_id, number, str(year), "doel", "goal", str(base) if has_base else ""]
    text = HEADER.replace(",", separator) + separator.join(cells) + "\n"
    found = read(put(tmp_path, GM0193=text))
    whole, _, decimals = f"{value:f}".lstrip("-").partition(".")
    if len(decimals) == 3 and not whole.startswith("0"):
        assert "two ways" in str(found.wrong[0])
        return
    (target,) = found.targets
    assert (target.target_value, target.target_year) == (float(value), year)
    assert target.base_year == (base if has_base else None) and not found.wrong


def test_any_change_of_a_plan_is_another_identity(tmp_path: Path) -> None:
    first = read(put(tmp_path, GM0193=HEADER + GOOD)).targets
    again = read(put(tmp_path, GM0193=HEADER.replace(",", ";") + GOOD.replace(",", ";"))).targets
    other = read(put(tmp_path, GM0193=HEADER + GOOD.replace("15", "14"))).targets
    assert digest_of(first) == digest_of(again) != digest_of(other) != digest_of([])
