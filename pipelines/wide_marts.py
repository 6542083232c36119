"""The contracts of the wide marts, derived from the seeds: an indicator is a row there and needs no SQL or YAML.

dbt wants the columns of a contract written out in YAML, so they are generated, committed and proved equal by a test.
`python -m pipelines.wide_marts` writes them anew after a change of `seeds/indicators.csv` or `seeds/themes.csv`.
"""

import csv
from pathlib import Path
from typing import Any

import yaml

from pipelines.settings import DBT_PROJECT

HEADER = "# Generated from seeds/indicators.csv and seeds/themes.csv by pipelines/wide_marts.py; do not edit.\n"
FACET = {"meta": {"facet": True}}


def contract_yaml(indicators: list[dict[str, str]], theme: dict[str, str]) -> str:
    """Write the dbt contract of one theme's wide mart.

    Args:
        indicators: rows of `seeds/indicators.csv`, of any theme, in the order that the columns will have.
        theme: the row of `seeds/themes.csv` that the mart is for.

    Returns:
        YAML with one model: per indicator a double column named by its id and a text column `<id>_status`.
    """
    name = theme["theme"]
    keys = ["region_code", "period_code"]
    region = _shared("region_code", "string", required=True, config=FACET) | {
        "data_tests": [
            {"relationships": {"arguments": {"to": "ref('dim_region')", "field": "region_code"}}},
        ]
    }
    columns = [
        region,
        _shared("period_code", "string", required=True, config=FACET),
        _shared("year", "integer", required=True, config=FACET),
    ]
    for row in indicators:
        if row["theme"] == name:
            columns += _indicator_columns(row)
    columns.append(_shared("notice", "string"))
    model = {
        "name": name,
        "description": theme["description_en"],
        "config": {
            "meta": {
                "nl": theme["description_nl"],
                "title_nl": theme["title_nl"],
                "title_en": theme["title_en"],
            }
        },
        "constraints": [{"type": "primary_key", "columns": keys}],
        "columns": columns,
    }
    text = yaml.safe_dump({"models": [model]}, sort_keys=False, allow_unicode=True, width=110)
    return HEADER + text


def write_contracts(project_dir: Path = DBT_PROJECT) -> list[Path]:
    """Write the contract of every theme's mart, next to its SQL.

    Returns:
        The files whose bytes changed; files that were right already are not touched.
    """
    changed = []
    indicators = _rows(project_dir / "seeds" / "indicators.csv")
    for theme in _rows(project_dir / "seeds" / "themes.csv"):
        path = contract_path(project_dir, theme["theme"])
        content = contract_yaml(indicators, theme).encode()
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
            changed.append(path)
    return changed


def contract_path(project_dir: Path, theme: str) -> Path:
    """Where the contract of a theme's wide mart stands."""
    return project_dir / "models" / "marts" / theme / f"{theme}.yml"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _shared(
    name: str, data_type: str, *, required: bool = False, config: dict[str, Any] | None = None
) -> dict[str, Any]:
    column: dict[str, Any] = {
        "name": name,
        "data_type": data_type,
        "description": f"{{{{ doc('{name}') }}}}",
    }
    if config:
        # A copy, so that YAML writes it out instead of an alias.
        column["config"] = {"meta": dict(config["meta"])}
    if required:
        column["constraints"] = [{"type": "not_null"}]
    return column


def _indicator_columns(row: dict[str, str]) -> list[dict[str, Any]]:
    name = row["indicator_id"]
    figure = {
        "indicator_id": name,
        "source_column": "value",
        "title_nl": row["title_nl"],
        "title_en": row["title_en"],
        "nl": row["definition_nl"],
        "unit": row["unit_en"],
        "unit_nl": row["unit_nl"],
    }
    # Final is what a figure is unless something is said of it.
    status = {"indicator_id": name, "source_column": "nullif(value_status, 'final')"}
    return [
        {
            "name": name,
            "data_type": "double",
            "description": row["definition_en"],
            "config": {"meta": figure},
        },
        {
            "name": f"{name}_status",
            "data_type": "string",
            "description": "{{ doc('indicator_status') }}",
            "config": {"meta": status},
        },
    ]


if __name__ == "__main__":
    write_contracts()
