"""The portal behind nginx as deploy/ has it, on free ports and in a folder of its own: for tests and measurements."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.commands.server_process import HOST, free_port
from pipelines.commands.switch import PAIRS, UNIT, Front, switch
from pipelines.errors import RegiokompasError
from tools import unit_manager

TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class BehindNginx:
    """A portal behind nginx.

    Args:
        address: where readers ask.
        local: where nginx tells this machine whom it asks.
        link: the link to the current release.
        folder: where all that it writes is.
    """

    address: str
    local: str
    link: Path
    folder: Path

    @property
    def front(self) -> Front:
        """What `regiokompas deploy switch` is told."""
        manager = f"{sys.executable} {Path(unit_manager.__file__)} {self.folder}"
        return Front(self.folder / "var/lib/regiokompas", self.folder / "run/regiokompas", self.local, manager)

    def switch(self) -> str:
        """Lets the other pair serve the current release; returns the line that tells it.

        Raises:
            ServeError: it was not done.
        """
        return switch(self.link, self.front)

    @property
    def options(self) -> list[str]:
        """The options with which the command does the same."""
        front = self.front
        told = {"state": front.state, "sockets": front.sockets, "front": front.address, "manager": front.manager}
        return [word for name, value in told.items() for word in (f"--{name}", str(value))]

    def running(self, pair: str) -> bool:
        """Whether the processes of a pair are there."""
        return unit_manager.running(self.folder, UNIT.format(pair=pair)) is not None


@contextmanager
def behind_nginx(link: Path, *, keeps: bool = True) -> Iterator[BehindNginx]:
    """Serves the release that a link leads to behind nginx, for as long as the block lasts.

    Args:
        link: the link.
        keeps: whether nginx keeps answers, as the file of deploy/ has it.

    Raises:
        ServeError: it cannot be served.
    """
    with TemporaryDirectory() as name:
        folder, ports = Path(name), (free_port(), free_port())
        portal = BehindNginx(f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}", link, folder)
        (folder / "nginx.conf").write_text(_configuration(portal, ports, keeps=keeps), encoding="utf-8")
        try:
            portal.switch()
            yield portal
        finally:
            for unit in ("nginx", *(UNIT.format(pair=pair) for pair in PAIRS)):
                unit_manager.stop(folder, unit)


@contextmanager
def nginx_with(http: str) -> Iterator[str]:
    """Runs an nginx for as long as the block lasts; gives its address when it listens.

    Args:
        http: what its configuration has within `http`, with `{port}` where it listens.

    Raises:
        RegiokompasError: it ended.
    """
    with TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        main = "worker_processes 1; events { worker_connections 1024; }"
        text = f"{main} http {{ access_log off; {_temporary(folder)} {http.replace('{port}', str(port))} }}"
        (folder / "nginx.conf").write_text(text, encoding="utf-8")
        process = subprocess.Popen(unit_manager.nginx(folder, "daemon off;"), stderr=subprocess.DEVNULL)
        try:
            while not _listens(port):
                if process.poll() is not None:
                    raise RegiokompasError(f"nginx ended with {process.returncode}")
                time.sleep(0.05)
            yield f"http://{HOST}:{port}"
        finally:
            process.terminate()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex((HOST, port)) == 0


def _temporary(folder: Path) -> str:
    return "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in TEMPORARY)


def has_nginx() -> bool:
    """Whether nginx is installed."""
    return shutil.which("nginx") is not None


def _configuration(portal: BehindNginx, ports: tuple[int, int], *, keeps: bool) -> str:
    """The file of deploy/, with folders and ports of ours."""
    text = (unit_manager.DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    ours = {
        "/var/lib/regiokompas/": f"{portal.front.state}/",
        "/var/cache/regiokompas": f"{portal.folder}/kept",
        "proxy_cache kept;": "proxy_cache kept;" if keeps else "",
        "/srv/regiokompas/releases/": f"{portal.link.parent.resolve()}/",
        "listen 8080;": f"listen 127.0.0.1:{ports[0]};",
        "listen 127.0.0.1:8009;": f"listen 127.0.0.1:{ports[1]};",
        "http {\n": f"http {{\naccess_log off;\n{_temporary(portal.folder)}",
    }
    for theirs, changed in ours.items():
        if theirs not in text:
            raise ValueError(f"deploy/nginx.conf has no {theirs!r}")
        text = text.replace(theirs, changed)
    return text
