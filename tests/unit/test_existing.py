"""A municipality has figures only of periods in which it existed, whatever way and shape they come by."""

import csv
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import SHARED

from pipelines.errors import MismatchError
from pipelines.reading.existing import boundaries, refuse_codes_that_do_not_exist
from pipelines.reading.files.table_file import read_table
from pipelines.reading.ongoing import periods_of
from pipelines.reading.tables import statistics_rows
from pipelines.settings import CARDS, DBT_PROJECT
from pipelines.sources.card import SourceCard, load_cards

CASES = SHARED / "cases"
ALL = load_cards(CARDS)
FIGURES = ALL["cbs/83648NED"]
AREAS = next(card for card in ALL.values() if card.boundaries and card.boundary_year == 2023)
PLACES = next(card for card in ALL.values() if card.places)


def refuse_codes(card: SourceCard, folder: Path) -> None:
    refuse_codes_that_do_not_exist(card, folder, periods_of(card, folder))


def changes() -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / "boundary_changes.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def figures(folder: Path, *rows: tuple[str, str, float | None, str]) -> Path:
    names = ["region_code", "period_code", "value", "value_attribute"]
    frame = pl.DataFrame(rows, names, orient="row").with_columns(pl.lit(None, pl.String).alias("value_text"))
    frame.with_columns(pl.lit("M").alias("measure_code")).write_parquet(folder / "observations.parquet")
    return folder


def on_division(year: int) -> SourceCard:
    return FIGURES.model_copy(update={"region_boundary_year": year})


@pytest.mark.parametrize(
    ("code", "period", "told"),
    [
        ("GM0020", "2023JJ00", "GM0020 in 2023JJ00 .never existed"),
        ("GM0025", "2023JJ00", "GM0025 in 2023JJ00 .ended on 2018-12-31"),
        ("GM0025", "2019KW01", "ended on 2018-12-31"),
        ("GM0457", "2022MM04", "ended on 2022-03-23"),
        ("GM1992", "2022JJ00", "exists since 2023-01-01"),
        ("GM1979", "20201231", "exists since 2021-01-01"),
    ],
)
def test_who_did_not_exist_then_is_refused_by_its_code(tmp_path: Path, code: str, period: str, told: str) -> None:
    folder = figures(tmp_path, ("GM0363", period, 1.0, "None"), (code, period, 2.0, "None"))
    with pytest.raises(MismatchError, match=told) as error:
        refuse_codes(FIGURES, folder)
    assert str(error.value).startswith("cbs/83648NED") and "GM0363" not in str(error.value)


@pytest.mark.parametrize(
    ("code", "period"),
    [
        ("GM0457", "2022JJ00"),
        ("GM0457", "2022MM03"),
        ("GM1992", "2023JJ00"),
        ("GM0025", "2018JJ00"),
        ("PV20", "2026JJ00"),
    ],
)
def test_who_existed_for_a_part_of_the_period_can_have_a_figure(tmp_path: Path, code: str, period: str) -> None:
    refuse_codes(FIGURES, figures(tmp_path, (code, period, 1.0, "None")))


def test_a_cell_without_a_figure_is_none_and_nil_is_one(tmp_path: Path) -> None:
    refuse_codes(FIGURES, figures(tmp_path, ("GM0025", "2023JJ00", None, "Impossible")))
    with pytest.raises(MismatchError, match="GM0025"):
        refuse_codes(FIGURES, figures(tmp_path, ("GM0025", "2023JJ00", None, "-")))


def test_before_the_changes_are_known_nobody_is_refused(tmp_path: Path) -> None:
    refuse_codes(FIGURES, figures(tmp_path, ("GM0364", "2009JJ00", 1.0, "None")))


def test_a_table_on_one_division_has_its_municipalities_in_every_period(tmp_path: Path) -> None:
    folder = figures(tmp_path, ("GM1992", "2015JJ00", 1.0, "None"))
    refuse_codes(on_division(2023), folder)
    with pytest.raises(MismatchError, match="GM1992"):
        refuse_codes(on_division(2022), folder)


@pytest.mark.parametrize(("code", "period"), [("GM2001", "2027JJ00"), ("GM2001", "2026KW03"), ("GM0999", "2027JJ00")])
def test_who_may_be_of_a_merger_to_come_is_told_as_such(tmp_path: Path, code: str, period: str) -> None:
    with pytest.raises(MismatchError, match=f"{boundaries().newest_year}, does not know: {code}.*merger"):
        refuse_codes(FIGURES, figures(tmp_path, (code, period, 1.0, "None")))


@pytest.mark.parametrize("card", [AREAS, PLACES], ids=["areas", "places"])
def test_areas_and_places_are_of_municipalities_of_their_year(tmp_path: Path, card: SourceCard) -> None:
    name, column = ("boundaries", "region_code") if card.boundaries else ("places", "municipality_code")
    for code, fits in (("GM0363", True), ("GM0025", False), ("GM0020", False)):
        frame = pl.DataFrame({column: [code], "boundary_year": [card.boundary_year]})
        frame.write_parquet(tmp_path / f"{name}.parquet")
        if fits:
            refuse_codes(card, tmp_path)
            continue
        with pytest.raises(MismatchError, match=code):
            refuse_codes(card, tmp_path)


@given(st.sampled_from(changes()), st.integers(0, 400))
def test_every_change_ends_one_life_and_begins_another(change: dict[str, str], days: int) -> None:
    day, known = date.fromisoformat(change["changed_on"]), boundaries()
    before, after = day - timedelta(days=1 + days), day + timedelta(days=days)
    assert known.problem(change["old_code"], (after, after))
    if change["heir"] == "new" and before >= known.known_from:
        assert known.problem(change["new_code"], (before, before))


@pytest.mark.skipif(not CASES.exists(), reason="../shared/cases is absent: it holds the small faulty files")
def test_numbers_of_provinces_are_no_municipalities(tmp_path: Path) -> None:
    card = ALL["cbs/landelijke_monitor_leegstand"]
    assert card.layout
    table = read_table(card.dataset_id, "f", (CASES / "province-numbers.xlsx").read_bytes(), card.layout)
    found = statistics_rows(card, table.frame, {}, "2025JJ00", "f", table.letters).observations
    found.write_parquet(tmp_path / "observations.parquet")
    with pytest.raises(MismatchError, match=r"GM0020 in 2025JJ00 .never existed., GM0025 .*another kind of region"):
        refuse_codes(card, tmp_path)
