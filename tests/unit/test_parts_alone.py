"""The tests of parts run where neither Datasette nor a browser is installed."""

import subprocess
import sys
from importlib import import_module

import pytest
from conftest import PORTAL_LIBRARIES

from pipelines.settings import PROJECT


def test_they_are_collected_without_the_libraries_of_the_portal() -> None:
    # An entry that is None is how Python keeps that a module cannot be imported.
    absent = f"import sys; sys.modules.update(dict.fromkeys({PORTAL_LIBRARIES}));"
    pytest_alone = "import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    arguments = ["tests/unit", "--collect-only", "-q", "--numprocesses=0", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-c", f"{absent} {pytest_alone}", *arguments], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("name", [*PORTAL_LIBRARIES, "datasette.app", "playwright.sync_api"])
def test_none_of_them_can_import_one_while_it_runs(name: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        import_module(name)
