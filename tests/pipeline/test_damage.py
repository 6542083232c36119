"""Every file that a run leaves is of a known kind, and a release with a damaged one of any kind is never served."""

import os
import shutil
from pathlib import Path

import pytest
from conftest import Run
from support_damage import HARM, OF_A_RELEASE, first_of, harm_one, kinds_of

from pipelines.commands.release_check import ServeError, check_release
from pipelines.commands.retention import roll_back
from pipelines.errors import RegiokompasError
from pipelines.publish.release import current

EVERY = [(kind, harm) for kind in OF_A_RELEASE for harm in HARM]
CELLS = pytest.mark.parametrize(("kind", "harm"), EVERY, ids=[" - ".join(cell) for cell in EVERY])


@pytest.fixture
def copied(sample_run: Run, tmp_path: Path) -> Path:
    """The data folder with a release, whose files are shared until one is harmed."""
    name = sample_run.release.name
    shutil.copytree(sample_run.release, tmp_path / "releases" / name, copy_function=os.link)
    (tmp_path / "releases" / "current").symlink_to(name)
    return tmp_path


def test_every_file_of_a_run_is_of_one_kind(sample_run: Run) -> None:
    paths = [path.relative_to(sample_run.data).as_posix() for path in sample_run.data.rglob("*") if path.is_file()]
    assert len(paths) > 500
    assert {path: kinds for path in paths if len(kinds := kinds_of(path)) != 1} == {}


@CELLS
def test_a_damaged_release_is_refused_in_one_line_that_names_the_file(copied: Path, kind: str, harm: str) -> None:
    harmed = first_of(kind, copied)
    harm_one(harmed, harm)
    with pytest.raises(ServeError) as served:
        check_release(copied / "releases" / "current")
    with pytest.raises(RegiokompasError) as gone_back_to:
        roll_back(copied / "releases", harmed.relative_to(copied / "releases").parts[0])
    for told in (served.value, gone_back_to.value):
        assert "\n" not in str(told), told
    assert harmed.name in str(served.value)
    kept = current(copied / "releases")
    assert kept and kept.folder == (copied / "releases" / "current").resolve()
