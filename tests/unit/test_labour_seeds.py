"""The classes of the tension are those of UWV, without a gap between them, and the unit tests of dbt use the same."""

import csv
from fractions import Fraction

import yaml

from pipelines.settings import DBT_PROJECT

# As UWV names them, from low to high.
WORDS = ["zeer ruim", "ruim", "gemiddeld", "krap", "zeer krap"]
BOUNDS = [Fraction(0), Fraction(1, 4), Fraction(2, 3), Fraction(3, 2), Fraction(4)]


def rows_of(seed: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_classes_begin_at_bounds_that_lie_equally_far_from_one() -> None:
    classes = rows_of("tension_classes")
    assert [row["label_nl"] for row in classes] == WORDS
    found = [Fraction(int(row["lower_vacancies"]), int(row["lower_people"])) for row in classes]
    assert found == BOUNDS
    assert [1 / bound for bound in found[:0:-1]] == found[1:]


def test_the_unit_tests_of_dbt_use_these_classes() -> None:
    path = DBT_PROJECT / "models" / "marts" / "labour_market" / "labour_tension.yml"
    tests = yaml.safe_load(path.read_text(encoding="utf-8"))["unit_tests"]
    given = [entry for test in tests for entry in test["given"] if "dim_tension_class" in entry["input"]]
    rows = rows_of("tension_classes")
    bounds: list[tuple[int | None, int | None]] = [(int(r["lower_vacancies"]), int(r["lower_people"])) for r in rows]
    expected = [
        {
            "class_id": row["class_id"],
            **dict(zip(("lower_vacancies", "lower_people"), lower, strict=True)),
            **dict(zip(("upper_vacancies", "upper_people"), upper, strict=True)),
            "market": row["market"],
        }
        for row, lower, upper in zip(rows, bounds, [*bounds[1:], (None, None)], strict=True)
    ]
    assert given and all(entry["rows"] == expected for entry in given)


def test_a_name_that_is_a_title_of_the_classification_needs_no_row() -> None:
    titles = {row["title_nl"].casefold() for row in rows_of("occupations")}
    assert not titles & {row["name"].casefold() for row in rows_of("uwv_occupations")}


def test_the_texts_tell_the_fewest_people_and_the_fewest_parts_of_a_tension() -> None:
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["vars"]["min_tension_denominator"] == 10
    texts = (DBT_PROJECT / "models" / "docs" / "labour.md").read_text(encoding="utf-8")
    assert "fewer than ten people" in texts and "minder dan tien mensen" in texts
    assert project["vars"]["min_known_parts_pct"] == 90
    assert "at least nine in ten" in texts and "ten minste negen van de tien" in texts
