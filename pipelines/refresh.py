"""Bring one card up to date: from its origin, through the landing, to raw Parquet; all of it or nothing.

Whatever goes wrong with a source ends here, in one `FailedError`: what landed before stays in place, why it failed is
noted in the landing, and no other source suffers from it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Protocol as Shape
from typing import TypeVar

from pipelines.card import SourceCard
from pipelines.clients.http import USER_AGENT, HttpClient, open_session
from pipelines.clients.pages import State
from pipelines.errors import AwaitedError, RegiokompasError, SourceError, Trouble
from pipelines.landing import Attempt, Failure, Landing, Snapshot, now, open_landing
from pipelines.raw import is_read, raw_folder, rows_of, write_raw
from pipelines.reading.landed import CLIENTS
from pipelines.resume import ResumableStore
from pipelines.roads import Protocol, Road
from pipelines.settings import SAMPLE_LANDING, Settings

T = TypeVar("T")
_NOWHERE = "check its address at the publisher; for a source that has ended, say so with `ended` on the card"
# Of several ways that failed, the one to tell of: the first of these that any of them ran into.
_TELLING = (
    Trouble.FAULT,
    Trouble.CHANGED,
    Trouble.REFUSED,
    Trouble.UNREACHABLE,
    Trouble.UNCONFIRMED,
    Trouble.GONE,
    Trouble.AWAITED,
)


class FailedError(SourceError):
    """No way to a source works; `failure` says of each what was found.

    Its `trouble`, `problem` and `todo` are those of the way that says most.
    """

    def __init__(self, dataset_id: str, attempts: Sequence[Attempt], todo: str = "") -> None:
        self.telling = telling = min(attempts, key=lambda attempt: _TELLING.index(attempt.trouble))
        problem, url = telling.problem, telling.url
        if len(attempts) > 1:
            tried = (f"{a.protocol} {a.problem}{f' at {a.url}' if a.url else ''}" for a in attempts)
            problem, url = f"no way to it works: {'; '.join(tried)}", ""
        # Where an address fails, what a person could bring helps more than another look at the address.
        brings = (a.todo for a in attempts if a.trouble is Trouble.AWAITED)
        helps = next(brings, "") if telling.trouble in (Trouble.UNCONFIRMED, Trouble.GONE) else ""
        super().__init__(dataset_id, problem, url=url, todo=todo or helps or telling.todo or _NOWHERE)
        self.trouble = telling.trouble
        self.failure = Failure(
            failed_at=now(),
            trouble=telling.trouble,
            problem=telling.problem,
            todo=self.todo,
            attempts=tuple(attempts),
        )


class Origin(Shape):
    """Where tables come from."""

    @property
    def invented(self) -> bool:
        """Whether the figures are those of the sample."""
        ...

    def has(self, card: SourceCard) -> bool:
        """Whether the origin can be asked for this card at all."""
        ...

    def has_nothing_newer(self, card: SourceCard, have: Snapshot | None) -> bool:
        """Whether what landed of a card is all that there is, so that nothing has to be brought."""
        ...

    def roads(self, card: SourceCard, have: Snapshot | None) -> Sequence[Road]:
        """The ways to a card, in the order in which they are tried."""
        ...

    def bring(self, card: SourceCard, road: Road, landing: Landing, have: Snapshot | None) -> Snapshot:
        """Put the newest bytes of a card in the landing's objects."""
        ...


@dataclass(frozen=True)
class LiveOrigin:
    """The publishers themselves, over HTTP, and the folder for what only a person can fetch."""

    http: HttpClient
    addresses: dict[Protocol, str]
    invented: bool = False
    clock: Callable[[], str] = now

    def has(self, card: SourceCard) -> bool:
        """Every card can be asked for."""
        return True

    def has_nothing_newer(self, card: SourceCard, have: Snapshot | None) -> bool:
        """Ask the source whether it changed; one that has ended is not asked. One that lacks a file is fetched again.

        A source that gives no answer to this may still give one on another road.
        """
        if have is None or have.asked != asked(card) or have.lacking:
            return False
        if card.ended:
            return True
        try:
            return self._is_newest(card, have)
        except RegiokompasError:
            return False

    def roads(self, card: SourceCard, have: Snapshot | None) -> Sequence[Road]:
        """The roads of the card in its order; an address that nobody confirmed comes after what a person brought."""
        confirmed = [road for road in card.roads if road.is_confirmed]
        return [*confirmed, *(road for road in card.roads if not road.is_confirmed)]

    def bring(self, card: SourceCard, road: Road, landing: Landing, have: Snapshot | None) -> Snapshot:
        """Fetch the whole table by a road.

        Raises:
            SourceError: an answer is not what was expected.
        """
        store = ResumableStore(landing, card.dataset_id, road.protocol, asked(card), have)
        client, base = CLIENTS[road.protocol], self.addresses[road.protocol]
        state: State = client.fetch(self.client(card, road), base, card, road, store)
        return Snapshot(
            dataset_id=card.dataset_id,
            protocol=road.protocol,
            asked=asked(card),
            modified=state.modified,
            stamp=state.stamp,
            landed_at=self.clock(),
            invented=self.invented,
            resources=store.resources,
            lacking=store.lacking,
        )

    def client(self, card: SourceCard, road: Road) -> HttpClient:
        """HTTP at the pace of a card, and with little patience for an address that nobody confirmed."""
        http = replace(self.http, rate=card.rate)
        return http if road.is_confirmed else http.hurried()

    def _is_newest(self, card: SourceCard, have: Snapshot) -> bool:
        # A bulk file has no word of its own age; the Properties of its table on OData v4 do.
        protocol = Protocol(have.protocol)
        asks = Protocol.CBS_ODATA4 if protocol is Protocol.CBS_BULK else protocol
        road = next((road for road in card.roads if road.protocol == protocol), None)
        if road is None or not (have.modified or have.stamp):
            return False
        state: State = CLIENTS[asks].probe(self.client(card, road), self.addresses[asks], card, road)
        return state == State(have.modified, have.stamp)


