"""A table that no code knows becomes figures in a release: one command, one row, no Python and no SQL."""

import csv
import gzip
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support import (
    SHARED,
    Ran,
    Standin,
    copy_project,
    current_release,
    open_standin,
    query,
    run_cli,
    write_contracts,
)
from support_bundles import MadeUp
from support_portal import fetch, open_portal

from pipelines.commands.new_indicator import example_row
from pipelines.commands.new_source import Made, new_source, read_card
from pipelines.errors import CardError
from pipelines.ingest.refresh import FailedError
from pipelines.landing.store import Landing
from pipelines.settings import CARDS, DBT_PROJECT, Settings
from pipelines.sources.card import SourceCard, load_cards
from pipelines.sources.periods import is_period, period_kinds

Table = dict[str, Any]

# What could not be placed in any municipality.
NOT_PLACED = "GM0999"


def table_of(table_id: str) -> Table:
    return json.loads(gzip.decompress((SHARED / f"standin/tables/{table_id}.json.gz").read_bytes()))


def renamed(table: Table, new_id: str, words: dict[str, str]) -> Table:
    """The same figures under another id, with other words for the names and codes in it."""
    text = json.dumps(table)
    for old, new in {table["id"]: new_id, **words}.items():
        assert f'"{old}"' in text, f"{old} is not in the table"
        text = text.replace(f'"{old}"', f'"{new}"')
    return json.loads(text)


def offences() -> Table:
    """Crime on v3, in other words, with the total in the middle of its list as CBS has it in many tables."""
    words = {"SoortMisdrijf": "AardVanHetFeit", "RegioS": "Gebieden", "Perioden": "Jaren"}
    words |= {
        "TotaalGeregistreerdeMisdrijven_1": "Feiten_1",
        "GeregistreerdeMisdrijvenPer1000Inw_3": "FeitenRelatief_3",
    }
    table = renamed(table_of("83648NED"), "99001NED", words)
    table["info"]["Title"] = "Strafbare feiten;  aard van het feit, gebied"
    titles = {"Feiten_1": ("Feiten: alle", "aantal", 0), "FeitenRelatief_3": ("Feiten, relatief", "per 1 000", 1)}
    for topic in table["dataproperties"]:
        if topic["Key"] in titles:
            topic["Title"], topic["Unit"], topic["Decimals"] = titles[topic["Key"]]
    codes = table["codes"]["AardVanHetFeit"]
    next(code for code in codes if code["Key"] == "0000000")["Title"] = "Totaal #strafbare feiten"
    codes.append(codes.pop(0))
    assert codes[0]["Key"] != "0000000"
    return table


def firms() -> Table:
    """Establishments on v4, in other words."""
    words = {"BedrijfstakkenBranchesSBI2008": "SoortBedrijf", "RegioS": "Plaats", "Perioden": "Tijd", "M000200": "X123"}
    table = renamed(table_of("81575NED"), "99002NED", words)
    table["properties"]["Title"] = "Firma's; soort, plaats"
    table["measures"][0]["Title"] = "Firma's"
    return table


def sectors() -> Table:
    """Jobs of the whole country, stopped by CBS."""
    table = renamed(table_of("83583NED"), "99003NED", {})
    table["info"]["OutputStatus"] = "Gediscontinueerd"
    return table


def every_period() -> Table:
    """National figures of one period of every kind that there is."""
    of_kinds = {f"2024{kind.letters}{kind.numbers[-1]:02}" for kind in period_kinds()}
    codes = {code: code for code in sorted({*of_kinds, "20240229", "2026W132", "1971X000"}) if is_period(code)}
    measures = {"Aantal": ("Aantal gevallen", "aantal")}
    return MadeUp("99007NED", "Van alles", {"Tijd": codes}, measures, {"Tijd": "TimeDimension"}).as_v4()


TABLES: dict[str, Callable[[], Table]] = {
    "99001NED": offences,
    "99002NED": firms,
    "99003NED": sectors,
    "99004NED": lambda: renamed(table_of("82949NED"), "99004NED", {}),
    "99005NED": lambda: renamed(table_of("83841NED"), "99005NED", {}),
    "99006ned": lambda: renamed(table_of("70072ned"), "99006ned", {}),
    "99007NED": every_period,
    "80072ned": lambda: table_of("80072ned"),
    # No release without the regions of now.
    "86247NED": lambda: table_of("86247NED"),
}


ADDED = ("99001NED", "99002NED", "99007NED")


