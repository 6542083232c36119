"""What is in deploy/ is understood by the programs that it is for, and agrees with the code that it starts."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from pipelines.cli import main
from pipelines.settings import PROJECT
from portal.serving.lanes import QUESTION

DEPLOY = PROJECT / "deploy"
UNITS = [*sorted(path.name for path in DEPLOY.glob("*.service")), "regiokompas-run.timer"]


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is absent; on Debian: apt-get install nginx-light")
def test_nginx_understands_its_file(tmp_path: Path) -> None:
    command = ["nginx", "-t", "-c", str(DEPLOY / "nginx.conf"), "-p", str(tmp_path)]
    done = subprocess.run([*command, "-g", f"pid {tmp_path}/pid;"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_nginx_sends_questions_where_the_portal_would() -> None:
    (pattern,) = re.findall(r"location ~ (\S+) \{", (DEPLOY / "nginx.conf").read_text(encoding="utf-8"))
    paths = [
        *("/", "/regiokompas", "/regiokompas/", "/regiokompas.json", "/regiokompas/regions", "/regiokompas.csv"),
        *(
            "/regiokompasje",
            "/history",
            "/history/revisions.csv",
            "/historyx",
            "/release/a/history/revisions",
            "/gemeente/regiokompas",
            "/release/a/regiokompas/x.json",
            "/release/a/b/regiokompas",
            "/v1",
        ),
    ]
    for path in paths:
        assert bool(re.search(pattern, path)) == bool(QUESTION.match(path)), path
    # An exact location wins over a pattern.
    assert not QUESTION.match("/regiokompas.db") and re.search(pattern, "/regiokompas.db")
    assert "location = /regiokompas.db" in (DEPLOY / "nginx.conf").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is absent")
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_understands_its_units(tmp_path: Path, unit: str) -> None:
    (tmp_path / "regiokompas").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "regiokompas").chmod(0o755)
    for name in UNITS:
        text = (DEPLOY / name).read_text(encoding="utf-8").replace("/opt/regiokompas/bin/", f"{tmp_path}/")
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = [line for line in done.stderr.splitlines() if "regiokompas" in line]
    assert (done.returncode, told) == (0, []), done.stderr


@pytest.mark.parametrize("unit", [name for name in UNITS if name.endswith(".service")])
def test_a_unit_starts_commands_that_there_are(unit: str) -> None:
    text = (DEPLOY / unit).read_text(encoding="utf-8")
    started = re.findall(r"^ExecStart(?:Post)?=\S+/regiokompas (.*)$", text, re.MULTILINE)
    assert started
    for line in started:
        command: click.Command = main
        words = shlex.split(line)
        while isinstance(command, click.Group):
            command = command.commands[words.pop(0)]
        with command.make_context(command.name, words) as context:
            assert context.params.keys() == {parameter.name for parameter in command.params}
