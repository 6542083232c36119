"""What needs a person stands in a line of a terminal, however long it is, with what matters most of it."""

from itertools import product

import pytest

from pipelines.commands.terminal import WIDTH, told_line
from pipelines.concerns import Concern

ROOM = WIDTH - 2
PROBLEM = "the table changed while it was read, and so its pages do not fit together at all"
TODO = "wait for the table to be whole, and run it again when that is so"
LENGTHS = (0, 1, 20, 60, 110, 118, 119, 300)


def words(length: int) -> str:
    return ("word " * length)[:length].strip() + ("." if length else "")


@pytest.mark.parametrize(("subject", "problem", "todo"), list(product(LENGTHS[2:], LENGTHS[1:], LENGTHS)))
def test_whatever_is_told_fits_a_line(subject: int, problem: int, todo: int) -> None:
    line = told_line(Concern("refused", words(subject), words(problem), words(todo)))
    assert len(line) <= ROOM and "\n" not in line
    assert line.startswith("word") and (" -> " in line) == bool(todo)


def test_what_fits_is_told_whole() -> None:
    assert told_line(Concern("refused", "cbs/1", "HTTP 403", "ask them")) == "cbs/1: HTTP 403 -> ask them"
    assert told_line(Concern("refused", "cbs/1", "HTTP 403")) == "cbs/1: HTTP 403"


def test_what_to_do_gets_the_room_that_what_happened_leaves() -> None:
    line = told_line(Concern("awaited", "uwv/x", "nothing was put here yet", TODO + " " + TODO))
    assert "nothing was put here yet -> " in line and line.endswith(" ...") and len(line) > ROOM - 15


def test_what_happened_goes_before_what_to_do() -> None:
    line = told_line(Concern("refused", "cbs/81575NED", PROBLEM + "; " + PROBLEM, TODO + " " + TODO))
    happened, _, does = line.partition(" -> ")
    assert len(happened) > 2 * len(does) and happened.endswith(" ...") and does.startswith("wait for")


def test_no_address_is_told_with_its_query() -> None:
    told = told_line(Concern("refused", "cbs/1", "it is at http://x.nl/a?b=c&d=e now", "see https://x.nl/?q=1"))
    assert told == "cbs/1: it is at http://x.nl/a now -> see https://x.nl/"
