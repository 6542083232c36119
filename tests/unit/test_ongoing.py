"""A period that goes on, or has not begun, on the day on which its figures land: of every kind, in every shape."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import SHARED

from pipelines.errors import MismatchError
from pipelines.ingest.origins import asked
from pipelines.landing.store import Landing, Resource, Snapshot
from pipelines.reading.landed import Landed
from pipelines.reading.ongoing import ongoing_periods, periods_of, refuse_periods_to_come
from pipelines.reading.small_tables import read_divisions
from pipelines.settings import CARDS
from pipelines.sources.card import SourceCard, load_cards
from pipelines.sources.periods import has_begun, is_over, period_days

CASES = SHARED / "cases"
LANDED = date(2026, 11, 2)
CARDS_BY_ID = load_cards(CARDS)
FIGURES = CARDS_BY_ID["cbs/83648NED"]
REGISTER = CARDS_BY_ID["amsterdam/subsidies"]
# Of each kind one that is over on that day, one that goes on, one to come.
KINDS = [
    ("2025JJ00", "2026JJ00", "2027JJ00"),
    ("2025SJ00", "2026SJ00", "2027SJ00"),
    ("2026HJ01", "2026HJ02", "2027HJ01"),
    ("2026KW03", "2026KW04", "2027KW01"),
    ("2026MM10", "2026MM11", "2026MM12"),
    ("2026W144", "2026W145", "2026W146"),
    ("20261102", None, "20261103"),
    ("2026VJ00", None, "2027VJ00"),
]


def refuse_ahead(card: SourceCard, folder: Path, landed_on: date) -> None:
    refuse_periods_to_come(card, periods_of(card, folder), landed_on)


def observations(folder: Path, *rows: tuple[str, str, float | None, str]) -> Path:
    names = ["measure_code", "period_code", "value", "value_attribute"]
    frame = pl.DataFrame(rows, names, orient="row").with_columns(pl.lit(None, pl.String).alias("value_text"))
    frame.write_parquet(folder / "observations.parquet")
    return folder


def register(folder: Path, *years: int | None) -> Path:
    pl.DataFrame({"year": pl.Series(years, dtype=pl.Int32)}).write_parquet(folder / "subsidies.parquet")
    return folder


@pytest.mark.parametrize(("before", "goes_on", "to_come"), KINDS)
def test_every_kind_of_period_is_over_goes_on_or_is_to_come(before: str, goes_on: str | None, to_come: str) -> None:
    assert is_over(before, LANDED) and has_begun(before, LANDED)
    assert not is_over(to_come, LANDED) and not has_begun(to_come, LANDED)
    if goes_on:
        assert not is_over(goes_on, LANDED) and has_begun(goes_on, LANDED)
        assert is_over(goes_on, LANDED, is_on_first_day=True), "its first day is there to count"
    assert not is_over(to_come, LANDED, is_on_first_day=True)


@given(st.sampled_from([code for kind in KINDS for code in kind if code]), st.integers(-800, 800))
def test_a_period_once_over_stays_over_and_has_begun(code: str, days: int) -> None:
    day = LANDED + timedelta(days=days)
    if is_over(code, day):
        assert has_begun(code, day) and is_over(code, day + timedelta(days=1))
    if known := period_days(code):
        assert is_over(code, day) == (known[1] <= day)


@pytest.mark.parametrize(("before", "goes_on", "to_come"), KINDS)
def test_a_figure_of_a_period_to_come_is_refused_and_named(
    tmp_path: Path, before: str, goes_on: str | None, to_come: str
) -> None:
    refuse_ahead(FIGURES, observations(tmp_path, ("M", goes_on or before, 1.0, "None")), LANDED)
    for row in (("M", to_come, 1.0, "None"), ("M", to_come, None, "-")):
        folder = observations(tmp_path, ("M", before, 1.0, "None"), row)
        with pytest.raises(MismatchError, match=f"{to_come}.*has_plans_ahead"):
            refuse_ahead(FIGURES, folder, LANDED)
    # A source may have the cells of a period ready before there is anything in them.
    refuse_ahead(FIGURES, observations(tmp_path, ("M", to_come, None, ".")), LANDED)


def test_a_source_that_plans_ahead_has_figures_of_periods_to_come(tmp_path: Path) -> None:
    plans = FIGURES.model_copy(update={"has_plans_ahead": True})
    folder = observations(tmp_path, ("M", "2027JJ00", 1.0, "None"), ("M", "2025JJ00", 1.0, "None"))
    refuse_ahead(plans, folder, LANDED)
    assert [period.period_code for period in ongoing_periods(plans, folder, LANDED)] == ["2027JJ00"]


def test_a_grant_for_a_year_to_come_is_planned_where_the_card_says_so(tmp_path: Path) -> None:
    folder = register(tmp_path, 2025, 2026, 2027, None)
    refuse_ahead(REGISTER, folder, LANDED)
    assert [period.period_code for period in ongoing_periods(REGISTER, folder, LANDED)] == ["2026JJ00", "2027JJ00"]
    with pytest.raises(MismatchError, match="2027JJ00"):
        refuse_ahead(REGISTER.model_copy(update={"has_plans_ahead": False}), folder, LANDED)


def test_a_count_of_the_first_day_is_over_while_its_year_goes_on(tmp_path: Path) -> None:
    card = CARDS_BY_ID["cbs/81575NED"]
    folder = observations(tmp_path, ("M000200", "2026JJ00", 1.0, "None"), ("other", "2026JJ00", 1.0, "None"))
    assert [period.measure_code for period in ongoing_periods(card, folder, LANDED)] == ["other"]
    assert len(periods_of(card, folder)) == 2


def test_how_long_a_figure_can_change_is_no_part_of_what_a_source_is_asked() -> None:
    card: SourceCard = CARDS_BY_ID["cbs/81575NED"]
    measures = tuple(measure.model_copy(update={"is_on_first_day": False}) for measure in card.measures)
    assert asked(card) == asked(card.model_copy(update={"measures": measures}))


@pytest.mark.skipif(not CASES.exists(), reason="../shared/cases is absent: it holds the small faulty files")
def test_grants_for_a_year_to_come_are_of_a_year_that_is_not_over(tmp_path: Path) -> None:
    folder, body = tmp_path / "raw", (CASES / "amsterdam-page-with-2027.json").read_bytes()
    folder.mkdir()
    landing = Landing(tmp_path / "landing")
    page = Resource(name="records/00000", url="https://x/page=6", sha256=landing.put(body), size=len(body))
    snapshot = Snapshot(
        dataset_id=REGISTER.dataset_id,
        protocol="hal",
        asked="",
        modified="",
        landed_at=LANDED.isoformat(),
        is_invented=False,
        resources=(page,),
    )
    read_divisions(Landed(REGISTER, snapshot, landing), folder, folder)
    assert {period.period_code for period in periods_of(REGISTER, folder)} >= {"2024JJ00", "2027JJ00"}
    found = {period.period_code for period in ongoing_periods(REGISTER, folder, LANDED)}
    assert "2027JJ00" in found and not {code for code in found if code < "2026"}
    refuse_ahead(REGISTER, folder, LANDED)
    with pytest.raises(MismatchError, match="had not begun on 2026-11-02, when they landed: 2027JJ00"):
        refuse_ahead(REGISTER.model_copy(update={"has_plans_ahead": False}), folder, LANDED)
