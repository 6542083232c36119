"""The portal behind nginx as deploy/ has it: a real nginx, real processes, and what stands in for systemd."""

import gzip
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote_plus

import pytest
import requests
from filelock import FileLock
from support_machine import AHEAD, BEHIND, Clock, be_nobody_special, fill
from support_page_kinds import address_of, kinds
from support_releases import seal_again

from pipelines.commands.release_check import ServeError
from pipelines.commands.server_process import PAGES, QUESTIONS, serving, socket_of
from pipelines.commands.switch import RELOAD, UNIT, upstreams_of
from pipelines.publish.release import CURRENT, offered
from portal.tables import CONTENT_TYPES
from tools import unit_manager
from tools.behind_nginx import BehindNginx, behind_nginx, has_nginx
from tools.twin_release import make_twin

pytestmark = pytest.mark.skipif(
    not has_nginx() and not os.environ.get("CI"), reason="nginx is absent; on Debian: apt-get install nginx-light"
)
OTHER = "sample-2026-11-03-another"
CODINGS = ("identity", "gzip", "zstd", "gzip, zstd", "zstd;q=0, gzip", "br")
# Of the connection, or of whoever sends the bytes; a weak tag is the same file, not known to be the same bytes.
OF_THE_SENDER = {"server", "date", "connection", "keep-alive", "content-length", "transfer-encoding", "last-modified"}
SLOW = "/regiokompas.json?sql=" + quote_plus(
    "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c"
)


@pytest.fixture(scope="module")
def releases(sample_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("behind") / "releases"
    folder.mkdir()
    release = sample_release.resolve()
    shutil.copytree(release, folder / release.name, copy_function=os.link)
    make_twin(release, folder, OTHER)
    point_to(folder, release.name)
    return folder


@pytest.fixture(scope="module")
def portal(releases: Path) -> Iterator[BehindNginx]:
    with behind_nginx(releases / CURRENT) as running:
        yield running


@pytest.fixture(scope="module")
def alone(releases: Path) -> Iterator[str]:
    """The same release without nginx."""
    with serving(next(folder for folder in releases.iterdir() if folder.name not in (OTHER, CURRENT))) as address:
        yield address


def point_to(releases: Path, name: str) -> None:
    new = releases / ".new"
    new.symlink_to(name)
    new.replace(releases / CURRENT)


def files_of(release: Path) -> list[str]:
    """The address of every file that readers get."""
    tables = sorted(path.name.partition(".")[0] for path in (release / "tables").glob("*.parquet"))
    of_tables = [f"/{folder}/{table}.{kind}" for folder in ("downloads", "tables") for table in tables
                 for kind in (*CONTENT_TYPES, "csv.gz", "nl.csv.gz")]  # fmt: skip
    return ["/datapackage.json", "/csvw.json", "/catalogue.ttl", "/catalogue.jsonld", *of_tables]


def headers_of(answer: requests.Response) -> dict[str, str]:
    kept = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in OF_THE_SENDER}
    # To say nothing means the same.
    kept.setdefault("accept-ranges", "none")
    vary = ", ".join(sorted({*kept.get("vary", "").split(", ")}))
    return {**kept, "vary": vary, "etag": kept.get("etag", "").removeprefix("W/")}


@pytest.mark.parametrize("coding", CODINGS)
def test_a_file_has_the_same_headers_and_bytes_with_and_without_nginx(
    portal: BehindNginx, alone: str, coding: str
) -> None:
    release = portal.link.resolve()
    sealed = json.loads((release / "release.json").read_text(encoding="utf-8"))["files"]
    with requests.Session() as session:
        paths = files_of(release)
        assert len(paths) > 200
        for path in paths:
            told = {"Accept-Encoding": coding}
            one, other = (session.get(address + path, headers=told, stream=True) for address in (portal.address, alone))
            assert (one.status_code, headers_of(one)) == (other.status_code, headers_of(other)), path
            sent = one.raw.read(decode_content=False)
            assert sent == other.raw.read(decode_content=False), path
            kept = {"csvw.json": "csv-metadata.json"}.get(path[1:], path[1:].replace("downloads/", "tables/"))
            form = {"gzip": ".gz", "zstd": ".zst", None: ""}[one.headers.get("content-encoding")]
            if f"{kept}{form}" in sealed:
                assert sha256(sent).hexdigest() == sealed[f"{kept}{form}"]["sha256"], path
            else:
                assert form == "" and sha256(sent).hexdigest() == offered(sealed, kept)["sha256"], path


