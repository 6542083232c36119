"""What is in deploy/ is understood by the programs that it is for, and agrees with the code that it starts.

That nginx understands its file and does what it is for is shown by `tests/api/test_behind_nginx.py`, which runs it. The
files for containers are read here as YAML: no program that runs containers is needed.
"""

import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from pipelines.cli import main
from pipelines.commands.server_process import MOST_MEMORY_MB, PORT
from pipelines.commands.switch import UPSTREAMS, Front, upstreams_of
from pipelines.settings import PROJECT, Settings, variable_of
from portal.serving.lanes import QUESTION
from portal.serving.server import HEALTH

DEPLOY = PROJECT / "deploy"
UNITS = [*sorted(path.name for path in DEPLOY.glob("*.service")), "regiokompas-run.timer"]
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())
# In this time the processes end, by the way, and are ended otherwise.
DRAINED_SECONDS = 35
DATA = "/srv/regiokompas"
RUN_SECONDS = 6 * 3600


def read(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def parsed(words: list[str]) -> dict[str, Any]:
    """What a command of ours is told; fails where there is no such command or option."""
    command: click.Command = main
    words = list(words)
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    with command.make_context(command.name, words) as context:
        return {"command": command.name, **context.params}


COMPOSE: dict[str, dict[str, Any]] = yaml.safe_load(read("compose.yml"))["services"]
CLUSTER: dict[str, dict[str, Any]] = {one["kind"]: one for one in yaml.safe_load_all(read("kubernetes.yml"))}
PODS = {
    "portal": CLUSTER["Deployment"]["spec"]["template"]["spec"],
    "run": CLUSTER["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"],
}
DOCKERFILE = read("Dockerfile")
SWITCH = parsed(["deploy", "switch"])


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_nginx_sends_questions_where_the_portal_would() -> None:
    # The first that fits is taken.
    pattern, _ = re.findall(r"location ~ (\S+) \{", read("nginx.conf"))
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
    assert "location = /regiokompas.db" in read("nginx.conf")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is absent")
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_understands_its_units(tmp_path: Path, unit: str) -> None:
    (tmp_path / "regiokompas").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "regiokompas").chmod(0o755)
    for name in UNITS:
        text = read(name).replace("/opt/regiokompas/bin/", f"{tmp_path}/")
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = [line for line in done.stderr.splitlines() if "regiokompas" in line]
    assert (done.returncode, told) == (0, []), done.stderr


@pytest.mark.parametrize("unit", [name for name in UNITS if name.endswith(".service")])
def test_a_unit_starts_commands_that_there_are(unit: str) -> None:
    started = re.findall(r"^ExecStart(?:Post)?=\S+/regiokompas (.*)$", read(unit), re.MULTILINE)
    assert started
    told = [parsed(shlex.split(line)) for line in started]
    if told[0]["command"] == "serve":
        # The parent tells its processes when to end.
        assert "\nKillMode=mixed\n" in read(unit)
        (left,) = re.findall(r"^TimeoutStopSec=(\d+)$", read(unit), re.MULTILINE)
        assert int(left) >= DRAINED_SECONDS