@dataclass(frozen=True)
class LandingOrigin:
    """Another landing, replayed without any request."""

    source: Landing
    invented: bool

    def has(self, card: SourceCard) -> bool:
        """Whether the card has landed there."""
        return self.source.current(card.dataset_id, invented=self.invented) is not None

    def has_nothing_newer(self, card: SourceCard, have: Snapshot | None) -> bool:
        """Never: what is in the other landing costs nothing to look at."""
        return False

    def roads(self, card: SourceCard, have: Snapshot | None) -> Sequence[Road]:
        """The one by which it landed there."""
        snapshot = self.source.current(card.dataset_id, invented=self.invented)
        by = [road for road in card.roads if snapshot and road.protocol == snapshot.protocol]
        return by or card.roads[:1]

    def bring(self, card: SourceCard, road: Road, landing: Landing, have: Snapshot | None) -> Snapshot:
        """Copy the card's current snapshot over.

        Raises:
            SourceError: the other landing has none, or it was made for another card.
        """
        snapshot = self.source.current(card.dataset_id, invented=self.invented)
        if snapshot is None:
            raise SourceError(
                card.dataset_id,
                f"nothing of this card lies in the landing {self.source.root}",
                todo="leave it out",
            )
        if snapshot.asked != asked(card):
            raise SourceError(
                card.dataset_id,
                "the landing holds an answer to another question: the card's dimensions or measures changed since",
                todo="land the table again (--from live; for the sample: make sample)",
            )
        landing.copy_objects(snapshot, self.source)
        return snapshot


def by_first_road(card: SourceCard, roads: Sequence[Road], ask: Callable[[Road], T], todo: str = "") -> T:
    """What the first of some roads answers that works; after any failure the next one is tried.

    Args:
        card: whose roads are gone through.
        roads: in the order in which they are tried.
        ask: what is asked of a road.
        todo: what a person can do when no road works, where that is not said by the error itself.

    Raises:
        AwaitedError: the card has no other road than a person, who has not been there.
        FailedError: no road works; it says of each why.
    """
    attempts: list[Attempt] = []
    errors: list[Exception] = []
    for road in roads:
        try:
            return ask(road)
        # The one place where it does not matter what went wrong: a source, or our reading of it, failed, and the
        # others go on.
        except Exception as error:
            if isinstance(error, AwaitedError) and len(roads) == 1:
                raise
            attempts.append(_attempt(road, error))
            errors.append(error)
    failed = FailedError(card.dataset_id, attempts, todo)
    raise failed from errors[attempts.index(failed.telling)]


def _attempt(road: Road, error: Exception) -> Attempt:
    if not isinstance(error, RegiokompasError):
        problem = f"{type(error).__name__}: {error!s:.300} (a fault of the program, please report it)"
        return Attempt(protocol=road.protocol, trouble=Trouble.FAULT, problem=" ".join(problem.split()))
    expected = not road.is_confirmed
    if not isinstance(error, SourceError):
        trouble = Trouble.UNCONFIRMED if expected else Trouble.REFUSED
        return Attempt(protocol=road.protocol, trouble=trouble, problem=" ".join(str(error).split()))
    trouble = Trouble.UNCONFIRMED if expected else error.trouble
    return Attempt(protocol=road.protocol, trouble=trouble, problem=error.problem, url=error.url, todo=error.todo)