@pytest.fixture(scope="module")
def unknown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    """A stand-in with tables that no card, no seed and no code knows."""
    folder = tmp_path_factory.mktemp("tables")
    for table_id, make in TABLES.items():
        (folder / f"{table_id}.json.gz").write_bytes(gzip.compress(json.dumps(make()).encode(), 1))
    with open_standin("--tables", str(folder)) as standin:
        yield standin


def make(standin: Standin, table: str, folder: Path) -> Made:
    cards = Path(shutil.copytree(CARDS, folder / "cards"))
    return new_source("cbs", table, standin.origin(), Settings(data=folder / "data"), cards)


@dataclass(frozen=True)
class Added:
    """A copy of the project to which some tables were added, and what the commands said."""

    project: Path
    made: dict[str, Ran]
    rows: dict[str, dict[str, str]]
    ran: Ran
    release: Path


@pytest.fixture(scope="module")
def added(unknown: Standin, tmp_path_factory: pytest.TempPathFactory) -> Added:
    """Tables added as a reader would: the command, then the row that it proposes with the texts filled in."""
    folder = tmp_path_factory.mktemp("added")
    project, data = copy_project(folder / "project"), folder / "data"
    seed = project / "dbt_project" / "seeds" / "indicators.csv"
    header = next(csv.reader([seed.read_text(encoding="utf-8").splitlines()[0]]))
    made, rows = {}, {}
    for table in ADDED:
        ran = run_cli("new-source", "cbs", table, data=data, project=project, **unknown.environment)
        assert ran.code == 0, ran.err + ran.out
        proposed = next(line for line in ran.out.splitlines() if f"cbs/{table}," in line)
        chosen = "<count|rate|share|ratio>,<true|false>,<none|byar|wilson|source|unknown>"
        assert f",{chosen},published," in proposed
        text = re.sub("<[^>]+>", "in woorden", proposed.replace(chosen, "count,false,none"))
        seed.write_text(seed.read_text(encoding="utf-8").rstrip("\n") + f"\n{text}\n", encoding="utf-8")
        made[table], rows[table] = ran, dict(zip(header, next(csv.reader([text])), strict=True))
    write_contracts(project)
    chosen = [argument for table in (*ADDED, "86247NED") for argument in ("--select", f"cbs/{table}")]
    ran = unknown.run(*chosen, data=data, project=project)
    assert ran.code == 0, ran.err + ran.out
    return Added(project, made, rows, ran, current_release(data))


def figures_of(added: Added, table: str) -> dict[tuple[str, str], float]:
    sql = "select region_code, period_code, value from observations where indicator_id = ? and value is not null"
    return {(r, p): v for r, p, v in query(added.release, sql, added.rows[table]["indicator_id"])}


@pytest.mark.standin
def test_the_figures_of_a_new_v3_table_are_in_the_release(added: Added) -> None:
    published = {
        (row[1].strip(), row[2].strip()): float(row[3])
        for row in offences()["rows"]
        if row[0].strip() == "0000000" and row[3].strip() not in ("", ".") and row[1].strip() != NOT_PLACED
    }
    assert len(published) > 300 and figures_of(added, "99001NED") == published


@pytest.mark.standin
def test_the_figures_of_a_new_v4_table_are_in_the_release(added: Added) -> None:
    table = firms()
    at = {name: table["columns"].index(name) for name in ("Plaats", "Tijd", "Value")}
    published = {(row[at["Plaats"]], row[at["Tijd"]]): row[at["Value"]] for row in table["rows"]}
    assert len(published) == 342 and figures_of(added, "99002NED") == published


@pytest.mark.standin
def test_figures_of_every_kind_of_period_are_in_the_release_and_on_its_pages(added: Added) -> None:
    table, indicator = every_period(), added.rows["99007NED"]["indicator_id"]
    at = {name: table["columns"].index(name) for name in ("Tijd", "Value")}
    assert figures_of(added, "99007NED") == {("NL01", row[at["Tijd"]]): row[at["Value"]] for row in table["rows"]}
    # What ends last, and not what sorts last.
    state = "select newest_period, age_days is not null from source_health where dataset_id = 'cbs/99007NED'"
    assert query(added.release, state) == [("2026W132", 1)]
    portal = open_portal(added.release)
    for page in (
        f"/en/indicator/{indicator}?region=NL01",
        f"/en/compare?indicator={indicator}&region=NL01",
        "/bronnen",
    ):
        assert "week 32 2026" in fetch(portal, page).text, page
    assert fetch(portal, f"/en/compare.csv?indicator={indicator}&region=NL01").text.count("\n") > len(ADDED)


