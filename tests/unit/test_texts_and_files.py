"""What people read: periods, ages, numbers in files, settings, and releases that never change."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.commands.terminal import age, period
from pipelines.errors import RegiokompasError, SourceError, shown
from pipelines.publish.extracts import plain
from pipelines.publish.release import current, describe_files, is_whole, offered, publish, seal
from pipelines.settings import Settings


@pytest.mark.parametrize(
    ("code", "text"), [("2026JJ00", "2026"), ("2026KW01", "2026KW01"), ("2026MM12", "2026MM12"), ("", "-"), (None, "-")]
)
def test_a_period_as_people_read_it(code: str | None, text: str) -> None:
    assert period(code) == text


def test_an_age_counts_days_with_or_without_a_time_zone() -> None:
    then = datetime.now(UTC) - timedelta(days=1200, hours=1)
    assert age(then.isoformat()) == age(then.replace(tzinfo=None).isoformat()) == "1,200 d"
    assert age(None) == "-"


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([".", ","]))
def test_a_written_number_reads_back_as_itself(value: float, mark: str) -> None:
    text = plain(pl.DataFrame({"value": [value]}), mark)["value"][0]
    assert float(text.replace(mark, ".")) == value


@pytest.mark.parametrize(
    ("value", "mark", "text"),
    [
        (216360.0, ",", "216360"),
        (117.1, ",", "117,1"),
        (117.1, ".", "117.1"),
        (0.0, ",", "0"),
        (-12.5, ",", "-12,5"),
        (None, ",", None),
    ],
)
def test_a_number_is_written_as_people_write_it(value: float | None, mark: str, text: str | None) -> None:
    frame = pl.DataFrame({"value": [value]}, schema={"value": pl.Float64})
    assert plain(frame, mark)["value"].to_list() == [text]


def test_only_doubles_are_rewritten() -> None:
    frame = pl.DataFrame({"year": [2026], "name": ["a.b"], "value": [0.5]})
    assert plain(frame, ",").rows() == [(2026, "a.b", "0,5")]


def test_an_error_is_one_line_and_says_where_and_what_to_do() -> None:
    error = SourceError("cbs/1", "found\n  two lines", url="https://x/", todo="run again")
    assert str(error) == "cbs/1 at https://x/: found two lines -> run again"
    assert shown(range(10), most=3) == "0, 1, 2 and 7 more"


def test_every_setting_comes_from_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REGIOKOMPAS_DATA", str(tmp_path / "x"))
    monkeypatch.setenv("REGIOKOMPAS_HTTP_TRIES", "7")
    monkeypatch.setenv("REGIOKOMPAS_HTTP_MAX_WAIT", "0.5")
    monkeypatch.setenv("REGIOKOMPAS_CBS_V3_URL", "")
    settings = Settings.from_environment(origin="live")
    assert (settings.data, settings.http_tries, settings.http_max_wait) == (tmp_path / "x", 7, 0.5)
    assert (settings.origin, settings.cbs_v3_url) == ("live", "https://opendata.cbs.nl")


@pytest.mark.parametrize(
    ("name", "text"),
    [("REGIOKOMPAS_HTTP_TRIES", "many"), ("REGIOKOMPAS_HTTP_TRIES", "1.5"), ("REGIOKOMPAS_HTTP_TIMEOUT", "x")],
)
def test_a_text_where_a_number_belongs_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(ValueError, match=f"{name}: expected a (int|float), found '{text}'"):
        Settings.from_environment()


def sealed(folder: Path, content: str) -> Path:
    folder.mkdir()
    (folder / "table.csv").write_text(content, encoding="utf-8")
    seal(folder, "r1", {"is_invented": False}, {})
    return folder


def test_a_release_says_what_every_file_is(tmp_path: Path) -> None:
    release = publish(sealed(tmp_path / "built", "a"), tmp_path / "releases", "r1")
    written = json.loads((release.folder / "release.json").read_text(encoding="utf-8"))
    assert written["release_id"] == "r1" and written["files"]["table.csv"]["bytes"] == 1
    found = current(tmp_path / "releases")
    assert found and (found.release_id, found.folder) == ("r1", release.folder)


def test_the_same_release_twice_changes_nothing(tmp_path: Path) -> None:
    first = publish(sealed(tmp_path / "a", "a"), tmp_path / "releases", "r1")
    before = (first.folder / "table.csv").stat().st_mtime_ns
    publish(sealed(tmp_path / "b", "a"), tmp_path / "releases", "r1")
    assert (first.folder / "table.csv").stat().st_mtime_ns == before
    # What is published already is not kept a second time.
    assert not (tmp_path / "b").exists()


def test_a_file_is_hashed_once_and_a_packed_one_is_told_unpacked_too(tmp_path: Path) -> None:
    (tmp_path / "table.csv.gz").write_bytes(gzip.compress(b"a,b\r\n"))
    (facts,) = describe_files(tmp_path).values()
    assert facts["sha256"] == sha256((tmp_path / "table.csv.gz").read_bytes()).hexdigest()
    plain = {"bytes": 5, "sha256": sha256(b"a,b\r\n").hexdigest()}
    assert facts["content"] == plain == offered({"table.csv.gz": facts}, "table.csv")
    (tmp_path / "later.json").write_text("{}", encoding="utf-8")
    files = describe_files(tmp_path, {"table.csv.gz": {"bytes": 1, "sha256": "as told"}})
    assert files["table.csv.gz"] == {"bytes": 1, "sha256": "as told"} and files["later.json"]["bytes"] == 2


def test_other_bytes_under_the_same_id_are_refused(tmp_path: Path) -> None:
    publish(sealed(tmp_path / "a", "a"), tmp_path / "releases", "r1")
    publish(sealed(tmp_path / "b", "a"), tmp_path / "releases", "r2")
    with pytest.raises(RegiokompasError, match=r"release r1 exists with different bytes \(table\.csv\)"):
        publish(sealed(tmp_path / "c", "other"), tmp_path / "releases", "r1")
    assert (tmp_path / "releases" / "r1" / "table.csv").read_text(encoding="utf-8") == "a"
    found = current(tmp_path / "releases")
    assert found and found.release_id == "r2"


DAMAGES: dict[str, Callable[[Path], object]] = {
    "flipped": lambda file: file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:]),
    "cut": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "emptied": lambda file: file.write_bytes(b""),
    "missing": lambda file: file.unlink(),
    "joined by another": lambda file: (file.parent / "other.txt").write_text("x", encoding="utf-8"),
}


@pytest.mark.parametrize("name", ["table.csv", "packed.csv.gz", "release.json"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_release_is_not_whole_and_is_made_again(tmp_path: Path, name: str, damage: str) -> None:
    def built(folder: str) -> Path:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "table.csv").write_text("a,b", encoding="utf-8")
        (tmp_path / folder / "packed.csv.gz").write_bytes(gzip.compress(b"a,b", mtime=0))
        seal(tmp_path / folder, "r1", {"is_invented": False}, {})
        return tmp_path / folder

    first = publish(built("a"), tmp_path / "releases", "r1")
    assert is_whole(first.folder)
    whole = {path.name: path.read_bytes() for path in first.folder.iterdir()}
    DAMAGES[damage](first.folder / name)
    assert not is_whole(first.folder)
    again = publish(built("b"), tmp_path / "releases", "r1")
    assert is_whole(again.folder) and {path.name: path.read_bytes() for path in again.folder.iterdir()} == whole


def test_the_link_goes_to_the_newest_and_back(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    assert current(releases) is None
    for name in ("a", "b"):
        publish(sealed(tmp_path / name, name), releases, name)
        assert (releases / "current" / "table.csv").read_text(encoding="utf-8") == name
    publish(sealed(tmp_path / "again", "a"), releases, "a")
    assert (releases / "current" / "table.csv").read_text(encoding="utf-8") == "a"
    assert sorted(path.name for path in releases.iterdir()) == ["a", "b", "current", "current.csv"]
