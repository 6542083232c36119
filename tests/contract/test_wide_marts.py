"""The contracts of the wide marts are what the seeds give: nothing of an indicator is typed twice."""

import csv
from pathlib import Path

import pytest
import yaml

from pipelines.errors import RegiokompasError
from pipelines.indicators.wide_marts import HEADER, check_contracts, contract_path, contract_yaml, write_contracts
from pipelines.seeds import Indicator, Theme, read_seed
from pipelines.settings import DBT_PROJECT, PROJECT


def seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


THEMES = read_seed(Theme)
INDICATORS = read_seed(Indicator)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.theme)
def test_committed_contract_equals_the_seed(theme: Theme) -> None:
    committed = contract_path(DBT_PROJECT, theme.theme).read_text(encoding="utf-8")
    expected = contract_yaml(INDICATORS, theme)
    assert committed == expected, "run `make contracts` and commit what it writes"


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.theme)
def test_every_indicator_of_the_theme_has_a_column_and_a_status(theme: Theme) -> None:
    model = yaml.safe_load(contract_yaml(INDICATORS, theme))["models"][0]
    names = [column["name"] for column in model["columns"]]
    ids = [row.indicator_id for row in INDICATORS if row.theme == theme.theme]
    figures = [name for i in ids for name in (i, f"{i}_status")]
    assert names == ["region_code", "period_code", "year", "period_kind", *figures, "notice"]


def test_a_new_indicator_row_is_a_new_column(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    for theme in THEMES:
        contract_path(tmp_path, theme.theme).parent.mkdir(parents=True)
    themes = (DBT_PROJECT / "seeds" / "themes.csv").read_text(encoding="utf-8")
    (tmp_path / "seeds" / "themes.csv").write_text(themes, encoding="utf-8")
    rows = seed("indicators")
    added = {**rows[0], "indicator_id": "startups_count", "theme": "human_capital", "title_nl": "Starters: nieuw"}
    with (tmp_path / "seeds" / "indicators.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(added))
        writer.writeheader()
        writer.writerows([*rows, added])

    with pytest.raises(RegiokompasError) as refused:
        check_contracts(tmp_path)
    line = str(refused.value)
    assert "\n" not in line and line.endswith(" -> run `make contracts`")
    assert all(f"{theme.theme}.yml" in line for theme in THEMES)
    assert len(write_contracts(tmp_path)) == len(THEMES)
    check_contracts(tmp_path)
    assert write_contracts(tmp_path) == [], "files that are right already must not be touched"
    text = contract_path(tmp_path, "human_capital").read_text(encoding="utf-8")
    columns = {column["name"]: column for column in yaml.safe_load(text)["models"][0]["columns"]}
    assert columns["startups_count"]["config"]["meta"]["title_nl"] == "Starters: nieuw"
    assert columns["startups_count_status"]["data_type"] == "string"


def test_every_generated_contract_is_marked_as_such() -> None:
    """At its top for who reads it, and for a host of the repository, so that reviews fold it."""
    marked = {path for path in DBT_PROJECT.rglob("*.yml") if path.read_text(encoding="utf-8").startswith(HEADER)}
    assert marked == {contract_path(DBT_PROJECT, theme.theme) for theme in THEMES}
    lines = (PROJECT / ".gitattributes").read_text(encoding="utf-8").splitlines()
    attributes = {line.split()[0]: line.split()[1:] for line in lines if line and not line.startswith("#")}
    for path in marked:
        assert "linguist-generated" in attributes.get(path.relative_to(PROJECT).as_posix(), [])
