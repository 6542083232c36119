"""The command on every recorded table: a card that lands, or one sentence that says what a person has to choose."""

import csv
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from support import SHARED, Standin, copy_project, open_standin, run_cli
from support_bundles import MadeUp, read_bundle, write_bundles
from test_periods_on_cards import FINANCE, SURVEY

from pipelines.commands.doctor import examine
from pipelines.commands.new_indicator import example_row
from pipelines.commands.new_source import Made, new_source, read_card
from pipelines.errors import CardError
from pipelines.ingest.refresh import refresh
from pipelines.ingest.source_states import describe_sources
from pipelines.landing.store import Landing
from pipelines.settings import CARDS, DBT_PROJECT, Settings
from pipelines.sources.card import load_cards
from pipelines.sources.periods import is_period
from schemas.shapes import check_shape

pytestmark = pytest.mark.standin
FOLDERS = [SHARED / "standin" / name for name in ("tables", "more_tables")]
BUNDLES = {path.name.split(".")[0]: path for folder in FOLDERS for path in sorted(folder.glob("*.json.gz"))}
# What each ends in that has no figures to land by itself.
SENTENCES = {
    "82949NED": "no dimension of periods, only RegioS",
    "83287NED": "no dimension of periods, only RegioS",
    "86247NED": "no dimension of periods, only RegioS",
    "84992NED": "no figures, only texts",
    # Recorded without any row.
    "80416ned": "no figures -> choose",
    "85554NED": "no figures for what its card begins with, Geslacht=T001038 (Totaal mannen en vrouwen)",
    # Its incomes are only there below a border, and the total is none.
    "83841NED": "no figures for what its card begins with",
}