def test_the_switch_the_units_and_nginx_mean_the_same_places() -> None:
    (started,) = re.findall(r"^ExecStart=\S+/regiokompas (.*)$", read("regiokompas@.service"), re.MULTILINE)
    told = parsed(shlex.split(started))
    assert (told["folder"], told["sockets"]) == (SWITCH["state"] / "%i", SWITCH["sockets"] / "%i")
    assert "RuntimeDirectory=regiokompas/%i" in read("regiokompas@.service")
    assert SWITCH["sockets"] == Path("/run/regiokompas") and SWITCH["state"] == Path("/var/lib/regiokompas")
    assert "StateDirectory=regiokompas\n" in read("regiokompas-switch.service")
    assert f"include {SWITCH['state'] / UPSTREAMS};" in read("nginx.conf")
    assert f"listen {SWITCH['front'].removeprefix('http://')};" in read("nginx.conf")
    assert {*re.findall(r"alias (\S+);", read("nginx.conf"))} == {f"{DATA}/releases/"}
    written = upstreams_of(Path("r1"), "a", Front(SWITCH["state"], SWITCH["sockets"], SWITCH["front"]))
    # Who sees a new release itself does not tell nginx which it is.
    expected = read("upstreams.conf").replace('$release { default ""', "$release { default r1")
    assert written.splitlines()[1:] == expected.splitlines()[1:]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_setting_and_data_folder_is_one_that_there_is(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert set(re.findall(r"REGIOKOMPAS_\w+", text)) <= {variable_of(name) for name in Settings.__dataclass_fields__}
    assert set(re.findall(r"REGIOKOMPAS_DATA[=: ]+(\S+)", text)) <= {DATA}


def test_the_image_has_all_of_the_program_and_nobody_of_rights() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["only-include"], *wheel["force-include"], "pyproject.toml", "requirements.lock"}
    needed |= {project["project"]["readme"], "LICENSE"}
    copied = {name for line in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()}
    allowed = {
        line[1:] for line in (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"
    }
    assert copied == allowed == needed
    assert all((PROJECT / name).exists() for name in copied)
    bases = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))
    (python,) = {re.search(r"python:(\d+\.\d+)", base)[1] for base in bases}  # type: ignore[index]
    assert project["project"]["requires-python"] == f">={python}"
    assert re.search(
        rf"python:{re.escape(python)}\b", (PROJECT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    )
    *_, last = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert last.isdigit() and int(last) > 0 and f"--uid {last} " in DOCKERFILE
    assert "--require-hashes" in DOCKERFILE and "ADD " not in DOCKERFILE and ":latest" not in DOCKERFILE


def test_the_image_serves_on_its_port() -> None:
    (entry,), (command,) = (re.findall(rf"^{word} (.*)$", DOCKERFILE, re.MULTILINE) for word in ("ENTRYPOINT", "CMD"))
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert yaml.safe_load(entry) == list(project["scripts"])
    told = parsed(yaml.safe_load(command))
    assert told["command"] == "serve" and told["host"] == "0.0.0.0"
    assert f"\nEXPOSE {told['port']}\n" in DOCKERFILE and told["port"] == PORT


@pytest.mark.parametrize("name", COMPOSE)
def test_a_container_of_compose_has_no_rights_and_writes_nothing_but_volumes(name: str) -> None:
    service = COMPOSE[name]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    mounts = dict(volume.split(":", 1) for volume in service["volumes"])
    assert mounts["data"] == (DATA if name == "run" else f"{DATA}:ro")
    if "build" in service:
        assert (PROJECT / "deploy" / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        assert parsed(service["command"])["command"] == ("run" if name == "run" else "serve")
    else:
        assert not service["user"].startswith("0") and re.search(r":\d", service["image"])
        assert all((DEPLOY / source).is_file() for source in mounts if source.startswith("./"))


def test_the_containers_of_compose_find_each_other() -> None:
    portal, nginx = COMPOSE["portal"], COMPOSE["nginx"]
    told = parsed(portal["command"])
    assert f"server unix:{told['sockets']}/pages.sock" in read("upstreams.conf")
    # It needs no network: it is asked by its sockets.
    assert portal["network_mode"] == "none" and "sockets:/run/regiokompas" in portal["volumes"]
    assert "sockets:/run/regiokompas" in nginx["volumes"]
    (probe,) = [word for word in portal["healthcheck"]["test"] if "httpcore" in word]
    assert HEALTH in probe and f"{told['sockets']}/pages.sock" in probe
    compile(probe, "healthcheck", "exec")
    assert seconds(portal["stop_grace_period"]) >= DRAINED_SECONDS
    (published,) = nginx["ports"]
    assert f"listen {published.split(':')[1]};" in read("nginx.conf")
    # While one release takes over from another there are twice the two processes.
    assert int(portal["mem_limit"].removesuffix("g")) * 1024 >= 4 * MOST_MEMORY_MB


@pytest.mark.parametrize("name", PODS)
def test_a_pod_has_no_rights_and_writes_nothing_but_volumes(name: str) -> None:
    pod = PODS[name]
    (container,) = pod["containers"]
    (user,) = re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE)
    assert pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["runAsUser"] == int(user)
    assert pod["automountServiceAccountToken"] is False
    rights = container["securityContext"]
    assert rights["readOnlyRootFilesystem"] is True and rights["allowPrivilegeEscalation"] is False
    assert rights["capabilities"] == {"drop": ["ALL"]}
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    assert mounts["data"]["mountPath"] == DATA and mounts["data"].get("readOnly", False) == (name == "portal")
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes.keys() == mounts.keys()
    assert volumes["data"]["persistentVolumeClaim"]["claimName"] == CLUSTER["PersistentVolumeClaim"]["metadata"]["name"]
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert container["image"] == f"regiokompas:{version}"
    assert parsed(container["args"])["command"] == ("run" if name == "run" else "serve")


def test_the_cluster_asks_the_portal_whether_it_is_well_and_lets_it_end() -> None:
    pod, (port,) = PODS["portal"], PODS["portal"]["containers"][0]["ports"]
    container = pod["containers"][0]
    told = parsed(container["args"])
    assert (told["port"], told["host"]) == (port["containerPort"], "0.0.0.0")
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"] == {"path": HEALTH, "port": port["name"]}
    waits = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] >= waits + DRAINED_SECONDS
    assert int(container["resources"]["limits"]["memory"].removesuffix("Gi")) * 1024 >= 4 * MOST_MEMORY_MB
    labels = CLUSTER["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert CLUSTER["Deployment"]["spec"]["selector"]["matchLabels"] == labels == CLUSTER["Service"]["spec"]["selector"]
    assert CLUSTER["Service"]["spec"]["ports"][0]["targetPort"] == port["name"]
    policy = CLUSTER["NetworkPolicy"]["spec"]
    assert policy["podSelector"]["matchLabels"] == labels and policy["egress"] == []


def test_a_run_has_the_same_time_and_hour_everywhere() -> None:
    job = CLUSTER["CronJob"]["spec"]
    assert job["jobTemplate"]["spec"]["activeDeadlineSeconds"] == RUN_SECONDS
    assert f"TimeoutStartSec={RUN_SECONDS // 3600}h" in read("regiokompas-run.service")
    minute, hour, *rest = job["schedule"].split()
    assert f"OnCalendar=*-*-* {int(hour):02}:{int(minute):02}:00" in read("regiokompas-run.timer") and set(rest) == {
        "*"
    }
    assert job["concurrencyPolicy"] == "Forbid"
