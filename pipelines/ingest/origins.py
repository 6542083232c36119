"""Where tables come from: the publishers themselves, or a landing that is replayed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Protocol as Shape

from pipelines.clients.budget import Budget, Limits
from pipelines.clients.http import USER_AGENT, HttpClient, open_session
from pipelines.clients.pages import State
from pipelines.clients.registry import ASKED, CLIENTS, addresses, reach_of, set_hosts, told_at, told_by
from pipelines.errors import ChangedWhileReadError, RegiokompasError, SourceError
from pipelines.landing.resume import ResumableStore
from pipelines.landing.store import Landing, Snapshot, now, open_landing
from pipelines.settings import SAMPLE_LANDING, Settings
from pipelines.sources.access import Access, Protocol, Server, server_of
from pipelines.sources.card import SourceCard


class Origin(Shape):
    """Where tables come from."""

    @property
    def is_invented(self) -> bool:
        """Whether the figures are those of the sample."""
        ...

    def has(self, card: SourceCard) -> bool:
        """Whether this origin can be asked for the card at all."""
        ...

    def has_nothing_newer(self, card: SourceCard, have: Snapshot | None) -> bool:
        """Whether what has landed for a card is up to date, so that nothing has to be brought."""
        ...

    def access(self, card: SourceCard, have: Snapshot | None) -> Sequence[Access]:
        """The means of access to a card, in the order in which they are tried."""
        ...

    def bring(self, card: SourceCard, access: Access, landing: Landing, have: Snapshot | None) -> Snapshot:
        """Put the newest bytes of a card in the landing's objects."""
        ...


@dataclass(frozen=True)
class LiveOrigin:
    """The publishers themselves, over HTTP, and the folder for files that only a person can fetch.

    `notices` has, for the sample, what readers are told of a card that is not invented like the others.
    """

    http: HttpClient
    addresses: dict[Server, str]
    is_invented: bool = False
    notices: Mapping[str, str] = field(default_factory=dict)
    clock: Callable[[], str] = now

    def has(self, card: SourceCard) -> bool:
        """Every card can be asked for."""
        return True

    def has_nothing_newer(self, card: SourceCard, have: Snapshot | None) -> bool:
        """Ask the source whether it changed, unless it has ended. A source with a missing file is fetched again.

        A source that does not answer here may still answer through another means of access.
        """
        if have is None or have.asked != asked(card) or have.lacking:
            return False
        if card.ended:
            return True
        try:
            return self._is_newest(card, have)
        except RegiokompasError:
            return False

    def access(self, card: SourceCard, have: Snapshot | None) -> Sequence[Access]:
        """The means of access in the order of the card; addresses that nobody confirmed come last."""
        confirmed = [access for access in card.access if access.is_confirmed]
        return [*confirmed, *(access for access in card.access if not access.is_confirmed)]

    def bring(self, card: SourceCard, access: Access, landing: Landing, have: Snapshot | None) -> Snapshot:
        """Fetch the whole table through one means of access; once more if it changed while it was read.

        Raises:
            SourceError: an answer is not what was expected.
            ChangedWhileReadError: it changed the second time too, or its pages never fit together.
        """
        try:
            return self._fetch(card, access, landing, have)
        except ChangedWhileReadError:
            # Its pages come from two moments: none of them may be used again.
            landing.forget_partial(card.dataset_id, access.protocol)
            return self._fetch(card, access, landing, have)

    def _fetch(self, card: SourceCard, access: Access, landing: Landing, have: Snapshot | None) -> Snapshot:
        store = ResumableStore(landing, card.dataset_id, access.protocol, asked(card), have)
        client, base = CLIENTS[access.protocol], self.addresses[server_of(access)]
        state = client.fetch(self.client(card, access), base, card, access, store)
        return Snapshot(
            dataset_id=card.dataset_id,
            protocol=access.protocol,
            asked=asked(card),
            modified=state.modified,
            stamp=state.stamp,
            landed_at=self.clock(),
            is_invented=self.is_invented,
            notice=self.notices.get(card.dataset_id, ""),
            resources=store.resources,
            lacking=store.lacking,
        )

    def client(self, card: SourceCard, access: Access) -> HttpClient:
        """HTTP at the pace set on the card, with a budget and reach of its own.

        There is little patience for an address that nobody confirmed.
        """
        reach = reach_of(self.addresses, access)
        http = replace(self.http, rate=card.rate, budget=self.http.budget.anew(), reach=reach)
        return http if access.is_confirmed else http.hurried()

    def _is_newest(self, card: SourceCard, have: Snapshot) -> bool:
        protocol = Protocol(have.protocol)
        asks = told_by(protocol)
        access = next((access for access in card.access if access.protocol == protocol), None)
        if access is None or not (have.modified or have.stamp):
            return False
        state = ASKED[asks].probe(self.client(card, access), told_at(self.addresses, access), card, access)
        return state == State(have.modified, have.stamp)


