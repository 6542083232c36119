"""Files that a person puts into a folder: the name says what the bytes cannot."""

import re
from pathlib import Path
from typing import Any

import pytest
from support_http import BASE, Memory, hasty, landed
from support_periods import CODES

from pipelines.clients import drop
from pipelines.clients.pages import State
from pipelines.errors import AwaitedError, SourceError
from pipelines.landing.store import Landing
from pipelines.sources.access import DropAccess
from pipelines.sources.card import SourceCard
from pipelines.sources.periods import is_period

CSV = b"regio;spanning\nZeeland;4,75\n"
ROAD = {
    "protocol": "drop",
    "page": "https://www.uwv.nl/nl/arbeidsmarktinformatie",
    "how": {"nl": "Kies alle regio's en download de tabel.", "en": "Choose all regions and download the table."},
}


def card_for(*, period_column: bool) -> tuple[SourceCard, DropAccess]:
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
            "access": [ROAD],
            "measures": [{"code": "tightness", "title": "Spanning", "unit": "ratio", "certainty": "seen"}],
            "layout": {"format": "csv", "columns": columns},
        }
    )
    access = card.access[0]
    assert isinstance(access, DropAccess)
    return card, access


def put(folder: Path, *names: str) -> Path:
    place = folder / "uwv__t1"
    place.mkdir(exist_ok=True)
    for name in names:
        (place / name).write_bytes(CSV + name.encode())
    return place


def probe(folder: Path) -> State:
    return drop.probe(hasty(), str(folder), *card_for(period_column=False))


def fetch(folder: Path, *, period_column: bool = False) -> tuple[State, list[str]]:
    store = Memory()
    card, access = card_for(period_column=period_column)
    state = drop.fetch(hasty(), str(folder), card, access, store)
    assert drop.probe(hasty(), str(folder), card, access) == state
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


NAMES = [
    "spanning.csv",
    "2026KW03.csv",
    "2026KW03",
    "2026-11-20.csv",
    "2026KW03__20-11-2026.csv",
    "2026KW03__2026-02-30.csv",
    "2026Q3__2026-11-20.csv",
    "2026KW05__2026-11-20.csv",
    "2024KW00__2026-11-20.csv",
    "20241331__2026-11-20.csv",
    "2026KW03__x__2026-11-20.csv",
    "2026KW03_2026-11-20.csv",
]
PAGE = b"<!DOCTYPE html><html>"
# Files that are not good, by name with their bytes, and how each is told.
BAD: dict[str, tuple[dict[str, bytes], str]] = {
    name: ({name: CSV}, rf"the name '{name}' does not say .*, expected one such as 2026KW03__2026-11-20.csv")
    for name in NAMES
} | {
    "a page": ({"2026KW03__2026-11-20.csv": PAGE}, "found a page of HTML or XML"),
    "an empty file": ({"2026KW03__2026-11-20.csv": b""}, "found an empty one"),
    "a workbook": ({"2026KW03__2026-11-20.csv": b"PK\x03\x04"}, "found a zip or a workbook"),
    "one day": (
        {"2026KW03__2026-11-20.csv": CSV, "2026KW03__2026-11-20.CSV": CSV},
        r"2026KW03__2026-11-20.CSV and 2026KW03__2026-11-20.csv are downloads of one day, expected one of them",
    ),
}


@pytest.fixture(params=BAD.values(), ids=BAD)
def bad(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[list[str], str]:
    """The addresses of files that are not good and lie in the folder, and how that is told."""
    files, told = request.param
    for name, body in files.items():
        (put(tmp_path) / name).write_bytes(body)
    return [f"drop:{name}" for name in files], told


def test_a_file_may_be_of_a_period_of_any_kind(tmp_path: Path) -> None:
    codes = sorted(code for code in CODES if code.startswith("2024") and is_period(code))
    put(tmp_path, *(f"{code}__2026-11-20.csv" for code in codes))
    assert [drop.period_of(url) for url in fetch(tmp_path)[1]] == codes


def test_what_is_not_good_and_alone_is_refused_with_what_to_do(tmp_path: Path, bad: tuple[list[str], str]) -> None:
    for look in (fetch, probe):
        with pytest.raises(SourceError, match=rf"{bad[1]} -> (rename it|download it again: Choose|remove)") as error:
            look(tmp_path)
        assert type(error.value) is SourceError


@pytest.mark.parametrize("others", [["2026KW01"], ["2026KW04"], ["2026KW01", "2026KW02", "2026KW04"]])
def test_what_is_not_good_takes_no_other_with_it(tmp_path: Path, bad: tuple[list[str], str], others: list[str]) -> None:
    names = [f"{period}__2026-11-20.csv" for period in others]
    put(tmp_path, *names)
    store = Memory()
    card, access = card_for(period_column=False)
    assert drop.fetch(hasty(), str(tmp_path), card, access, store) == State("")
    assert probe(tmp_path) == State("")
    assert [url for _, (url, _) in sorted(store.kept.items())] == [f"drop:{name}" for name in names]
    assert set(store.lacked) == set(bad[0]) and re.search(bad[1], "".join(store.lacked.values()))


def test_a_file_that_cannot_be_read_takes_no_other_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "2026KW02__2026-08-21.csv", "2026KW03__2026-11-20.csv")
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name.startswith("2026KW03"):
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    store = Memory()
    card, access = card_for(period_column=False)
    drop.fetch(hasty(), str(tmp_path), card, access, store)
    assert [url for url, _ in store.kept.values()] == ["drop:2026KW02__2026-08-21.csv"]
    assert store.lacked == {"drop:2026KW03__2026-11-20.csv": "[Errno 13] Permission denied"}


def test_an_earlier_download_stands_in_for_a_newer_one_that_is_not_good(
    tmp_path: Path, bad: tuple[list[str], str]
) -> None:
    put(tmp_path, "2026KW03__2026-10-01.csv", "2026KW03__2026-11-01.csv")
    store = Memory()
    card, access = card_for(period_column=False)
    drop.fetch(hasty(), str(tmp_path), card, access, store)
    assert [url for url, _ in store.kept.values()] == ["drop:2026KW03__2026-11-01.csv"]
    assert set(store.lacked) == set(bad[0])


def test_a_bad_download_that_a_newer_one_replaced_is_not_told(tmp_path: Path) -> None:
    (put(tmp_path, "2026KW03__2026-11-20.csv") / "2026KW03__2026-11-13.csv").write_bytes(PAGE)
    state, urls = fetch(tmp_path)
    assert state.stamp and urls == ["drop:2026KW03__2026-11-20.csv"]


def test_of_a_period_never_two_downloads_stand_beside_each_other(tmp_path: Path) -> None:
    asked = (str(tmp_path / "drop"), *card_for(period_column=False))
    (tmp_path / "drop").mkdir()
    place = put(tmp_path / "drop", "2026KW02__2026-08-21.csv", "2026KW03__2026-10-01.csv", "2026KW03__2026-11-20.csv")
    landing = Landing(tmp_path / "landing")
    first = landed(landing, drop, *asked)
    assert [r.url for r in first.resources] == ["drop:2026KW02__2026-08-21.csv", "drop:2026KW03__2026-11-20.csv"]
    # What landed from a file is kept when the file went bad, rather than an earlier download.
    (place / "2026KW03__2026-11-20.csv").write_bytes(PAGE)
    second = landed(landing, drop, *asked, have=first)
    assert second.resources == first.resources
    assert [(lack.url, lack.is_kept) for lack in second.lacking] == [("drop:2026KW03__2026-11-20.csv", True)]


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
