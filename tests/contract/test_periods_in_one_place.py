"""The code of a period is taken apart in one place of dbt and one of Python; all others ask these, or the release."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import PROJECT

IN_PYTHON = PROJECT / "pipelines" / "sources" / "periods.py"
IN_DBT = PROJECT / "dbt_project" / "macros" / "periods.sql"
FOLDERS = ("pipelines", "portal", "schemas", "datasette/plugins", "benchmarks")
MODULES = sorted(p for folder in FOLDERS for p in (PROJECT / folder).rglob("*.py") if p != IN_PYTHON)
QUERIES = sorted(
    p for folder in ("dbt_project", "datasette/queries") for p in (PROJECT / folder).rglob("*.sql") if p != IN_DBT
)
PAGES = sorted(p for p in (PROJECT / "datasette").rglob("*") if p.suffix in (".html", ".js"))
PERIOD = re.compile(r"period")
CUTS = re.compile(
    r"\b(?:substr|substring|left|right|regexp_extract|split_part|split)\s*\((?P<what>[^()]*)", re.IGNORECASE
)
# The letters of kinds of period beside digits or a blank: how a code of one of them would be written or looked for.
WRITTEN = re.compile(r"(?:JJ00|%JJ|\bKW0|\bMM[01]\{|\bSJ00|[}0-9](?:JJ|KW|MM|HJ|SJ|W1|W4)\d?[{0'\"])")


def cut_periods(text: str) -> Iterator[str]:
    """The expressions of Python that take a part of something that is called a period, or of its code."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            what = ast.unparse(node.value)
            # The first two signs of a code tell the kind of a region; those of a period begin at the fifth.
            if (PERIOD.search(what) and not what.endswith("periods")) or (
                what == "code" and re.search(r"[4-8]", ast.unparse(node.slice))
            ):
                yield ast.unparse(node)


def strings_of(text: str) -> Iterator[str]:
    """The texts of a module that are no docstrings; of one that is put together the code of it."""
    tree = ast.parse(text)
    told = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield ast.unparse(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PROJECT).as_posix())
def test_no_other_module_takes_a_period_apart(path: Path) -> None:
    assert not list(cut_periods(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", [*QUERIES, *PAGES], ids=lambda p: p.relative_to(PROJECT).as_posix())
def test_no_query_and_no_page_takes_a_period_apart(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    cuts = [found[0] for found in CUTS.finditer(text) if PERIOD.search(found["what"])]
    assert not cuts
    assert not re.findall(r"period(?:_code)?\s*(?:\[[^\]]*:|\.(?:slice|substr|substring|split)\()", text)


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if p.is_relative_to(PROJECT / "portal") or p.is_relative_to(PROJECT / "datasette")],
    ids=lambda p: p.relative_to(PROJECT).as_posix(),
)
def test_the_portal_knows_no_kind_of_period(path: Path) -> None:
    found = [text for text in strings_of(path.read_text(encoding="utf-8")) if WRITTEN.search(text)]
    # The API has one as an example of how CBS writes them.
    assert found == (["2024JJ00"] if path.name == "query_keys.py" else [])


@pytest.mark.parametrize("path", QUERIES, ids=lambda p: p.relative_to(PROJECT).as_posix())
def test_no_model_writes_a_kind_of_period(path: Path) -> None:
    statements = re.sub(r"--.*|\{#.*?#\}", "", path.read_text(encoding="utf-8"))
    assert not re.search(r"'[^']*(?:JJ00|%JJ|KW0)[^']*'", statements)


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("year = int(period[:4])", True),
        ("part = row['period_code'][4:]", True),
        ("kind = code[4:6]", True),
        ("first = periods[:3]", False),
        ("scheme = region_code[:2]", False),
    ],
)
def test_a_cut_is_found(text: str, is_found: bool) -> None:
    assert bool(list(cut_periods(text))) == is_found


def test_every_period_of_a_release_is_one_of_its_periods(sample_release: Path) -> None:
    tables = sample_release / "tables"
    known = f"select period_code from '{tables / 'periods.parquet'}'"
    asked = 0
    for file in sorted(tables.glob("*.parquet")):
        for name, *_ in duckdb.sql(f"describe from '{file}'").fetchall():
            if re.search(r"(^|_)period(_code|_before|_after)?$", name):
                asked += 1
                strange = duckdb.sql(
                    f"select distinct {name} from '{file}' where {name} is not null and {name} not in ({known})"
                ).fetchall()
                assert not strange, f"{file.stem}.{name}"
    assert asked > 10