@dataclass(frozen=True)
class LandingOrigin:
    """Another landing, replayed without any request."""

    source: Landing
    is_invented: bool

    def has(self, card: SourceCard) -> bool:
        """Whether the card has landed there."""
        return self.source.current(card.dataset_id, invented=self.is_invented) is not None

    def has_nothing_newer(self, card: SourceCard, have: Snapshot | None) -> bool:
        """Never: looking at the other landing costs nothing."""
        return False

    def access(self, card: SourceCard, have: Snapshot | None) -> Sequence[Access]:
        """The means of access it landed with there."""
        snapshot = self.source.current(card.dataset_id, invented=self.is_invented)
        by = [access for access in card.access if snapshot and access.protocol == snapshot.protocol]
        return by or card.access[:1]

    def bring(self, card: SourceCard, access: Access, landing: Landing, have: Snapshot | None) -> Snapshot:
        """Copy the card's current snapshot over.

        Raises:
            SourceError: the other landing has none, or one that was made for another card.
        """
        snapshot = self.source.current(card.dataset_id, invented=self.is_invented)
        if snapshot is None:
            raise SourceError(
                card.dataset_id,
                f"the landing {self.source.root} has nothing for this card",
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


def asked(card: SourceCard) -> str:
    """The fingerprint of what a card asks a source for; when it changes, the table has to be fetched again."""
    # A key that a card does not use is not part of the question, nor is how sure we are of an address, where it may
    # lead, or how long a figure can still change.
    question = card.model_dump_json(
        include={"access": True, "tables": True, "dimensions": True, "measures": True, "region_boundary_year": True},
        exclude={"access": {"__all__": {"certainty", "hosts"}}, "measures": {"__all__": {"is_on_first_day"}}},
        exclude_defaults=True,
    )
    return sha256(question.encode()).hexdigest()


def limits_of(settings: Settings) -> Limits:
    """What one source may cost."""
    return Limits(**{field.name: getattr(settings, f"most_{field.name}") for field in fields(Limits)})


def open_origin(settings: Settings) -> Origin:
    """The origin named in the settings: `live`, `sample` or the path of a landing.

    A landing with both sample and published figures is replayed for the published ones.

    Raises:
        RegiokompasError: the path is not a landing.
    """
    if settings.origin == "live":
        agent = f"{USER_AGENT} {settings.contact}".strip()
        http = HttpClient(
            open_session(settings.http_deadline, set_hosts(settings)),
            settings.http_tries,
            settings.http_timeout,
            settings.http_max_wait,
            agent,
            budget=Budget(limits_of(settings)),
        )
        return LiveOrigin(http, addresses(settings))
    path = SAMPLE_LANDING if settings.origin == "sample" else Path(settings.origin)
    source = open_landing(path)
    return LandingOrigin(source, is_invented=not source.holds_published())
