"""Tables that do not keep to what their yml says, in a copy of the dbt project, and what a build says of each."""

import json
import re
from pathlib import Path
from typing import Any

SOUND = "dim_usage_warning"
# By the node that fails.
TOLD = {
    "dim_theme": r"themes: column theme holds '\w+' in 2 rows, expected one \(and \d+ more\)",
    "dim_building_block": r"building_blocks: a row has no title_en \(and \d+ more\)",
    "rows_fit_dim_occupation": r"occupations: column parent_code holds 'none',"
    r" expected one that is in column code of occupations \(and \d+ more\)",
    "rows_fit_tension_classes": r"tension_classes\.csv: column market holds 'none',"
    r" expected one of: shortage, balanced, surplus",
}
BUILD = (
    *("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"),
    *("--select", "+dim_theme", "+dim_building_block", "+dim_occupation", f"+{SOUND}", "tension_classes"),
)


def break_tables(project: Path) -> None:
    """Double a key, empty a column, and put what is not known into a column of a model and into one of a seed."""
    core = project / "models" / "marts" / "core"
    theme = (core / "dim_theme.sql").read_text(encoding="utf-8")
    (core / "dim_theme.sql").write_text(f"{theme}union all\n{theme}", encoding="utf-8")
    for path, old, new in (
        (core / "dim_building_block.sql", "title_en", "cast(null as string) as title_en"),
        (core / "dim_occupation.sql", "parent_code", "'none' as parent_code"),
        (project / "seeds" / "tension_classes.csv", ",balanced,", ",none,"),
    ):
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")


def check_told(folder: Path) -> None:
    """Each broken table is told of by its column, the value and what was expected, and no other fails."""
    results: list[dict[str, Any]] = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))[
        "results"
    ]
    found = {result["unique_id"].split(".")[2]: result for result in results}
    assert found[SOUND]["status"] == "success"
    failed = {name: result["message"] for name, result in found.items() if result["status"] in ("error", "fail")}
    assert failed.keys() == TOLD.keys(), failed
    for name, told in TOLD.items():
        assert re.search(told, failed[name]), failed[name]
