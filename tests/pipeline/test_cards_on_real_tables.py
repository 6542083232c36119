"""Cards of CBS held against recorded tables: nothing of a card is missing, and figures are those of the table."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl
import pytest
from support import Standin, open_standin
from support_tables import FILES, FOLDERS, Table, serving, table_of

from pipelines.clients.description import Description, SourceCode, SourceMeasure, match
from pipelines.clients.registry import CBS, ODATA, told_at, told_by
from pipelines.commands.doctor import Memory
from pipelines.errors import MismatchError
from pipelines.ingest.refresh import by_first_access, refresh
from pipelines.landing.store import Landing
from pipelines.reading.remainders import remainders_among
from pipelines.settings import CARDS
from pipelines.sources.access import Access, Protocol
from pipelines.sources.card import SourceCard, load_cards
from schemas.wire import check_raw

pytestmark = pytest.mark.standin
ALL = load_cards(CARDS)
RECORDED = {card.table: card for card in ALL.values() if card.table in FILES}
# Of one table the totals alone were had; its sections are those of another, since CBS has one list of them.
TOTALS_ONLY, SECTIONS, SECTIONS_IN = {"81575NED"}, "BedrijfstakkenBranchesSBI2008", "83583NED"


@pytest.fixture(scope="module")
def every_table() -> Iterator[Standin]:
    with open_standin("--tables", *map(str, FOLDERS)) as running:
        yield running


def described(card: SourceCard, standin: Standin) -> Description:
    """A table as it describes itself, by the first way of the card that offers it; a zip has the words of v4."""
    origin = standin.origin()

    def ask(access: Access) -> Description:
        protocol = told_by(access.protocol)
        client = ODATA[protocol]
        _, rows = client.look(origin.http, told_at(origin.addresses, access), card, access, Memory())
        found: Description = client.description(card, rows)
        return found

    return by_first_access(card, card.access, ask)


def test_every_table_that_was_recorded_and_has_a_card_is_held_against_it() -> None:
    assert {card.table for card in RECORDED.values() if {access.protocol for access in card.access} <= CBS.keys()} >= {
        *("70072ned", "80305ned", "81575NED", "82522NED", "82949NED", "83287NED", "83583NED", "83599NED"),
        *("83648NED", "83841NED", "85554NED", "86247NED"),
    }


@pytest.mark.parametrize("table", RECORDED)
def test_nothing_of_a_card_is_missing_from_its_table(every_table: Standin, table: str) -> None:
    card = RECORDED[table]
    found = described(card, every_table)
    sister = table_of(SECTIONS_IN)["codes"].get(SECTIONS) if table in TOTALS_ONLY else []
    elsewhere = {(SECTIONS, code["Key"].strip()) for code in sister}
    assert not found.missing.keys() - elsewhere
    if card.measures:
        assert sorted(code for code, _ in found.measures.values()) == sorted(m.code for m in card.measures)
    for name, dimension in card.dimensions.items():
        codes = {code for code, _ in found.codes[name].values()}
        asked = {code.code for code in dimension.codes if (name, code.code) not in elsewhere} or codes
        assert codes and codes == asked


# What was recorded as of no region, in tables that have such codes.
NO_REGIONS = {"82522NED": {"NL00", "NL98", "NL99"}, "85554NED": {"PV99", "AM99"}, "83648NED": {"GM0999"}}


@pytest.mark.parametrize("table", [name for name, card in RECORDED.items() if card.dimension("region")])
def test_codes_of_no_region_are_told_from_regions(every_table: Standin, table: str) -> None:
    card = RECORDED[table]
    codes = {code for code, _ in described(card, every_table).codes[str(card.dimension("region"))].values()}
    assert remainders_among(codes) == NO_REGIONS.get(table, set())


# A code or measure of a card whose own table was not recorded with it, and the table that was: its dimension there.
SISTERS = [
    ("cbs/86131NED", "PersoonsEnHuishoudenskenmerken", "T009002", "83262NED", "KenmerkenVanPersonen"),
    ("cbs/85525NED", "Leeftijd", "52052", "80590ned", "Leeftijd"),
    ("cbs/85525NED", "Geslacht", "T001038", "83262NED", "Geslacht"),
    ("cbs/82522NED", "", "M001327", "82242NED", ""),
]


@pytest.mark.parametrize(("dataset", "dimension", "code", "table", "there"), SISTERS)
def test_a_code_that_a_sister_table_has_is_written_as_it_is_there(
    dataset: str, dimension: str, code: str, table: str, there: str
) -> None:
    card, sister = ALL[dataset], table_of(table)
    wanted = {c.code: c for c in (card.dimensions[dimension].codes if dimension else card.measures)}[code]
    offered: Iterable[SourceCode | SourceMeasure]
    if there:
        listed = sister["codes"][there]
        offered = [SourceCode(c.get("Key") or c["Identifier"], 0, c["Title"], None) for c in listed]
    else:
        offered = [SourceMeasure(m["Identifier"], 0, m["Title"], m["Unit"], 0) for m in sister["measures"]]
    # Its title alone would find it too.
    by_title = wanted.model_copy(update={"code": "-", "aliases": ()})
    found = match(card, "code", wanted, offered)
    assert found == match(card, "code", by_title, offered) and found.code == code


def figures(card: SourceCard, standin: Standin, folder: Path) -> pl.DataFrame:
    done = refresh(card, standin.origin(), Landing(folder / "landing"), folder / "raw", check_raw)
    return pl.read_parquet(done.folder / "observations.parquet")


def sent(card: SourceCard) -> dict[tuple[str, ...], tuple[float | None, str]]:
    """The cells of a wide table that the card asks for, by measure, region, period and dims: number and mark."""
    table, region, period = table_of(card.table), str(card.dimension("region")), str(card.dimension("period"))
    keys = {m.code: next(c for c in table["columns"] if c.rpartition("_")[0] == m.code) for m in card.measures}
    found = {}
    for row in table["rows"]:
        cells = {name: cell.strip() for name, cell in zip(table["columns"], row, strict=True)}
        kept = {n: {c.code for c in d.codes} for n, d in card.dimensions.items() if d.codes}
        if not all(cells[name] in codes for name, codes in kept.items()):
            continue
        if not all(card.dimensions[name].keeps(cells[name]) for name in (region, period)):
            continue
        dims = ";".join(f"{name}={cells[name]}" for name in sorted(kept))
        for code, key in keys.items():
            text = cells[key]
            is_number = text.removeprefix("-").replace(".", "", 1).isdigit()
            cell = (float(text), "None") if is_number else (None, text or "blank")
            found[code, cells[region], cells[period], dims] = cell
    return found


@pytest.mark.parametrize(("table", "count"), [("83599NED", 4 * 17 * 22), ("80305ned", 12 * 4 * 4)])
def test_every_figure_that_a_card_keeps_is_that_of_the_table(
    every_table: Standin, tmp_path: Path, table: str, count: int
) -> None:
    # Of distances the provinces alone were recorded, fewer rows than a whole answer has.
    card = RECORDED[table].model_copy(update={"rows": RECORDED[table].rows.model_copy(update={"min": 1})})
    rows = figures(card, every_table, tmp_path)
    key, value = ("measure_code", "region_code", "period_code", "dims"), ("value", "value_attribute")
    found = {row[:4]: row[4:] for row in rows.select(*key, *value).iter_rows()}
    assert found == sent(card)
    assert rows.height == len(found) == count
    assert rows["value"].is_not_null().sum() > count / 2


def test_the_whole_of_the_vacancies_is_on_the_wire(every_table: Standin, tmp_path: Path) -> None:
    every = SourceCard.model_validate(
        RECORDED["83599NED"].model_dump(by_alias=True)
        | {
            "dimensions": {
                "BedrijfstakkenBranchesSBI2008": {"role": "category"},
                "RegioS": {"role": "region"},
                "Perioden": {"role": "period"},
            },
            "rows": {"min": 15_504, "max": 15_504},
        }
    )
    rows = figures(every, every_table, tmp_path)
    assert rows.height == 24 * 17 * 38 == 15_504
    assert dict(zip(*rows.group_by("period_status").len(), strict=True)) == {
        "Definitief": 24 * 17 * 36,
        "Voorlopig": 24 * 17 * 2,
    }


# From the layout of 2018 to the one in lists of columns of 2025 and 2026: what became of the topics around them.
SINCE_2018 = {
    "BeroepsbegeleidendeLeerweg_105": "MiddelbaarBeroepsonderwijs_105",
    "MiddelbaarBeroepsonderwijs_109": "MiddelbaarBeroepsonderwijs_110",
    "HogerBeroepsonderwijsBachelor_110": "HogerBeroepsonderwijsBachelor_111",
    "WoMasterDoctoraal_111": "WetenschappelijkOnderwijsMaster_112",
    "TotaalAantalBanen_112": "TotaalBanen_116",
}


def renamed(table: Table, names: dict[str, str]) -> None:
    table["columns"] = [names.get(name, name) for name in table["columns"]]
    for entry in table["dataproperties"]:
        entry["Key"] = names.get(entry["Key"], entry["Key"])
        entry["Title"] = entry["Key"].rpartition("_")[0] or entry["Title"]


def test_the_key_figures_of_today_are_those_of_2018(every_table: Standin, tmp_path: Path) -> None:
    card = ALL["cbs/70072ned"]
    with serving(tmp_path / "tables", {card.table: lambda table: renamed(table, SINCE_2018)}) as today:
        found = described(card, today)
        assert found.missing == {}
        assert {ours: key for key, (ours, _) in found.measures.items()}.items() >= {
            ("MiddelbaarBeroepsonderwijs", "MiddelbaarBeroepsonderwijs_110"),
            ("WoMasterDoctoraal", "WetenschappelijkOnderwijsMaster_112"),
            ("TotaalAantalBanen", "TotaalBanen_116"),
        }
        now = figures(card, today, tmp_path / "now")
    key = ["measure_code", "region_code", "period_code"]
    then = figures(card, every_table, tmp_path / "then").drop("landed_sha256").sort(key)
    assert now.drop("landed_sha256").sort(key).equals(then)


@pytest.mark.parametrize("shift", [1, -1, 4])
def test_graduates_are_refused_when_the_topics_have_moved(tmp_path: Path, shift: int) -> None:
    """Two topics are called mbo, and with other numbers nothing says which of them the graduates are."""
    moved = {
        "BeroepsbegeleidendeLeerweg_105": f"MiddelbaarBeroepsonderwijs_{105 + shift}",
        "MiddelbaarBeroepsonderwijs_109": f"MiddelbaarBeroepsonderwijs_{110 + shift}",
    }
    with serving(tmp_path / "tables", {"70072ned": lambda table: renamed(table, moved)}) as standin:
        lacks = described(ALL["cbs/70072ned"], standin).missing
    assert lacks.keys() == {("", "MiddelbaarBeroepsonderwijs")}
    told = lacks["", "MiddelbaarBeroepsonderwijs"].problem
    assert "matches 2 of the source" in told and all(key in told for key in moved.values())


def bankruptcies(*types: tuple[str, str], measure: tuple[str, str, str]) -> Description:
    """Bankruptcies by region as v4 describes them."""
    regions = [("NL01", "Nederland"), ("CR01", "Oost-Groningen (CR)")]
    sets = {
        "Dimensions": [{"Identifier": name} for name in ("TypeGefailleerde", "RegioS", "Perioden")],
        "MeasureCodes": [dict(zip(("Identifier", "Title", "Unit"), measure, strict=True))],
        "TypeGefailleerdeCodes": [{"Identifier": code, "Title": title} for code, title in types],
        "RegioSCodes": [{"Identifier": code, "Title": title} for code, title in regions],
        "PeriodenCodes": [{"Identifier": "2026MM09", "Title": "2026 september", "Status": None}],
    }
    client = ODATA[Protocol.CBS_ODATA4]
    found: Description = client.description(ALL["cbs/82522NED"], sets.__getitem__)
    return found


def test_bankruptcies_fit_the_table_of_today_as_the_one_of_2018() -> None:
    measure = ("M001327", "Uitgesproken  faillissementen", "Aantal")
    parts = [("A047597", "Bedrijven en instellingen"), ("A028820", "Natuurlijke personen met eenmanszaak")]
    found = bankruptcies(("A047596", "Bedrijven, Instellingen en  eenmanszaken "), *parts, measure=measure)
    assert found.missing == {} and found.codes["TypeGefailleerde"].keys() == {"A047596"}
    with pytest.raises(MismatchError, match=r"A047596 .* is not .* A047597 \(Bedrijven en instellingen\)"):
        bankruptcies(*parts, measure=measure)
