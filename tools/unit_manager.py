"""Does for the units of a pair and for nginx what systemd does, where there is no systemd: in tests and measurements.

    python tools/unit_manager.py FOLDER VERB [--quiet] UNIT

The units are those of deploy/, with the folders of a machine below FOLDER, as `tools/behind_nginx.py` lays them out.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
PROGRAM = "/opt/regiokompas/bin/regiokompas"
OURS = [sys.executable, "-P", "-c", "from pipelines.cli import main; main()"]


def command_of(folder: Path, unit: str) -> tuple[list[str], float]:
    """Returns what a unit starts, and how many seconds it has to end."""
    if unit == "nginx":
        return nginx(folder, "daemon off;"), 10.0
    name, _, instance = unit.removesuffix(".service").partition("@")
    text = (DEPLOY / f"{name}@.service").read_text(encoding="utf-8").replace("%i", instance)
    for place in ("/var/lib/regiokompas", "/run/regiokompas"):
        text = text.replace(f"{place}/", f"{folder}{place}/")
    (started,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    return [*OURS, *shlex.split(started.removeprefix(PROGRAM))], float(seconds)


def nginx(folder: Path, also: str = "") -> list[str]:
    """Returns the command of the nginx of this folder; as its own user, which need not be root."""
    user = "user root;" if os.geteuid() == 0 else ""
    told = f"pid {folder}/nginx.pid; error_log {folder}/nginx.log; {user} {also}"
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", told]


def running(folder: Path, unit: str) -> int | None:
    """Returns the process of a unit; None if it has ended."""
    try:
        pid = int((folder / f"{unit}.pid").read_text(encoding="ascii"))
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return None
    return None if state == "Z" else pid


def start(folder: Path, unit: str) -> None:
    """Starts a unit."""
    command, _ = command_of(folder, unit)
    with (folder / f"{unit}.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    # In one step, for who looks meanwhile.
    written = folder / f".{unit}.pid"
    written.write_text(str(process.pid), encoding="ascii")
    written.replace(folder / f"{unit}.pid")


def stop(folder: Path, unit: str) -> None:
    """Ends a unit, by force when it takes too long."""
    _, seconds = command_of(folder, unit)
    pid, until = running(folder, unit), time.monotonic() + seconds
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    while running(folder, unit) and time.monotonic() < until:
        time.sleep(0.05)
    if running(folder, unit):
        os.killpg(pid, signal.SIGKILL)


def main() -> int:
    """Does what is asked; returns the exit code, as systemctl has it."""
    folder, verb, unit = Path(sys.argv[1]), sys.argv[2], sys.argv[-1]
    if verb == "is-active":
        return 0 if running(folder, unit) else 3
    if verb == "reload-or-restart" and running(folder, unit):
        return subprocess.run([*nginx(folder), "-s", "reload"], check=False).returncode
    if verb in ("stop", "restart"):
        stop(folder, unit)
    if verb != "stop":
        start(folder, unit)
    return 0


if __name__ == "__main__":
    sys.exit(main())
