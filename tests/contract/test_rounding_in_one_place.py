"""Figures are rounded by the macros of one file of dbt and one module of the portal, and by nothing else."""

import ast
import csv
import re
from pathlib import Path

import pytest

from pipelines.settings import PROJECT

DBT = PROJECT / "dbt_project"
IN_DBT = DBT / "macros" / "rounding.sql"
IN_PYTHON = PROJECT / "portal" / "rounding.py"
QUERIES = sorted(p for folder in ("models", "macros", "tests") for p in (DBT / folder).rglob("*.sql") if p != IN_DBT)
QUESTIONS = sorted((PROJECT / "datasette" / "queries").glob("*.sql"))
WHOLE = "cast(round("
MODULES = sorted(
    p for folder in ("portal", "datasette/plugins") for p in (PROJECT / folder).rglob("*.py") if p != IN_PYTHON
)
# What these round are places on a drawing, the months of an age and the size of a file: no figures.
DRAWN = {
    *("portal/ages.py", "portal/axes.py", "portal/chart_reading.py", "portal/charts.py", "portal/choropleth.py"),
    *("portal/formats.py", "portal/map_drawing.py", "portal/map_shapes.py", "portal/pictures.py"),
    *("portal/spines.py", "portal/strips.py", "portal/tension.py"),
}
# A cast to a decimal rounds what it is given.
IN_SQL = re.compile(
    r"\b(?:round\w*|rint|bround|ceil|ceiling|floor|trunc|truncate)\s*\(|\b(?:decimal|numeric)\s*\(", re.I
)
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)


def _format_of(node: ast.FormattedValue) -> str:
    return ast.unparse(node.format_spec) if node.format_spec else ""


def rounds(path: Path) -> list[str]:
    """The calls of `round` and the formats with decimals in a module."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "round":
            found.append(ast.unparse(node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r":,?\.\d*f", node.value):
            found.append(node.value)
        elif isinstance(node, ast.FormattedValue) and re.search(r"\.[^']*f", _format_of(node)):
            found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("path", QUERIES, ids=lambda p: p.relative_to(DBT).as_posix())
def test_no_model_rounds_itself(path: Path) -> None:
    text = COMMENT.sub("", path.read_text(encoding="utf-8"))
    text = re.sub(r"\b(?:round_to|ratio_to)\(", "", text)
    assert not IN_SQL.findall(text), "-> round with round_to or ratio_to, of macros/rounding.sql"


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda p: p.stem)
def test_no_question_rounds_a_double(path: Path) -> None:
    """SQLite has no decimals: figures become whole hundredths or cents, which are divided exactly."""
    text = COMMENT.sub("", path.read_text(encoding="utf-8")).replace(WHOLE, "")
    assert not IN_SQL.findall(text), f"-> make whole numbers with {WHOLE}…) as integer), and divide those"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PROJECT).as_posix())
def test_no_page_rounds_itself(path: Path) -> None:
    name = path.relative_to(PROJECT).as_posix()
    assert bool(rounds(path)) == (name in DRAWN), f"{rounds(path)} -> round figures with portal.rounding"


def test_both_tests_find_what_they_look_for(tmp_path: Path) -> None:
    assert IN_SQL.search("select round(x, 2)") and IN_SQL.search("cast(x as decimal(9, 2))")
    assert not IN_SQL.search("{{ round_to('x', 2) }}".replace("round_to(", ""))
    module = tmp_path / "module.py"
    module.write_text('a = round(b, 1)\nc = f"{b:.2f}"\nd = "{:.1f}".format(b)\n', encoding="utf-8")
    assert len(rounds(module)) == 3


def test_figures_have_decimals_and_factors_that_the_macros_know() -> None:
    with (DBT / "seeds" / "indicators.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert 0 <= int(row["decimals"]) <= 6, row["indicator_id"]
            assert all(float(row[name] or 1).is_integer() for name in ("factor", "multiplier")), row["indicator_id"]
