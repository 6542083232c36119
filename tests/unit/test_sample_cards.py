"""The sample answers every card, also one that is made up here, and says more than what is asked for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support_sample import serving
from support_sockets import LOOPBACK

from pipelines.clients.http import HttpClient, open_session
from pipelines.clients.registry import ASKED, CBS, told_at, told_by
from pipelines.ingest.origins import LiveOrigin
from pipelines.ingest.refresh import Refreshed, refresh
from pipelines.landing.store import Landing
from pipelines.sample.figures import land as areas_of
from pipelines.sample.make_sample import NoPace, sample_origin
from pipelines.settings import CARDS
from pipelines.sources.access import Protocol, Server
from pipelines.sources.card import Cadence, Shape, SourceCard, load_cards
from pipelines.sources.periods import letters_of, period_kinds
from schemas.shapes import check_shape

ALL = load_cards(CARDS)
CARD: dict[str, Any] = {
    "publisher": "cbs",
    "table": "99999NED",
    "access": [{"protocol": "cbs_odata4"}],
    "title": {"nl": "Verzonnen tabel", "en": "Made-up table"},
    "licence": "CC BY 4.0",
    "licence_url": "https://creativecommons.org/licenses/by/4.0/deed.nl",
    "attribution": "Bron: CBS",
    "homepage": "https://example.org",
    "cadence": "yearly",
    "dimensions": {
        "Leeftijd": {
            "role": "category",
            "codes": [
                {"code": "10000", "title": "Totaal", "certainty": "seen"},
                {"code": "1", "title": "Jong", "certainty": "assumed"},
                {"code": "2", "title": "Oud", "certainty": "assumed"},
            ],
        },
        "RegioS": {"role": "region", "levels": ["NL", "AM", "GM"]},
        "Perioden": {"role": "period", "kinds": ["JJ"], "since": 2023},
    },
    "measures": [
        {"code": "Mensen", "title": "Mensen", "unit": "aantal", "certainty": "assumed"},
        {"code": "Aandeel", "title": "Aandeel mensen", "unit": "%", "certainty": "seen"},
    ],
    "rows": {"min": 1000, "max": 20000},
}


def land(card: SourceCard, folder: Path) -> Refreshed:
    origin = sample_origin({card.dataset_id: card}, folder / "drop")
    return refresh(card, origin, Landing(folder / "landing"), folder / "raw", check_shape)


def made_up(**changes: Any) -> SourceCard:
    return SourceCard.model_validate({**CARD, **changes})


def figures(done: Refreshed) -> pl.DataFrame:
    return pl.read_parquet(done.folder / "observations.parquet")


@pytest.mark.parametrize("dataset_id", ALL)
def test_every_card_is_answered_within_its_bounds(dataset_id: str, tmp_path: Path) -> None:
    card = ALL[dataset_id]
    done = land(card, tmp_path)
    assert card.rows.min <= done.rows <= card.rows.max
    assert done.snapshot.is_invented
    assert done.snapshot.protocol in {access.protocol for access in card.access}
    if card.shape is Shape.OBSERVATIONS:
        rows = figures(done)
        assert set(rows["measure_code"]) == {m.code for m in card.measures}
        assert rows["value"].is_not_null().mean() > 0.5, "hardly any figures"
        assert rows["value"].n_unique() > 5


def test_a_table_on_one_division_has_its_municipalities_in_every_period(tmp_path: Path) -> None:
    years = {"role": "period", "kinds": ["JJ"], "since": 2018}
    dimensions = {**CARD["dimensions"], "Perioden": years}
    # Municipalities of 1 January, as CBS counts them: 355 in 2020, 342 in 2025.
    for year, places in ((2020, 355), (2025, 342)):
        rows = figures(land(made_up(region_boundary_year=year, dimensions=dimensions), tmp_path / str(year)))
        rows = rows.filter(pl.col("region_code").str.starts_with("GM"), pl.col("measure_code") == "Mensen")
        per_period = rows.filter(pl.col("dims") == "Leeftijd=10000").group_by("period_code").len()
        assert per_period.height >= 5 and set(per_period["len"]) == {places}
        assert "impossible" not in set(rows["value_attribute"]) and "blank" not in set(rows["value_attribute"])


def test_land_is_as_large_every_year_and_a_merger_has_that_of_its_parts() -> None:
    before, after = areas_of(2021), areas_of(2022)
    # Dijk en Waard was made of Heerhugowaard and Langedijk on 1 January 2022.
    assert after["GM1980"] == before["GM0398"] + before["GM0416"]
    assert sum(before.values()) == sum(after.values())
    assert all(after[code] == area for code, area in before.items() if code in after and code != "GM0439")


@pytest.mark.parametrize("access", ["cbs_odata4", "cbs_odata3", "cbs_bulk"])
def test_a_new_table_needs_a_card_only(access: str, tmp_path: Path) -> None:
    done = land(made_up(access=[{"protocol": access}]), tmp_path)
    rows = figures(done)
    assert done.snapshot.protocol == access
    assert set(rows["dims"]) == {"Leeftijd=10000", "Leeftijd=1", "Leeftijd=2"}
    assert set(rows["region_code"].str.slice(0, 2)) == {"NL", "AM", "GM"}
    assert set(rows["period_code"]) == {"2023JJ00", "2024JJ00", "2025JJ00"}


@pytest.mark.parametrize("access", ["cbs_odata4", "cbs_odata3"])
@pytest.mark.parametrize("letters", dict.fromkeys(kind.letters for kind in period_kinds()))
def test_a_table_may_have_periods_of_every_kind(letters: str, access: str, tmp_path: Path) -> None:
    periods = {"role": "period", "kinds": [letters]}
    dimensions = {**CARD["dimensions"], "RegioS": {"role": "region", "levels": ["NL", "AM"]}, "Perioden": periods}
    card = made_up(access=[{"protocol": access}], dimensions=dimensions, rows={"min": 1, "max": 20000})
    rows = figures(land(card, tmp_path))
    assert {letters_of(code) for code in rows["period_code"]} == {letters} and rows["value"].is_not_null().any()


@pytest.mark.parametrize("access", ["cbs_odata4", "cbs_odata3", "cbs_bulk"])
def test_a_table_may_have_one_period_on_its_card_or_codes_that_stand_for_periods(access: str, tmp_path: Path) -> None:
    dimensions = {name: d for name, d in CARD["dimensions"].items() if name != "Perioden"}
    more = {"access": [{"protocol": access}], "rows": {"min": 1, "max": 20000}}
    of_one = figures(land(made_up(period="2024JJ00", dimensions=dimensions, **more), tmp_path / "one"))
    assert set(of_one["period_code"]) == {"2024JJ00"} and set(of_one["period_status"]) == {None}
    code = {"code": "X005", "title": "Jaarrekening", "certainty": "seen", "period": "2024JJ00", "status": "Definitief"}
    reports = {"role": "period", "codes": [code]}
    told = figures(land(made_up(dimensions={**dimensions, "Verslagsoort": reports}, **more), tmp_path / "told"))
    assert set(told["period_code"]) == {"2024JJ00"} and set(told["period_status"]) == {"Definitief"}


def test_the_ways_give_equal_figures(tmp_path: Path) -> None:
    key = ["measure_code", "dims", "region_code", "period_code"]

    def numbers(access: str) -> pl.DataFrame:
        rows = figures(land(made_up(access=[{"protocol": access}]), tmp_path / access))
        return rows.drop_nulls("value").select(*key, "value").sort(key)

    assert numbers("cbs_odata4").equals(numbers("cbs_bulk"))
    assert numbers("cbs_odata4").equals(numbers("cbs_odata3"))


def test_counts_add_up_and_shares_do_not(tmp_path: Path) -> None:
    rows = figures(land(made_up(), tmp_path)).with_columns(pl.col("region_code").str.slice(0, 2).alias("level"))
    counts = rows.filter(measure_code="Mensen").group_by("dims", "period_code", "level").agg(pl.col("value").sum())
    for (dims, period), sums in counts.group_by("dims", "period_code"):
        assert sums["value"].n_unique() == 1, (dims, period)
    by_age = {d: v for d, v in counts.filter(level="NL", period_code="2025JJ00").select("dims", "value").iter_rows()}
    assert by_age["Leeftijd=10000"] == by_age["Leeftijd=1"] + by_age["Leeftijd=2"] > 0
    shares = rows.filter(pl.col("measure_code") == "Aandeel", pl.col("dims") == "Leeftijd=10000")
    assert shares["value"].drop_nulls().is_between(0, 100).all()
    country, lowest, highest = (
        shares.filter(level="NL", period_code="2025JJ00")["value"][0],
        shares.filter(level="GM", period_code="2025JJ00")["value"].min(),
        shares.filter(level="GM", period_code="2025JJ00")["value"].max(),
    )
    assert lowest < country < highest


def test_marks_of_every_kind_stand_in_a_new_table(tmp_path: Path) -> None:
    rows = figures(land(made_up(), tmp_path)).filter(pl.col("value").is_null())
    assert {".", "x", "None", "Impossible"} <= set(rows["value_attribute"])
    statuses = figures(land(made_up(), tmp_path))["period_status"]
    assert set(statuses) == {"Definitief", "NaderVoorlopig", "Voorlopig"}


def test_months_and_quarters_end_where_the_card_says_that_the_table_ended(tmp_path: Path) -> None:
    reason = {"nl": "Het is voorbij", "en": "It is over"}
    card = made_up(
        cadence=Cadence.MONTHLY,
        dimensions={**CARD["dimensions"], "Perioden": {"role": "period", "kinds": ["MM", "KW"]}},
        ended={"since": "2021-05-01", "state": "stopped", "reason": reason},
    )
    rows = figures(land(card, tmp_path))
    assert rows["period_code"].max() == "2020MM12" and "2020KW04" in set(rows["period_code"])
    assert set(rows["period_status"]) == {"Definitief"}


def test_months_of_bankruptcies_add_up_to_quarters(tmp_path: Path) -> None:
    rows = figures(land(ALL["cbs/82522NED"], tmp_path)).filter(region_code="NL01")
    values = dict(rows.select("period_code", "value").iter_rows())
    months = [values[f"2025MM{month:02}"] for month in range(4, 13)]
    assert [sum(months[i : i + 3]) for i in (0, 3, 6)] == [values[f"2025KW0{quarter}"] for quarter in (2, 3, 4)]
    assert sum(values[f"2025KW0{quarter}"] for quarter in (1, 2, 3, 4)) == values["2025JJ00"]


def test_a_new_measure_on_a_known_table_needs_a_line_only(tmp_path: Path) -> None:
    known = ALL["cbs/70072ned"].model_dump(by_alias=True)
    more = {"code": "NieuwOnderwerp", "title": "Nieuw onderwerp", "unit": "aantal", "certainty": "assumed"}
    card = SourceCard.model_validate({**known, "measures": [*known["measures"], more]})
    rows = figures(land(card, tmp_path)).filter(measure_code="NieuwOnderwerp")
    assert rows.filter(region_code="NL01")["value"].is_not_null().all() and rows.height > 1_000


def test_a_new_register_needs_a_card_only(tmp_path: Path) -> None:
    card = SourceCard.model_validate(
        {
            **{key: CARD[key] for key in ("title", "licence", "licence_url", "attribution", "homepage", "cadence")},
            "publisher": "groningen",
            "table": "subsidies",
            "access": [
                {"protocol": "file", "urls": ["https://x.nl/register-2021.csv", "https://x.nl/register-2022.csv"]}
            ],
            "register": {
                "region": "GM0014",
                "grantor": "Gemeente",
                "has_year_in_name": True,
                "status": {"Klaar": "settled"},
            },
            "layout": {
                "format": "csv",
                "columns": {
                    "Wie": {"to": "recipient"},
                    "Staat": {"to": "status"},
                    "Hoeveel": {"to": "amount_granted_eur", "reads": "dutch_number"},
                },
            },
            "rows": {"min": 100, "max": 500},
        }
    )
    rows = pl.read_parquet(land(card, tmp_path).folder / "subsidies.parquet")
    assert set(rows["year"]) == {2021, 2022} and set(rows["status"]) == {"settled"}


def test_registers_have_organisations_persons_and_schemes_that_were_looked_at(tmp_path: Path) -> None:
    done = land(ALL["rijk/subsidies_2015"], tmp_path)
    rows = pl.read_parquet(done.folder / "subsidies.parquet")
    assert set(rows["recipient_kind"]) == {"organisation", "person", "unknown"}
    assert not rows.filter(pl.col("recipient_kind") == "person")["recipient"].str.contains("Voorbeeld|Verzonnen").any()
    assert {"granted", "zero_granted"} <= set(rows["status"])
    assert "Microkrediet" in set(rows["scheme"]) and (rows["amount_granted_eur"] < 0).any()


@pytest.fixture(scope="module")
def served() -> Iterator[dict[Server, str]]:
    with serving(ALL) as addresses:
        yield addresses


@pytest.mark.parametrize(
    "dataset_id",
    [
        "cbs/85926NED",
        "cbs/82949NED",
        "cbs/81575NED",
        "cbs/iv3_municipalities",
        "eurostat/nama_10r_3gdp",
        "amsterdam/subsidies",
        "zaanstad/subsidies",
        "pdok/gemeente_gegeneraliseerd_2026",
    ],
)
def test_over_http_comes_what_comes_without(dataset_id: str, served: dict[Server, str], tmp_path: Path) -> None:
    card = ALL[dataset_id]
    http = HttpClient(open_session(inside=LOOPBACK), tries=1, pace=NoPace())
    origin = LiveOrigin(http, {**dict.fromkeys(Protocol, ""), **served}, is_invented=True)
    landing = Landing(tmp_path / "http")
    done = refresh(card, origin, landing, tmp_path / "raw_http", check_shape)
    without = land(card, tmp_path)
    assert done.rows == without.rows
    parquet = next(path.name for path in done.folder.glob("*s.parquet") if path.stem not in ("measures", "codes"))
    one, other = (pl.read_parquet(d.folder / parquet).drop("landed_sha256") for d in (done, without))
    # The addresses of next pages and files differ; the figures do not.
    assert one.sort(one.columns).equals(other.sort(one.columns))
    access = card.access[0] if card.access[0].protocol == done.snapshot.protocol else card.access[-1]
    if done.snapshot.modified or done.snapshot.stamp:
        asks = told_by(access.protocol)
        state = ASKED[asks].probe(http, told_at(served, access), card, access)
        assert (state.modified, state.stamp) == (done.snapshot.modified, done.snapshot.stamp)
    assert (access.protocol in CBS) == (card.publisher == "cbs")
