"""Every script in benchmarks/ runs, as a person would start it but small, and prints the ratios that it exists for."""

import os
import re
import subprocess
import sys

import pytest
from conftest import Run
from support import PROJECT

from tools.behind_nginx import has_nginx

# What makes each of them small, and a line that it has to print.
SMALL = {
    "against_the_obvious.py": (["2000", "1"], r"\d+\.\d+ x"),
    "ingest.py": (["2000", "1"], r"v3, the package cbsodata +.* x "),
    "live_run.py": (["0.01", "0", "cbs/83583NED", "uwv/ww_municipality"], r"first run +\d+\.\d +\d+ +\d+%  +0"),
    "load.py": (
        ["0.3", "2"],
        r"\| an endless query, hung up \| 2 \|( [\d.]+ \|){4} 0 \| [1-9]\d+ \|",
    ),
    "switches.py": (["2", "6", "serve", *(["nginx"] if has_nginx() else [])], r"serve +2 .* 0 +0\n"),
    "pages.py": (["1"], r"profile +\d+\.\d ms +\d+\.\d+ x"),
}


@pytest.mark.parametrize("script", sorted(path.name for path in (PROJECT / "benchmarks").glob("*.py")))
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
