"""The landing keeps bytes as they came, changes a lock only with them, and can be copied."""

import gzip
import hashlib
import os
import re
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import RegiokompasError
from pipelines.landing.received import Received, unpacked
from pipelines.landing.store import Failure, Lacking, Landing, Resource, Snapshot, open_landing, write_atomically


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing")


def snapshot(landing: Landing, body: bytes, *, invented: bool = False, landed_at: str = "2026-11-01") -> Snapshot:
    resource = Resource(name="Observations/00000", url="https://x.example/", sha256=landing.put(body), size=len(body))
    return Snapshot(
        dataset_id="cbs/1",
        protocol="cbs_odata4",
        asked="q",
        modified="m",
        landed_at=landed_at,
        is_invented=invented,
        resources=(resource,),
    )


def lock(landing: Landing) -> Path:
    return landing.root / "locks" / "cbs" / "1.json"


def test_a_landing_in_another_form_is_refused_in_one_line(landing: Landing) -> None:
    landing.commit(snapshot(landing, b"x"))
    text = lock(landing).read_text(encoding="utf-8")
    lock(landing).write_text(text.replace('"is_invented"', '"invented"'), encoding="utf-8")
    assert landing.snapshots("cbs/1") == []
    assert re.fullmatch(
        r"the lock locks/cbs/1\.json is .* of another version .*is_invented.*", landing.lock_problem("cbs/1")
    )
    with pytest.raises(RegiokompasError, match=r"is damaged, or of another version .* -> move .* elsewhere, or use .*"):
        landing.holds_published()


def test_bytes_come_back_as_they_were(landing: Landing) -> None:
    body = b"\xef\xbb\xbf342\r\n\x00"
    assert landing.put(body) == hashlib.sha256(body).hexdigest()
    assert landing.get(landing.put(body)) == body
    assert len(list(landing.root.rglob("*.gz"))) == 1


@given(st.lists(st.binary(max_size=200_000), min_size=1, max_size=3), st.integers(0, 9))
def test_what_came_packed_is_kept_as_it_came_and_read_as_it_was_meant(members: list[bytes], level: int) -> None:
    body = Received(b"".join(members))
    body.packed = b"".join(gzip.compress(member, level) for member in members)
    with TemporaryDirectory() as folder:
        landing = Landing(Path(folder))
        sha256 = landing.put(body)
        assert landing.path(sha256).read_bytes() == body.packed
        assert sha256 == hashlib.sha256(body).hexdigest()
        assert landing.get(sha256) == body


@given(st.binary(min_size=1, max_size=100_000), st.data())
def test_a_gzip_is_taken_whole_or_not_at_all(body: bytes, data: st.DataObject) -> None:
    packed = gzip.compress(body)
    cut = data.draw(st.integers(0, len(packed) - 1))
    with pytest.raises((EOFError, zlib.error)):
        b"".join(unpacked(packed[:cut]))
    with pytest.raises((EOFError, zlib.error)):
        b"".join(unpacked(packed + b"more"))


def test_a_body_that_is_there_is_not_written_again(landing: Landing) -> None:
    path = landing.path(landing.put(b"a"))
    before = path.stat().st_mtime_ns
    landing.put(b"a")
    assert path.stat().st_mtime_ns == before


def test_the_lock_changes_only_when_bytes_change(landing: Landing) -> None:
    assert landing.commit(snapshot(landing, b"one"))
    first = lock(landing).read_bytes()
    assert not landing.commit(snapshot(landing, b"one", landed_at="2026-12-24"))
    assert lock(landing).read_bytes() == first
    assert landing.commit(snapshot(landing, b"two"))
    assert [s.landed_at for s in landing.snapshots("cbs/1")] == ["2026-11-01", "2026-11-01"]
    assert landing.get(landing.snapshots("cbs/1")[0].resources[0].sha256) == b"one", "what landed before is gone"


def test_the_sample_and_published_figures_have_each_their_own_current(landing: Landing) -> None:
    landing.commit(snapshot(landing, b"invented", invented=True))
    assert not landing.holds_published()
    assert landing.current("cbs/1", invented=False) is None
    landing.commit(snapshot(landing, b"real"))
    assert landing.holds_published()
    found = [landing.current("cbs/1", invented=invented) for invented in (True, False)]
    assert [landing.get(s.resources[0].sha256) for s in found if s] == [b"invented", b"real"]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda path: path.write_bytes(gzip.compress(b"another")), "was changed after it landed"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "cannot be read"),
        (lambda path: path.write_bytes(b"no gzip"), "cannot be read"),
        (lambda path: path.unlink(), "cannot be read"),
    ],
    ids=["other bytes", "torn", "no gzip", "gone"],
)
def test_a_body_that_was_tampered_with_is_refused(landing: Landing, spoil: Callable[[Path], object], told: str) -> None:
    sha256 = landing.put(b"the body as it came")
    spoil(landing.path(sha256))
    with pytest.raises(RegiokompasError, match=told) as error:
        landing.get(sha256)
    assert str(landing.path(sha256)) in str(error.value)


