"""Examines every source before a run: is it there, does it match its card, what does a person have to fetch.

No figures are fetched: only the description of a CBS table, and when any other source last changed.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from pipelines.clients.description import Description
from pipelines.clients.http import HttpClient
from pipelines.clients.pages import State
from pipelines.clients.registry import ASKED, CBS, ODATA, told_at, told_by
from pipelines.concerns import Concern, of_source
from pipelines.errors import AwaitedError, RegiokompasError, SourceError, Trouble, shown
from pipelines.indicators.held_back import with_dependents
from pipelines.indicators.registry import read_indicators
from pipelines.ingest import health
from pipelines.ingest.drift import Change, reasons_to_hold_back
from pipelines.ingest.origins import LandingOrigin, LiveOrigin, Origin, asked
from pipelines.ingest.refresh import FailedError, by_first_access
from pipelines.ingest.source_states import describe_sources
from pipelines.ingest.together import side_by_side
from pipelines.landing.store import Landing, Snapshot, now
from pipelines.reading.landed import Landed
from pipelines.seeds import Indicator
from pipelines.settings import Settings
from pipelines.sources.access import Access, CbsAccess, Server
from pipelines.sources.card import SourceCard
from pipelines.sources.periods import newest_period

_CHANGED = "look at the source, then update the card to match"


class Memory:
    """Keeps what a client receives while it is examined, and nothing on disk."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}

    def keep(self, name: str, url: str, body: bytes) -> None:
        """Keep one resource."""
        self.bodies[name] = body

    def resume(self, modified: str) -> None:
        """There is never anything to resume."""

    def recall(self, name: str, url: str) -> bytes | None:
        """Nothing was kept from before."""
        return None

    def lack(self, name: str, url: str, problem: str) -> None:
        """A resource that cannot be fetched cannot be examined."""


@dataclass(frozen=True)
class Seen:
    """A source as seen: the snapshot that landed or would land, what it says about itself, and its description."""

    snapshot: Snapshot
    says: str = ""
    description: Description | None = None


@dataclass(frozen=True)
class Finding:
    """What was found about one source.

    Attributes:
        card: the source.
        state: its state after a run, in the words of `pipelines.ingest.health`.
        access: the means of access that answered, or the one it landed with.
        modified: when the source last changed, in its own words; empty when it does not say.
        newest: the newest period that it lists, or else the newest that has landed.
        expected: when the figures of the next period should be available.
        problems: why a run would be incomplete.
        remarks: harmless differences from the card.
    """

    card: SourceCard
    state: str
    access: str = ""
    modified: str = ""
    newest: str | None = None
    expected: date | None = None
    problems: tuple[Concern, ...] = ()
    remarks: tuple[str, ...] = ()


def examine_all(cards: Iterable[SourceCard], origin: Origin, settings: Settings) -> list[Finding]:
    """Examine sources side by side; the pace of the client limits how often one host is asked."""
    indicators = read_indicators()
    cards = list(cards)

    def one(card: SourceCard) -> Finding:
        have = Landing(settings.landing).current(card.dataset_id, invented=origin.is_invented)
        return examine(card, origin, indicators, have, _newest_landed(card, settings, invented=origin.is_invented))

    found = {card.dataset_id: finding for card, finding in side_by_side(cards, origin, one)}
    return [found[card.dataset_id] for card in cards]


def examine(
    card: SourceCard,
    origin: Origin,
    indicators: Iterable[Indicator] = (),
    have: Snapshot | None = None,
    newest: str | None = None,
    today: date | None = None,
) -> Finding:
    """Examine one source; whatever is wrong with it is in the finding.

    Args:
        card: the source.
        origin: where a run would bring it from.
        indicators: rows of the seed; a measure or code that is missing is a problem when one of them uses it.
        have: what landed before.
        newest: the newest period in it.
        today: the day to judge by.
    """
    today = today or date.today()
    expected = health.expected_next(card, newest)
    try:
        seen = _look(card, origin, have)
    except AwaitedError as error:
        state, _ = health.state(card, have, None, newest, "", today)
        # What landed before is complete without it.
        return Finding(card, state, "drop", "", newest, expected, () if have else (of_source(error),))
    except FailedError as error:
        state, _ = health.state(card, have, error.failure, newest, "", today)
        return Finding(card, state, "", "", newest, expected, (of_source(error),))
    newest = _newest_listed(card, seen.description) or newest
    state, reason = health.state(card, seen.snapshot, None, newest, seen.says, today)
    problems, remarks = _missing(card, seen.description, list(indicators))
    if state == "stopped" and not card.ended:
        found = f"{reason.en if reason else state}: {seen.says}"
        problems.append(Concern(Trouble.GONE, card.dataset_id, found, "write `ended` on the card, with day and reason"))
    expected = health.expected_next(card, newest)
    snapshot = seen.snapshot
    return Finding(card, state, snapshot.protocol, snapshot.modified, newest, expected, tuple(problems), tuple(remarks))


