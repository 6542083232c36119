"""The unit tests of dbt look at no data, so they run once, here, and not in every run."""

import json
import shutil
import subprocess
from pathlib import Path

from conftest import Run

from pipelines.settings import DBT_PROJECT, Settings
from pipelines.transform import DBT, dbt_vars


def test_every_model_does_what_its_unit_tests_say(sample_run: Run, tmp_path: Path) -> None:
    # dbt takes the types of columns from what was built, and writes nothing that stays.
    settings = Settings(data=shutil.copytree(sample_run.data / "build", tmp_path / "data" / "build").parent)
    command = [str(DBT), "--quiet", "test", "--resource-type", "unit_test", "--target-path", str(tmp_path / "target")]
    command += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    variables = json.loads(dbt_vars(settings, invented=True))
    variables["raw_root"] = str(sample_run.data / "raw" / "invented")
    command += ["--log-path", str(tmp_path / "logs"), "--vars", json.dumps(variables)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    results = json.loads((tmp_path / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert len(results) >= 40 and {result["status"] for result in results} == {"pass"}