def test_a_part_is_of_the_file_itself(portal: BehindNginx) -> None:
    release = portal.link.resolve()
    for path, file in {"/tables/regions.parquet": "tables/regions.parquet", "/catalogue.ttl": "catalogue.ttl"}.items():
        whole = (release / file).read_bytes()
        told = {"Range": "bytes=10-19", "Accept-Encoding": "gzip, zstd"}
        answer = requests.get(portal.address + path, headers=told, timeout=60)
        assert answer.status_code == 206 and answer.content == whole[10:20]
        for tag, status in ((answer.headers["etag"], 206), ('"of-another-release"', 200)):
            again = requests.get(portal.address + path, headers={**told, "If-Range": tag}, timeout=60)
            assert again.status_code == status
        known = requests.get(portal.address + path, headers={"If-None-Match": answer.headers["etag"]}, timeout=60)
        assert (known.status_code, known.content) == (304, b"") or "gzip" in known.headers.get("content-encoding", "")
    unpacked = requests.get(
        f"{portal.address}/downloads/regions.csv", headers={"Range": "bytes=0-3", "Accept-Encoding": "gzip"}, timeout=60
    )
    assert unpacked.status_code == 200
    assert unpacked.content == gzip.decompress((release / "tables/regions.csv.gz").read_bytes())


def test_pages_and_questions_are_answered_and_what_is_inside_is_not(portal: BehindNginx) -> None:
    answered = ("/", "/en/municipality/zwolle", "/v1/regions?limit=1", "/regiokompas/regions", "/regiokompas.db")
    hidden = {"/metrics": 403, "/-/sent/parts/current/release.json": 404, "/-/pair": 404, "/downloads/x.csv": 404}
    for path, status in {**dict.fromkeys(answered, 200), **hidden}.items():
        assert requests.head(portal.address + path, timeout=60, allow_redirects=True).status_code == status, path
    assert requests.get(f"{portal.local}/-/pair", timeout=60).text.strip() == portal.front.pair
    for kind in (PAGES, QUESTIONS):
        assert "regiokompas_requests_total" in requests.get(f"{portal.local}/metrics/{kind}", timeout=60).text


def test_who_asks_too_much_is_told_to_wait_while_pages_are_answered(portal: BehindNginx) -> None:
    with ThreadPoolExecutor(12) as clients:
        asked = [clients.submit(requests.get, portal.address + SLOW, timeout=120) for _ in range(12)]
        time.sleep(0.3)
        page = requests.get(f"{portal.address}/en/municipality/zwolle", timeout=60)
        answers = [answer.result() for answer in asked]
    assert page.status_code == 200
    statuses = Counter(answer.status_code for answer in answers)
    # Four questions of one address at a time; each of those is too slow.
    assert statuses.keys() == {400, 429} and statuses[400] >= 4, statuses
    for answer in answers:
        if answer.status_code == 429:
            assert answer.headers["retry-after"] == "5" and "ask again" in answer.text


def test_a_switch_is_told_in_one_line_and_ends_the_old_pair(portal: BehindNginx, releases: Path) -> None:
    first, before = (releases / CURRENT).resolve().name, portal.front.pair
    try:
        for name in (OTHER, first):
            point_to(releases, name)
            old = portal.front.pair
            began = time.monotonic()
            process = switching(portal, releases.parent)
            out, err = process.communicate()
            assert (process.returncode, err) == (0, "")
            (line,) = out.splitlines()
            assert f"Release {name} is served by pair {portal.front.pair}; pair {old} ended in " in line
            assert time.monotonic() - began < 180
            assert old and not portal.running(old) and portal.front.pair != old
            answer = requests.get(f"{portal.address}/downloads/regions.parquet", timeout=60)
            assert answer.headers["x-regiokompas-release"] == name
    finally:
        point_to(releases, first)
    assert portal.front.pair == before


