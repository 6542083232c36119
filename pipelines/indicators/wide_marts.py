"""The contracts of the wide marts, derived from the seeds: an indicator is a row in a seed and needs no SQL or YAML.

dbt wants the columns of a contract written out in YAML, so they are generated and committed. `make contracts`
rewrites them after a change to `seeds/indicators.csv` or `seeds/themes.csv`; a run only checks that they agree.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import RegiokompasError
from pipelines.seeds import Indicator, Theme, read_seed
from pipelines.settings import DBT_PROJECT

HEADER = "# Generated from seeds/indicators.csv and seeds/themes.csv by `make contracts`; do not edit.\n"
FACET = {"meta": {"facet": True}}


def contract_yaml(indicators: list[Indicator], theme: Theme) -> str:
    """Write the dbt contract of one theme's wide mart.

    Args:
        indicators: rows of `seeds/indicators.csv`, of any theme, in the order of the columns.
        theme: the row of `seeds/themes.csv` for the mart.

    Returns:
        YAML with one model: for each indicator a double column named after its id and a text column `<id>_status`.
    """
    name = theme.theme
    keys = ["region_code", "period_code"]
    related = {"region_code": {"to": "ref('dim_region')", "field": "region_code"}}
    columns = [
        _shared("region_code", "string", required=True, config=FACET),
        _shared("period_code", "string", required=True, config=FACET),
        _shared("year", "integer", required=True, config=FACET),
        _shared("period_kind", "string", required=True, config=FACET),
    ]
    for row in indicators:
        if row.theme == name:
            columns += _indicator_columns(row)
    columns.append(_shared("notice", "string"))
    model = {
        "name": name,
        "description": theme.description_en,
        "config": {
            "meta": {
                "nl": theme.description_nl,
                "title_nl": theme.title_nl,
                "title_en": theme.title_en,
            }
        },
        "constraints": [{"type": "primary_key", "columns": keys}],
        "data_tests": [{"rows_fit": {"name": f"rows_fit_{name}", "arguments": {"relationships": related}}}],
        "columns": columns,
    }
    text = yaml.safe_dump({"models": [model]}, sort_keys=False, allow_unicode=True, width=110)
    return HEADER + text


def write_contracts(project_dir: Path = DBT_PROJECT) -> list[Path]:
    """Write the contract of every theme's mart, next to its SQL.

    Returns:
        The files whose bytes changed; files that were already right are left alone.
    """
    changed = _outdated(project_dir)
    for path, content in changed.items():
        path.write_bytes(content)
    return list(changed)


def check_contracts(project_dir: Path = DBT_PROJECT) -> None:
    """Check that every contract is what the seeds produce.

    Raises:
        RegiokompasError: one or more are not.
    """
    if outdated := _outdated(project_dir):
        names = ", ".join(path.name for path in outdated)
        raise RegiokompasError(
            f"{names}: not what seeds/indicators.csv and seeds/themes.csv produce -> run `make contracts`"
        )


def _outdated(project_dir: Path) -> dict[Path, bytes]:
    """The contracts that are missing or differ from the seeds, with what they should contain."""
    indicators = read_seed(Indicator, project_dir / "seeds")
    wanted = {
        contract_path(project_dir, theme.theme): contract_yaml(indicators, theme).encode()
        for theme in read_seed(Theme, project_dir / "seeds")
    }
    return {path: content for path, content in wanted.items() if not path.exists() or path.read_bytes() != content}


def contract_path(project_dir: Path, theme: str) -> Path:
    """The path of the contract of a theme's wide mart."""
    return project_dir / "models" / "marts" / theme / f"{theme}.yml"


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


def _indicator_columns(row: Indicator) -> list[dict[str, Any]]:
    name = row.indicator_id
    figure = {
        "indicator_id": name,
        "source_column": "value",
        "title_nl": row.title_nl,
        "title_en": row.title_en,
        "nl": row.definition_nl,
        "unit": row.unit_en,
        "unit_nl": row.unit_nl,
    }
    # A figure is final unless its status says otherwise.
    status = {"indicator_id": name, "source_column": "nullif(value_status, 'final')"}
    return [
        {
            "name": name,
            "data_type": "double",
            "description": row.definition_en,
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
    for written in write_contracts():
        sys.stdout.write(f"{written}\n")
