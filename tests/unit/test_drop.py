"""Files that a person puts into a folder: the name says what the bytes cannot."""

from pathlib import Path
from typing import Any

import pytest
from support_http import BASE, Memory, hasty
from support_periods import CODES

from pipelines.card import SourceCard
from pipelines.clients import drop
from pipelines.clients.pages import State
from pipelines.errors import AwaitedError, SourceError
from pipelines.periods import is_period
from pipelines.roads import DropRoad

CSV = b"regio;spanning\nZeeland;4,75\n"
ROAD = {
    "protocol": "drop",
    "page": "https://www.uwv.nl/nl/arbeidsmarktinformatie",
    "how": {"nl": "Kies alle regio's en download de tabel.", "en": "Choose all regions and download the table."},
}


def card_for(*, period_column: bool) -> tuple[SourceCard, DropRoad]:
    columns: dict[str, Any] = {
        "regio": {"to": "region", "reads": "region_name", "names": "uwv_labour_region"},
        "spanning": {"to": "tightness", "reads": "dutch_number"},
    }
    if period_column:
        columns["kwartaal"] = {"to": "period", "reads": "quarter"}
    card = SourceCard.model_validate(
        {
            **BASE,
            "publisher": "uwv",
            "roads": [ROAD],
            "measures": [{"code": "tightness", "title": "Spanning", "unit": "ratio", "certainty": "seen"}],
            "layout": {"format": "csv", "columns": columns},
        }
    )
    road = card.roads[0]
    assert isinstance(road, DropRoad)
    return card, road


def put(folder: Path, *names: str) -> Path:
    place = folder / "uwv__t1"
    place.mkdir(exist_ok=True)
    for name in names:
        (place / name).write_bytes(CSV + name.encode())
    return place


def fetch(folder: Path, *, period_column: bool = False) -> tuple[State, list[str]]:
    store = Memory()
    card, road = card_for(period_column=period_column)
    state = drop.fetch(hasty(), str(folder), card, road, store)
    assert drop.probe(hasty(), str(folder), card, road) == state
    assert list(store.kept) == [f"files/{number:05d}" for number in range(len(store.kept))]
    return state, [url for url, _ in store.kept.values()]


def test_files_are_kept_by_name_and_the_newest_day_is_told(tmp_path: Path) -> None:
    put(tmp_path, "2026KW02__2026-08-21.csv", "2026KW03__2026-11-20.csv", "README.md", ".keep", "~$2026.csv")
    state, urls = fetch(tmp_path)
    assert urls == ["drop:2026KW02__2026-08-21.csv", "drop:2026KW03__2026-11-20.csv"]
    assert state.modified == "2026-11-20"


def test_a_later_download_of_a_period_replaces_the_earlier(tmp_path: Path) -> None:
    put(tmp_path, "2026KW02__2026-08-21.csv", "2026KW02__2026-11-20.csv", "2026KW01__2026-08-21.csv")
    assert fetch(tmp_path)[1] == ["drop:2026KW01__2026-08-21.csv", "drop:2026KW02__2026-11-20.csv"]


def test_where_the_rows_say_the_period_the_name_need_not(tmp_path: Path) -> None:
    put(tmp_path, "2026-08-21.csv", "2026-11-20.csv")
    assert fetch(tmp_path, period_column=True)[1] == ["drop:2026-11-20.csv"]


def test_another_content_is_another_state(tmp_path: Path) -> None:
    place = put(tmp_path, "2026KW03__2026-11-20.csv")
    before, _ = fetch(tmp_path)
    (place / "2026KW03__2026-11-20.csv").write_bytes(CSV)
    after, _ = fetch(tmp_path)
    assert after.modified == before.modified and after.stamp != before.stamp


@pytest.mark.parametrize("made", [True, False])
def test_nothing_there_is_awaited_and_says_where_to_get_it_and_put_it(tmp_path: Path, made: bool) -> None:
    if made:
        put(tmp_path, ".keep")
    with pytest.raises(AwaitedError) as error:
        fetch(tmp_path)
    text = str(error.value)
    assert text.startswith("uwv/t1 at https://www.uwv.nl/nl/arbeidsmarktinformatie: nothing was put here yet -> ")
    assert f"put the file into {tmp_path}/uwv__t1 as 2026KW03__2026-11-20.csv" in text


@pytest.mark.parametrize(
    "name",
    [
        "spanning.csv",
        "2026KW03.csv",
        "2026-11-20.csv",
        "2026KW03__20-11-2026.csv",
        "2026KW03__2026-02-30.csv",
        "2026Q3__2026-11-20.csv",
        "2026KW05__2026-11-20.csv",
        "2024KW00__2026-11-20.csv",
        "20241331__2026-11-20.csv",
        "2026KW03__x__2026-11-20.csv",
        "2026KW03_2026-11-20.csv",
    ],
)
def test_a_name_that_does_not_tell_is_refused_with_how_to_name_it(tmp_path: Path, name: str) -> None:
    put(tmp_path, name)
    with pytest.raises(SourceError, match=rf"the name '{name}' .* -> name it as 2026KW03__2026-11-20.csv") as error:
        fetch(tmp_path)
    assert not isinstance(error.value, AwaitedError)


def test_a_file_may_be_of_a_period_of_any_kind(tmp_path: Path) -> None:
    codes = sorted(code for code in CODES if code.startswith("2024") and is_period(code))
    put(tmp_path, *(f"{code}__2026-11-20.csv" for code in codes))
    assert [drop.period_of(url) for url in fetch(tmp_path)[1]] == codes


def test_two_downloads_of_one_day_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "2026KW03__2026-11-20.csv", "2026KW03__2026-11-20.CSV")
    with pytest.raises(SourceError, match="are downloads of one day"):
        fetch(tmp_path)


def test_a_page_saved_as_a_file_is_refused(tmp_path: Path) -> None:
    (put(tmp_path) / "2026KW03__2026-11-20.csv").write_bytes(b"<!DOCTYPE html><html>")
    with pytest.raises(SourceError, match="found a page of HTML or XML -> download it again: Choose all regions"):
        fetch(tmp_path)


@pytest.mark.parametrize(
    ("url", "period"),
    [
        ("drop:2026KW03__2026-11-20.csv", "2026KW03"),
        ("drop:2026MM12__2026-11-20.xlsx", "2026MM12"),
        ("drop:2026JJ00__2026-11-20.zip", "2026JJ00"),
        ("drop:2026-11-20.csv", None),
        ("https://example.org/2026.csv", None),
    ],
)
def test_the_period_of_a_file_is_read_from_its_address(url: str, period: str | None) -> None:
    assert drop.period_of(url) == period
