"""A data folder as the working copy of a storage: complete, never half, and of one run at a time."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import obstore
import pytest
from support_storage import LARGE, contents, make_data, new_url, storage_server, write

from pipelines.errors import DamagedError, RegiokompasError
from pipelines.orchestration.settings_resource import settings_of_run
from pipelines.publish.release import current, is_whole
from pipelines.run_lock import only_run, send_to_storage
from pipelines.settings import Settings
from pipelines.storage import lease
from pipelines.storage.bucket import Bucket, StorageError
from pipelines.storage.lease import LOCK, Lease
from pipelines.storage.state import NOTHING, STATE, StoredState, look, parse
from pipelines.storage.working_copy import every, pull, push, take_release
from pipelines.telling import tell_nobody


class CutOffError(BaseException):
    """What ends a run as a kill does: nothing is tidied up."""


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    with storage_server() as variables:
        yield variables


@pytest.fixture(autouse=True)
def known_server(server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def url() -> str:
    return new_url()


def settings_of(data: Path, url: str) -> Settings:
    return Settings(data=data, storage=url)


def run_of_day(settings: Settings, day: int, tell: Callable[[str], None] = tell_nobody) -> None:
    with only_run(settings, tell):
        make_data(settings.data, day)


def fetched(url: str, data: Path) -> StoredState:
    """All that a machine finds that has nothing yet."""
    data.mkdir()
    pull(Bucket(url), data, every, tell_nobody)
    return look(data)


class Puts:
    """Counts what is written to storage, and cuts the run off at one of the writes."""

    def __init__(self, cut_at: int = -1, *, arrives: bool = True) -> None:
        self.keys: list[str] = []
        self._cut_at, self._arrives, self._put = cut_at, arrives, obstore.put
        self._lock = threading.Lock()

    def __call__(self, store: Any, key: str, *given: Any, **more: Any) -> Any:
        with self._lock:
            self.keys.append(key)
            place = len(self.keys) - 1
            if self._cut_at != -1 and (place > self._cut_at or (place == self._cut_at and not self._arrives)):
                raise CutOffError
            done = self._put(store, key, *given, **more)
            if place == self._cut_at:
                raise CutOffError
            return done


def let_lock_end(url: str) -> None:
    """As if the time had passed that a lock holds."""
    bucket, ended = Bucket(url), (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    # A run that is busy may renew it meanwhile.
    while found := bucket.read(LOCK):
        if bucket.replace(LOCK, json.dumps({**json.loads(found[0]), "until": ended}).encode(), found[1]):
            return


class TestWorkingCopy:
    def test_another_machine_gets_all_of_it(self, url: str, tmp_path: Path) -> None:
        told: list[str] = []
        for day in (1, 2):
            run_of_day(settings_of(tmp_path / "a", url), day, told.append)
        here = look(tmp_path / "a")
        assert fetched(url, tmp_path / "b") == here and len(here.files) > 12 and len(here.links) == 1
        assert max(file.bytes for file in here.files.values()) > LARGE * 0.9
        assert not (tmp_path / "b" / "landing" / "partial").exists()
        release = current(tmp_path / "b" / "releases")
        assert release and release.release_id == "sample-2026-11-02" and is_whole(release.folder)
        assert [line.split("(")[0] for line in told] == ["Storage  sent 11 files ", "Storage  sent 9 files "]

    def test_an_unchanged_run_sends_nothing(self, url: str, tmp_path: Path) -> None:
        run_of_day(settings_of(tmp_path / "a", url), 1)
        for machine in ("a", "b"):
            puts, told = Puts(), list[str]()
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(obstore, "put", puts)
                with only_run(settings_of(tmp_path / machine, url), told.append):
                    pass
            assert set(puts.keys) == {LOCK} and told[-1] == f"Storage  nothing is new for {url}"

    def test_a_run_fetches_only_the_releases_that_it_compares_with(self, url: str, tmp_path: Path) -> None:
        for day in (1, 2):
            run_of_day(settings_of(tmp_path / "a", url), day)
        run_of_day(settings_of(tmp_path / "b", url), 3)
        names = {path.name for path in (tmp_path / "b" / "releases").glob("sample-*")}
        assert names == {"sample-2026-11-02", "sample-2026-11-03"}
        kept = {path.split("/")[1] for path in fetched(url, tmp_path / "c").files if "/sample-" in path}
        assert kept == {f"sample-2026-11-0{day}" for day in (1, 2, 3)}

    def test_what_another_machine_removed_is_removed(self, url: str, tmp_path: Path) -> None:
        a, b = (settings_of(tmp_path / name, url) for name in "ab")
        for day in (1, 2):
            run_of_day(a, day)
        with only_run(b, all_releases=True):
            for path in sorted((b.releases / "sample-2026-11-01").rglob("*"), reverse=True):
                path.unlink() if path.is_file() else path.rmdir()
        with only_run(a):
            assert not list((a.releases / "sample-2026-11-01").rglob("*.*"))
        assert fetched(url, tmp_path / "c") == look(a.data)

    def test_objects_that_nothing_names_are_swept_after_one_more_prune(self, url: str, tmp_path: Path) -> None:
        settings, bucket = settings_of(tmp_path / "a", url), Bucket(url)
        for day in (1, 2):
            run_of_day(settings, day)
        for _ in range(2):
            with only_run(settings, all_releases=True):
                pass
        found = bucket.read(STATE)
        assert found and set(bucket.listed()) == parse(found[0], "").keys | {STATE, LOCK}

    def test_what_a_run_did_that_came_to_no_end_is_sent_by_the_next(self, url: str, tmp_path: Path) -> None:
        settings = settings_of(tmp_path / "a", url)
        run_of_day(settings, 2)
        before = look(settings.data)
        with pytest.raises(RegiokompasError, match="stopped"), only_run(settings):
            make_data(settings.data, 3)
            raise RegiokompasError("stopped")
        made = look(settings.data)
        assert fetched(url, tmp_path / "b") == before != made
        with only_run(settings):
            assert look(settings.data) == made
        assert fetched(url, tmp_path / "c") == made

    def test_what_rots_on_the_disk_of_one_machine_is_not_sent(self, url: str, tmp_path: Path) -> None:
        settings = settings_of(tmp_path / "a", url)
        run_of_day(settings, 1)
        before = look(settings.data)
        lasting = [path for path in before.files if path.startswith(("landing/objects", "releases/sample"))]
        with only_run(settings):
            for path in lasting:
                write(settings.data / path, b"rot")
        assert fetched(url, tmp_path / "b") == before and len(lasting) == 4
        # And it is mended from there.
        with only_run(settings):
            assert look(settings.data) == before

    def test_a_folder_that_is_no_copy_is_refused_and_stays(self, url: str, tmp_path: Path) -> None:
        run_of_day(settings_of(tmp_path / "a", url), 1)
        before = look(make_data(tmp_path / "b", 2))
        with pytest.raises(StorageError, match=r"is no copy of .* -> set REGIOKOMPAS_DATA") as refused:
            run_of_day(settings_of(tmp_path / "b", url), 3)
        assert "\n" not in str(refused.value) and look(tmp_path / "b") == before
        with only_run(settings_of(tmp_path / "a", url)):
            pass

    def test_a_job_of_dagster_works_in_the_copy(self, url: str, tmp_path: Path) -> None:
        settings, sent = settings_of(tmp_path / "a", url), list[StoredState]()

        @dg.op(required_resource_keys={"settings"})
        def step() -> None:
            make_data(settings.data, 1)
            send_to_storage(settings)
            sent.append(fetched(url, tmp_path / "meanwhile"))
            write(settings.data / "alerts.json", b"[1]")

        @dg.job(resource_defs={"settings": settings_of_run(settings)}, executor_def=dg.in_process_executor)
        def steps() -> None:
            step()

        assert steps.execute_in_process().success
        assert fetched(url, tmp_path / "b") == look(settings.data) != sent[0] != NOTHING


class TestCutOff:
    """A run that is cut off before or after any of its writes leaves what was there, and the next run ends well."""

    @pytest.mark.parametrize("arrives", [False, True])
    def test_readers_have_one_release_or_the_other(self, arrives: bool, tmp_path: Path) -> None:
        writes = self.puts_of_a_second_run(new_url(), tmp_path / "whole", Puts()).keys
        assert writes.index(STATE) == len(writes) - 2 and writes[0] == writes[-1] == LOCK and len(writes) > 10
        for place in range(len(writes)):
            url, folder = new_url(), tmp_path / f"cut-{place}"
            self.puts_of_a_second_run(url, folder, Puts(place, arrives=arrives))
            is_switched = place > len(writes) - 2 or (place == len(writes) - 2 and arrives)
            expected = look(folder / ("a" if is_switched else "before"))
            assert fetched(url, folder / "reader") == expected
            release = current(folder / "reader" / "releases")
            assert release and release.release_id == f"sample-2026-11-0{1 + is_switched}" and is_whole(release.folder)
            # A machine that knows nothing of the run that was cut off makes the same, and it is published.
            let_lock_end(url)
            run_of_day(settings_of(folder / "next", url), 2)
            served = current(folder / "next" / "releases")
            assert served and served.release_id == "sample-2026-11-02"
            assert fetched(url, folder / "later").told.items() >= {("releases/current", "sample-2026-11-02")}

    def puts_of_a_second_run(self, url: str, folder: Path, puts: Puts) -> Puts:
        settings = settings_of(folder / "a", url)
        run_of_day(settings, 1)
        fetched(url, folder / "before")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(obstore, "put", puts)
            with suppress(CutOffError):
                run_of_day(settings, 2)
        return puts


class TestDamage:
    def test_every_object_with_another_byte_is_refused_in_one_line(self, url: str, tmp_path: Path) -> None:
        run_of_day(settings_of(tmp_path / "a", url), 1)
        bucket = Bucket(url)
        objects = contents(bucket)
        assert len(objects) > 11 and STATE in objects
        for place, (key, whole) in enumerate(objects.items()):
            put(bucket, key, flip(whole, len(whole) // 2))
            with pytest.raises(DamagedError) as refused:
                fetched(url, tmp_path / f"reader-{place}")
            assert str(refused.value).startswith(f"{url}/{key} is damaged") and " -> " in str(refused.value)
            assert "\n" not in str(refused.value) and current(tmp_path / f"reader-{place}" / "releases") is None
            put(bucket, key, whole)
        assert fetched(url, tmp_path / "b") == look(tmp_path / "a")

    def test_every_object_that_is_gone_is_told_in_one_line(self, url: str, tmp_path: Path) -> None:
        run_of_day(settings_of(tmp_path / "a", url), 1)
        bucket = Bucket(url)
        for place, (key, whole) in enumerate(contents(bucket).items()):
            if key != STATE:
                bucket.remove([key])
                with pytest.raises(DamagedError, match=r"is damaged: it is not there -> ") as refused:
                    fetched(url, tmp_path / f"reader-{place}")
                assert f"{url}/{key}" in str(refused.value) and "\n" not in str(refused.value)
                put(bucket, key, whole)

    def test_no_byte_of_the_list_can_be_another(self, url: str, tmp_path: Path) -> None:
        run_of_day(settings_of(tmp_path / "a", url), 1)
        found = Bucket(url).read(STATE)
        assert found
        whole = parse(found[0], "list")
        for place in range(len(found[0])):
            try:
                # Between the values there is space that says nothing.
                assert parse(flip(found[0], place), "list") == whole
            except DamagedError as error:
                assert str(error).startswith("list is damaged") and "\n" not in str(error)

    def test_a_list_cannot_lead_out_of_the_data_folder(self) -> None:
        body = StoredState(files={"raw/a": {"bytes": 0, "sha256": "0" * 64}}, links={}).as_bytes()  # type: ignore[dict-item]
        assert parse(body, "list").files
        for path in ("../raw/a", "/etc/passwd", "raw/../../a", "raw//a", "raw/.a", "drop/a", "landing/partial/a"):
            with pytest.raises(DamagedError, match="is no path of a data folder"):
                parse(body.replace(b'"raw/a"', json.dumps(path).encode()), "list")

    def test_nor_can_a_link(self) -> None:
        # The second is how a comparison remembers which release was the last of its kind.
        for link, up in (("releases/current", ""), ("releases/changes/last-published", "../")):
            body = StoredState(files={}, links={link: f"{up}one"}).as_bytes()
            read = parse(body, "list")
            assert read.linked == {"one"} and read.release_id == ("one" if link == "releases/current" else None)
            beside = ("../../elsewhere", "a/../../b", "one/tables", "..", ".", "", "changes", "history", "refused")
            for target in ("/etc", "/releases/one", *(up + name for name in beside)):
                with pytest.raises(DamagedError, match="is no release"):
                    parse(body.replace(f'"{up}one"'.encode(), json.dumps(target).encode()), "list")

    def test_a_lock_that_cannot_be_read_stops_a_run(self, url: str, tmp_path: Path) -> None:
        put(Bucket(url), LOCK, b"?")
        with pytest.raises(DamagedError, match=r"run\.lock is damaged: it names no run -> ") as refused:
            run_of_day(settings_of(tmp_path / "a", url), 1)
        assert "\n" not in str(refused.value)


class TestOneRunInStorage:
    def test_the_second_is_refused_in_one_line(self, url: str, tmp_path: Path) -> None:
        with only_run(settings_of(tmp_path / "a", url)):
            with pytest.raises(StorageError, match=r"^s3://\S+: another run is busy, process .* -> wait") as refused:
                run_of_day(settings_of(tmp_path / "b", url), 1)
            assert "\n" not in str(refused.value)
        run_of_day(settings_of(tmp_path / "b", url), 1)

    def test_a_run_of_dagster_waits(self, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lease, "LOOKED_AT_EVERY", 0.1)
        began, told = threading.Event(), list[str]()

        def second() -> None:
            with only_run(settings_of(tmp_path / "b", url), told.append, wait=True):
                began.set()

        waiting = threading.Thread(target=second)
        with only_run(settings_of(tmp_path / "a", url)):
            waiting.start()
            assert not began.wait(1)
        waiting.join(30)
        assert began.is_set() and told[0].endswith("waiting for it")

    def test_it_is_renewed_for_as_long_as_it_runs(
        self, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lease, "HOLDS", timedelta(seconds=1))
        monkeypatch.setattr(lease, "RENEWED_EVERY", 0.2)
        with only_run(settings_of(tmp_path / "a", url)):
            time.sleep(1.5)
            with pytest.raises(StorageError, match="another run is busy"):
                run_of_day(settings_of(tmp_path / "b", url), 1)

    def test_what_a_killed_run_left_is_taken_over_and_told(self, url: str, tmp_path: Path) -> None:
        told: list[str] = []
        # As a kill leaves it: nobody renews it, and nobody gives it back.
        assert Lease(Bucket(url), tell_nobody)._take() is None
        let_lock_end(url)
        run_of_day(settings_of(tmp_path / "b", url), 1, told.append)
        assert "the lock that process" in told[0] and told[0].endswith("is taken over")

    def test_who_lost_the_lock_changes_nothing(self, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lease, "RENEWED_EVERY", 0.1)
        bucket = Bucket(url)
        with (
            pytest.raises(StorageError, match=r"is no longer ours: .* -> run again"),
            only_run(settings_of(tmp_path / "a", url)),
        ):
            make_data(tmp_path / "a", 1)
            let_lock_end(url)
            run_of_day(settings_of(tmp_path / "b", url), 2)
            after = contents(bucket)
            time.sleep(0.5)
        assert {key: contents(bucket)[key] for key in after} == after
        assert fetched(url, tmp_path / "c") == look(tmp_path / "b")

    def test_of_two_switches_the_second_is_refused(self, url: str, tmp_path: Path) -> None:
        """Also where the lock fails, such as with clocks that are wrong: for the first state, and for a later one."""
        bucket = Bucket(url)
        for day in (1, 3):
            data = {name: tmp_path / f"{name}-{day}" for name in "abc"}
            for name in "ab":
                data[name].mkdir()
            pulled = {name: pull(bucket, data[name], every, tell_nobody) for name in "ab"}
            make_data(data["a"], day), make_data(data["b"], day + 1)
            push(bucket, data["b"], pulled["b"], lambda: None)
            after = contents(bucket)
            with pytest.raises(StorageError, match=r"was changed by another run .* -> run again") as refused:
                push(bucket, data["a"], pulled["a"], lambda: None)
            assert "\n" not in str(refused.value) and f"{url}/{STATE}" in str(refused.value)
            assert {key: contents(bucket)[key] for key in after} == after
            assert fetched(url, data["c"]) == look(data["b"])

    def test_an_answer_that_got_lost_is_no_refusal(self, url: str) -> None:
        bucket = Bucket(url)
        version = bucket.create("a", b"1")
        assert version and bucket.create("a", b"1") == version and bucket.create("a", b"2") is None
        later = bucket.replace("a", b"3", version)
        assert later and bucket.replace("a", b"3", version) == later and bucket.replace("a", b"4", version) is None


class TestUnusableStorage:
    @pytest.mark.parametrize("wrong", ["data", "/tmp/x", "http://x/y", "s3://", "s3://UPPER/x", "s3://b/../x y"])
    def test_another_kind_of_url(self, wrong: str, tmp_path: Path) -> None:
        with pytest.raises(StorageError, match="expected s3://bucket/prefix -> "):
            run_of_day(settings_of(tmp_path, wrong), 1)

    def test_no_such_bucket(self, tmp_path: Path) -> None:
        with pytest.raises(StorageError, match=r"^s3://nobody/x: there is no such bucket -> make it"):
            run_of_day(settings_of(tmp_path / "a", "s3://nobody/x"), 1)
        with pytest.raises(StorageError, match=r"^s3://nobody/x: there is no such bucket -> make it"):
            take_release(settings_of(tmp_path, "s3://nobody/x"), tell_nobody)

    def test_no_answer(self, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        told = set()
        for _ in range(2):
            with pytest.raises(StorageError, match=r"cannot be written: .* -> check AWS_ENDPOINT_URL") as refused:
                run_of_day(settings_of(tmp_path, url), 1)
            told.add(str(refused.value))
        # The same trouble is told in the same words, so that a portal can tell it once.
        (line,) = told
        assert "\n" not in line and url in line

    def test_nothing_to_serve(self, url: str, tmp_path: Path) -> None:
        with pytest.raises(StorageError, match=r"there is no release in s3://.* -> make one with `regiokompas run`"):
            take_release(settings_of(tmp_path, url), tell_nobody)


def flip(body: bytes, place: int) -> bytes:
    return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]


def put(bucket: Bucket, key: str, body: bytes) -> None:
    obstore.put(bucket._store, key, body)
