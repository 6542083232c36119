"""A new release behind nginx: the processes that serve it start beside the old ones, and nginx asks these from then on.

There are two pairs of processes, `a` and `b`, of which one serves; each is one program with two sockets (`serve.py`).
systemd starts them, keeps them alive and ends them (`deploy/regiokompas@.service`).

Belongs here: the order in which that is done, and what undoes it. Not here: what a process does when it is told to end.
"""

import json
import re
import shlex
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpcore
import requests
from filelock import FileLock, Timeout

from pipelines.commands.release_check import ServeError, check_release
from pipelines.commands.server_process import KEEP_ALIVE_SECONDS, PAGES, QUESTIONS, START_SECONDS, socket_of
from pipelines.disk import disk_trouble
from pipelines.landing.store import write_atomically

PAIRS = ("a", "b")
UPSTREAMS = "upstreams.conf"
UNIT = "regiokompas@{pair}.service"
RELOAD = ("reload-or-restart", "nginx")
FRONT_SECONDS = 30.0
# A worker of nginx that is told to end finishes what it has begun: it may have to connect for that.
SETTLE_SECONDS = 1.5
COMMAND_SECONDS = 60.0


@dataclass(frozen=True)
class Front:
    """The nginx of this machine and what it knows of our processes.

    Args:
        state: the folder with the file that nginx includes, and a link for each pair to the release that it serves.
        sockets: the folder in which each pair has a folder for its sockets.
        address: where nginx itself says which pair it asks, at `/-/pair`.
        manager: systemctl, or another command that knows `restart`, `stop` and `is-active` of the units of pairs, and
            `reload-or-restart` of nginx.
    """

    state: Path
    sockets: Path
    address: str
    manager: str = "systemctl"

    @property
    def upstreams(self) -> Path:
        """The file that nginx includes."""
        return self.state / UPSTREAMS

    @property
    def pair(self) -> str | None:
        """The pair that nginx asks; None before the first switch."""
        with suppress(FileNotFoundError):
            told = re.search(r"\$pair \{ default ([ab]); \}", self.upstreams.read_text(encoding="utf-8"))
            return told[1] if told else None
        return None

    def link_of(self, pair: str) -> Path:
        """Where the release is that a pair serves."""
        return self.state / pair


def switch(release: Path, front: Front) -> str:
    """Lets the other pair serve a release, and ends the one that served; returns what was done, in one line.

    Raises:
        ServeError: it was not done, and nothing has changed for readers: one line with the reason.
    """
    front.state.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(front.state / "switch.lock").acquire(timeout=0):
            return _switch(release, front)
    except Timeout:
        raise ServeError(f"another switch is busy in {front.state} -> wait for it") from None


def _switch(release: Path, front: Front) -> str:
    before = _pair_of(front)
    coming = next(pair for pair in PAIRS if pair != before)
    served = front.link_of(before).resolve().name if before else "none"
    try:
        folder = check_release(release)
        _start(folder, coming, front)
        told = upstreams_of(folder, coming, front)
        _let_nginx_ask(coming, told.encode(), front)
    except BaseException as error:
        _run(front.manager, "stop", UNIT.format(pair=coming))
        if isinstance(error, ServeError):
            raise ServeError(f"Release {served} stays: {error}") from error
        if isinstance(error, OSError):
            raise ServeError(f"Release {served} stays: {disk_trouble(error) or error}") from error
        raise
    if before is None:
        return f"Release {folder.name} is served by pair {coming}"
    time.sleep(SETTLE_SECONDS)
    began = time.monotonic()
    _manage(front, "stop", before)
    return f"Release {folder.name} is served by pair {coming}; pair {before} ended in {time.monotonic() - began:.0f} s"


def served_now(front: Front) -> str:
    """Returns which release readers get, in words."""
    pair = _pair_of(front)
    return f"{front.link_of(pair).resolve().name} is served by pair {pair}" if pair else "nothing is served yet"


def _pair_of(front: Front) -> str | None:
    # What nginx says, where it says so: a switch that was killed may have written what nginx has not read.
    asked = _asked_by(front)
    return asked if asked in PAIRS else front.pair