def asked(card: SourceCard) -> str:
    """The fingerprint of what a card asks a source for; when it changes, the table has to be fetched anew."""
    # A key that a card does not use is no part of its question, nor is how sure we are of an address.
    question = card.model_dump_json(
        include={"roads": True, "dimensions": True, "measures": True, "region_frame": True},
        exclude={"roads": {"__all__": {"certainty"}}},
        exclude_defaults=True,
    )
    return sha256(question.encode()).hexdigest()


def open_origin(settings: Settings) -> Origin:
    """The origin that the settings name: `live`, `sample` or the path of a landing.

    A landing that holds both the sample and published figures is replayed for its published ones.

    Raises:
        RegiokompasError: the path is not a landing.
    """
    if settings.origin == "live":
        agent = f"{USER_AGENT} {settings.contact}".strip()
        http = HttpClient(
            open_session(settings.http_deadline),
            settings.http_tries,
            settings.http_timeout,
            settings.http_max_wait,
            agent,
        )
        return LiveOrigin(http, addresses(settings))
    path = SAMPLE_LANDING if settings.origin == "sample" else Path(settings.origin)
    source = open_landing(path)
    return LandingOrigin(source, invented=not source.holds_published())


def addresses(settings: Settings) -> dict[Protocol, str]:
    """Where each protocol is spoken; a road with addresses of its own has none, and dropped files lie in a folder."""
    base = {
        Protocol.CBS_ODATA4: settings.cbs_v4_url,
        Protocol.CBS_ODATA3: settings.cbs_v3_url,
        Protocol.CBS_BULK: settings.cbs_bulk_url,
        Protocol.CKAN: settings.ckan_url,
        Protocol.HAL: settings.amsterdam_url,
        Protocol.OGC_FEATURES: settings.pdok_url,
        Protocol.EUROSTAT: settings.eurostat_url,
        Protocol.DROP: str(settings.drop),
        Protocol.OPENDATASOFT: "",
        Protocol.FILE: "",
    }
    return {protocol: url.rstrip("/") for protocol, url in base.items()}


@dataclass(frozen=True)
class Refreshed:
    """What a refresh came to."""

    snapshot: Snapshot
    changed: bool
    rows: int
    folder: Path


def refresh(
    card: SourceCard, origin: Origin, landing: Landing, raw_root: Path, check: Callable[[Path], None]
) -> Refreshed:
    """Bring a card up to date. The lock moves only after the new bytes were read and checked.

    Every way to the source is tried until one brings bytes that can be read and hold.

    Args:
        card: the card.
        origin: where its table comes from.
        landing: our own landing.
        raw_root: where raw Parquet is kept.
        check: refuses a freshly read folder by raising.

    Raises:
        AwaitedError: nobody has put the file there yet.
        FailedError: what was found and what to do. The failure is noted, and what landed before stays in place.
    """
    have = landing.current(card.dataset_id, invented=origin.invented)
    folder = raw_folder(raw_root, card, invented=origin.invented)

    unchanged = have if have and origin.has_nothing_newer(card, have) else None

    def bring(road: Road) -> Refreshed:
        snapshot = unchanged or origin.bring(card, road, landing, have)
        try:
            if not is_read(folder, card, snapshot):
                snapshot = write_raw(card, snapshot, landing, folder, check, have)
        finally:
            # The table is whole now, or wrong: either way a later fetch has no use for its pages.
            landing.forget_partial(card.dataset_id, road.protocol)
        return Refreshed(snapshot, landing.commit(snapshot), rows_of(folder), folder)

    roads = origin.roads(card, have)
    if unchanged:
        # Fetched by another road it would be the same.
        roads = [road for road in roads if road.protocol == unchanged.protocol] or roads[:1]
    try:
        done = by_first_road(card, roads, bring)
    except FailedError as error:
        landing.note_failure(card.dataset_id, error.failure, invented=origin.invented)
        raise
    landing.clear_failure(card.dataset_id, invented=origin.invented)
    return done


def read_landed(
    card: SourceCard, landing: Landing, raw_root: Path, check: Callable[[Path], None], *, invented: bool
) -> Snapshot | None:
    """Make sure that raw Parquet is there for what landed of a card, such as after a change of the code that reads.

    Returns:
        What is read now; None where nothing of the card has landed.

    Raises:
        FailedError: the landed bytes cannot be read any more. The failure is noted.
    """
    snapshot = landing.current(card.dataset_id, invented=invented)
    folder = raw_folder(raw_root, card, invented=invented)
    if snapshot is None or is_read(folder, card, snapshot):
        return snapshot

    def read(road: Road) -> Snapshot:
        return write_raw(card, snapshot, landing, folder, check)

    roads = [road for road in card.roads if road.protocol == snapshot.protocol] or card.roads[:1]
    try:
        whole = by_first_road(card, roads, read, todo="fetch it again: run --from live")
    except FailedError as error:
        landing.note_failure(card.dataset_id, error.failure, invented=invented)
        raise
    landing.commit(whole)
    return whole
