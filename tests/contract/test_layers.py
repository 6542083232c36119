"""Which package may import which: imports point down, modules make no circles, some folders do without a library."""

from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from pipelines.imported import OURS, imports_of
from pipelines.settings import PROJECT

FLOORS = (
    "errors",
    "settings",
    "imported",
    "database",
    "disk",
    "garbage",
    "concerns",
    "telling",
    "storage",
    "run_lock",
    "seeds",
    "sources",
    "landing",
    "clients",
    "reading",
    "indicators",
    "ingest",
    "publish",
    "orchestration",
    "definitions",
    "commands",
    "cli",
)
"""What pipelines/ is made of, the lowest floor first; each may import what is below it."""
NEVER = {
    "pipelines/sources": {"dagster", "dbt", "datasette", "requests"},
    "pipelines/landing": {"dagster", "dbt", "datasette", "requests"},
    "pipelines/clients": {"dagster", "dbt", "datasette", "schemas", "portal"},
    "pipelines/reading": {"dagster", "dbt", "datasette", "portal"},
    "pipelines/indicators": {"dagster", "datasette", "portal"},
    "pipelines/ingest": {"dagster", "dbt", "datasette", "portal"},
    "pipelines/publish": {"dagster", "dbt"},
    "schemas": {"dagster", "dbt", "datasette", "portal"},
}
"""What a folder never imports, by the first part of a module's name."""


def modules() -> dict[str, Path]:
    files = (file for package in OURS for file in sorted((PROJECT / package).rglob("*.py")))
    return {".".join(file.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


MODULES = modules()


def imports(file: Path) -> set[str]:
    """Every module that a file imports, ours by their full names."""
    return {whole if (whole := f"{of}.{name}") in MODULES else of for of, name in imports_of(file)}


def floor(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "pipelines" and len(parts) > 1 else None


def test_every_part_of_pipelines_has_a_floor() -> None:
    beside = {"sample"}  # it makes the invented answers of every source, so it may import all and nothing imports it
    assert {floor(name) for name in MODULES if floor(name)} - beside == set(FLOORS)


@pytest.mark.parametrize("name", [name for name in MODULES if floor(name) in FLOORS])
def test_imports_point_down(name: str) -> None:
    own = FLOORS.index(floor(name) or "")
    above = {found for found in imports(MODULES[name]) if floor(found) and FLOORS.index(floor(found) or "") > own}
    assert not above, f"{name} imports what is above it -> move what both need to the lower of the two"


def test_modules_make_no_circles() -> None:
    graph = {
        name: {found for found in imports(file) if found in MODULES and found != name} for name, file in MODULES.items()
    }
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("folder", NEVER)
def test_a_folder_does_without_what_is_not_its_work(folder: str) -> None:
    files = sorted((PROJECT / folder).rglob("*.py"))
    assert files
    for file in files:
        found = {name.split(".")[0] for name in imports(file)} & NEVER[folder]
        assert not found, f"{file.relative_to(PROJECT)} imports {', '.join(sorted(found))}"
