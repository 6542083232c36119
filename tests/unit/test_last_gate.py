"""Nothing is published that names a person, whatever was done with the name before."""

import polars as pl
import pytest

from pipelines.errors import RegiokompasError
from pipelines.orchestration.checks import refuse_persons
from pipelines.reading.recipients import MASK


def table(*names: str | None) -> dict[str, pl.LazyFrame]:
    return {
        "subsidies": pl.LazyFrame({"recipient": names}, schema={"recipient": pl.String}),
        "observations": pl.LazyFrame({"value": [1.0]}),
    }


def test_organisations_and_masks_pass() -> None:
    refuse_persons(table("Stichting De Brug", MASK, None))
    refuse_persons(table())


@pytest.mark.parametrize("name", ["Truus Blokker", "Theater T. Blokker", "Stichting De Brug\nTruus Blokker", "dhr. X"])
def test_a_table_that_names_somebody_is_not_published_and_the_error_does_not_repeat_it(name: str) -> None:
    with pytest.raises(RegiokompasError) as caught:
        refuse_persons(table("Stichting De Brug", name, name))
    assert "subsidies: column recipient holds 1 names" in str(caught.value) and "Blokker" not in str(caught.value)