@pytest.mark.parametrize("fault", ["damaged", "without maps", "nginx", "busy"])
def test_what_cannot_take_over_leaves_all_as_it_was(portal: BehindNginx, releases: Path, fault: str) -> None:
    first, before = (releases / CURRENT).resolve(), portal.front.pair
    written, name = portal.front.upstreams.read_bytes(), f"sample-2026-11-04-{fault.split()[0]}"
    broken = shutil.copytree(first, releases / name, copy_function=os.link)
    configuration = portal.folder / "nginx.conf"
    kept, lock = configuration.read_text(encoding="utf-8"), FileLock(portal.front.state / "switch.lock")
    if fault == "nginx":
        shutil.rmtree(broken)
        name = OTHER
        configuration.write_text(kept + "surprise;\n", encoding="utf-8")
    elif fault == "busy":
        lock.acquire()
    else:
        (broken / "maps.json").unlink()
        (broken / "maps.json").write_text("{}", encoding="utf-8")
        if fault == "without maps":
            seal_again(broken, "maps.json")
    said = {
        "damaged": rf"Release {first.name} stays: release {name} is damaged: maps.json has 2 bytes",
        "without maps": rf"stays: release {name} cannot be shown: regiokompas@\w.service has ended",
        "nginx": rf"Release {first.name} stays: nginx refuses .*upstreams.conf",
        "busy": "another switch is busy",
    }
    point_to(releases, name)
    try:
        with pytest.raises(ServeError, match=said[fault]) as refused:
            portal.switch()
        assert "\n" not in str(refused.value)
    finally:
        lock.release()
        configuration.write_text(kept, encoding="utf-8")
        point_to(releases, first.name)
    assert portal.front.pair == before and portal.front.upstreams.read_bytes() == written
    assert before and portal.running(before) and not portal.running({"a": "b", "b": "a"}[before])
    answer = requests.get(f"{portal.address}/v1/regions?limit=1", timeout=60)
    assert (answer.status_code, answer.headers["x-regiokompas-release"]) == (200, first.name)


def switching(portal: BehindNginx, data: Path, **environment: str) -> subprocess.Popen[str]:
    """The command of a switch that has begun."""
    command = [sys.executable, "-P", "-c", "from pipelines.cli import main; main()", "deploy", "switch"]
    told = {**os.environ, "REGIOKOMPAS_DATA": str(data), **environment}
    return subprocess.Popen(
        [*command, *portal.options],
        env=told,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=be_nobody_special,
    )


# What happens to a switch while the other pair is being started, its exit code, and what it says.
INTERRUPTIONS: dict[str, tuple[Callable[[BehindNginx, int], object], int, str]] = {
    "kill -9": (lambda _, pid: os.kill(pid, signal.SIGKILL), -9, ""),
    "SIGTERM": (lambda _, pid: os.kill(pid, signal.SIGTERM), 143, "Stopped: {first} is served by pair {before}"),
    "disk full": (lambda _, pid: fill(pid), 1, "Error: Release {first} stays: the disk is full -> "),
    "read-only": (
        *(lambda portal, _: portal.front.state.chmod(0o500), 1),
        "Error: Release {first} stays: the data folder cannot be written to -> ",
    ),
}


