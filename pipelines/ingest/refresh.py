"""Bring one card up to date: from its origin, through the landing, to raw Parquet; all or nothing.

Whatever goes wrong with a source ends here, in one `FailedError`: what landed before stays in place, the reason is
recorded in the landing, and no other source is affected.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pipelines.database import is_interruption
from pipelines.disk import disk_trouble
from pipelines.errors import AwaitedError, RegiokompasError, SourceError, Trouble
from pipelines.ingest.origins import Origin
from pipelines.landing.store import Attempt, Failure, Landing, Snapshot, now
from pipelines.reading.before import Allowance
from pipelines.reading.raw import accepted_of, is_read, raw_folder, rows_of, write_raw
from pipelines.sources.access import Access
from pipelines.sources.card import SourceCard

T = TypeVar("T")
_NOWHERE = "check its address at the publisher; for a source that has ended, say so with `ended` on the card"
_FETCH = "fetch it again: run --from live"
# When several means of access failed, the one to report: the first of these that any of them ran into.
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
    """No means of access to a source works; `failure` records what was found for each.

    Its `trouble`, `problem` and `todo` are those of the most telling one.
    """

    def __init__(self, dataset_id: str, attempts: Sequence[Attempt], todo: str = "") -> None:
        self.telling = telling = min(attempts, key=lambda attempt: _TELLING.index(attempt.trouble))
        problem, url = telling.problem, telling.url
        if len(attempts) > 1:
            tried = (f"{a.protocol} {a.problem}{f' at {a.url}' if a.url else ''}" for a in attempts)
            problem, url = f"no way to it works: {'; '.join(tried)}", ""
        # When an address fails, a file that a person could bring helps more than another look at the address.
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


def by_first_access(card: SourceCard, ways: Sequence[Access], ask: Callable[[Access], T], todo: str = "") -> T:
    """The answer from the first means of access that works; after any failure the next one is tried.

    Args:
        card: the card to be accessed.
        ways: its means of access, in the order in which they are tried.
        ask: what to ask through each.
        todo: what a person can do when none works, where the error itself does not say.

    Raises:
        AwaitedError: only a person can bring it, and nobody has yet.
        FailedError: none works; it says why for each.
    """
    attempts: list[Attempt] = []
    errors: list[Exception] = []
    for access in ways:
        try:
            return ask(access)
        # The one place where it does not matter what went wrong: a source, or our reading of it, failed, and the
        # others continue.
        except Exception as error:
            if is_interruption(error):
                raise KeyboardInterrupt from error
            # Where we cannot write, no source is to blame, and no other will do better.
            if not isinstance(error, SourceError) and disk_trouble(error):
                raise
            if isinstance(error, AwaitedError) and len(ways) == 1:
                raise
            attempts.append(_attempt(access, error))
            errors.append(error)
    failed = FailedError(card.dataset_id, attempts, todo)
    raise failed from errors[attempts.index(failed.telling)]


def _attempt(access: Access, error: Exception) -> Attempt:
    if not isinstance(error, RegiokompasError):
        problem = f"{type(error).__name__}: {error!s:.300} (a fault in the program, please report it)"
        return Attempt(protocol=access.protocol, trouble=Trouble.FAULT, problem=" ".join(problem.split()))
    expected = not access.is_confirmed
    if not isinstance(error, SourceError):
        trouble = Trouble.UNCONFIRMED if expected else Trouble.REFUSED
        return Attempt(protocol=access.protocol, trouble=trouble, problem=" ".join(str(error).split()))
    trouble = Trouble.UNCONFIRMED if expected else error.trouble
    return Attempt(protocol=access.protocol, trouble=trouble, problem=error.problem, url=error.url, todo=error.todo)


@dataclass(frozen=True)
class Refreshed:
    """The result of a refresh; `accepted` is the reason why there may be less than there was.

    `healed` says what of what had landed was damaged, and is whole again.
    """

    snapshot: Snapshot
    has_changed: bool
    rows: int
    folder: Path
    accepted: str = ""
    healed: str = ""


def refresh(
    card: SourceCard,
    origin: Origin,
    landing: Landing,
    raw_root: Path,
    check: Callable[[Path], None],
    allowance: Allowance = Allowance(),  # noqa: B008 # frozen
) -> Refreshed:
    """Bring a card up to date. The lock moves only after the new bytes have been read and checked.

    Every means of access is tried until one brings bytes that can be read and pass the checks.

    Args:
        card: the card.
        origin: where its table comes from.
        landing: our own landing.
        raw_root: where raw Parquet is kept.
        check: refuses a freshly read folder by raising.
        allowance: how much less there may be than what landed before.

    Raises:
        AwaitedError: nobody has put the file there yet.
        FailedError: what was found and what to do. The failure is recorded, and what landed before stays in place.
    """
    have = landing.current(card.dataset_id, invented=origin.is_invented)
    folder = raw_folder(raw_root, card, invented=origin.is_invented)

    healed = damage_of(card, landing, have)
    # What is damaged is brought again, whatever its source says of its age.
    unchanged = have if have and not healed and origin.has_nothing_newer(card, have) else None

    def bring(access: Access) -> Refreshed:
        snapshot = unchanged or origin.bring(card, access, landing, have)
        try:
            if not is_read(folder, card, snapshot):
                snapshot = write_raw(card, snapshot, landing, folder, check, have, allowance)
        finally:
            # The table is now complete, or wrong: either way a later fetch has no use for its pages.
            landing.forget_partial(card.dataset_id, access.protocol)
        return Refreshed(snapshot, landing.commit(snapshot), rows_of(folder), folder, accepted_of(folder), healed)

    ways = origin.access(card, have)
    if unchanged:
        # Fetched through another means of access it would be the same.
        ways = [access for access in ways if access.protocol == unchanged.protocol] or ways[:1]
    try:
        done = by_first_access(card, ways, bring)
    except FailedError as error:
        landing.note_failure(card.dataset_id, error.failure, invented=origin.is_invented)
        raise
    landing.clear_failure(card.dataset_id, invented=origin.is_invented)
    return done


def damage_of(card: SourceCard, landing: Landing, have: Snapshot | None) -> str:
    """What is damaged of what landed of a card: its lock, or the first of its objects; empty where all is whole."""
    if have is None:
        return landing.lock_problem(card.dataset_id)
    damaged = landing.damaged(have)
    if not damaged:
        return ""
    more = f" and {len(damaged) - 1} more" if len(damaged) > 1 else ""
    return f"the landing object {damaged[0].sha256[:12]}{more} is damaged"


def read_landed(
    card: SourceCard, landing: Landing, raw_root: Path, check: Callable[[Path], None], *, invented: bool
) -> Snapshot | None:
    """Make sure that raw Parquet exists for what has landed for a card, such as after a change to the reading code.

    Where what landed last is damaged, what landed before is read, and becomes current again.

    Returns:
        The snapshot that is now read; None if nothing has landed for the card.

    Raises:
        FailedError: the landed bytes can no longer be read, or none of them are whole. The failure is recorded.
    """
    snapshot = landing.current(card.dataset_id, invented=invented)
    folder = raw_folder(raw_root, card, invented=invented)
    if snapshot is not None and is_read(folder, card, snapshot):
        return snapshot
    damage = damage_of(card, landing, snapshot)
    if snapshot is None and not damage:
        return None

    def read(access: Access) -> Snapshot:
        whole = _newest_whole(card, landing, invented=invented)
        if whole is None:
            raise SourceError(card.dataset_id, damage)
        return write_raw(card, whole, landing, folder, check)

    protocol = snapshot.protocol if snapshot else ""
    ways = [access for access in card.access if access.protocol == protocol] or card.access[:1]
    try:
        read_now = by_first_access(card, ways, read, todo=_FETCH)
    except FailedError as error:
        landing.note_failure(card.dataset_id, error.failure, invented=invented)
        raise
    if damage:
        # It is there as it landed earlier, and says so until it is fetched again.
        failure = Failure(failed_at=now(), problem=damage, todo=_FETCH)
        landing.note_failure(card.dataset_id, failure, invented=invented)
    landing.commit(read_now)
    return read_now


def _newest_whole(card: SourceCard, landing: Landing, *, invented: bool) -> Snapshot | None:
    of_kind = [s for s in landing.snapshots(card.dataset_id) if s.is_invented == invented]
    return next((s for s in reversed(of_kind) if not landing.damaged(s)), None)
