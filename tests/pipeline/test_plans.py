"""Plans in whole runs: a good one is in the table and on the page, a wrong one is left out, told, and stops nothing."""

import re
from html import unescape
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import Run
from support import Ran, copy_data, current_release, query, run_cli
from support_portal import ask, open_portal, release_of

# In the invented figures, Zwolle has 25.4 benefits in 2020 and 17.8 in 2025; 0.74 and 0.75 jobs; 37,417 (2021) and
# 38,200 euros.
GOOD = """indicator_id,target_value,target_year,title_nl,title_en,base_year
ww_benefits_per_1000_rate,15,2030,Minder mensen in de WW,Fewer people & benefits,2020
jobs_per_working_age_inhabitant_ratio,0.80,2030,Meer banen dichtbij,More jobs nearby,2020
standardised_income_real_eur,38000,2030,Hoger inkomen,Higher income,2021
unemployment_share_pct,2.5,2030,Minder werkloosheid,Less unemployment,
"""
# The first line is right, and left out with the others.
WRONG = GOOD + "ww_benefits_count,1000,2030,Minder WW,Less WW,\npoverty_105_pct,140,2030,Minder armoede,Less poverty,\n"
ZWOLLE, DALFSEN = "GM0193", "GM0148"
COLUMNS = {
    **{"region_code": "string", "indicator_id": "string", "target_value": "double", "target_year": "int32"},
    **{"base_year": "int32", "title_nl": "string", "title_en": "string", "file": "string"},
}


@pytest.fixture(scope="module")
def planned(sample_run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Path]:
    """A run with a plan and a wrong one beside it, and its data."""
    data = copy_data(sample_run.data, tmp_path_factory.mktemp("planned") / "data")
    (data / "plans").mkdir()
    (data / "plans" / f"{ZWOLLE}.csv").write_text(GOOD, encoding="utf-8")
    (data / "plans" / f"{DALFSEN}.csv").write_text(WRONG, encoding="utf-8")
    return run_cli("run", "--from", "sample", data=data), data


def test_without_a_plan_the_table_is_empty_and_no_page_has_the_section(sample_run: Run) -> None:
    found = pq.read_table(sample_run.data / "build/inputs/plans.parquet")
    assert found.num_rows == 0 and {field.name: str(field.type) for field in found.schema} == COLUMNS
    assert query(sample_run.release, "select count(*) from plan_monitor") == [(0,)]
    assert 'id="plan"' not in ask(open_portal(sample_run.release), "/en/municipality/zwolle").text


def test_a_wrong_plan_is_told_with_file_and_line_and_the_release_goes_on(
    planned: tuple[Ran, Path], sample_run: Run
) -> None:
    ran, data = planned
    assert ran.code == 1 and current_release(data).name != sample_run.release.name
    told = ran.group("Plans left out")
    assert [line.partition(": ")[0] for line in told] == [f"plan {DALFSEN}.csv line {n}" for n in (6, 7)]
    log = (data / "build" / "run.log").read_text(encoding="utf-8")
    assert (
        "indicator_id is 'ww_benefits_count', a count" in log and "give a target for ww_benefits_per_1000_rate" in log
    )
    assert "target_value is '140', expected from 0 to 100 %" in log and "Traceback" not in ran.err + ran.out


def test_the_good_plan_is_in_the_table_judged_by_hand(planned: tuple[Ran, Path]) -> None:
    sql = (
        "select region_code, indicator_id, base_period, base_value, period_code, value, planned_value,"
        " distance_to_path, distance_to_target, progress, gap from plan_monitor order by indicator_id"
    )
    jobs, income, unemployment, benefits = query(current_release(planned[1]), sql)
    # 0.74 + 0.06 x 5/10; 37,417 + 583 x 4/9 = 37,676.1; 25.4 - 10.4 x 5/10.
    of_2020, of_2025 = "2020JJ00", "2025JJ00"
    assert jobs[2:] == (of_2020, 0.74, of_2025, 0.75, 0.77, -0.02, -0.05, "behind", None)
    assert income[2:] == ("2021JJ00", 37417, of_2025, 38200, 37676, 524, 200, "reached", None)
    assert benefits[2:] == (of_2020, 25.4, of_2025, 17.8, 20.2, 2.4, -2.8, "on_path", None)
    assert unemployment[9:] == ("cannot_be_said", "margin_unknown")
    assert {row[0] for row in (jobs, income, unemployment, benefits)} == {ZWOLLE}


def test_the_baseline_has_every_target_as_the_monitor_has_it(planned: tuple[Ran, Path]) -> None:
    release = current_release(planned[1])
    monitor = "select region_code, indicator_id, target_value, target_year, progress, period_code, value"
    baseline = monitor.replace("progress", "target_progress")
    targets = query(release, f"{monitor} from plan_monitor order by 1, 2")
    assert targets == query(release, f"{baseline} from baseline where target_value is not null order by 1, 2")
    assert len(targets) == 4
    columns = " or ".join(f"({name} is null) <> (target_value is null)" for name in ("target_year", "target_progress"))
    assert query(release, f"select count(*) from baseline where {columns}") == [(0,)]


@pytest.mark.parametrize(
    ("lang", "benefits", "jobs"),
    [
        ("nl", "Minder mensen in de WW", ("0,80", "in 2030", "0,74", "0,75", "0,77", "achter", "0,05")),
        ("en", "Fewer people & benefits", ("0.80", "in 2030", "0.74", "0.75", "0.77", "behind", "0.05")),
    ],
)
def test_the_page_of_the_region_shows_it_in_its_language(
    planned: tuple[Ran, Path], lang: str, benefits: str, jobs: tuple[str, ...]
) -> None:
    portal = open_portal(current_release(planned[1]))
    page = ask(portal, release_of(portal).region_url(ZWOLLE, lang)).text
    (section,) = re.findall(r'<section id="plan">(.*?)</section>', page, re.DOTALL)
    words = " ".join(unescape(re.sub("<[^>]+>", " ", section)).split())
    assert benefits in words and page.count('href="#plan"') == 1
    slug = release_of(portal).slugs.indicators[lang]["jobs_per_working_age_inhabitant_ratio"]
    (row,) = [part for part in section.split("<tr>") if f"/zwolle/{slug}" in part]
    cells = [" ".join(unescape(re.sub("<[^>]+>", " ", cell)).split()) for cell in row.split("<td")[1:]]
    found = " | ".join(cells)
    places = [found.find(word) for word in jobs]
    assert -1 not in places and places == sorted(places), found
    other = ask(portal, release_of(portal).region_url(DALFSEN, lang)).text
    assert 'id="plan"' not in other
