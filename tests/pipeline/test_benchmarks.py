"""Every script in benchmarks/ runs, as a person would start it but small, and prints what it exists for."""

import os
import re
import subprocess
import sys

import pytest
from conftest import Run
from support import PROJECT

from pipelines.imported import imports_of
from tools.behind_nginx import has_nginx

# What makes each of them small, and a line that it has to print.
SMALL = {
    "everything.py": (["--small"], r"\| page: profile \|.*\| \d+\.\d x \| at least 5\.0 x \|"),
    "catalogue.py": (["2", "3000"], r"\| every figure counted \| [\d.]+ \|"),
    "load.py": (
        ["0.3", "2"],
        r"\| an endless query, hung up \| 2 \|( [\d.]+ \|){4} 0 \| [1-9]\d+ \|",
    ),
    "replicas.py": (["0.3", "1", "2"], r"\| 2 \| /v1 \|( [\d.]+ \|){4} 0 \|"),
    "switches.py": (["2", "6", "serve", *(["nginx"] if has_nginx() else [])], r"serve +2 .* 0 +0\n"),
}


# What gives the others their form, and what two of them start.
NO_SCRIPT = {"ratios", "with_pandas"}


def test_every_script_is_run_by_itself_or_with_all() -> None:
    scripts = {path.stem for path in (PROJECT / "benchmarks").glob("*.py")} - NO_SCRIPT
    with_all = imports_of(PROJECT / "benchmarks" / "everything.py", PROJECT)
    together = {name for module, name in with_all if module == "benchmarks"}
    assert {name.removesuffix(".py") for name in SMALL} | together == scripts


@pytest.mark.parametrize("script", SMALL)
def test_it_runs_small(script: str, sample_run: Run) -> None:
    arguments, line = SMALL[script]
    done = subprocess.run(
        [sys.executable, f"benchmarks/{script}", *arguments],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "REGIOKOMPAS_DATA": str(sample_run.data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(line, done.stdout), done.stdout
