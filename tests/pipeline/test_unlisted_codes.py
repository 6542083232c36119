"""A zip has all that a table has: what a card does not ask for is left out, and what no code list knows is an error."""

from dataclasses import replace
from pathlib import Path

import pytest
from support_failures import Source
from support_wires import ALL, WIRES, Change, sample_with

from pipelines.errors import Trouble
from pipelines.ingest.refresh import FailedError
from pipelines.sample.over_http import serving
from pipelines.sources.card import RowBounds

BULK = WIRES["bulk"]
DIMENSIONS = list(ALL[BULK.card].dimensions)


@pytest.mark.parametrize("column", ["Measure", *DIMENSIONS])
def test_a_code_that_the_list_of_its_dimension_lacks_is_refused(tmp_path: Path, column: str) -> None:
    wire = replace(BULK, cells={"code": (column,)})
    with serving({}) as server, sample_with(Change(cell=("code", "X9")), wire):
        card = wire.card_for(server.files).model_copy(update={"rows": RowBounds(min=1, max=10_000)})
        source = Source(wire, server, card)
        server.serve(source.offered)
        what = "measure" if column == "Measure" else column
        with pytest.raises(
            FailedError, match=f"the {what} code 'X9', which is not in the table's own list of them"
        ) as error:
            source.refresh(tmp_path, source.origin(tmp_path))
    assert error.value.trouble == Trouble.CHANGED
