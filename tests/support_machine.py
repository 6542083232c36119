"""What happens to the machine that a program runs on: a full disk, folders that are read-only, a clock that is wrong.

Belongs here: doing that to processes of a test, for which it then holds, also as root. Not here: when.
"""

import ctypes
import os
import resource
import shutil
import stat
import struct
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

AHEAD, BEHIND = timedelta(days=10 * 366), timedelta(days=-7 * 366)
"""How far off a wrong clock is."""
_DAC_OVERRIDE, _PR_CAPBSET_DROP, _CAPABILITIES_VERSION = 1, 24, 0x20080522
_SYS_CAPGET, _SYS_CAPSET = (90, 91) if os.uname().machine in ("aarch64", "arm64") else (125, 126)


def fill(pid: int) -> None:
    """From now on a process can make no file larger."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))


def close(data: Path) -> None:
    """From now on no folder of the data can be written to."""
    for folder in _folders_of(data):
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)


def reopen(data: Path) -> None:
    """Let the folders of the data be written to again."""
    for folder in _folders_of(data):
        folder.chmod(stat.S_IRWXU)


def _folders_of(data: Path) -> list[Path]:
    return [Path(at) for at, _, _ in os.walk(data)]


def be_nobody_special() -> None:
    """Let the modes of files hold for this process too, and for those that it starts, even as root."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (_DAC_OVERRIDE, _DAC_OVERRIDE + 1):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header, held = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0), (ctypes.c_uint32 * 6)()
    libc.syscall(_SYS_CAPGET, header, held)
    for place in range(3):
        held[place] &= ~(0b11 << _DAC_OVERRIDE)
    libc.syscall(_SYS_CAPSET, header, held)


class Clock:
    """The clock that programs are told, which can be set while they run.

    Args:
        folder: where it is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._off, self._library = folder / "clock", folder / "wrong_clock.so"

    def make(self) -> dict[str, str]:
        """Make it, right at first; returns the environment in which programs go by it."""
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("cc is absent, which makes a clock that can be wrong; on Debian: apt-get install gcc libc6-dev")
        source = Path(__file__).with_name("wrong_clock.c")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", self._library, source, "-ldl"], check=True)
        self._off.write_bytes(bytes(8))
        return {"LD_PRELOAD": str(self._library), "WRONG_CLOCK": str(self._off)}

    def set(self, off: timedelta) -> None:
        """Let it be so far off from now on."""
        with self._off.open("r+b") as file:
            file.write(struct.pack("=q", int(off.total_seconds())))
