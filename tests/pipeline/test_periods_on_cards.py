"""Tables whose period no dimension of periods tells: their card says it, and they are read by every way of CBS."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support import Standin, open_standin
from support_bundles import MadeUp, write_bundles

from pipelines.commands.doctor import examine
from pipelines.ingest.assemble import describe_sources
from pipelines.ingest.drift import drift, reasons_to_hold_back
from pipelines.ingest.refresh import Refreshed, refresh
from pipelines.landing.store import Landing
from pipelines.seeds import Indicator
from pipelines.settings import Settings
from pipelines.sources.card import SourceCard
from schemas.shapes import check_shape

pytestmark = pytest.mark.standin
ROADS = ["cbs_odata4", "cbs_odata3", "cbs_bulk"]
BASE: dict[str, Any] = {
    "publisher": "cbs",
    "title": {"nl": "Tabel", "en": "Table"},
    "licence": "CC BY 4.0",
    "licence_url": "https://creativecommons.org/licenses/by/4.0/",
    "attribution": "Bron: CBS",
    "homepage": "https://opendata.cbs.nl",
    "rows": {"min": 1, "max": 1000},
}
# A survey of one year, which only its title tells, as 86119NED is.
SURVEY = MadeUp(
    "99119NED",
    "ICT-gebruik bij bedrijven; bedrijfsgrootte, 2024",
    {"Bedrijfsgrootte": {"T001098": "Totaal", "WP19090": "10 tot 50 werkzame personen"}},
    {"AIGebruikt": ("AI gebruikt", "% van bedrijven"), "CloudGebruikt": ("Cloud gebruikt", "% van bedrijven")},
)
# Municipal finance, in which the kind of report tells of which period a figure is and how final.
REPORTS = {
    "2024X000": "Begroting",
    "2024X001": "1e kwartaalrapportage",
    "2024X004": "4e kwartaalrapportage",
    "2024X005": "Jaarrekening",
}
FINANCE = MadeUp(
    "99045NED",
    "Gemeenten; Iv3 gegevens 2024",
    {
        "Taakvelden": {"T001": "Totaal", "3.1": "3.1 Economische ontwikkeling"},
        "Gemeenten": {"GM0363": "Amsterdam", "GM0193": "Zwolle"},
        "Verslagsoort": REPORTS,
    },
    {"Bedrag": ("Bedrag", "1 000 euro")},
)
REPORT_CODES = [
    {
        "code": code,
        "title": REPORTS[code],
        "certainty": "recorded",
        "period": period,
        "status": status,
    }
    for code, period, status in (("2024X001", "2024KW01", "Voorlopig"), ("2024X005", "2024JJ00", "Definitief"))
]


def survey_card(**changes: Any) -> SourceCard:
    size = {"role": "category", "codes": [{"code": "T001098", "title": "Totaal", "certainty": "recorded"}]}
    ai = {"code": "AIGebruikt", "title": "AI gebruikt", "unit": "% van bedrijven", "certainty": "recorded"}
    made = {"table": SURVEY.id, "cadence": "once", "period": "2024JJ00"}
    return SourceCard.model_validate(
        {**BASE, **made, "dimensions": {"Bedrijfsgrootte": size}, "measures": [ai], **changes}
    )


def finance_card(**changes: Any) -> SourceCard:
    dimensions = {
        "Taakvelden": {
            "role": "category",
            "codes": [{"code": "3.1", "title": "3.1 Economische ontwikkeling", "certainty": "recorded"}],
        },
        "Gemeenten": {"role": "region", "levels": ["GM"]},
        "Verslagsoort": {"role": "period", "codes": REPORT_CODES},
    }
    amount = {"code": "Bedrag", "title": "Bedrag", "unit": "1 000 euro", "certainty": "recorded"}
    made = {"table": FINANCE.id, "cadence": "yearly", "dimensions": dimensions, "measures": [amount]}
    return SourceCard.model_validate({**BASE, **made, **changes})


@contextmanager
def serving(folder: Path, access: str, *tables: MadeUp) -> Iterator[Standin]:
    made = [table.as_v3() if access == "cbs_odata3" else table.as_v4() for table in tables]
    with open_standin("--tables", str(write_bundles(folder / "tables", made))) as standin:
        yield standin


def land(standin: Standin, card: SourceCard, folder: Path) -> Refreshed:
    bulk = card.access[0].protocol == "cbs_bulk"
    return refresh(card, standin.origin(bulk=bulk), Landing(folder / "landing"), folder / "raw", check_shape)


def rows_of(done: Refreshed) -> list[tuple[Any, ...]]:
    rows = pl.read_parquet(done.folder / "observations.parquet")
    return sorted(rows.select("region_code", "period_code", "dims", "value", "period_status").iter_rows())


@pytest.mark.parametrize("access", ROADS)
def test_a_table_of_one_period_has_it_on_its_card(tmp_path: Path, access: str) -> None:
    card = survey_card(access=[{"protocol": access}])
    with serving(tmp_path, access, SURVEY) as standin:
        done = land(standin, card, tmp_path)
        assert done.snapshot.protocol == access
        found = examine(card, standin.origin(bulk=True), [])
    value = SURVEY.figures()["T001098", "AIGebruikt"]
    assert rows_of(done) == [("NL01", "2024JJ00", "Bedrijfsgrootte=T001098", value, None)]
    assert (found.state, found.newest, found.problems) == ("current", "2024JJ00", ())
    settings = Settings(data=tmp_path)
    (source,) = describe_sources(settings, {card.dataset_id: card}, invented=False, as_of=date(2030, 1, 1))
    assert (source["newest_period"], source["state"], source["expected_next"]) == ("2024JJ00", "current", None)
    assert drift(card, Landing(tmp_path / "landing"), invented=False) == []


@pytest.mark.parametrize("access", ROADS)
def test_codes_of_a_dimension_stand_for_periods_and_say_how_final_they_are(tmp_path: Path, access: str) -> None:
    card = finance_card(access=[{"protocol": access}])
    with serving(tmp_path, access, FINANCE) as standin:
        done = land(standin, card, tmp_path)
        found = examine(card, standin.origin(bulk=True), [])
    made, dims = FINANCE.figures(), "Taakvelden=3.1"
    assert rows_of(done) == sorted(
        (region, period, dims, made["3.1", region, code, "Bedrag"], status)
        for region in ("GM0363", "GM0193")
        for code, period, status in (("2024X001", "2024KW01", "Voorlopig"), ("2024X005", "2024JJ00", "Definitief"))
    )
    assert (found.newest, found.problems) == ("2024JJ00", ())


def test_a_report_that_is_not_there_yet_is_no_trouble_and_comes_later(tmp_path: Path) -> None:
    reports = {code: title for code, title in REPORTS.items() if code != "2024X005"}
    early = MadeUp(FINANCE.id, FINANCE.title, {**FINANCE.dimensions, "Verslagsoort": reports}, FINANCE.measures)
    card = finance_card(access=[{"protocol": "cbs_odata4"}])
    row = {"indicator_id": "i", "dataset_id": card.dataset_id, "measure_code": "Bedrag", "dims": "Taakvelden=3.1"}
    indicators = [Indicator.model_construct(**row, formula="published", numerator="", denominator="")]
    with serving(tmp_path / "early", "cbs_odata4", early) as standin:
        assert {row[1] for row in rows_of(land(standin, card, tmp_path))} == {"2024KW01"}
        found = examine(card, standin.origin(), indicators)
        assert not found.problems and "Verslagsoort=2024X005" in found.remarks[0]
    late = FINANCE.as_v4()
    late["properties"]["Modified"] = "2026-10-01T02:00:00+02:00"
    with open_standin("--tables", str(write_bundles(tmp_path / "late", [late]))) as standin:
        assert {row[1] for row in rows_of(land(standin, card, tmp_path))} == {"2024KW01", "2024JJ00"}
    changes = drift(card, Landing(tmp_path / "landing"), invented=False)
    assert reasons_to_hold_back(indicators, changes) == {}
    assert ("added", "2024X005") in {(c.change, c.code) for c in changes}


def test_a_report_with_another_title_holds_back_every_figure_of_the_table(tmp_path: Path) -> None:
    card = finance_card(access=[{"protocol": "cbs_odata4"}])
    row = {"indicator_id": "i", "dataset_id": card.dataset_id, "measure_code": "Bedrag", "dims": "Taakvelden=3.1"}
    with serving(tmp_path / "before", "cbs_odata4", FINANCE) as standin:
        land(standin, card, tmp_path)
    after = FINANCE.as_v4()
    after["properties"]["Modified"] = "2026-10-01T02:00:00+02:00"
    after["codes"]["Verslagsoort"][3]["Title"] = "Halfjaarrapportage"
    with open_standin("--tables", str(write_bundles(tmp_path / "after", [after]))) as standin:
        land(standin, card, tmp_path)
    changes = drift(card, Landing(tmp_path / "landing"), invented=False)
    indicators = [Indicator.model_construct(**row, formula="published", numerator="", denominator="")]
    reason = reasons_to_hold_back(indicators, changes)["i"]
    assert "'Jaarrekening' before, 'Halfjaarrapportage' now" in reason