@pytest.fixture(scope="module")
def recorded() -> Iterator[Standin]:
    with open_standin("--tables", *map(str, FOLDERS)) as standin:
        yield standin


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Cards of which none is for a table of CBS."""
    (tmp_path / "cards").mkdir()
    shutil.copy(CARDS / "eurostat.yml", tmp_path / "cards")
    return tmp_path


def make(standin: Standin, table: str, folder: Path, period: str | None = None) -> Made:
    settings = Settings(data=folder / "data")
    return new_source("cbs", table, standin.origin(), settings, folder / "cards", period=period)


def row_of(made: Made) -> dict[str, str]:
    with (DBT_PROJECT / "seeds" / "indicators.csv").open(encoding="utf-8") as file:
        columns = next(csv.reader(file))
    return dict(zip(columns, next(csv.reader([example_row(made)])), strict=True))


@pytest.mark.parametrize("table", BUNDLES)
def test_a_recorded_table_gets_a_card_that_lands_or_a_sentence(recorded: Standin, folder: Path, table: str) -> None:
    if table in SENTENCES:
        with pytest.raises(CardError) as raised:
            make(recorded, table, folder)
        told = str(raised.value)
        assert SENTENCES[table] in told and " -> " in told and "\n" not in told and f"cbs/{table}" in told
        return
    made = make(recorded, table, folder)
    card = load_cards(folder / "cards")[f"cbs/{table}"]
    assert made.card == card == read_card(made.path.read_text(encoding="utf-8"))
    rows = pl.read_parquet(made.landed.folder / "observations.parquet")
    assert made.landed.rows == rows.height >= 1 and card.rows.min <= rows.height <= card.rows.max
    assert rows["value"].is_not_null().any() and all(map(is_period, rows["period_code"].unique()))
    # The card with everything in it that could be chosen is a good one too.
    read_card(re.sub(r"(?m)^( +)# - ", r"\1- ", made.path.read_text(encoding="utf-8")))
    row = row_of(made)
    assert row["kind"] == "<count|rate|share|ratio>" and re.fullmatch(r"[a-z][a-z0-9_]*", row["indicator_id"])
    if card.dimension("region") is None:
        assert set(rows["region_code"]) == {"NL01"}


@pytest.mark.parametrize("table", BUNDLES)
def test_a_card_that_was_written_reads_back_every_code_and_title(recorded: Standin, folder: Path, table: str) -> None:
    try:
        text = make(recorded, table, folder).path.read_text(encoding="utf-8")
    except CardError:
        written = folder / "cards" / f"cbs_{table}.yml"
        if not written.exists():
            return
        text = written.read_text(encoding="utf-8")
    whole = read_card(re.sub(r"(?m)^( +)# - ", r"\1- ", text))
    assert whole.table == table
    bundle = read_bundle(BUNDLES[table])
    key = "Identifier" if bundle["protocol"] == "v4" else "Key"
    for name, dimension in whole.dimensions.items():
        if dimension.role == "category":
            found = {(code.code, code.title) for code in dimension.codes}
            assert found == {(c[key].strip(), " ".join(c["Title"].split())) for c in bundle["codes"][name]}


def test_what_is_special_of_a_table_is_on_its_card(recorded: Standin, folder: Path) -> None:
    bankruptcies = make(recorded, "82522NED", folder).card
    # NL00, NL98 and NL99 stand among them, and the urban regions are of no kind that is known here.
    assert bankruptcies.dimensions["RegioS"].levels == ("NL", "LD", "PV", "CR")
    support = make(recorded, "83262NED", folder)
    assert support.card.cadence == "half_yearly" and support.card.dimensions["Perioden"].kinds == ("HJ", "JJ")
    assert row_of(support)["indicator_id"] == "wmo_clienten"
    with pytest.raises(CardError):
        make(recorded, "80416ned", folder)
    text = (folder / "cards" / "cbs_80416ned.yml").read_text(encoding="utf-8")
    assert "Perioden: {role: period}\n" in text and read_card(text).cadence == "weekly"
    vacancies = row_of(make(recorded, "83599NED", folder))
    assert (vacancies["multiplier"], vacancies["unit_nl"], vacancies["decimals"]) == ("1000", "<eenheid>", "0")
    labour = make(recorded, "80590ned", folder)
    assert row_of(labour)["multiplier"] == "1000"
    titles = [m.title for m in labour.card.measures]
    assert len(set(titles)) < len(titles) == len({m.code for m in labour.card.measures})


@pytest.mark.parametrize(
    ("unit", "multiplier", "unit_nl", "unit_en", "highest"),
    [
        ("x 1 000", "1000", "<eenheid>", "<unit>", "1000000"),
        ("x 1000", "1000", "<eenheid>", "<unit>", "1000000"),
        ("1 000 euro", "1000", "euro", "euro", "1000000"),
        ("euro", "1", "euro", "euro", "1000"),
        ("%", "1", "%", "%", "1000"),
        ("per 1 000 inwoners", "1", "per 1 000 inwoners", "<unit>", "1000"),
        ("euro/liter", "1", "euro/liter", "<unit>", "1000"),
        ("aantal", "1", "aantal", "number", "1000"),
    ],
)
def test_a_unit_says_how_a_figure_is_multiplied_and_never_what_kind_it_is(
    folder: Path, unit: str, multiplier: str, unit_nl: str, unit_en: str, highest: str
) -> None:
    dimensions, kinds = {"Perioden": {"2024JJ00": "2024", "2025JJ00": "2025"}}, {"Perioden": "TimeDimension"}
    table = MadeUp("99201NED", "Prijzen", dimensions, {"Prijs": ("Gemiddelde prijs", unit)}, kinds)
    with open_standin("--tables", str(write_bundles(folder / "tables", [table.as_v4()]))) as standin:
        row = row_of(make(standin, table.id, folder))
    assert (row["multiplier"], row["unit_nl"], row["unit_en"]) == (multiplier, unit_nl, unit_en)
    assert (row["kind"], row["max_value"]) == ("<count|rate|share|ratio>", highest)


def test_percentages_are_bounded_by_a_hundred(folder: Path) -> None:
    dimensions = {"Perioden": {"2024JJ00": "2024"}}
    kinds, cells = {"Perioden": "TimeDimension"}, {("2024JJ00", "Deel"): 60}
    table = MadeUp("99202NED", "Delen", dimensions, {"Deel": ("Deel", "% van bedrijven")}, kinds, cells)
    with open_standin("--tables", str(write_bundles(folder / "tables", [table.as_v4()]))) as standin:
        row = row_of(make(standin, table.id, folder))
    assert (row["min_value"], row["max_value"]) == ("0", "100")


REGIONS = {"GM0363": "Amsterdam", "GM0193": "Zwolle", "PV23": "Overijssel (PV)"}
YEARS = {"2024JJ00": "2024"}


@pytest.mark.parametrize(
    ("dimensions", "kinds", "roles"),
    [
        # As in 85792NED: regions without a kind of their own.
        ({"RegioS": REGIONS, "Perioden": YEARS}, {}, {"RegioS": "region", "Perioden": "period"}),
        # As in 81734NED: two dimensions of regions.
        (
            {
                "WoonregioS": {"NL01": "Nederland", **REGIONS},
                "WerkregioS": {**REGIONS, "NL01": "Nederland"},
                "Perioden": YEARS,
            },
            {"WoonregioS": "GeoDimension", "WerkregioS": "GeoDimension", "Perioden": "TimeDimension"},
            {"WoonregioS": "region", "WerkregioS": "category", "Perioden": "period"},
        ),
        # A class of size looks like a district, and a sector is no day.
        (
            {"Grootte": {"WP19090": "10 tot 50"}, "Sector": {"10000": "Alles", "301000": "A"}, "Perioden": YEARS},
            {"Perioden": "TimeDimension"},
            {"Grootte": "category", "Sector": "category", "Perioden": "period"},
        ),
    ],
)
def test_the_role_of_a_dimension_is_told_by_its_codes(
    folder: Path, dimensions: dict[str, dict[str, str]], kinds: dict[str, str], roles: dict[str, str]
) -> None:
    table = MadeUp("99203NED", "Rollen", dimensions, {"Aantal": ("Aantal", "aantal")}, kinds)
    with open_standin("--tables", str(write_bundles(folder / "tables", [table.as_v4()]))) as standin:
        made = make(standin, table.id, folder)
    assert {name: d.role for name, d in made.card.dimensions.items()} == roles
    chosen = [code.code for code in made.card.dimensions.get("WerkregioS", made.card.dimensions["Perioden"]).codes]
    assert chosen == (["NL01"] if "WerkregioS" in roles else [])


def test_regions_of_no_known_kind_are_not_taken_for_the_country(folder: Path) -> None:
    districts = {"WK036300": "Burgwallen", "WK036301": "Grachtengordel"}
    kinds = {"WijkenEnBuurten": "GeoDetail", "Perioden": "TimeDimension"}
    dimensions = {"WijkenEnBuurten": districts, "Perioden": YEARS}
    table = MadeUp("99204NED", "Wijken", dimensions, {"Aantal": ("Aantal", "aantal")}, kinds)
    told = r"WijkenEnBuurten are of no kind .*: WK036300, WK036301 -> add their kind"
    tables = write_bundles(folder / "tables", [table.as_v4()])
    with open_standin("--tables", str(tables)) as standin, pytest.raises(CardError, match=told):
        make(standin, table.id, folder)
    assert not (folder / "cards" / "cbs_99204NED.yml").exists()


@pytest.mark.parametrize("table", [SURVEY, FINANCE], ids=lambda table: table.id)
def test_a_table_without_periods_lands_when_it_is_run_as_the_sentence_says(folder: Path, table: MadeUp) -> None:
    with open_standin("--tables", str(write_bundles(folder / "tables", [table.as_v3()]))) as standin:
        with pytest.raises(CardError) as raised:
            make(standin, table.id, folder)
        option = re.search(r"--period (\S+?),", str(raised.value))
        assert option and "role: period" in str(raised.value)
        made = make(standin, table.id, folder, period=option[1])
        with pytest.raises(CardError, match="--period '2024MM13' is not a period -> write one such as"):
            make(standin, "99999NED", folder, period="2024MM13")
    assert (made.card.period, made.card.cadence) == ("2024JJ00", "once")
    assert f'    period: "{option[1]}"' in made.path.read_text(encoding="utf-8")
    assert set(pl.read_parquet(made.landed.folder / "observations.parquet")["period_code"]) == {"2024JJ00"}


def test_reports_become_periods_as_the_sentence_says(folder: Path) -> None:
    with open_standin("--tables", str(write_bundles(folder / "tables", [FINANCE.as_v3()]))) as standin:
        made = make(standin, FINANCE.id, folder, period="2024JJ00")
        content: dict[str, Any] = yaml.safe_load(made.path.read_text(encoding="utf-8"))
        (card,) = content["cards"]
        # `period` off the card; `role: period`, and a period and a status for each of its codes.
        del card["period"]
        reports = [("2024X001", "2024KW01", "Voorlopig"), ("2024X005", "2024JJ00", "Definitief")]
        card["dimensions"]["Verslagsoort"] = {
            "role": "period",
            "codes": [
                {"code": code, "title": title, "certainty": "recorded", "period": period, "status": status}
                for (code, period, status) in reports
                for title in [FINANCE.dimensions["Verslagsoort"][code]]
            ],
        }
        made.path.write_text(yaml.safe_dump(content), encoding="utf-8")
        changed = load_cards(folder / "cards")[f"cbs/{FINANCE.id}"]
        done = refresh(changed, standin.origin(), Landing(folder / "landing"), folder / "raw", check_shape)
    rows = pl.read_parquet(done.folder / "observations.parquet")
    assert set(rows["period_code", "period_status"].iter_rows()) == {(period, status) for _, period, status in reports}


@pytest.mark.parametrize(
    ("table", "file", "changes"),
    [
        ("82949NED", "cbs_regions.yml", {"region_boundary_year": 2015}),
        ("84992NED", "cbs_places.yml", {"places": {"boundary_year": 2023}}),
    ],
)
def test_texts_land_by_a_copied_card_as_the_sentence_says(
    recorded: Standin, folder: Path, table: str, file: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(CardError) as raised:
        make(recorded, table, folder)
    told = str(raised.value)
    assert file in told and f"`{next(iter(changes))}`" in told
    content: dict[str, Any] = yaml.safe_load((CARDS / file).read_text(encoding="utf-8"))
    copied = {**content["cards"][-1], "table": table, "title": {"nl": "Titel", "en": "Title"}, **changes}
    path = folder / "cards" / f"cbs_{table}.yml"
    path.write_text(yaml.safe_dump({**content, "cards": [copied]}), encoding="utf-8")
    card = load_cards(folder / "cards")[f"cbs/{table}"]
    done = refresh(card, recorded.origin(), Landing(folder / "landing"), folder / "raw", check_shape)
    assert done.rows >= card.rows.min


def test_a_table_with_nothing_but_periods_without_days_lands_and_has_a_newest_one(folder: Path) -> None:
    periods = {"Perioden": {"2023X000": "2023", "2024X000": "2024"}}
    table = MadeUp("99207NED", "Zonder dagen", periods, {"N": ("Aantal", "aantal")}, {"Perioden": "TimeDimension"})
    with open_standin("--tables", str(write_bundles(folder / "tables", [table.as_v4()]))) as standin:
        made = make(standin, table.id, folder)
        found = examine(made.card, standin.origin())
    assert made.card.dimensions["Perioden"].kinds == ("X0",)
    (source,) = describe_sources(Settings(data=folder / "data"), {made.card.dataset_id: made.card}, invented=False)
    assert (source["newest_period"], source["state"], source["expected_next"]) == ("2024X000", "current", None)
    assert (found.newest, found.state, found.expected, found.problems) == ("2024X000", "current", None, ())


def test_a_table_with_periods_takes_no_period(recorded: Standin, folder: Path) -> None:
    with pytest.raises(CardError, match="cbs/82242NED has periods of its own, in Perioden -> leave --period out"):
        make(recorded, "82242NED", folder, period="2024JJ00")


def test_the_command_takes_the_period_as_an_option(folder: Path) -> None:
    project = copy_project(folder / "project")
    with open_standin("--tables", str(write_bundles(folder / "tables", [SURVEY.as_v4()]))) as standin:
        command = ("new-source", "cbs", SURVEY.id)
        refused = run_cli(*command, data=folder, project=project, **standin.environment)
        ran = run_cli(*command, "--period", "2024JJ00", data=folder, project=project, **standin.environment)
    assert refused.code == 1 and len(refused.errors) == 1 and "--period 2024JJ00" in refused.err
    assert ran.code == 0 and "1 period\n" in ran.out, ran.err


def with_groups(table: MadeUp, groups: dict[str, str]) -> dict[str, Any]:
    """A table on v3 with a group around each topic, by its key."""
    made = table.as_v3()
    ids = {group: number for number, group in enumerate(dict.fromkeys(groups.values()), start=100)}
    made["dataproperties"] += [
        {"ID": number, "ParentID": None, "Type": "TopicGroup", "Key": "", "Title": f" {group} "}
        for group, number in ids.items()
    ]
    for row in made["dataproperties"]:
        if row["Key"] in groups:
            row["ParentID"] = ids[groups[row["Key"]]]
    return made


def test_measures_with_one_title_are_told_apart_by_their_group(folder: Path) -> None:
    titles = ("Seizoengecorrigeerd", "x 1000")
    table = MadeUp(
        "99205NED",
        "Arbeid",
        {"Perioden": YEARS},
        {"Gecorrigeerd": titles, "GecorrigeerdWerkloos": titles, "Bevolking": ("Bevolking", "x 1000")},
        {"Perioden": "TimeDimension"},
    )
    groups = {"Gecorrigeerd_1": "Werkzaam", "GecorrigeerdWerkloos_2": "Werkloos", "Bevolking_3": "Werkzaam"}
    with open_standin("--tables", str(write_bundles(folder / "tables", [with_groups(table, groups)]))) as standin:
        made = make(standin, table.id, folder)
    assert [(m.code, m.group, m.aliases) for m in made.card.measures] == [
        ("Gecorrigeerd", "Werkzaam", ()),
        ("GecorrigeerdWerkloos", "Werkloos", ()),
        ("Bevolking", None, ()),
    ]
    row = row_of(made)
    assert row["indicator_id"] == "werkzaam_seizoengecorrigeerd"
    assert row["title_nl"] == "Werkzaam; Seizoengecorrigeerd"


def test_a_group_tells_topics_of_one_name_apart_whatever_their_running_number(folder: Path) -> None:
    codes = {"Binnen5Km": ("Binnen 5 km", "aantal"), "Binnen5KmOok": ("Binnen 5 km", "aantal")}
    table = MadeUp("99206NED", "Nabij", {"Perioden": YEARS}, codes, {"Perioden": "TimeDimension"})
    made_up = with_groups(table, {"Binnen5Km_1": "Huisarts", "Binnen5KmOok_2": "Apotheek"})
    texts = {"Binnen5Km_1": "Binnen5Km_4", "Binnen5KmOok_2": "Binnen5Km_8"}
    for row in made_up["dataproperties"]:
        row["Key"] = texts.get(row["Key"], row["Key"])
    made_up["columns"] = [texts.get(name, name) for name in made_up["columns"]]
    with open_standin("--tables", str(write_bundles(folder / "tables", [made_up]))) as standin:
        made = make(standin, table.id, folder)
    assert [(m.code, m.group, m.aliases) for m in made.card.measures] == [
        ("Binnen5Km", "Huisarts", ()),
        ("Binnen5KmNo2", "Apotheek", ("Binnen5Km",)),
    ]
    figures = pl.read_parquet(made.landed.folder / "observations.parquet")
    expected = table.figures()
    assert dict(figures["measure_code", "value"].iter_rows()) == {
        "Binnen5Km": expected["2024JJ00", "Binnen5Km"],
        "Binnen5KmNo2": expected["2024JJ00", "Binnen5KmOok"],
    }
