"""Tables whose period no dimension of periods tells: their card says it, and they are read by every way of CBS."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support import Standin, open_standin
from support_bundles import MadeUp, write_bundles

from pipelines.commands.doctor import examine
from pipelines.ingest.drift import drift, reasons_to_hold_back
from pipelines.ingest.refresh import Refreshed, refresh
from pipelines.ingest.source_states import describe_sources
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


TASKS = {"3.1": "3.1 Economische ontwikkeling", "3.2": "3.2 Fysieke bedrijfsinfrastructuur", "8.1": "8.1 Ruimte"}
COSTS = {"L1.1": "Salarissen", "L4.2": "Subsidies", "B3.7": "Leges"}


def accounts(year: int, table: str, cells: dict[tuple[str, ...], str] | None = None) -> MadeUp:
    """The finances of one year, in a table of its own, with its budget and its accounts."""
    return MadeUp(
        table,
        f"Gemeenten {year} onbewerkte Iv3-data",
        {
            "TaakveldBalanspost": TASKS,
            "Categorie": COSTS,
            "Gemeenten": {"GM0363": "Amsterdam", "GM0193": "Zwolle", "GM0014": "Groningen", "GM0034": "Almere"},
            "Verslagsoort": {f"{year}X000": "Begroting", f"{year}X005": "Jaarrekening"},
        },
        {"k_2ePlaatsing": ("2e plaatsing", "1 000 euro")},
        cells=cells or {},
    )


ACCOUNTS = {2023: accounts(2023, "99063NED"), 2024: accounts(2024, "99067NED")}


def accounts_card(**changes: Any) -> SourceCard:
    def chosen(titles: dict[str, str]) -> list[dict[str, str]]:
        return [{"code": code, "title": title, "certainty": "seen"} for code, title in titles.items()]

    reports = [
        {"code": f"{year}X005", "title": "Jaarrekening", "period": f"{year}JJ00", "status": "Voorlopig"}
        for year in ACCOUNTS
    ]
    costs = {code: title for code, title in COSTS.items() if code.startswith("L")}
    economy = {code: title for code, title in TASKS.items() if code.startswith("3")}
    amount = {"code": "k_2ePlaatsing", "title": "2e plaatsing", "unit": "1 000 euro", "no_figure": -99998}
    made = {
        "table": "accounts",
        "tables": {year: table.id for year, table in ACCOUNTS.items()},
        "access": [{"protocol": "cbs_odata3", "host": "dataderden"}],
        "cadence": "yearly",
        "dimensions": {
            "TaakveldBalanspost": {"role": "category", "is_added_up": True, "codes": chosen(economy)},
            "Categorie": {"role": "category", "is_added_up": True, "codes": chosen(costs)},
            "Gemeenten": {"role": "region", "levels": ["GM"]},
            "Verslagsoort": {"role": "period", "codes": [{**code, "certainty": "seen"} for code in reports]},
        },
        "measures": [{**amount, "certainty": "seen"}],
    }
    return SourceCard.model_validate({**BASE, **made, **changes})


def test_tables_of_a_year_each_are_one_source_and_the_codes_of_a_dimension_one_figure(tmp_path: Path) -> None:
    marks = {
        "GM0193": [".", "", "7", "5"],
        "GM0014": [".", "-99998", "", "."],
        "GM0034": ["1", "x", "2", "3"],
    }
    parts = list(product(("3.1", "3.2"), ("L1.1", "L4.2")))
    cells = {
        (*part, region, "2024X005", "k_2ePlaatsing"): cell
        for region, texts in marks.items()
        for part, cell in zip(parts, texts, strict=True)
    }
    tables = [ACCOUNTS[2023].as_v3(), accounts(2024, ACCOUNTS[2024].id, cells).as_v3()]
    card = accounts_card()
    with open_standin("--tables", str(write_bundles(tmp_path / "tables", tables))) as standin:
        done = land(standin, card, tmp_path)
        found = examine(card, standin.origin(), [])
    rows = pl.read_parquet(done.folder / "observations.parquet")
    assert set(rows["dims"]) == {"Categorie=total;TaakveldBalanspost=total"}
    values = {
        (region, period): (value, mark)
        for region, period, value, mark in rows.select(
            "region_code", "period_code", "value", "value_attribute"
        ).iter_rows()
    }
    made = ACCOUNTS[2023].figures()
    for region in ("GM0363", "GM0193", "GM0014", "GM0034"):
        whole = sum(made[*part, region, "2023X005", "k_2ePlaatsing"] for part in parts)
        assert values[region, "2023JJ00"] == (whole, "None")
    # What is empty adds nothing, nothing but empty cells is empty, and what is secret makes the sum so.
    assert values["GM0193", "2024JJ00"] == (12, "None")
    assert values["GM0014", "2024JJ00"] == (None, ".")
    assert values["GM0034", "2024JJ00"] == (None, "x")
    assert len(values) == rows.height == 8
    assert (found.newest, found.problems) == ("2024JJ00", ())


def test_a_code_that_is_added_up_and_gone_holds_back_every_figure_of_the_table(tmp_path: Path) -> None:
    less = MadeUp(
        ACCOUNTS[2023].id,
        ACCOUNTS[2023].title,
        {**ACCOUNTS[2023].dimensions, "Categorie": {"L1.1": "Salarissen", "B3.7": "Leges"}},
        ACCOUNTS[2023].measures,
    )
    card = accounts_card()
    dims = "Categorie=total;TaakveldBalanspost=total"
    row = {"indicator_id": "i", "dataset_id": card.dataset_id, "measure_code": "k_2ePlaatsing", "dims": dims}
    indicators = [Indicator.model_construct(**row, formula="published", numerator="", denominator="")]
    tables = [less.as_v3(), ACCOUNTS[2024].as_v3()]
    with open_standin("--tables", str(write_bundles(tmp_path / "tables", tables))) as standin:
        land(standin, card, tmp_path)
        found = examine(card, standin.origin(), indicators)
    changes = drift(card, Landing(tmp_path / "landing"), invented=False)
    assert "L4.2" in reasons_to_hold_back(indicators, changes)["i"]
    assert "L4.2" in found.problems[0].problem


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"tables": {2024: "99067NED"}}, "`codes` of just those years"),
        ({"access": [{"protocol": "cbs_odata4"}]}, "are only read by `protocol: cbs_odata3`"),
    ],
)
def test_tables_that_do_not_fit_their_card_are_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        accounts_card(**changes)
