"""What hosts of repositories and other tools read is what the project itself has: commands, versions, files."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from doc_blocks import recipe_of

from pipelines.settings import PROJECT

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
TOLD = sorted(
    path
    for pattern in (".github/**/*.yml", ".gitlab-ci.yml", ".pre-commit-config.yaml", "CITATION.cff")
    for path in PROJECT.glob(pattern)
)
FORMS = [path for path in TOLD if path.parent.name == "ISSUE_TEMPLATE" and path.name != "config.yml"]


def read(path: Path) -> Any:
    # YAML 1.1 reads the key `on` of a workflow as true; as texts all keys are what they look like.
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)


@pytest.mark.parametrize("path", TOLD, ids=lambda path: path.name)
def test_what_other_tools_read_is_yaml(path: Path) -> None:
    assert isinstance(read(path), dict)
    assert yaml.safe_load(path.read_text(encoding="utf-8"))


def test_every_tool_has_its_file() -> None:
    names = {path.relative_to(PROJECT).as_posix() for path in TOLD}
    assert names >= {
        ".github/workflows/ci.yml",
        ".github/workflows/coverage.yml",
        ".github/dependabot.yml",
        ".gitlab-ci.yml",
        ".pre-commit-config.yaml",
        "CITATION.cff",
    }
    assert len(FORMS) == 3


def test_the_hooks_run_what_lint_runs() -> None:
    (repo,) = read(PROJECT / ".pre-commit-config.yaml")["repos"]
    entries = [hook["entry"] for hook in repo["hooks"]]
    assert repo["repo"] == "local" and all(hook["pass_filenames"] == "false" for hook in repo["hooks"])
    assert [entry.replace(".venv/bin/", "") for entry in entries] == recipe_of("lint")
    assert all(entry.startswith(".venv/bin/") for entry in entries)


def test_every_host_runs_the_one_script_and_measures_coverage_weekly() -> None:
    workflows = {path.stem: read(path) for path in (PROJECT / ".github" / "workflows").glob("*.yml")}
    check, coverage = workflows["ci"]["jobs"]["check"], workflows["coverage"]["jobs"]["coverage"]
    gitlab = read(PROJECT / ".gitlab-ci.yml")
    assert {"push", "pull_request"} <= workflows["ci"]["on"].keys() and "schedule" in workflows["coverage"]["on"]
    assert [step.get("run") for step in check["steps"]] == [None, ".ci/run"]
    assert [step.get("run") for step in coverage["steps"]] == [None, "make coverage"]
    assert gitlab["check"]["script"] == [".ci/run"] and gitlab["coverage"]["script"] == ["make coverage"]
    assert (PROJECT / ".ci" / "run").stat().st_mode & 0o111
    images = {check["container"]["image"], coverage["container"], gitlab["default"]["image"]}
    oldest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    assert images == {f"python:{oldest}-bookworm"}, "what is tested is the oldest Python that is promised"


def test_there_is_one_version() -> None:
    version = PYPROJECT["project"]["version"]
    changelog = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest, day = re.findall(r"^## \[(\d[\d.]*)\] - (\S+)$", changelog, re.MULTILINE)[0]
    citation = read(PROJECT / "CITATION.cff")
    assert (citation["version"], citation["date-released"]) == (newest, day) and version == newest
    assert citation["license"] == PYPROJECT["project"]["license"]


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_for_what_is_needed(path: Path) -> None:
    form = read(path)
    ids = [field["id"] for field in form["body"]]
    assert form.keys() == {"name", "description", "labels", "body"} and len(ids) == len(set(ids))
    for field in form["body"]:
        assert field["type"] in ("input", "textarea") and field["attributes"]["label"]
    assert any(field.get("validations") == {"required": "true"} for field in form["body"])


def test_everything_that_is_marked_for_git_exists() -> None:
    lines = (PROJECT / ".gitattributes").read_text(encoding="utf-8").splitlines()
    patterns = [line.split()[0] for line in lines if line and not line.startswith("#")]
    assert (
        patterns and [p for p in patterns if not any(PROJECT.glob(p.removesuffix("**") + "*" * p.endswith("**")))] == []
    )


@pytest.mark.parametrize("file", [".gitattributes", ".github/pull_request_template.md", ".github/dependabot.yml"])
def test_every_make_target_that_they_name_exists(file: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"make ([a-z]+)\b", (PROJECT / file).read_text(encoding="utf-8")))
    assert named and named <= targets


def test_coverage_measures_our_packages_and_has_a_floor() -> None:
    coverage = PYPROJECT["tool"]["coverage"]
    installed = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    assert coverage["run"]["source"] == [name for name in installed if (PROJECT / name / "__init__.py").exists()]
    assert 0 < coverage["report"]["fail_under"] < 100
