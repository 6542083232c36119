"""Dagster's integration with dbt, without dbt: that runs as a program of its own (`dbt_program.py`).

dagster-dbt looks for dbt's Python package once, when it is loaded, and works as well where there is none. To load dbt
costs every command that runs or shows the job a second and 40 MB. Belongs here: what we take from dagster-dbt; it is
imported from nowhere else.
"""

import sys

_LOOKED_FOR = "dbt.version"
_found = sys.modules.get(_LOOKED_FOR)
sys.modules[_LOOKED_FOR] = None  # type: ignore[assignment] # as Python itself says that it cannot be imported
try:
    from dagster_dbt import (
        DagsterDbtTranslator,
        DagsterDbtTranslatorSettings,
        DbtCliInvocation,
        DbtCliResource,
        DbtProject,
        dbt_assets,
    )
    from dagster_dbt.core.dbt_event_iterator import DbtDagsterEventType
finally:
    del sys.modules[_LOOKED_FOR]
    if _found is not None:
        sys.modules[_LOOKED_FOR] = _found

__all__ = [
    "DagsterDbtTranslator",
    "DagsterDbtTranslatorSettings",
    "DbtCliInvocation",
    "DbtCliResource",
    "DbtDagsterEventType",
    "DbtProject",
    "dbt_assets",
]
