"""Both ways of CBS over real HTTP: pages, fallbacks, and tables that change under the reader."""

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support import SHARED, Standin, open_standin

from pipelines.clients import cbs_odata4
from pipelines.errors import SourceError
from pipelines.ingest.refresh import Refreshed, refresh
from pipelines.landing.store import Landing
from pipelines.reading.raw import tally_of
from pipelines.settings import CARDS
from pipelines.sources.card import SourceCard, load_cards
from schemas.wire import KEY, check_raw

pytestmark = pytest.mark.standin
ALL = load_cards(CARDS)


def fetch(standin: Standin, card: SourceCard, folder: Path) -> Refreshed:
    return refresh(card, standin.origin(), Landing(folder / "landing"), folder / "raw", check_raw)


def observations(done: Refreshed) -> pl.DataFrame:
    return pl.read_parquet(done.folder / "observations.parquet").sort(KEY)


def changed_card(dataset_id: str, **changes: Any) -> SourceCard:
    return SourceCard.model_validate({**ALL[dataset_id].model_dump(), **changes})


def test_v4_pages_are_followed_to_the_last(standin: Standin, tmp_path: Path) -> None:
    card = ALL["cbs/81575NED"]
    standin.heal()
    whole = fetch(standin, card, tmp_path / "whole")
    with open_standin("--page-size", "100") as paged:
        done = fetch(paged, card, tmp_path / "paged")
        assert paged.asked()["/odata/v1/CBS/81575NED/Observations"] == 4
    assert [r.name for r in done.snapshot.below("Observations")] == [f"Observations/{page:05d}" for page in range(4)]
    assert observations(done).drop("landed_sha256").equals(observations(whole).drop("landed_sha256"))
    assert observations(done)["landed_sha256"].n_unique() == 4


def test_v3_pages_past_ten_thousand_records_come_from_the_feed(standin: Standin, tmp_path: Path) -> None:
    every_kind = {name: d.model_dump() | {"codes": ()} for name, d in ALL["cbs/83648NED"].dimensions.items()}
    card = changed_card("cbs/83648NED", dimensions=every_kind, rows={"min": 67_792, "max": 67_792})
    standin.heal()
    done = fetch(standin, card, tmp_path)
    asked = standin.asked()
    assert asked["/ODataFeed/odata/83648NED/UntypedDataSet"] == 4
    assert not [path for path in asked if path.startswith("/ODataApi") and "DataSet" in path]
    table = json.loads(gzip.decompress((SHARED / "standin/tables/83648NED.json.gz").read_bytes()))
    frame = observations(done)
    sent = {(f"SoortMisdrijf={row[0].strip()}", row[1].strip()): row[3].strip() for row in table["rows"]}
    # What could not be placed in a municipality is counted, and is none.
    sent = {key: text for key, text in sent.items() if key[1] != "GM0999"}
    assert tally_of(done.folder).outcomes == {"kept": 33_896, "not_classified": 76}
    found = frame.filter(pl.col("measure_code") == "M004200_2")
    assert found.height == len(sent) == 33_896
    for dims, region, value, mark in found.select("dims", "region_code", "value", "value_attribute").iter_rows():
        text = sent[dims, region]
        assert value == (float(text) if text not in ("", ".", "x", "-") else None) and mark == (
            "None" if value is not None else text or "blank"
        )


def test_the_old_way_is_taken_after_the_new_one_says_404(standin: Standin, tmp_path: Path) -> None:
    standin.heal()
    both = [{"protocol": "cbs_odata4"}, {"protocol": "cbs_odata3"}]
    done = fetch(standin, changed_card("cbs/83583NED", access=both), tmp_path)
    asked = standin.asked()
    assert done.snapshot.protocol == "cbs_odata3"
    assert asked["/odata/v1/CBS/83583NED"] == 1 and asked["/ODataApi/odata/83583NED"] == 1


def test_a_card_that_knows_no_other_way_takes_none(standin: Standin, tmp_path: Path) -> None:
    standin.heal()
    with pytest.raises(SourceError, match=r"/odata/v1/CBS/83583NED: HTTP 404"):
        fetch(standin, changed_card("cbs/83583NED", access=[{"protocol": "cbs_odata4"}]), tmp_path)
    assert not [path for path in standin.asked() if path.startswith("/OData")]


def test_observations_that_are_not_on_the_new_way_are_sought_on_the_old(standin: Standin, tmp_path: Path) -> None:
    standin.heal()
    standin.fault("http404", "81575NED/Observations", -1)
    with pytest.raises(SourceError) as error:
        fetch(standin, ALL["cbs/81575NED"], tmp_path)
    asked = standin.asked()
    standin.heal()
    assert asked["/ODataApi/odata/81575NED"] == 1
    assert "/odata/v1/CBS/81575NED/Observations" in str(error.value) and "/ODataApi/odata/81575NED" in str(error.value)


@pytest.mark.parametrize("times", [1, 2])
def test_a_table_that_changes_while_it_is_read_is_read_again_once(
    standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    # Between the pages and the last question: the moment that only the reader itself can give away.
    pages, days = cbs_odata4.fetch_pages, [f"2026-12-{day:02}T02:00:00+01:00" for day in range(1, times + 1)]

    def then_changed(*arguments: Any) -> None:
        pages(*arguments)
        standin.control(modified={"81575NED": days.pop(0) if len(days) > 1 else days[0]})

    monkeypatch.setattr(cbs_odata4, "fetch_pages", then_changed)
    try:
        if times == 1:
            assert fetch(standin, ALL["cbs/81575NED"], tmp_path).snapshot.modified == days[0]
            return
        with pytest.raises(SourceError, match="the table changed while it was read"):
            fetch(standin, ALL["cbs/81575NED"], tmp_path)
    finally:
        standin.control(modified={"81575NED": "2026-07-30T02:00:00+02:00"})
    assert Landing(tmp_path / "landing").current("cbs/81575NED", invented=False) is None