@pytest.mark.standin
def test_the_table_landed_once_and_is_a_source_like_any_other(added: Added) -> None:
    assert added.ran.state("cbs/99002NED") == "current"
    landing = Landing(added.release.parents[1] / "landing")
    assert len(landing.snapshots("cbs/99001NED")) == len(landing.snapshots("cbs/99002NED")) == 1


@pytest.mark.standin
def test_the_command_says_where_the_card_is_and_what_to_do(added: Added) -> None:
    out = added.made["99001NED"].out
    assert str(added.project / "pipelines" / "cards" / "cbs_99001NED.yml") in out
    assert "Strafbare feiten; aard van het feit, gebied" in out and "2 of 2 measures" in out
    assert "regiokompas run --from live --select cbs/99001NED" in out and "<what it counts>" in out
    assert added.rows["99001NED"]["dims"] == "AardVanHetFeit=0000000"


@pytest.mark.standin
def test_the_card_has_the_words_of_the_table_and_bounds_around_its_rows(unknown: Standin, tmp_path: Path) -> None:
    made = make(unknown, "99001NED", tmp_path)
    card = made.card
    assert card == load_cards(tmp_path / "cards")["cbs/99001NED"] == read_card(made.path.read_text(encoding="utf-8"))
    assert card.title.nl == "Strafbare feiten; aard van het feit, gebied" and card.cadence == "yearly"
    assert {name: d.role for name, d in card.dimensions.items()} == {
        "AardVanHetFeit": "category",
        "Gebieden": "region",
        "Jaren": "period",
    }
    assert [(c.code, c.title) for c in card.dimensions["AardVanHetFeit"].codes] == [
        ("0000000", "Totaal #strafbare feiten")
    ]
    assert card.dimensions["Jaren"].kinds == ("JJ",) and "GM" in card.dimensions["Gebieden"].levels
    assert [(m.code, m.title, m.unit) for m in card.measures] == [
        ("Feiten", "Feiten: alle", "aantal"),
        ("FeitenRelatief", "Feiten, relatief", "per 1 000"),
    ]
    asked = 2 * sum(row[0].strip() == "0000000" and row[1].strip() != NOT_PLACED for row in offences()["rows"])
    assert made.landed.rows == asked and 0.8 * asked <= card.rows.min <= 0.9 * asked and card.rows.max == 2 * asked


@pytest.mark.standin
@pytest.mark.parametrize("table", ["99001NED", "99006ned", "80072ned"])
def test_everything_that_is_not_kept_can_be_taken_out_of_its_comment(
    unknown: Standin, tmp_path: Path, table: str
) -> None:
    made = make(unknown, table, tmp_path)
    whole = read_card(re.sub(r"(?m)^( +)# - ", r"\1- ", made.path.read_text(encoding="utf-8")))
    source = TABLES[table]()
    properties = source.get("dataproperties") or []
    topics = [p["Key"] for p in properties if p["Type"] == "Topic" and p["Datatype"] != "String"]
    assert len(whole.measures) == len(topics or source["measures"]) >= len(made.card.measures)
    for name, dimension in whole.dimensions.items():
        codes = source["codes"][name]
        key = "Key" if "Key" in codes[0] else "Identifier"
        if dimension.role == "category":
            assert sorted(c.code for c in dimension.codes) == sorted(str(c[key]).strip() for c in codes)


@pytest.mark.standin
def test_a_topic_whose_name_stands_there_twice_is_told_apart_by_its_whole_key(unknown: Standin, tmp_path: Path) -> None:
    text = make(unknown, "99006ned", tmp_path).path.read_text(encoding="utf-8")
    card = read_card(re.sub(r"(?m)^( +)# - ", r"\1- ", text))
    by_alias = {m.aliases: m.code for m in card.measures}
    assert len({m.code for m in card.measures}) == len(card.measures)
    assert by_alias["Mannen_2",] == "Mannen" and by_alias["Mannen_122",] != "Mannen"
    assert next(m for m in card.measures if m.code == "TotaalAantalBanen").aliases == ()


@pytest.mark.standin
def test_a_table_with_quarters_is_quarterly_and_one_without_regions_is_national(
    unknown: Standin, tmp_path: Path
) -> None:
    project = copy_project(tmp_path / "project")
    ran = run_cli("new-source", "cbs", "80072ned", data=tmp_path, project=project, **unknown.environment)
    assert ran.code == 0 and "the whole country" in ran.out, ran.err
    card = load_cards(project / "pipelines" / "cards")["cbs/80072ned"]
    assert card.cadence == "quarterly" and card.dimensions["Perioden"].kinds == ("KW", "JJ")
    assert card.dimension("region") is None