@pytest.mark.parametrize("harm", INTERRUPTIONS)
def test_an_interrupted_switch_leaves_readers_what_they_had(portal: BehindNginx, releases: Path, harm: str) -> None:
    first, before = (releases / CURRENT).resolve().name, portal.front.pair
    assert before
    other = {"a": "b", "b": "a"}[before]
    do_harm, code, said = INTERRUPTIONS[harm]
    unit = UNIT.format(pair=other)
    # A switch that was killed leaves it running.
    left = unit_manager.running(portal.folder, unit)
    point_to(releases, OTHER)
    try:
        process = switching(portal, releases.parent)
        while unit_manager.running(portal.folder, unit) in (None, left):
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        do_harm(portal, process.pid)
        out, err = process.communicate(timeout=240)
    finally:
        portal.front.state.chmod(0o700)
        point_to(releases, first)
    assert (process.returncode, out) == (code, "")
    lines = err.strip().splitlines()
    assert len(lines) == bool(said) and err.strip().startswith(said.format(first=first, before=before))
    answer = requests.get(f"{portal.address}/v1/regions?limit=1", timeout=60)
    assert (answer.status_code, answer.headers["x-regiokompas-release"]) == (200, first)
    assert requests.get(f"{portal.local}/-/pair", timeout=60).text.strip() == before
    # What nobody asks is not left running, but where nothing could be done any more.
    assert portal.running(before) and bool(portal.running(other)) == (harm == "kill -9")


@pytest.mark.parametrize("off", [AHEAD, BEHIND], ids=["clock ahead", "clock behind"])
def test_the_switch_after_one_that_was_killed_keeps_the_pair_that_nginx_asks(
    portal: BehindNginx, releases: Path, tmp_path: Path, off: timedelta
) -> None:
    """Killed after it wrote what nginx is to read, and before nginx read it; and with a clock that is wrong."""
    first, before = (releases / CURRENT).resolve().name, portal.front.pair
    assert before
    other, name = {"a": "b", "b": "a"}[before], OTHER
    portal.front.upstreams.write_text(upstreams_of(releases / name, other, portal.front), encoding="utf-8")
    assert portal.front.pair == other
    clock = Clock(tmp_path)
    environment = clock.make()
    clock.set(off)
    point_to(releases, name)
    statuses: Counter[int] = Counter()
    try:
        process = switching(portal, releases.parent, **environment)
        while process.poll() is None:
            statuses[requests.get(f"{portal.address}/v1/regions?limit=1", timeout=60).status_code] += 1
        assert process.returncode == 0, process.communicate()
        assert statuses.keys() == {200} and portal.front.pair == other and not portal.running(before)
        answer = requests.get(f"{portal.address}/v1/regions?limit=1", timeout=60)
        assert answer.headers["x-regiokompas-release"] == name
    finally:
        point_to(releases, first)
        portal.switch()


def test_a_process_that_is_killed_is_started_again_by_its_parent(portal: BehindNginx) -> None:
    pair = portal.front.pair
    assert pair and all(socket_of(portal.front.sockets / pair, kind).is_socket() for kind in (PAGES, QUESTIONS))
    _, *workers = processes_of(portal)
    for pid in workers:
        os.kill(pid, 9)
    until = time.monotonic() + 120
    wanted = {"/-/health", "/regiokompas.json?sql=select+1"}
    while time.monotonic() < until and wanted:
        wanted = {path for path in wanted if requests.get(portal.address + path, timeout=60).status_code != 200}
        time.sleep(0.5)
    assert not wanted


def processes_of(portal: BehindNginx) -> list[int]:
    """The parent of the pair that nginx asks, and its two processes."""
    listed = subprocess.check_output(["ps", "-ww", "-eo", "pid=,ppid=,args="], text=True)
    parent = (portal.folder / f"regiokompas@{portal.front.pair}.service.pid").read_text(encoding="ascii")
    workers = [line.split() for line in listed.splitlines() if line.split()[1] == parent and "spawn_main" in line]
    assert len(workers) == 2
    return [int(parent), *(int(pid) for pid, *_ in workers)]