def _look(card: SourceCard, origin: Origin, have: Snapshot | None) -> Seen:
    if isinstance(origin, LiveOrigin):
        return _look_live(card, origin, have)
    if isinstance(origin, LandingOrigin):
        return by_first_access(card, origin.access(card, have), lambda access: _look_landed(card, origin, access))
    raise TypeError(f"an origin that cannot be examined: {origin!r}")


def _look_live(card: SourceCard, origin: LiveOrigin, have: Snapshot | None) -> Seen:
    """Ask the first means of access that answers, as a run would; an ended source that landed is not asked again.

    Raises:
        AwaitedError: a person has to bring it.
        FailedError: the source is not offered, does not answer, or does not match the card.
    """
    if have and card.ended and have.asked == asked(card):
        return Seen(have)
    return by_first_access(
        card,
        origin.access(card, have),
        lambda access: _ask(card, origin.client(card, access), origin.addresses, access),
    )


def _ask(card: SourceCard, http: HttpClient, addresses: dict[Server, str], access: Access) -> Seen:
    asks = told_by(access.protocol)
    base = told_at(addresses, access)
    if not isinstance(access, CbsAccess):
        asked_client = ASKED[asks]
        state = asked_client.probe(http, base, card, access)
        if state == State(""):
            # It does not say when it last changed, so that probing may have asked nothing.
            http.head(card.dataset_id, asked_client.address(base, card, access))
        return Seen(would_land(card, access, state))
    client, memory = ODATA[asks], Memory()
    state, rows = client.look(http, base, card, access, memory)
    says = client.status_of(rows, memory.bodies.__getitem__)
    return Seen(would_land(card, access, state), says, client.description(card, rows))


def would_land(card: SourceCard, access: Access, state: State) -> Snapshot:
    """The snapshot that a run would land now, without its bytes."""
    return Snapshot(
        dataset_id=card.dataset_id,
        protocol=access.protocol,
        asked=asked(card),
        modified=state.modified,
        stamp=state.stamp,
        landed_at=now(),
        is_invented=False,
        resources=(),
    )


def _look_landed(card: SourceCard, origin: LandingOrigin, access: Access) -> Seen:
    """Check that the source is complete and intact, and compare its description with the card.

    Raises:
        RegiokompasError: it is missing, is damaged, or does not match the card.
    """
    if not origin.has(card):
        raise SourceError(
            card.dataset_id,
            f"it is not in the landing {origin.source.root}",
            todo=f"land it there with --from live --select {card.dataset_id}; for the sample: make sample",
        )
    # Into itself, so that nothing is written: whatever would refuse a run refuses here too.
    snapshot = origin.bring(card, access, origin.source, None)
    for resource in snapshot.resources:
        origin.source.get(resource.sha256)
    landed = Landed(card, snapshot, origin.source)
    client = CBS.get(landed.protocol)
    if client is None:
        return Seen(snapshot)
    return Seen(snapshot, client.status_of(landed.rows, landed.body), client.description(card, landed.rows))


def _missing(
    card: SourceCard, description: Description | None, indicators: list[Indicator]
) -> tuple[list[Concern], list[str]]:
    """What is on the card but not at the source: a concern for each that an indicator uses, one line for the rest."""
    problems, unused = [], []
    for (dimension, code), lack in (description.missing if description else {}).items():
        for_all = bool(dimension) and card.dimensions[dimension].is_added_up
        gone = Change(card.dataset_id, lack.kind, "removed", dimension, code, None, lack.problem, True, for_all)
        held = with_dependents(indicators, reasons_to_hold_back(indicators, [gone]))
        if users := [row["indicator_id"] for row in held]:
            found = f"{lack.problem}; used by {shown(users)}"
            problems.append(Concern(Trouble.CHANGED, card.dataset_id, found, _CHANGED))
        else:
            unused.append(f"{dimension}={code}" if dimension else code)
    lacks = f"{card.dataset_id}: on the card but not at the source, and used by no indicator: {shown(unused)}"
    return problems, [lacks] if unused else []


def _newest_listed(card: SourceCard, description: Description | None) -> str | None:
    """The last period to end in the table's own list, among those that the card asks for, or its only one."""
    period = card.dimension("period")
    if description is None or period is None:
        return card.only_period if description else None
    return newest_period(code for code, _ in description.codes[period].values())


def _newest_landed(card: SourceCard, settings: Settings, *, invented: bool) -> str | None:
    # Our own landing may be the damaged one; then nothing is known about it.
    with suppress(RegiokompasError):
        (row,) = describe_sources(settings, {card.dataset_id: card}, invented=invented)
        newest: str | None = row["newest_period"]
        return newest
    return None
