"""The classes of the tension are those of UWV, without a gap between them, and the unit tests of dbt use the same."""

import csv

import yaml

from pipelines.settings import DBT_PROJECT

# As UWV names them, from low to high.
WORDS = ["zeer ruim", "ruim", "gemiddeld", "krap", "zeer krap"]
BOUNDS = ["0", "0.25", "0.67", "1.5", "4", ""]


def rows_of(seed: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_class_begins_where_the_one_before_it_ends() -> None:
    classes = rows_of("tension_classes")
    assert [row["label_nl"] for row in classes] == WORDS
    assert [row["lower_bound"] for row in classes] == BOUNDS[:-1]
    assert [row["upper_bound"] for row in classes] == BOUNDS[1:]


def test_the_unit_tests_of_dbt_use_these_classes() -> None:
    path = DBT_PROJECT / "models" / "marts" / "labour_market" / "labour_tension.yml"
    tests = yaml.safe_load(path.read_text(encoding="utf-8"))["unit_tests"]
    given = [entry for test in tests for entry in test["given"] if "tension_classes" in entry["input"]]
    expected = [
        {
            "class_id": row["class_id"],
            "lower_bound": float(row["lower_bound"]),
            "upper_bound": float(row["upper_bound"]) if row["upper_bound"] else None,
            "market": row["market"],
        }
        for row in rows_of("tension_classes")
    ]
    assert given and all(entry["rows"] == expected for entry in given)


def test_a_name_that_is_a_title_of_the_classification_needs_no_row() -> None:
    titles = {row["title_nl"].casefold() for row in rows_of("occupations")}
    assert not titles & {row["name"].casefold() for row in rows_of("uwv_occupations")}


def test_the_texts_tell_the_fewest_people_that_a_tension_is_computed_over() -> None:
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["vars"]["min_tension_denominator"] == 10
    texts = (DBT_PROJECT / "models" / "docs" / "labour.md").read_text(encoding="utf-8")
    assert "fewer than ten people" in texts and "minder dan tien mensen" in texts