@pytest.mark.standin
def test_a_table_that_was_stopped_gets_a_card_that_says_so(unknown: Standin, tmp_path: Path) -> None:
    made = make(unknown, "99003NED", tmp_path)
    assert made.card.ended and made.card.ended.state == "stopped"
    assert made.card.ended.since.isoformat() == sectors()["info"]["Modified"][:10]
    # The unit is thousands, and so is the multiplier that its indicator needs.
    row = dict(zip(example_columns(), next(csv.reader([example_row(made)])), strict=True))
    assert row["multiplier"] == "1000" and float(row["max_value"]) > 1000 * max(r[3] or 0 for r in sectors()["rows"])


def example_columns() -> list[str]:
    return (DBT_PROJECT / "seeds" / "indicators.csv").read_text(encoding="utf-8").splitlines()[0].split(",")


@pytest.mark.standin
def test_regions_and_periods_that_nothing_here_knows_are_left_out_and_mentioned(tmp_path: Path) -> None:
    table = firms()
    table["codes"]["Plaats"] += [{"Identifier": "WK036300", "Index": 999, "Title": "Wijk 00"}]
    table["codes"]["Tijd"] += [{"Identifier": "2026G301", "Index": 9, "Title": "2024-2026", "Status": "Definitief"}]
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "99002NED.json.gz").write_bytes(gzip.compress(json.dumps(table).encode(), 1))
    with open_standin("--tables", str(tmp_path / "tables")) as standin:
        made = make(standin, "99002NED", tmp_path)
    assert made.card.dimensions["Plaats"].levels == ("GM",) and made.card.dimensions["Tijd"].kinds == ("JJ",)
    text = made.path.read_text(encoding="utf-8")
    assert "also has these levels: WK" in text and "also has these kinds: G3" in text


@pytest.mark.standin
def test_a_choice_without_figures_is_told_and_leaves_a_card_to_correct(unknown: Standin, tmp_path: Path) -> None:
    with pytest.raises(CardError) as raised:
        make(unknown, "99005NED", tmp_path)
    told = str(raised.value)
    assert told.startswith("cbs/99005NED has no figures for what its card begins with, ") and "\n" not in told
    assert "InkomensgrensHuishouden=T001164 (Totaal)" in told
    assert f" -> choose other codes on its card {tmp_path / 'cards' / 'cbs_99005NED.yml'} and run `regiokompas" in told
    assert isinstance(load_cards(tmp_path / "cards")["cbs/99005NED"], SourceCard)


def refused(error: type[Exception], standin: Standin, folder: Path, *parts: str, table: str) -> None:
    before = sorted(CARDS.iterdir())
    with pytest.raises(error) as raised:
        make(standin, table, folder)
    line = str(raised.value)
    assert all(part in line for part in (*parts, " -> ")) and "\n" not in line, line
    assert len(list((folder / "cards").iterdir())) == len(before), "a card was written"


@pytest.mark.standin
def test_a_table_without_periods_is_refused(unknown: Standin, tmp_path: Path) -> None:
    parts = ("no dimension of periods", "RegioS", "--period", "`region_boundary_year`", "cbs_places.yml")
    refused(CardError, unknown, tmp_path, *parts, table="99004NED")


@pytest.mark.standin
def test_a_table_that_no_access_offers_is_refused(unknown: Standin, tmp_path: Path) -> None:
    refused(FailedError, unknown, tmp_path, "cbs_odata4 HTTP 404", "cbs_odata3 HTTP 404", table="99999NED")


@pytest.mark.standin
@pytest.mark.parametrize("table", ["70072ned", "70072NED"])
def test_a_table_that_has_a_card_is_refused(unknown: Standin, tmp_path: Path, table: str) -> None:
    refused(CardError, unknown, tmp_path, "cbs/70072ned has a card already", table=table)


@pytest.mark.standin
def test_what_is_no_table_id_is_refused(unknown: Standin, tmp_path: Path) -> None:
    refused(CardError, unknown, tmp_path, "'../x' is not a table id", table="../x")


def test_another_publisher_is_refused_with_what_to_do(tmp_path: Path) -> None:
    ran = run_cli("new-source", "eurostat", "nama_10r_3gdp", data=tmp_path)
    (line,) = ran.errors
    assert ran.code == 1 and "'eurostat'" in line and " -> write it by hand" in line
