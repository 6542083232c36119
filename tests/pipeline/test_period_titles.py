"""dbt reads every kind of period as the one rule in Python says."""

import re
from collections import Counter

import duckdb
import pytest
from conftest import Run
from support_periods import CODES

from pipelines.settings import DBT_PROJECT
from pipelines.sources.periods import is_period, kind_of, letters_of, part_of, period_days, period_kinds, year_of

MODEL = "compiled/regiokompas/models/intermediate/int_periods__parse_codes.sql"
POSSIBLE = [code for code in CODES if is_period(code)]


@pytest.fixture(scope="module")
def parsed(sample_run: Run) -> dict[str, dict[str, object]]:
    """What dbt's model, as it was compiled for a run, makes of codes of every kind."""
    compiled = (sample_run.data / "build" / "dbt" / MODEL).read_text(encoding="utf-8")
    model, times = re.subn(
        r"^with codes as \(.*?\n\),", "with codes as (select period_code from codes),", compiled, flags=re.DOTALL
    )
    assert times == 1
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as regiokompas")
        seed = str(DBT_PROJECT / "seeds" / "period_kinds.csv")
        con.execute("create schema regiokompas.main_seeds")
        con.execute("create table regiokompas.main_seeds.period_kinds as from read_csv($f)", {"f": seed})
        con.execute("create table codes as select unnest($codes) as period_code", {"codes": POSSIBLE})
        rows = con.sql(model).pl().to_dicts()
    return {row["period_code"]: row for row in rows}


def test_dbt_gives_every_period_the_days_and_the_kind_of_the_rule(parsed: dict[str, dict[str, object]]) -> None:
    found = {code: (row["start_date"], row["end_date"]) for code, row in parsed.items()}
    assert found == {code: period_days(code) or (None, None) for code in POSSIBLE}
    read = {code: (row["year"], row["year_part"], row["kind"]) for code, row in parsed.items()}
    assert read == {code: (year_of(code), part_of(code), kind_of(code)) for code in POSSIBLE}
    assert {kind.letters for kind in period_kinds()} | {""} == {letters_of(code) for code in parsed}


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_period_has_a_title_of_its_own_in_both_languages(parsed: dict[str, dict[str, object]], lang: str) -> None:
    titles = Counter(str(row[f"title_{lang}"]) for row in parsed.values())
    assert set(titles.values()) == {1}
    assert not set(titles) & set(POSSIBLE), "a bare code"
    assert all(re.search(r"\b(1[89]|20)[0-9]{2}\b", title) and "{" not in title for title in titles)