def test_a_copied_landing_is_the_same(landing: Landing, tmp_path: Path) -> None:
    landing.commit(snapshot(landing, b"one"))
    copied = open_landing(Path(shutil.copytree(landing.root, tmp_path / "elsewhere")))
    there = copied.current("cbs/1", invented=False)
    assert there == landing.current("cbs/1", invented=False)
    assert there and copied.get(there.resources[0].sha256) == b"one"


def test_copying_a_snapshot_checks_its_bytes(landing: Landing, tmp_path: Path) -> None:
    taken = snapshot(landing, b"one")
    landing.path(taken.resources[0].sha256).write_bytes(gzip.compress(b"another"))
    target = Landing(tmp_path / "target")
    with pytest.raises(RegiokompasError, match="was changed after it landed"):
        target.copy_objects(taken, landing)
    assert not list(target.root.rglob("*.gz"))


def test_a_folder_that_is_no_landing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegiokompasError, match="elsewhere"):
        open_landing(tmp_path / "elsewhere")


def failed(day: int, problem: str) -> Failure:
    return Failure(failed_at=f"2026-11-{day:02d}T06:00:00+00:00", problem=problem)


def test_a_failure_is_noted_until_the_next_success(landing: Landing) -> None:
    assert landing.failure("cbs/1", invented=False) is None
    landing.note_failure("cbs/1", failed(1, "HTTP 500"), invented=False)
    found = landing.failure("cbs/1", invented=False)
    assert found and found.problem == "HTTP 500" and found.failed_at
    landing.clear_failure("cbs/1", invented=False)
    landing.clear_failure("cbs/1", invented=False)
    assert landing.failure("cbs/1", invented=False) is None


def test_a_failure_goes_on_from_the_one_before(landing: Landing) -> None:
    landing.note_failure("cbs/1", failed(1, "HTTP 500"), invented=False)
    landing.note_failure("cbs/1", failed(2, "HTTP 404"), invented=False)
    found = landing.failure("cbs/1", invented=False)
    assert found and (found.began, found.failed_at) == ("2026-11-01T06:00:00+00:00", "2026-11-02T06:00:00+00:00")
    assert found.problem == "HTTP 404"
    landing.clear_failure("cbs/1", invented=False)
    landing.note_failure("cbs/1", failed(3, "HTTP 500"), invented=False)
    again = landing.failure("cbs/1", invented=False)
    assert again and again.began == "2026-11-03T06:00:00+00:00"


def test_what_an_earlier_version_noted_is_still_read(landing: Landing) -> None:
    path = landing.root / "failures" / "published" / "cbs" / "1.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"failed_at": "2026-11-01T06:00:00+00:00", "problem": "cbs/1: HTTP 500", "gone": true}')
    found = landing.failure("cbs/1", invented=False)
    assert found and found.began == found.failed_at == "2026-11-01T06:00:00+00:00"


def test_a_run_of_the_sample_does_not_whitewash_a_real_source(landing: Landing) -> None:
    landing.note_failure("cbs/1", failed(1, "HTTP 500"), invented=False)
    assert landing.failure("cbs/1", invented=True) is None
    landing.clear_failure("cbs/1", invented=True)
    assert landing.failure("cbs/1", invented=False)


def test_what_a_snapshot_lacks_makes_it_another_one(landing: Landing) -> None:
    whole = Snapshot(
        dataset_id="cbs/1", protocol="file", asked="", modified="", landed_at="1", is_invented=False, resources=()
    )
    lack = Lacking(url="https://x.nl/2015", problem="HTTP 404", since="2026-11-01", is_kept=True)
    without = whole.model_copy(update={"lacking": (lack,)})
    again = whole.model_copy(update={"lacking": (lack.model_copy(update={"problem": "HTTP 500"}),)})
    assert len({whole.digest, without.digest}) == 2 and again.digest == without.digest


def test_a_write_that_breaks_off_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lock.json"
    write_atomically(path, b"old")
    monkeypatch.setattr(Path, "chmod", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_what_is_written_is_on_disk_before_it_takes_its_place_and_so_is_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        done.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().name}")
        sync(handle)

    def replaced(source: str | Path, target: str | Path) -> None:
        done.append(f"replace {Path(target).name}")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    write_atomically(tmp_path / "lock.json", b"{}")
    first, *rest = done
    assert first.startswith("sync .tmp-") and rest == ["replace lock.json", f"sync {tmp_path.name}"], done