def upstreams_of(folder: Path, pair: str, front: Front) -> str:
    """Returns what nginx includes: which pair it asks, the release of that, and where its processes listen.

    Raises:
        ServeError: a path has a sign that means something to nginx.
    """
    places = {kind: socket_of(front.sockets / pair, kind) for kind in (PAGES, QUESTIONS)}
    if re.search(r"[^\w./-]", str(front.sockets)):
        raise ServeError(f"nginx cannot be told of {front.sockets} -> use a folder without spaces and special signs")
    # Before the processes themselves close a connection that nobody uses.
    idle = KEEP_ALIVE_SECONDS - 1
    lines = [
        f"# Written by `regiokompas deploy switch`: pair {pair} serves {folder.name}.",
        f'map "" $pair {{ default {pair}; }}',
        f'map "" $release {{ default {folder.name}; }}',
        *(
            f"upstream {kind} {{ server unix:{place}; keepalive 32; keepalive_timeout {idle}s; }}"
            for kind, place in places.items()
        ),
    ]
    return "\n".join(lines) + "\n"


def _start(folder: Path, pair: str, front: Front) -> None:
    """Starts a pair, and waits until both kinds of its processes say that they serve the release."""
    link = front.link_of(pair)
    new = link.with_name(f".{link.name}-new")
    new.unlink(missing_ok=True)
    new.symlink_to(folder)
    new.replace(link)
    _manage(front, "restart", pair)
    until = time.monotonic() + START_SECONDS
    places = [socket_of(front.sockets / pair, kind) for kind in (PAGES, QUESTIONS)]
    while {_served_at(place) for place in places} != {folder.name}:
        unit = UNIT.format(pair=pair)
        if _run(front.manager, "is-active", "--quiet", unit) is not None:
            raise ServeError(f"release {folder.name} cannot be shown: {unit} has ended -> journalctl -u {unit}")
        if time.monotonic() > until:
            raise ServeError(f"release {folder.name} cannot be shown: {unit} does not answer -> journalctl -u {unit}")
        time.sleep(0.3)


def _served_at(place: Path) -> str | None:
    """The release of the processes that answer on a socket; None if none do, or are not well."""
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), 30.0)
    try:
        with httpcore.ConnectionPool(uds=str(place)) as pool:
            answer = pool.request("GET", "http://localhost/-/health", extensions={"timeout": timeouts})
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError):
        return None
    return str(json.loads(answer.content)["release"]) if answer.status == 200 else None


def _take_over(pair: str, front: Front) -> None:
    """Lets nginx read its files, and waits until it asks a pair; nginx that cannot read them goes on as it was."""
    if problem := _run(front.manager, *RELOAD):
        raise ServeError(f"nginx refuses {front.upstreams}: {problem}")
    until = time.monotonic() + FRONT_SECONDS
    while _asked_by(front) != pair:
        if time.monotonic() > until:
            raise ServeError(f"nginx does not say at {front.address}/-/pair that it asks pair {pair}")
        time.sleep(0.1)


def _asked_by(front: Front) -> str | None:
    with suppress(requests.RequestException):
        # A new connection each time: an old one may lead to a worker of nginx that is about to end.
        return requests.get(f"{front.address}/-/pair", timeout=5, headers={"Connection": "close"}).text.strip()
    return None


def _let_nginx_ask(pair: str, told: bytes, front: Front) -> None:
    """Lets nginx ask a pair; if it does not come to that, also because we are stopped, its file is as it was."""
    kept = front.upstreams.read_bytes() if front.upstreams.exists() else None
    try:
        write_atomically(front.upstreams, told)
        _take_over(pair, front)
    except BaseException:
        if kept is None:
            front.upstreams.unlink(missing_ok=True)
        elif front.upstreams.read_bytes() != kept:
            write_atomically(front.upstreams, kept)
            _run(front.manager, *RELOAD)
        raise


def _manage(front: Front, verb: str, pair: str) -> None:
    if problem := _run(front.manager, verb, UNIT.format(pair=pair)):
        raise ServeError(f"{front.manager} cannot {verb} pair {pair}: {problem}")


def _run(command: str, *arguments: str) -> str | None:
    """Why a command failed, in one line; None if it did not."""
    try:
        done = subprocess.run(
            [*shlex.split(command), *arguments], capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    told = (done.stderr or done.stdout).strip().splitlines()
    return None if done.returncode == 0 else (told or [f"exit code {done.returncode}"])[-1]
