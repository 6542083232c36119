"""Every fault of pages, with a source of every protocol that pages: the same rows, or refused with what was found."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support_pages import EXCUSED, FAULTS, PROTOCOLS, REFUSED, REFUSED_LATER, SAME, UNSEEN, Tried, land
from support_wires import WIRES

from pipelines.sample.over_http import SampleServer, serving

CELLS = [(name, fault) for name in PROTOCOLS for fault in FAULTS]
# What leaves all rows as they are, or is over when the source is read again.
HARMLESS = {
    "nothing",
    "the rows of a page are in another order",
    "pages are in another order",
    "the table changes while it is read",
}
LARGE = {"the last page is cut short", "the chain ends early", "a page in the middle is empty"}


@pytest.fixture(scope="module")
def server() -> Iterator[SampleServer]:
    with serving({}) as running:
        yield running


@pytest.fixture(scope="module")
def landed(server: SampleServer, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Tried]:
    """Lands each source once; the server has one source at a time."""
    made: dict[str, Tried] = {}

    def one(name: str) -> Tried:
        if name not in made:
            made[name] = land(server, name, tmp_path_factory.mktemp("landed"))
        server.serve(made[name].source.offered, anew="^$")
        return made[name]

    return one


@pytest.mark.parametrize(("name", "fault"), CELLS, ids=[" - ".join(cell) for cell in CELLS])
def test_it_has_the_same_rows_or_says_what_was_found(
    landed: Callable[[str], Tried], tmp_path: Path, name: str, fault: str
) -> None:
    outcome = landed(name).outcome(fault, tmp_path)
    if (name, fault) in EXCUSED:
        assert outcome == UNSEEN, "it is seen now: take it out of the excuses"
        return
    if outcome == SAME:
        assert fault in HARMLESS
        return
    what, _, found = outcome.partition(": ")
    assert what in (REFUSED, REFUSED_LATER) and any(character.isdigit() for character in found), outcome
    # What its own word tells does not wait for another day.
    assert what == REFUSED or (fault in LARGE and not PROTOCOLS[name].is_counted)
    assert fault not in HARMLESS or not PROTOCOLS[name].has_identities


def test_all_that_pages_is_tried_and_few_is_excused() -> None:
    paged = {wire.protocol for wire in WIRES.values() if wire.is_paged}
    assert {source.wire.protocol for source in PROTOCOLS.values()} == paged
    assert set(EXCUSED) <= set(CELLS) and all(EXCUSED.values())
    # A source that counts, or whose records have names, has no other excuse than the last row.
    for name, fault in EXCUSED:
        assert not PROTOCOLS[name].is_counted
        assert fault == "a row of the last page is dropped" or not PROTOCOLS[name].has_identities
    # Whatever a source says of itself: a large part of it is missed.
    assert not [cell for cell in EXCUSED if cell[1] in LARGE]