@contextmanager
def asleep(pids: list[int]) -> Iterator[None]:
    """Processes that answer nothing for a while."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)


KEPT = [
    *(address_of(page, lang) for page in kinds() for lang in ("nl", "en")),
    *("/v1/regions?limit=2", "/v1/observations?regionCode=GM0193&limit=3"),
    *("/gemeente/zwolle/banen.svg", "/gemeente/zwolle/banen.png"),
]
# What says that it is not to be kept, what is asked of the database, and a fault.
NOT_KEPT = ("/-/health", "/regiokompas.json?sql=select+1", "/v1/regions?limit=x")


@pytest.mark.parametrize("coding", ["identity", "gzip", "gzip, deflate, br, zstd"])
def test_what_nginx_kept_is_what_the_portal_answers_and_needs_nobody(
    portal: BehindNginx, alone: str, coding: str
) -> None:
    told = {"Accept-Encoding": coding}
    with requests.Session() as session:

        def ask(address: str, path: str, **more: str) -> tuple[int, dict[str, str], bytes]:
            # The host is in links of ours.
            headers = {"Host": "localhost", **told, **more}
            got = session.get(address + path, headers=headers, stream=True, timeout=60, allow_redirects=False)
            return got.status_code, headers_of(got), got.raw.read(decode_content=False)

        # Some lead to an address with a name in it.
        led = [session.get(alone + path, headers={"Host": "localhost"}, timeout=60) for path in KEPT]
        wanted = {(path := answer.request.path_url): ask(alone, path) for answer in led}
        assert {status for status, *_ in wanted.values()} == {200} and len(wanted) > 60
        for path, answer in wanted.items():
            assert ask(portal.address, path) == answer, path
        with asleep(processes_of(portal)):
            for path, answer in wanted.items():
                assert ask(portal.address, path) == answer, path
                if tag := answer[1]["etag"]:
                    assert ask(portal.address, path, **{"If-None-Match": tag})[::2] == (304, b""), path
            for path in NOT_KEPT:
                with pytest.raises(requests.ReadTimeout):
                    requests.get(portal.address + path, timeout=0.5)


def test_forms_of_an_answer_are_kept_apart(portal: BehindNginx) -> None:
    path = f"{portal.address}/v1/regions?limit=4"
    for _ in range(2):
        for form in ("application/json", "text/csv"):
            answer = requests.get(path, headers={"Accept": form}, timeout=60)
            assert answer.headers["content-type"].startswith(form)
    hosts = ("localhost", "127.0.0.1")
    for host in hosts * 2:
        answer = requests.get(f"{portal.address}/gemeente/zwolle", headers={"Host": host}, timeout=60)
        assert f'<link rel="canonical" href="http://{host}/gemeente/zwolle"' in answer.text


def test_nothing_kept_is_of_another_release(portal: BehindNginx, releases: Path) -> None:
    first = (releases / CURRENT).resolve().name
    path = f"{portal.address}/gemeente/zwolle"
    try:
        for name in (OTHER, first):
            assert requests.get(path, timeout=60).status_code == 200
            point_to(releases, name)
            portal.switch()
            assert requests.get(path, timeout=60).headers["x-regiokompas-release"] == name
    finally:
        point_to(releases, first)


def test_nothing_is_kept_where_nginx_does_not_know_of_which_release_it_is(portal: BehindNginx) -> None:
    """As in compose.yml, where a pair sees a new release itself."""
    known = portal.front.upstreams.read_text(encoding="utf-8")
    portal.front.upstreams.write_text(re.sub(r"(\$release \{ default )[^;]+", r'\1""', known), encoding="utf-8")
    reload = [*shlex.split(portal.front.manager), *RELOAD]
    try:
        subprocess.run(reload, check=True)
        until, is_kept = time.monotonic() + 30, True
        # A worker of nginx that is told to end still answers for a moment.
        while is_kept and time.monotonic() < until:
            is_kept = _is_kept(portal, "/gemeente/zwolle")
        assert not is_kept
    finally:
        portal.front.upstreams.write_text(known, encoding="utf-8")
        subprocess.run(reload, check=True)


def _is_kept(portal: BehindNginx, path: str) -> bool:
    assert requests.get(portal.address + path, timeout=60).status_code == 200
    with asleep(processes_of(portal)):
        try:
            return requests.get(portal.address + path, timeout=0.5).status_code == 200
        except requests.ReadTimeout:
            return False
