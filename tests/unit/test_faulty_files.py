"""Every fault in every file of the sample: the same figures, or refused with the place and the reason."""

from importlib.util import module_from_spec, spec_from_file_location

import pytest
from support_faulty_files import FAULTS
from support_mutations import all_grids, body_of, figures, outcome

from pipelines.settings import PROJECT

GRIDS = all_grids()


@pytest.mark.parametrize("dataset_id", GRIDS)
def test_the_sound_file_is_read(dataset_id: str) -> None:
    grid = GRIDS[dataset_id]
    assert figures(grid, body_of(grid)).height >= len(grid.rows) / 4


@pytest.mark.parametrize("dataset_id", GRIDS)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_gives_the_same_figures_or_is_refused_with_its_place(name: str, dataset_id: str) -> None:
    grid = GRIDS[dataset_id]
    if (pair := FAULTS[name].make(grid)) is not None:
        outcome(grid, pair)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_in_some_file(name: str) -> None:
    assert any(FAULTS[name].make(grid) for grid in GRIDS.values())


def test_the_page_of_faults_is_as_they_come_out() -> None:
    spec = spec_from_file_location("make_faults", PROJECT / "tools" / "make_faults.py")
    assert spec and spec.loader
    make_faults = module_from_spec(spec)
    spec.loader.exec_module(make_faults)
    assert make_faults.PAGE.read_text(encoding="utf-8") == make_faults.page(), "run: python tools/make_faults.py"


def test_there_are_faults_of_every_kind() -> None:
    assert len(FAULTS) >= 25
    assert {fault.kind for fault in FAULTS.values()} == {"numbers", "shape", "text", "period"}
