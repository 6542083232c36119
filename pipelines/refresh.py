"""Bring one card up to date: from its origin, through the landing, to raw Parquet; all of it or nothing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Protocol as Shape
from typing import TypeVar

from pipelines.card import SourceCard
from pipelines.clients.http import USER_AGENT, HttpClient, open_session
from pipelines.clients.pages import State
from pipelines.errors import AwaitedError, GoneError, NotThereError, RegiokompasError, SourceError
from pipelines.landing import Landing, Snapshot, now, open_landing
from pipelines.raw import is_read, raw_folder, rows_of, write_raw
from pipelines.reading.landed import CLIENTS
from pipelines.resume import ResumableStore
from pipelines.roads import Protocol, Road
from pipelines.settings import SAMPLE_LANDING, Settings

T = TypeVar("T")
_NOWHERE = "check its address at the publisher; for a source that has ended, say so with `ended` on the card"


class Origin(Shape):
    """Where tables come from."""

    @property
    def invented(self) -> bool:
        """Whether the figures are those of the sample."""
        ...

    def has(self, card: SourceCard) -> bool:
        """Whether the origin can be asked for this card at all."""
        ...

    def bring(self, card: SourceCard, landing: Landing, have: Snapshot | None) -> Snapshot:
        """Put the newest bytes of a card in the landing's objects; returns `have` when nothing is newer."""
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

    def bring(self, card: SourceCard, landing: Landing, have: Snapshot | None) -> Snapshot:
        """Ask whether the table changed, and fetch it whole on the first road that offers it when it did.

        Raises:
            GoneError: no road offers it.
            SourceError: an answer is not what was expected.
        """
        if have and have.asked == asked(card) and (card.ended or self._is_newest(card, have)):
            return have
        return by_first_road(card, lambda road: self._fetch(card, road, landing))

    def _fetch(self, card: SourceCard, road: Road, landing: Landing) -> Snapshot:
        store = ResumableStore(landing, card.dataset_id, f"{asked(card)} {road.protocol}")
        client, base = CLIENTS[road.protocol], self.addresses[road.protocol]
        state: State = client.fetch(self._http(card), base, card, road, store)
        return Snapshot(
            dataset_id=card.dataset_id,
            protocol=road.protocol,
            asked=asked(card),
            modified=state.modified,
            stamp=state.stamp,
            landed_at=self.clock(),
            invented=self.invented,
            resources=store.resources,
        )

    def _is_newest(self, card: SourceCard, have: Snapshot) -> bool:
        # A bulk file has no word of its own age; the Properties of its table on OData v4 do.
        protocol = Protocol(have.protocol)
        asks = Protocol.CBS_ODATA4 if protocol is Protocol.CBS_BULK else protocol
        road = next((road for road in card.roads if road.protocol == protocol), None)
        if road is None or not (have.modified or have.stamp):
            return False
        try:
            state: State = CLIENTS[asks].probe(self._http(card), self.addresses[asks], card, road)
        except NotThereError:
            return False
        return state == State(have.modified, have.stamp)

    def _http(self, card: SourceCard) -> HttpClient:
        return replace(self.http, rate=card.rate)


@dataclass(frozen=True)
class LandingOrigin:
    """Another landing, replayed without any request."""

    source: Landing
    invented: bool

    def has(self, card: SourceCard) -> bool:
        """Whether the card has landed there."""
        return self.source.current(card.dataset_id, invented=self.invented) is not None

    def bring(self, card: SourceCard, landing: Landing, have: Snapshot | None) -> Snapshot:
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


def by_first_road(card: SourceCard, ask: Callable[[Road], T], todo: str = _NOWHERE) -> T:
    """What the first of a card's roads answers that offers the source.

    Args:
        card: whose roads are gone through.
        ask: what is asked of a road.
        todo: what a person can do when no road offers it.

    Raises:
        AwaitedError: the card has no other road than a person, who has not been there.
        GoneError: no road offers the source; where a person could help it says how.
    """
    refusals: list[str] = []
    for road in card.roads:
        try:
            return ask(road)
        except AwaitedError as error:
            if not refusals:
                raise
            refusals.append(str(error))
        except NotThereError as error:
            refusals.append(f"{road.protocol} {error.found}")
    raise GoneError(
        card.dataset_id,
        "no road offers it: " + "; ".join(refusals),
        todo=todo,
    )


def asked(card: SourceCard) -> str:
    """The fingerprint of what a card asks a source for; when it changes, the table has to be fetched anew."""
    # A key that a card does not use is no part of its question.
    question = card.model_dump_json(include={"roads", "dimensions", "measures", "region_frame"}, exclude_defaults=True)
    return sha256(question.encode()).hexdigest()


def open_origin(settings: Settings) -> Origin:
    """The origin that the settings name: `live`, `sample` or the path of a landing.

    A landing that holds both the sample and published figures is replayed for its published ones.

    Raises:
        RegiokompasError: the path is not a landing.
    """
    if settings.origin == "live":
        agent = f"{USER_AGENT} {settings.contact}".strip()
        http = HttpClient(open_session(), settings.http_tries, settings.http_timeout, settings.http_max_wait, agent)
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

    Args:
        card: the card.
        origin: where its table comes from.
        landing: our own landing.
        raw_root: where raw Parquet is kept.
        check: refuses a freshly read folder by raising.

    Raises:
        AwaitedError: nobody has put the file there yet.
        RegiokompasError: what was found and what to do. The failure is noted, and what landed before stays in place.
    """
    have = landing.current(card.dataset_id, invented=origin.invented)
    folder = raw_folder(raw_root, card, invented=origin.invented)
    try:
        snapshot = origin.bring(card, landing, have)
        # The table is whole now, or wrong: either way a later fetch has no use for its pages.
        try:
            if not is_read(folder, card, snapshot):
                write_raw(card, snapshot, landing, folder, check)
        finally:
            landing.forget_partial(card.dataset_id)
        changed = landing.commit(snapshot)
    except AwaitedError:
        raise
    except RegiokompasError as error:
        gone = isinstance(error, GoneError)
        landing.note_failure(card.dataset_id, str(error), invented=origin.invented, gone=gone)
        raise
    landing.clear_failure(card.dataset_id, invented=origin.invented)
    return Refreshed(snapshot, changed, rows_of(folder), folder)
