"""The benchmark of a live run, small: it fetches what there is, and dead hosts cost one patience and not many."""

from dataclasses import replace

import pytest
from support_sockets import LOOPBACK

from benchmarks.live_run import Measured, measured
from pipelines.clients.http import HttpClient, open_session
from pipelines.settings import CARDS
from pipelines.sources.card import load_cards

CHOSEN = ("cbs/83583NED", "cbs/82949NED", "zaanstad/subsidies", "uwv/ww_municipality")
DEAD = 4


@pytest.fixture
def found() -> dict[str, Measured]:
    cards = {name: card for name, card in load_cards(CARDS).items() if name in CHOSEN}
    http = replace(HttpClient(open_session(inside=LOOPBACK)), tries=2, timeout=5.0, first_timeout=2.0, max_wait=0.05)
    return measured(cards, 0.01, DEAD, http)


def test_it_fetches_all_and_only_dead_hosts_fail(found: dict[str, Measured]) -> None:
    failed = {name: one.failed for name, one in found.items()}
    assert failed == {"doctor": 0, "first run": 0, "without news": 0, "with dead hosts": DEAD}
    requests = {name: one.requests for name, one in found.items()}
    assert requests["without news"] < requests["first run"] and requests["with dead hosts"] == requests["first run"]
